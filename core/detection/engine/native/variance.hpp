// OpenCV's normalisation of a window: one over the square root of (its area times) its variance, over the window less
// a border of one pixel.
#pragma once

#include <cmath>

#include "cascade.hpp"
#include "simd.hpp"

namespace siteglass {
namespace {

class Normaliser {
 public:
  Normaliser(int width, int height, const Layout& layout)
      : area_((width - 2) * (height - 2)),
        corner_{layout.offset(1, 1), layout.offset(width - 1, 1), layout.offset(1, height - 1),
                layout.offset(width - 1, height - 1)},
        flatFrom_(smallestFlat(area_)) {}

  /** The factors of `count` windows of a row, and in `alive` a bit for each that is not too flat to be searched. */
  __attribute__((noinline)) void writeRow(const std::int32_t* sum, const std::int32_t* squares, int count, float* norm,
                std::uint64_t* alive) const {
    const std::int32_t *s0 = sum + corner_[0], *s1 = sum + corner_[1], *s2 = sum + corner_[2], *s3 = sum + corner_[3];
    const std::int32_t *q0 = squares + corner_[0], *q1 = squares + corner_[1], *q2 = squares + corner_[2],
                       *q3 = squares + corner_[3];
    for (int x = 0; x < count; x += kLanes64) {
      const auto corners = [x](const std::int32_t* a, const std::int32_t* b, const std::int32_t* c,
                               const std::int32_t* d) {
        const HalfI32 total = load<HalfI32>(a + x) - load<HalfI32>(b + x) - load<HalfI32>(c + x) + load<HalfI32>(d + x);
        return __builtin_convertvector(total, F64);
      };
      const F64 total = corners(s0, s1, s2, s3);
      const F64 spread = area_ * corners(q0, q1, q2, q3) - total * total;
      // As OpenCV does where there is no spread. A factor of 1 marks a window as flat.
      const F64 factor = 1.0 / squareRoot(spread > 0 ? spread : F64{} + 1);
      store(norm + x, __builtin_convertvector(factor, HalfF32));
    }
    const F32 limit = splat(flatFrom_);
    for (int word = 0; word * 64 < count; word++) {
      std::uint64_t bits = 0;
      for (int lane = 0; lane < 64; lane += kLanes32) {
        const I32 varied = (I32)(load<F32>(norm + word * 64 + lane) < limit);
        bits |= static_cast<std::uint64_t>(laneBits(varied)) << lane;
      }
      const int left = count - word * 64;
      alive[word] = left < 64 ? bits & ((std::uint64_t{1} << left) - 1) : bits;
    }
  }

 private:
  /** OpenCV searches a window if area × factor < 0.1 in double precision: the smallest float that fails that. */
  static float smallestFlat(double area) {
    float factor = static_cast<float>(0.1 / area);
    while (area * factor < 1e-1) factor = std::nextafterf(factor, 1.0f);
    for (float less = std::nextafterf(factor, 0.0f); !(area * less < 1e-1); less = std::nextafterf(less, 0.0f)) {
      factor = less;
    }
    return factor;
  }

  double area_;
  std::int32_t corner_[4];
  float flatFrom_;
};

}  // namespace
}  // namespace siteglass
