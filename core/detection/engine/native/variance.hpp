// OpenCV's normalisation of a window: one over the square root of (its area times) its variance, over the window less
// a border of one pixel.
#pragma once

#include <algorithm>
#include <cmath>

#include "band.hpp"
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

  /**
   * Writes the factors of a row's windows from `first` to `end`, of which there are `count`, and in `nonFlat` a bit for
   * each window that is not too flat to be searched. Other bits stay as they are.
   */
  void writeRow(const std::int32_t* sum, const std::int32_t* squares, int first, int end, int count, float* norm,
                std::uint64_t* nonFlat) const {
    const std::int32_t *s0 = sum + corner_[0], *s1 = sum + corner_[1], *s2 = sum + corner_[2], *s3 = sum + corner_[3];
    const std::int32_t *q0 = squares + corner_[0], *q1 = squares + corner_[1], *q2 = squares + corner_[2],
                       *q3 = squares + corner_[3];
    const F32 limit = splat(flatFrom_);
    for (int word = first / 64; word * 64 < end; word++) {
      std::uint64_t bits = 0;
      for (int x = std::max(first, word * 64); x < std::min(end, word * 64 + 64); x += kLanes32) {
        const I32 total = load<I32>(s0 + x) - load<I32>(s1 + x) - load<I32>(s2 + x) + load<I32>(s3 + x);
        const I32 squared = load<I32>(q0 + x) - load<I32>(q1 + x) - load<I32>(q2 + x) + load<I32>(q3 + x);
        const F32 factor = factors(total, squared);
        store(norm + x, factor);
        bits |= static_cast<std::uint64_t>(laneBits((I32)(factor < limit))) << (x % 64);
      }
      const std::uint64_t own = bitsOfWord(word, first, end);
      nonFlat[word] = (nonFlat[word] & ~own) | (bits & firstBits(count - word * 64));
    }
  }

 private:
  /** In double precision, rounded to single; 1, as in OpenCV, for windows without a spread. */
  ENGINE_INLINE F32 factors(I32 sum, I32 sumOfSquares) const {
    F64 sums[2], squares[2], factor[2];
    widen(sum, sums[0], sums[1]);
    widen(sumOfSquares, squares[0], squares[1]);
    for (int half = 0; half < 2; half++) {
      const F64 spread = area_ * squares[half] - sums[half] * sums[half];
      factor[half] = 1.0 / squareRoot(spread > 0 ? spread : F64{} + 1.0);
    }
    return narrow(factor[0], factor[1]);
  }

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
