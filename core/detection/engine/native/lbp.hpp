// Stumps over local binary patterns: nine cells of the same size, the outer eight compared with the one in the middle,
// and the eight answers looked up in the stump's subset. A cell's sum fits 16 bits (the packer sees to it).
#pragma once

#include "band.hpp"
#include "cascade.hpp"
#include "simd.hpp"

namespace siteglass {
namespace {

/** The sums of the cells, row by row; `at` gives the integral image's elements at a corner. */
template <class Value, class At>
ENGINE_INLINE void cellSums(const LbpStump& stump, const At& at, Value (&cell)[9]) {
  Value above[3];
  for (int row = 0; row < 4; row++) {
    const std::int32_t* const corner = stump.corner + row * 4;
    const Value edge[4] = {at(corner[0]), at(corner[1]), at(corner[2]), at(corner[3])};
    for (int column = 0; column < 3; column++) {
      const Value strip = static_cast<Value>(edge[column + 1] - edge[column]);
      if (row > 0) cell[(row - 1) * 3 + column] = static_cast<Value>(strip - above[column]);
      above[column] = strip;
    }
  }
}

/** The outer cells in the order of the pattern's bits, highest first: clockwise from the upper left. */
constexpr int kOuterCells[8] = {0, 1, 2, 5, 8, 7, 6, 3};
constexpr int kMiddleCell = 4;

class LbpEvaluator {
 public:
  /** A block's sums: its votes are 32 bits wide, its cells half of that. */
  struct Sum {
    I32 half[2];
  };
  static constexpr int kLanes = kLanes16;

  LbpEvaluator(const LbpStump* stumps, const Cascade& cascade, const std::uint16_t* integral)
      : stumps_(stumps), cascade_(cascade), integral_(integral) {}

  template <int Blocks>
  ENGINE_INLINE void sumVotes(const Stage& stage, const Block* blocks, Sum (&sums)[Blocks]) const {
    for (int b = 0; b < Blocks; b++) sums[b] = {{splat(stage.initial), splat(stage.initial)}};
    const LbpStump* stump = stumps_ + stage.firstStump;
    for (const LbpStump* const end = stump + stage.stumpCount; stump < end; stump++) {
      for (int b = 0; b < Blocks; b++) {
        const std::uint16_t* const corner = integral_ + blocks[b].corner;
        U16 cell[9];
        cellSums<U16>(*stump, [corner](std::int32_t offset) { return load<U16>(corner + offset); }, cell);
        const I16 left = inSubset(*stump, pattern(cell));
        sums[b].half[0] += widenLow(left) & splat(stump->vote);
        sums[b].half[1] += widenHigh(left) & splat(stump->vote);
      }
    }
  }

  /** A bit for each window whose sum is below `limit`. */
  static ENGINE_INLINE std::uint32_t below(const Sum& sum, std::int32_t limit) {
    return laneBits((I32)(sum.half[0] < limit)) | laneBits((I32)(sum.half[1] < limit)) << kLanes32;
  }

  double exactSum(const Stage& stage, const Block& window) const {
    const std::uint16_t* const corner = integral_ + window.corner;
    double sum = 0;
    for (std::int32_t i = 0; i < stage.stumpCount; i++) {
      const std::int32_t at = cascade_.fileOrder[stage.firstStump + i];
      std::uint16_t cell[9];
      cellSums<std::uint16_t>(stumps_[at], [corner](std::int32_t offset) { return corner[offset]; }, cell);
      int code = 0;
      for (const int outer : kOuterCells) code = code << 1 | (cell[outer] >= cell[kMiddleCell]);
      const bool left = stumps_[at].subset[code >> 3] >> (code & 7) & 1;
      sum += left ? cascade_.leaves[at].left : cascade_.leaves[at].right;
    }
    return sum;
  }

 private:
  static ENGINE_INLINE U16 pattern(const U16 (&cell)[9]) {
    I16 code = {};
    for (int i = 0; i < 8; i++) {
      const I16 bright = (I16)(cell[kOuterCells[i]] >= cell[kMiddleCell]);
      code |= bright & static_cast<std::int16_t>(128 >> i);
    }
    return (U16)code;
  }

  static ENGINE_INLINE I16 inSubset(const LbpStump& stump, U16 code) {
    const U8x16 kBits = {1, 2, 4, 8, 16, 32, 64, 128};
    const U8x16 bytes = packBytes(code);
    const U8x16 members = lookUp(load<U8x16>(stump.subset), load<U8x16>(stump.subset + 16), bytes >> 3);
    const U8x16 bit = lookUp(kBits, bytes & 7);
    return widenMask((I8x16)((members & bit) == bit));
  }

  const LbpStump* stumps_;
  const Cascade& cascade_;
  const std::uint16_t* integral_;
};

}  // namespace
}  // namespace siteglass
