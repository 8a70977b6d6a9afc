// A band of window rows that go through a cascade together: which windows are alive, and the blocks that cover them.
#pragma once

#include <cstdint>

#include "simd.hpp"
#include "workspace.hpp"

namespace siteglass {
namespace {

/** The windows of up to kBandRows rows. A row's windows have `capacity` places, a multiple of 64 with room to spare. */
struct Band {
  /** Places in use begin and end at multiples of it: the widest block. */
  static constexpr int kGrain = 16;

  int rows = 0;
  int capacity = 0;
  /** For each row: its y in the level, the first window's corner in the integral image, and the places of it in use. */
  std::int32_t y[kBandRows];
  std::int32_t corner[kBandRows];
  int first[kBandRows], end[kBandRows];

  int words() const { return capacity / 64; }
  /** Whether it has the same rows with the same places in use. */
  bool coversAsMuchAs(const Band& other) const {
    if (rows != other.rows) return false;
    for (int row = 0; row < rows; row++) {
      if (y[row] != other.y[row] || first[row] != other.first[row] || end[row] != other.end[row]) return false;
    }
    return true;
  }
  std::uint64_t* bits(std::uint64_t* plane, int row) const { return plane + row * words(); }
  const std::uint64_t* bits(const std::uint64_t* plane, int row) const { return plane + row * words(); }
};

/** The bits of `lanes` windows from `place` on; they lie in one word. */
ENGINE_INLINE std::uint32_t bitsAt(const std::uint64_t* words, int place, int lanes) {
  return static_cast<std::uint32_t>(words[place / 64] >> (place % 64)) & ((1u << lanes) - 1);
}

/** A word with its first `count` bits set, all of them from 64 on. */
inline std::uint64_t firstBits(int count) {
  return count < 64 ? (std::uint64_t{1} << count) - 1 : ~std::uint64_t{0};
}

/** The bits of a row's word for the places from `first` to `end`, which it has some of. */
inline std::uint64_t bitsOfWord(int word, int first, int end) {
  const std::uint64_t before = first > word * 64 ? firstBits(first - word * 64) : 0;
  return firstBits(end - word * 64) & ~before;
}

/** Writes the blocks that lie side by side on the places in use, those with a window alive. Returns their number. */
inline int coverPlaces(const Band& band, const std::uint64_t* alive, int lanes, Block* blocks) {
  int count = 0;
  for (int row = 0; row < band.rows; row++) {
    const std::uint64_t* const words = band.bits(alive, row);
    const std::int32_t corner = band.corner[row];
    const std::int32_t window = row * band.capacity;
    for (int place = band.first[row]; place < band.end[row]; place += lanes) {
      const std::uint32_t bits = bitsAt(words, place, lanes);
      blocks[count] = {window + place, corner + place, bits};
      count += bits != 0;
    }
  }
  return count;
}

/** Covers the windows alive: each block begins at the first one that is not covered. Returns the number of blocks. */
inline int coverAlive(const Band& band, const std::uint64_t* alive, int lanes, Block* blocks) {
  int count = 0;
  for (int row = 0; row < band.rows; row++) {
    const std::uint64_t* const words = band.bits(alive, row);
    const int first = band.first[row], end = band.end[row];
    const auto wordAt = [words, first, end](int word) {
      return word * 64 < end ? words[word] & bitsOfWord(word, first, end) : 0;
    };
    std::uint64_t next = wordAt(first / 64);
    for (int word = first / 64; word * 64 < end; word++) {
      std::uint64_t left = next;
      next = wordAt(word + 1);
      while (left) {
        const int at = __builtin_ctzll(left), after = at + lanes;
        std::uint64_t bits = left >> at;
        left &= ~firstBits(after);
        if (after > 64) {
          bits |= next << (64 - at);
          next &= ~firstBits(after - 64);
        }
        const int place = word * 64 + at;
        blocks[count++] = {row * band.capacity + place, band.corner[row] + place,
                           static_cast<std::uint32_t>(bits & firstBits(lanes))};
      }
    }
  }
  return count;
}

/**
 * Moves blocks on to their first window alive and drops those that this leaves empty, so that fewer of them cover
 * what is left. In place, where one more block can be written to before
 * the first; returns the number that stays.
 */
inline int tighten(Block* blocks, int count, int lanes) {
  int kept = 0;
  std::int32_t lastWindow = INT32_MIN / 2;
  std::uint32_t lastAlive = 0;
  for (int i = 0; i < count; i++) {
    const Block block = blocks[i];
    const int distance = block.window - lastWindow;
    const int shared = distance < lanes ? lanes - distance : 0;
    const std::uint32_t own = block.alive >> shared << shared;
    lastAlive |= (block.alive ^ own) << (distance & 31);
    // The place before the first is written to as well: `blocks` has one there.
    blocks[kept - 1].alive = lastAlive;
    const int skip = __builtin_ctz(own | 1u << lanes);
    blocks[kept] = {block.window + skip, block.corner + skip, own >> skip};
    lastWindow = own ? block.window + skip : lastWindow;
    lastAlive = own ? own >> skip : lastAlive;
    kept += own != 0;
  }
  return kept;
}

/**
 * OpenCV goes along a row and, where the first stage rejects a window, steps over the next one. Given a word of
 * windows that would be rejected, returns those that are stepped over. `carry` tells whether the word's first
 * window is, and becomes whether the next word's first one is.
 *
 * In a run of such windows the first one is evaluated, the second stepped over, and so on alternately.
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
