// OpenCV's INTER_LINEAR_EXACT (imgproc, resize.cpp) for one channel of 8 bits: bilinear with weights of 8 fractional
// bits, rows first in 16 bits, then columns with one rounding; edges are replicated.
#pragma once

#include "plan.hpp"
#include "resize-weights.hpp"
#include "simd.hpp"

namespace siteglass {
namespace {

/** Places of a row: what lies left and right of each, blended. */
ENGINE_INLINE void putBlended(U16 left, U16 right, const std::uint16_t* share, std::uint16_t* to) {
  store(to, (left << 8) + (right - left) * load<U16>(share));
}

/** Writes a row of `weights.count` pixels with eight fractional bits, and on to the end of the last vector. */
inline void resizeRow(const std::uint8_t* from, const ResizeWeights& weights, std::uint16_t* to) {
  const int count = weights.count;
  const std::uint16_t* const share = weights.share.data();
  if (!weights.group.empty()) {
    const std::int32_t* group = weights.group.data();
    const std::uint8_t* const inGroup = weights.inGroup.data();
    const I8 next = (I8)(U16{} + 1);
    for (int x = 0; x < count; x += kLanes16, group += kLanes16 / 4) {
      const I8 first = loadPlaces(from, group, 2), second = loadPlaces(from, group + 1, 2);
      const I8 index = load<I8>(inGroup + 2 * x);
      const I8 left = halves(lookUp(first, index), lookUp(second, index));
      const I8 right = halves(lookUp(first, index + next), lookUp(second, index + next));
      putBlended((U16)left, (U16)right, share + x, to + x);
    }
    return;
  }
  const std::int32_t* const source = weights.source.data();
  for (int x = 0; x < count; x += kLanes16) {
    U16 pairs;
    for (int i = 0; i < kLanes16; i++) {
      std::uint16_t pair;
      std::memcpy(&pair, from + source[x + i], sizeof pair);
      pairs[i] = pair;
    }
    putBlended(pairs & 255, pairs >> 8, share + x, to + x);
  }
}

/** Blends two rows that resizeRow wrote: `share` of 256 parts is the lower one's. */
inline void blendRows(const std::uint16_t* upper, const std::uint16_t* lower, int share, int count, std::uint8_t* to) {
  // Offset to signed 16-bit numbers, which multiply in pairs; 256 parts of the offset are taken off again at the end.
  const I16 upperShare = I16{} + static_cast<std::int16_t>(256 - share);
  const I16 shares = interleaveLow(upperShare, I16{} + static_cast<std::int16_t>(share));
  const std::int32_t rounding = (1 << 15) + (256 << 15);
  for (int x = 0; x < count; x += kLanes16) {
    const I16 a = (I16)(load<U16>(upper + x) ^ 0x8000);
    const I16 b = (I16)(load<U16>(lower + x) ^ 0x8000);
    const I32 low = (dotPairs(interleaveLow(a, b), shares) + rounding) >> 16;
    const I32 high = (dotPairs(interleaveHigh(a, b), shares) + rounding) >> 16;
    storePixels(to + x, low, high);
  }
}

/** Hands out the rows of a resized image from top to bottom. */
class ResizedRows {
 public:
  ResizedRows(const Image& image, const ResizeWeights& columns, const ResizeWeights& rows, std::uint16_t* upper,
              std::uint16_t* lower)
      : image_(image), columns_(columns), rows_(rows), buffer_{upper, lower} {}

  /** Writes the pixels of row `y`, `columns.count` of them, and on to the end of the last vector. */
  void write(int y, std::uint8_t* to) {
    if (columns_.identity && rows_.identity) {
      std::memcpy(to, image_.pixels + static_cast<std::size_t>(y) * image_.width, columns_.count);
      return;
    }
    const int source = rows_.source[y];
    if (held_[0] != source && held_[1] == source) swap();
    hold(0, source);
    hold(1, source + 1);
    blendRows(buffer_[0], buffer_[1], rows_.share[y], columns_.count, to);
  }

 private:
  void hold(int which, int source) {
    if (held_[which] == source) return;
    resizeRow(image_.pixels + static_cast<std::size_t>(source) * image_.width, columns_, buffer_[which]);
    held_[which] = source;
  }
  void swap() {
    std::uint16_t* const row = buffer_[0];
    buffer_[0] = buffer_[1];
    buffer_[1] = row;
    const int held = held_[0];
    held_[0] = held_[1];
    held_[1] = held;
  }

  const Image& image_;
  const ResizeWeights& columns_;
  const ResizeWeights& rows_;
  std::uint16_t* buffer_[2];
  int held_[2] = {-1, -1};
};

}  // namespace
}  // namespace siteglass
