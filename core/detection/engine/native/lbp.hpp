// Stumps over local binary patterns: nine cells of the same size, the outer eight compared with the one in the middle,
// and the eight answers looked up in the stump's subset. A cell's sum fits 16 bits (the packer sees to it).
#pragma once

#include "band.hpp"
#include "cascade.hpp"
#include "simd.hpp"

namespace siteglass {
namespace {

/** The outer cells in the order of the pattern's bits, highest first: clockwise from the upper left. */
constexpr int kOuterCells[8] = {0, 1, 2, 5, 8, 7, 6, 3};
constexpr int kMiddleCell = 4;

/**
 * The sums of the cells, row by row; `at` reads the integral image at a corner. Half of the number range as
 * `bias` is added to every one, which keeps their order where they are compared as signed numbers.
 */
template <class Value, class At>
ENGINE_INLINE void cellSums(const LbpStump& stump, const std::uint16_t* window, const At& at, std::uint16_t bias,
                            Value (&cell)[9]) {
  Value above[3];
  for (int row = 0; row < 4; row++) {
    const std::uint16_t* const corners = window + stump.row[row];
    // Biased in every other element, and so in every strip of every other row, and so in every cell.
    const std::uint16_t rowBias = row % 2 ? bias : 0;
    const Value edge[4] = {static_cast<Value>(at(corners + stump.column[0]) ^ rowBias), at(corners + stump.column[1]),
                           static_cast<Value>(at(corners + stump.column[2]) ^ rowBias), at(corners + stump.column[3])};
    for (int column = 0; column < 3; column++) {
      const Value strip = static_cast<Value>(edge[column + 1] - edge[column]);
      if (row > 0) cell[(row - 1) * 3 + column] = static_cast<Value>(strip - above[column]);
      above[column] = strip;
    }
  }
}

/** Evaluates an LBP cascade's stages at the windows of a band. */
class LbpEvaluator {
 public:
  /** A block's sums: its votes are 32 bits wide, its cells half of that. */
  struct Sum {
    I32 low, high;
  };
  static constexpr int kLanes = kLanes16;
  static constexpr int kBlocks = 2;

  LbpEvaluator(const LbpStump* stumps, const Cascade& cascade, const std::uint16_t* integral)
      : stumps_(stumps), cascade_(cascade), integral_(integral) {}

  /** The stage's sums at `Blocks` blocks. */
  template <int Blocks>
  ENGINE_INLINE void sumVotes(const Stage& stage, const Block* blocks, Sum (&sums)[Blocks]) const {
    for (int b = 0; b < Blocks; b++) sums[b] = {splat(stage.initial), splat(stage.initial)};
    const LbpStump* stump = stumps_ + stage.firstStump;
    for (const LbpStump* const end = stump + stage.stumpCount; stump < end; stump++) {
      for (int b = 0; b < Blocks; b++) {
        U16 cell[9];
        cellSums<U16>(
            *stump, integral_ + blocks[b].corner, [](const std::uint16_t* corner) { return load<U16>(corner); }, 0x8000,
            cell);
        I32 low, high;
        widenBytes(inSubset(*stump, cell), low, high);
        sums[b].low += low & splat(stump->vote);
        sums[b].high += high & splat(stump->vote);
      }
    }
  }

  /** A bit for each window whose sum is below `limit`. */
  static ENGINE_INLINE std::uint32_t below(const Sum& sum, std::int32_t limit) {
    return laneBits((I32)(sum.low < limit), (I32)(sum.high < limit));
  }

  /** The stage's sum at one window as OpenCV computes it. */
  double exactSum(const Stage& stage, const Block& window) const {
    double sum = 0;
    for (std::int32_t i = 0; i < stage.stumpCount; i++) {
      const std::int32_t at = cascade_.fileOrder[stage.firstStump + i];
      std::uint16_t cell[9];
      cellSums<std::uint16_t>(
          stumps_[at], integral_ + window.corner, [](const std::uint16_t* corner) { return *corner; }, 0, cell);
      int dark = 0;
      for (const int outer : kOuterCells) dark = dark << 1 | (cell[outer] < cell[kMiddleCell]);
      const bool left = stumps_[at].subset[dark >> 3] >> (dark & 7) & 1;
      sum += left ? cascade_.leaves[at].left : cascade_.leaves[at].right;
    }
    return sum;
  }

 private:
  /**
   * Looks the patterns of cells darker than the middle one up. Of a pattern, the highest bit picks one of two tables of
   * 16 bytes, the next four a byte of it, and the lowest three a bit of that. The bits for the byte are gathered in the
   * lower half of a vector and those for the bit in the upper half. The result is in the lower half.
   */
  static ENGINE_INLINE I8 inSubset(const LbpStump& stump, const U16 (&cell)[9]) {
    static constexpr std::uint8_t kBits[4][16] = {{8, 8, 8, 8, 8, 8, 8, 8, 4, 4, 4, 4, 4, 4, 4, 4},
                                                  {4, 4, 4, 4, 4, 4, 4, 4, 2, 2, 2, 2, 2, 2, 2, 2},
                                                  {2, 2, 2, 2, 2, 2, 2, 2, 1, 1, 1, 1, 1, 1, 1, 1},
                                                  {1, 1, 1, 1, 1, 1, 1, 1, 0, 0, 0, 0, 0, 0, 0, 0}};
    static constexpr std::uint8_t kPowers[16] = {1, 2, 4, 8, 16, 32, 64, 128};
    const auto dark = [&](int i) { return (I16)((I16)cell[kMiddleCell] > (I16)cell[kOuterCells[i]]); };
    const I8 last = packMasks(dark(4), dark(0));
    const I8 places = (packMasks(dark(1), dark(5)) & loadTable(kBits[0])) |
                      (packMasks(dark(2), dark(6)) & loadTable(kBits[1])) |
                      (packMasks(dark(3), dark(7)) & loadTable(kBits[2])) | (last & loadTable(kBits[3]));
    const I8 members = select(upperHalf(last), lookUp(loadTable(stump.subset + 16), places),
                              lookUp(loadTable(stump.subset), places));
    const I8 bit = lookUp(loadTable(kPowers), upperHalf(places));
    return (I8)((members & bit) == bit);
  }

  const LbpStump* stumps_;
  const Cascade& cascade_;
  const std::uint16_t* integral_;
};

}  // namespace
}  // namespace siteglass
