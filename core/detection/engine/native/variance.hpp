// OpenCV's normalisation of a window: one over the area times the standard deviation of its pixels, without a border of
// one pixel.
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
        flatUpTo_(largestFlat(area_)) {}

  /**
   * Writes in `nonFlat` a bit for each of a row's windows from `first` to `end`, of which there are `count`, that is not
   * too flat to be searched, and writes the factors of these. Other bits stay as they are.
   */
  void writeRow(const std::int32_t* sum, const std::int32_t* squares, int first, int end, int count, float* norm,
                std::uint64_t* nonFlat) const {
    const std::int32_t *s0 = sum + corner_[0], *s1 = sum + corner_[1], *s2 = sum + corner_[2], *s3 = sum + corner_[3];
    const std::int32_t *q0 = squares + corner_[0], *q1 = squares + corner_[1], *q2 = squares + corner_[2],
                       *q3 = squares + corner_[3];
    const F64 limit = F64{} + flatUpTo_;
    for (int word = first / 64; word * 64 < end; word++) {
      std::uint64_t bits = 0;
      for (int x = std::max(first, word * 64); x < std::min(end, word * 64 + 64); x += kLanes32) {
        const I32 total = load<I32>(s0 + x) - load<I32>(s1 + x) - load<I32>(s2 + x) + load<I32>(s3 + x);
        const I32 squared = load<I32>(q0 + x) - load<I32>(q1 + x) - load<I32>(q2 + x) + load<I32>(q3 + x);
        F64 spread[2];
        writeSpreads(total, squared, spread);
        const std::uint32_t searched = laneBits(spread[0] > limit) | laneBits(spread[1] > limit) << (kLanes32 / 2);
        // Flat windows lie together, and roots and divisions cost more than the rest of this.
        if (searched == 0) continue;
        store(norm + x, narrow(factorOf(spread[0]), factorOf(spread[1])));
        bits |= std::uint64_t{searched} << (x % 64);
      }
      const std::uint64_t own = bitsOfWord(word, first, end);
      nonFlat[word] = (nonFlat[word] & ~own) | (bits & firstBits(count - word * 64));
    }
  }

 private:
  /** The square of the area times the variance, an integer, of the lower and the upper half of the lanes. */
  ENGINE_INLINE void writeSpreads(I32 sum, I32 sumOfSquares, F64 (&spread)[2]) const {
    F64 sums[2], squares[2];
    widen(sum, sums[0], sums[1]);
    widen(sumOfSquares, squares[0], squares[1]);
    for (int half = 0; half < 2; half++) spread[half] = area_ * squares[half] - sums[half] * sums[half];
  }

  static ENGINE_INLINE F64 factorOf(F64 spread) { return 1.0 / squareRoot(spread); }

  /** OpenCV searches a window if area × factor < 0.1, with the factor in single precision. The largest spread of others. */
  static double largestFlat(double area) {
    const auto isFlat = [area](double spread) {
      const auto factor = static_cast<float>(1.0 / std::sqrt(spread));
      return !(area * factor < 1e-1);
    };
    // Rounding shifts the limit by less than a millionth.
    double flat = std::floor(100 * area * area * (1 - 1e-6)), searched = std::ceil(100 * area * area * (1 + 1e-6));
    while (searched - flat > 1) {
      const double middle = std::floor((flat + searched) / 2);
      (isFlat(middle) ? flat : searched) = middle;
    }
    return flat;
  }

  double area_;
  std::int32_t corner_[4];
  double flatUpTo_;
};

}  // namespace
}  // namespace siteglass
