// OpenCV's INTER_LINEAR_EXACT (imgproc, resize.cpp) for one channel of 8 bits: bilinear with weights of 8 fractional
// bits, rows first in 16 bits, then columns with one rounding; edges are replicated.
#pragma once

#include "plan.hpp"
#include "resize-weights.hpp"
#include "simd.hpp"

namespace siteglass {
namespace {

/** Eight places of a row: what lies left and right of each, blended. */
ENGINE_INLINE U16x8 blendPixels(U16x8 left, U16x8 right, const std::uint16_t* share) {
  return (left << 8) + (right - left) * load<U16x8>(share);
}

/** Eight places by two look-ups among sixteen pixels. */
ENGINE_INLINE U16x8 pickPixels(U8x16 first, U8x16 second, U8x16 index) {
  const I64x2 low = (I64x2)lookUp(first, index), high = (I64x2)lookUp(second, index);
  return (U16x8)__builtin_shufflevector(low, high, 0, 3);
}

/** Writes a row of `weights.count` pixels, rounded up to a multiple of eight, with eight fractional bits. */
inline void resizeRow(const std::uint8_t* from, const ResizeWeights& weights, std::uint16_t* to) {
  const int count = weights.count;
  const std::uint16_t* const share = weights.share.data();
  if (!weights.group.empty()) {
    const std::int32_t* const group = weights.group.data();
    const std::uint8_t* const inGroup = weights.inGroup.data();
    const U8x16 next = (U8x16)(U16x8{} + 1);
    for (int x = 0; x < count; x += 8) {
      const U8x16 first = load<U8x16>(from + group[x / 4]), second = load<U8x16>(from + group[x / 4 + 1]);
      const U8x16 index = load<U8x16>(inGroup + 2 * x);
      const U16x8 left = pickPixels(first, second, index), right = pickPixels(first, second, index + next);
      store(to + x, blendPixels(left, right, share + x));
    }
    return;
  }
  const std::int32_t* const source = weights.source.data();
  for (int x = 0; x < count; x += 8) {
    U16x8 pairs;
    for (int i = 0; i < 8; i++) {
      std::uint16_t pair;
      std::memcpy(&pair, from + source[x + i], sizeof pair);
      pairs[i] = pair;
    }
    store(to + x, blendPixels(pairs & 255, pairs >> 8, share + x));
  }
}

/** Blends two rows that resizeRow wrote: `share` of 256 parts is the lower one's. */
__attribute__((noinline)) void blendRows(const std::uint16_t* upper, const std::uint16_t* lower, int share, int count,
                      std::uint8_t* to) {
  // Offset to signed 16-bit numbers, which multiply in pairs; 256 parts of the offset are taken off again at the end.
  const std::int16_t upperShare = static_cast<std::int16_t>(256 - share);
  const std::int16_t lowerShare = static_cast<std::int16_t>(share);
  const I16x8 shares = {upperShare, lowerShare, upperShare, lowerShare, upperShare, lowerShare, upperShare, lowerShare};
  const std::int32_t rounding = (1 << 15) + (256 << 15);
  for (int x = 0; x < count; x += 8) {
    const I16x8 a = (I16x8)(load<U16x8>(upper + x) ^ 0x8000);
    const I16x8 b = (I16x8)(load<U16x8>(lower + x) ^ 0x8000);
    const I32x4 low = (dotPairs(__builtin_shufflevector(a, b, 0, 8, 1, 9, 2, 10, 3, 11), shares) + rounding) >> 16;
    const I32x4 high = (dotPairs(__builtin_shufflevector(a, b, 4, 12, 5, 13, 6, 14, 7, 15), shares) + rounding) >> 16;
    const U8x16 l = (U8x16)low, h = (U8x16)high;
    store(to + x, __builtin_shufflevector(l, h, 0, 4, 8, 12, 16, 20, 24, 28));
  }
}

/** Hands out the rows of a resized image from top to bottom. */
class ResizedRows {
 public:
  ResizedRows(const Image& image, const ResizeWeights& columns, const ResizeWeights& rows, std::uint16_t* upper,
              std::uint16_t* lower)
      : image_(image), columns_(columns), rows_(rows), buffer_{upper, lower} {}

  /** Writes the pixels of row `y`, `columns.count` of them rounded up to a multiple of eight. */
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
