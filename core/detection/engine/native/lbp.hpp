// Trees over local binary patterns: nine cells of the same size, of which the outer eight are compared with the one in
// the middle. The eight results are looked up in the node's subset. A cell's sum fits 16 bits
// (`unsupported-reason.ts` checks it).
#pragma once

#include "band.hpp"
#include "cascade.hpp"
#include "exact-sum.hpp"
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
ENGINE_INLINE void cellSums(const LbpNode& node, const std::uint16_t* window, const At& at, std::uint16_t bias,
                            Value (&cell)[9]) {
  Value above[3];
  for (int row = 0; row < 4; row++) {
    const std::uint16_t* const corners = window + node.row[row];
    // Biased in every other element, and so in every strip of every other row, and so in every cell.
    const std::uint16_t rowBias = row % 2 ? bias : 0;
    const Value edge[4] = {static_cast<Value>(at(corners + node.column[0]) ^ rowBias), at(corners + node.column[1]),
                           static_cast<Value>(at(corners + node.column[2]) ^ rowBias), at(corners + node.column[3])};
    for (int column = 0; column < 3; column++) {
      const Value strip = static_cast<Value>(edge[column + 1] - edge[column]);
      if (row > 0) cell[(row - 1) * 3 + column] = static_cast<Value>(strip - above[column]);
      above[column] = strip;
    }
  }
}

/** Evaluates the stages of an LBP cascade of stumps at the windows of a band. */
class LbpStumps {
 public:
  /** A block's sums: its votes are 32 bits wide, its cells half of that. */
  struct Sum {
    I32 low, high;
  };
  static constexpr int kLanes = kLanes16;
  static constexpr int kBlocks = 2;

  LbpStumps(const LbpNode* nodes, const Cascade& cascade, const std::uint16_t* integral)
      : nodes_(nodes), cascade_(cascade), integral_(integral) {}

  /** The stage's sums at `Blocks` blocks. */
  template <int Blocks>
  ENGINE_INLINE void sumVotes(const Stage& stage, const Block* blocks, Sum (&sums)[Blocks]) const {
    for (int b = 0; b < Blocks; b++) sums[b] = {splat(stage.initial), splat(stage.initial)};
    const LbpNode* node = nodes_ + stage.firstNode;
    for (const LbpNode* const end = node + stage.nodeCount; node < end; node++) {
      for (int b = 0; b < Blocks; b++) addVote(*node, isLeft(*node, blocks[b]), sums[b]);
    }
  }

  /** A bit for each window whose sum is below `limit`. */
  static ENGINE_INLINE std::uint32_t below(const Sum& sum, std::int32_t limit) {
    return laneBits((I32)(sum.low < limit), (I32)(sum.high < limit));
  }

  /** The stage's sum at one window as OpenCV computes it. */
  double exactSum(const Stage& stage, const Block& window) const {
    return exactSumOf(cascade_, stage, [&](std::int32_t at) {
      std::uint16_t cell[9];
      cellSums<std::uint16_t>(
          nodes_[at], integral_ + window.corner, [](const std::uint16_t* corner) { return *corner; }, 0, cell);
      int dark = 0;
      for (const int outer : kOuterCells) dark = dark << 1 | (cell[outer] < cell[kMiddleCell]);
      return (nodes_[at].subset[dark >> 3] >> (dark & 7) & 1) != 0;
    });
  }

 protected:
  /** All ones for windows that take the node's left branch: bytes of the lower half. */
  ENGINE_INLINE I8 isLeft(const LbpNode& node, const Block& block) const {
    U16 cell[9];
    cellSums<U16>(
        node, integral_ + block.corner, [](const std::uint16_t* corner) { return load<U16>(corner); }, 0x8000, cell);
    return inSubset(node, cell);
  }

  static ENGINE_INLINE void addVote(const LbpNode& node, I8 left, Sum& sum) {
    I32 low, high;
    widenBytes(left, low, high);
    sum.low += low & splat(node.vote);
    sum.high += high & splat(node.vote);
  }

  const LbpNode* nodes_;
  const Cascade& cascade_;

 private:
  /**
   * Looks up the patterns of cells darker than the middle one. The highest bit of a pattern selects one of two tables of
   * 16 bytes, the next four bits a byte of it, and the lowest three a bit of that byte. The bits for the byte are
   * collected in the lower half of a vector, those for the bit in the upper half. The result is in the lower half.
   */
  static ENGINE_INLINE I8 inSubset(const LbpNode& node, const U16 (&cell)[9]) {
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
    const I8 members = select(upperHalf(last), lookUp(loadTable(node.subset + 16), places),
                              lookUp(loadTable(node.subset), places));
    const I8 bit = lookUp(loadTable(kPowers), upperHalf(places));
    return (I8)((members & bit) == bit);
  }

  const std::uint16_t* integral_;
};

/** The same for a cascade with deeper trees, as in `HaarTrees`. */
class LbpTrees : public LbpStumps {
 public:
  using LbpStumps::LbpStumps;

  template <int Blocks>
  ENGINE_INLINE void sumVotes(const Stage& stage, const Block* blocks, Sum (&sums)[Blocks]) const {
    I8 reached[kMaxTreeNodes][Blocks];
    for (int b = 0; b < Blocks; b++) {
      reached[0][b] = (I8)splat(-1);
      sums[b] = {splat(stage.initial), splat(stage.initial)};
    }
    for (std::int32_t at = stage.firstNode; at < stage.firstNode + stage.nodeCount; at++) {
      const LbpNode& node = nodes_[at];
      const TreeLinks links = cascade_.links[at];
      I8 left[Blocks];
      for (int b = 0; b < Blocks; b++) {
        left[b] = reached[links.place][b] & isLeft(node, blocks[b]);
        addVote(node, left[b], sums[b]);
      }
      if (links.left != TreeLinks::kLeaf) {
        for (int b = 0; b < Blocks; b++) reached[links.left][b] = left[b];
      }
      if (links.right != TreeLinks::kLeaf) {
        for (int b = 0; b < Blocks; b++) reached[links.right][b] = reached[links.place][b] ^ left[b];
      }
    }
  }
};

}  // namespace
}  // namespace siteglass
