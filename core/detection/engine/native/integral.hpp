// Rows of integral images. An element (x, y) sums the pixels above and to the left of it, in arithmetic modulo 2^32
// or 2^16: only differences are used, and those fit.
#pragma once

#include "cascade.hpp"
#include "simd.hpp"

namespace siteglass {
namespace {

ENGINE_INLINE U16x8 prefixSum(U16x8 values) {
  const U16x8 zero = {};
  values += __builtin_shufflevector(zero, values, 0, 8, 9, 10, 11, 12, 13, 14);
  values += __builtin_shufflevector(zero, values, 0, 1, 8, 9, 10, 11, 12, 13);
  values += __builtin_shufflevector(zero, values, 0, 1, 2, 3, 8, 9, 10, 11);
  return values;
}

/**
 * Writes as many of the integral's elements from x+1 on as two vectors hold: the sums along this row onto the row above.
 * `odd` has the first, the third and so on, `even` the others.
 */
template <int Step>
ENGINE_INLINE void putSums(std::int32_t* row, std::int32_t stride, int x, I32 odd, I32 even) {
  if (Step == 1) {
    std::int32_t* const to = row + x + 1;
    I32 first, second;
    interleave(odd, even, first, second);
    store(to, first + load<I32>(to - stride));
    store(to + kLanes32, second + load<I32>(to + kLanes32 - stride));
  } else {
    std::int32_t* const toOdd = row + stride / 2 + x / 2;
    std::int32_t* const toEven = row + x / 2 + 1;
    store(toOdd, odd + load<I32>(toOdd - stride));
    store(toEven, even + load<I32>(toEven - stride));
  }
}

/** The same for sums of 16 bits: the lower halves of the lanes. */
template <int Step>
ENGINE_INLINE void putSums(std::uint16_t* row, std::int32_t stride, int x, I32 odd, I32 even) {
  if (Step == 1) {
    std::uint16_t* const to = row + x + 1;
    store(to, (U16)((odd & 0xffff) | even << 16) + load<U16>(to - stride));
  } else {
    std::uint16_t* const toOdd = row + stride / 2 + x / 2;
    std::uint16_t* const toEven = row + x / 2 + 1;
    store(toOdd, __builtin_convertvector(odd, U16Half) + load<U16Half>(toOdd - stride));
    store(toEven, __builtin_convertvector(even, U16Half) + load<U16Half>(toEven - stride));
  }
}

/**
 * Sums, in 32 and in 16 bits, and sums of squares of a row of pixels, onto the rows above. Reads and writes to the end
 * of the last vector.
 */
template <int Step>
inline void addHaarRow(const std::uint8_t* pixels, int width, std::int32_t stride, std::int32_t* sum,
                       std::uint16_t* sum16, std::int32_t* squares) {
  const I16 ones = I16{} + 1;
  sum[0] = 0;
  sum16[0] = 0;
  squares[0] = 0;
  I32 sumSoFar = {}, squaresSoFar = {};
  for (int x = 0; x < width; x += kLanes16) {
    // Sums of pairs lead to the even elements; without a pair's second pixel they are the odd ones.
    const I16 row = loadPixels(pixels + x);
    const I32 second = (I32)row >> 16;
    const I32 evenSum = prefixSum(dotPairs(row, ones)) + sumSoFar;
    putSums<Step>(sum, stride, x, evenSum - second, evenSum);
    putSums<Step>(sum16, stride, x, evenSum - second, evenSum);
    sumSoFar = lastLane(evenSum);

    const I32 evenSquares = prefixSum(dotPairs(row, row)) + squaresSoFar;
    putSums<Step>(squares, stride, x, evenSquares - dotPairs((I16)second, (I16)second), evenSquares);
    squaresSoFar = lastLane(evenSquares);
  }
}

/** The sums in 16 bits alone, for LBP. */
template <int Step>
inline void addLbpRow(const std::uint8_t* pixels, int width, std::int32_t stride, std::uint16_t* sum) {
  sum[0] = 0;
  U16x8 soFar = {};
  for (int x = 0; x < width; x += 8) {
    const U16x8 sums = prefixSum(__builtin_convertvector(load<U8x8>(pixels + x), U16x8)) + soFar;
    soFar = __builtin_shufflevector(sums, sums, 7, 7, 7, 7, 7, 7, 7, 7);
    if (Step == 1) {
      std::uint16_t* const to = sum + x + 1;
      store(to, sums + load<U16x8>(to - stride));
    } else {
      typedef std::uint16_t U16x4 __attribute__((vector_size(8)));
      std::uint16_t* const odd = sum + stride / 2 + x / 2;
      std::uint16_t* const even = sum + x / 2 + 1;
      store(odd, __builtin_shufflevector(sums, sums, 0, 2, 4, 6) + load<U16x4>(odd - stride));
      store(even, __builtin_shufflevector(sums, sums, 1, 3, 5, 7) + load<U16x4>(even - stride));
    }
  }
}

/**
 * The tilted integral: an element sums the pixels of the cone that opens upwards from the pixel at its upper left.
 * Its recurrence needs the two rows above, which are kept with their columns in order.
 */
class TiltedRows {
 public:
  /** The buffers hold `width` + 32 elements each. */
  TiltedRows(int width, std::int32_t* const (&buffers)[3], std::uint8_t* pixelsAbove)
      : width_(width), row_{buffers[0], buffers[1], buffers[2]}, pixelsAbove_(pixelsAbove) {
    for (std::int32_t* row : row_) std::memset(row, 0, (width + 32) * sizeof *row);
    std::memset(pixelsAbove, 0, width + 32);
  }

  void add(const std::uint8_t* pixels, const Layout& layout, std::int32_t* to) {
    std::int32_t* const next = row_[2];
    const std::int32_t* const above = row_[1];
    const std::int32_t* const twoAbove = row_[0];
    next[0] = above[1];
    for (int x = 1; x <= width_; x++) {
      next[x] = above[x - 1] + above[x + 1] - twoAbove[x] + pixels[x - 1] + pixelsAbove_[x - 1];
    }
    // Beyond the right edge the cone one column further is this column's, a row higher.
    next[width_ + 1] = above[width_];
    std::memcpy(pixelsAbove_, pixels, width_);
    row_[0] = row_[1];
    row_[1] = row_[2];
    row_[2] = const_cast<std::int32_t*>(twoAbove);

    if (layout.step == 1) {
      std::memcpy(to, next, (width_ + 1) * sizeof *to);
    } else {
      std::int32_t* const odd = to + layout.stride / 2;
      for (int x = 0; x <= width_; x += 2) {
        to[x / 2] = next[x];
        odd[x / 2] = next[x + 1];
      }
    }
  }

 private:
  int width_;
  std::int32_t* row_[3];
  std::uint8_t* pixelsAbove_;
};

}  // namespace
}  // namespace siteglass
