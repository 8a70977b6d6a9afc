// The buffers of a search. They grow to what the widest level needs and are kept from one search to the next.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "plan.hpp"

namespace siteglass {

/** Rows of windows that go through a cascade together. */
constexpr int kBandRows = 16;

/** Neighbouring windows that are evaluated at once. */
struct Block {
  /** Its first window's place in the band's arrays. */
  std::int32_t window;
  /** The window's top left corner in the integral image. */
  std::int32_t corner;
  /** A bit for each window that no stage has rejected. */
  std::uint32_t alive;
};

struct Workspace {
  /** Rows that the integral images' buffers hold, and elements in a row. */
  int rowCapacity = 0;
  int stride = 0;
  /** Places for the windows of a row: a multiple of 64. */
  int windowCapacity = 0;

  std::vector<std::uint8_t> pixels, pixelsAbove;
  /** The two source rows that a row is blended from. */
  std::vector<std::uint16_t> upper, lower;
  /** The last rows of the tilted integral with their columns in order. */
  std::vector<std::int32_t> tilted[3];

  /** One bit a window, for the rows of a band. */
  std::vector<std::uint64_t> alive, nonFlat, allowed;
  std::vector<float> norm;
  std::vector<Block> blocks;
  /** The next row to be searched, for each job of a level. */
  std::vector<std::int32_t> nextY;

  void prepareFor(const std::vector<Level>& levels);

  Layout layout(std::int32_t step) const { return {stride, step, 2 * planeSize()}; }
  std::int32_t* sum() { return haar_.data(); }
  std::int32_t* squares() { return haar_.data() + planeSize(); }
  std::uint16_t* sum16() { return sum16_.data(); }

  /** Zeroes the row above the first row of pixels. */
  void clearTopRows();
  /** Moves `count` rows that start at `from` to the top of the buffers. */
  void moveRowsUp(int from, int count);

 private:
  std::int32_t planeSize() const { return rowCapacity * stride; }

  /** The integral images for Haar: sums, sums of squares, and tilted sums where a cascade needs them. */
  std::vector<std::int32_t> haar_;
  int planes_ = 0;
  /** Sums in 16 bits, for LBP and for most Haar features. */
  std::vector<std::uint16_t> sum16_;
};

}  // namespace siteglass
