// A band of window rows that go through a cascade together: which windows are alive, and the blocks that cover them.
#pragma once

#include <cstdint>

#include "workspace.hpp"

namespace siteglass {
namespace {

/** The windows of up to kBandRows rows. A row's windows have `capacity` places, a multiple of 64 with room to spare. */
struct Band {
  int rows = 0;
  int capacity = 0;
  /** For each row: its y in the level, the first window's corner in the integral image, and the words of it in use. */
  std::int32_t y[kBandRows];
  std::int32_t corner[kBandRows];
  int firstWord[kBandRows], endWord[kBandRows];

  int words() const { return capacity / 64; }
  std::uint64_t* bits(std::uint64_t* plane, int row) const { return plane + row * words(); }
  const std::uint64_t* bits(const std::uint64_t* plane, int row) const { return plane + row * words(); }
};

/** Covers the windows that are alive with blocks of `lanes`, in order and without overlap. Returns their number. */
inline int coverWithBlocks(const Band& band, const std::uint64_t* alive, int lanes, Block* blocks) {
  int count = 0;
  for (int row = 0; row < band.rows; row++) {
    const std::uint64_t* const words = band.bits(alive, row);
    const std::int32_t corner = band.corner[row];
    const std::int32_t window = row * band.capacity;
    int covered = 0;
    for (int word = band.firstWord[row]; word < band.endWord[row]; word++) {
      std::uint64_t left = words[word];
      const int base = word * 64;
      if (covered > base) left &= ~std::uint64_t{0} << (covered - base);
      while (left) {
        const int bit = __builtin_ctzll(left);
        blocks[count++] = {window + base + bit, corner + base + bit};
        covered = base + bit + lanes;
        if (bit + lanes >= 64) break;
        left &= ~std::uint64_t{0} << (bit + lanes);
      }
    }
  }
  return count;
}

/** The bits of up to 32 windows from `window` on. */
inline std::uint32_t bitsAt(const std::uint64_t* plane, std::int32_t window, int lanes) {
  const int shift = window & 63;
  std::uint64_t bits = plane[window >> 6] >> shift;
  if (shift + lanes > 64) bits |= plane[(window >> 6) + 1] << (64 - shift);
  return static_cast<std::uint32_t>(bits & ((std::uint64_t{1} << lanes) - 1));
}

inline void clearBitsAt(std::uint64_t* plane, std::int32_t window, int lanes, std::uint64_t bits) {
  const int shift = window & 63;
  plane[window >> 6] &= ~(bits << shift);
  if (shift + lanes > 64) plane[(window >> 6) + 1] &= ~(bits >> (64 - shift));
}

/**
 * OpenCV goes along a row and, where the first stage rejects a window, steps over the next one. Given a word of
 * windows that would be rejected, returns those that are stepped over. `carry` tells whether the word's first
 * window is, and becomes whether the next word's first one is.
 *
 * In a run of such windows the first one is evaluated, the second stepped over, and so on by turns.
 */
inline std::uint64_t steppedOver(std::uint64_t rejected, bool& carry) {
  constexpr std::uint64_t kEven = 0x5555555555555555;
  const std::uint64_t runs = rejected & ~std::uint64_t{carry};
  const std::uint64_t starts = runs & ~(runs << 1);
  // Adding its start to a run carries through it and clears it: what stays are the runs that start at odd places.
  const std::uint64_t oddRuns = (runs + (starts & kEven)) & runs;
  const std::uint64_t evaluated = (runs & ~oddRuns & kEven) | (oddRuns & ~kEven);
  const std::uint64_t over = evaluated << 1 | std::uint64_t{carry};
  carry = evaluated >> 63;
  return over;
}

}  // namespace
}  // namespace siteglass
