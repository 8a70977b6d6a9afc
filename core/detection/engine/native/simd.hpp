// Vectors of ENGINE_VECTOR_BYTES (16 or 32) in GCC's and Clang's vector extensions, and the few operations
// that those lack. Everything here has internal linkage: the file is compiled twice, with different instruction sets.
#pragma once

#include <cstdint>
#include <cstring>

#if defined(__x86_64__)
#include <immintrin.h>
#elif defined(__aarch64__)
#include <arm_neon.h>
#else
#error "The engine needs x86-64 or arm64"
#endif

namespace siteglass {
namespace {

constexpr int kVectorBytes = ENGINE_VECTOR_BYTES;
constexpr int kLanes32 = kVectorBytes / 4;
constexpr int kLanes16 = kVectorBytes / 2;

typedef std::int32_t I32 __attribute__((vector_size(kVectorBytes)));
typedef float F32 __attribute__((vector_size(kVectorBytes)));
typedef std::int16_t I16 __attribute__((vector_size(kVectorBytes)));
typedef std::uint16_t U16 __attribute__((vector_size(kVectorBytes)));

/** Half as many lanes, for numbers of double precision to be made of and into. */
typedef std::int32_t HalfI32 __attribute__((vector_size(kVectorBytes / 2)));
typedef float HalfF32 __attribute__((vector_size(kVectorBytes / 2)));
typedef double F64 __attribute__((vector_size(kVectorBytes)));
typedef std::int64_t I64 __attribute__((vector_size(kVectorBytes)));
constexpr int kLanes64 = kVectorBytes / 8;

typedef std::int32_t I32x4 __attribute__((vector_size(16)));
typedef std::int16_t I16x8 __attribute__((vector_size(16)));
typedef std::uint16_t U16x8 __attribute__((vector_size(16)));
typedef std::uint8_t U8x16 __attribute__((vector_size(16)));
typedef std::int8_t I8x16 __attribute__((vector_size(16)));
typedef std::uint8_t U8x8 __attribute__((vector_size(8)));

#define ENGINE_INLINE inline __attribute__((always_inline))

/** Loads a vector from any address. */
template <class Vector, class Element>
ENGINE_INLINE Vector load(const Element* from) {
  Vector vector;
  std::memcpy(&vector, from, sizeof vector);
  return vector;
}

template <class Vector, class Element>
ENGINE_INLINE void store(Element* to, Vector vector) {
  std::memcpy(to, &vector, sizeof vector);
}

ENGINE_INLINE I32 splat(std::int32_t value) { return I32{} + value; }
ENGINE_INLINE F32 splat(float value) { return F32{} + value; }

ENGINE_INLINE F32 toFloat(I32 value) { return __builtin_convertvector(value, F32); }

#if defined(__x86_64__)

#if ENGINE_VECTOR_BYTES == 32
/** One bit for each lane of a comparison's result. */
ENGINE_INLINE std::uint32_t laneBits(I32 mask) {
  return static_cast<std::uint32_t>(_mm256_movemask_ps((__m256)mask));
}
ENGINE_INLINE F64 squareRoot(F64 value) { return (F64)_mm256_sqrt_pd((__m256d)value); }
/** The low bytes of 16-bit lanes that hold no more than a byte. */
ENGINE_INLINE U8x16 packBytes(U16 values) {
  const __m256i wide = (__m256i)values;
  return (U8x16)_mm_packus_epi16(_mm256_castsi256_si128(wide), _mm256_extracti128_si256(wide, 1));
}
/** Lanes of all ones or all zeros to wider lanes of the same; `High` takes the upper half of them. */
ENGINE_INLINE I16 widenMask(I8x16 mask) { return (I16)_mm256_cvtepi8_epi16((__m128i)mask); }
ENGINE_INLINE I32 widenLow(I16 mask) { return (I32)_mm256_cvtepi16_epi32(_mm256_castsi256_si128((__m256i)mask)); }
ENGINE_INLINE I32 widenHigh(I16 mask) { return (I32)_mm256_cvtepi16_epi32(_mm256_extracti128_si256((__m256i)mask, 1)); }
#else
ENGINE_INLINE std::uint32_t laneBits(I32 mask) {
  return static_cast<std::uint32_t>(_mm_movemask_ps((__m128)mask));
}
ENGINE_INLINE F64 squareRoot(F64 value) { return (F64)_mm_sqrt_pd((__m128d)value); }
ENGINE_INLINE U8x16 packBytes(U16 values) {
  return (U8x16)_mm_packus_epi16((__m128i)values, _mm_setzero_si128());
}
ENGINE_INLINE I16 widenMask(I8x16 mask) { return (I16)_mm_unpacklo_epi8((__m128i)mask, (__m128i)mask); }
ENGINE_INLINE I32 widenLow(I16 mask) { return (I32)_mm_unpacklo_epi16((__m128i)mask, (__m128i)mask); }
ENGINE_INLINE I32 widenHigh(I16 mask) { return (I32)_mm_unpackhi_epi16((__m128i)mask, (__m128i)mask); }
#endif

/** Picks bytes of a 16-byte table; the indices are below 16. */
ENGINE_INLINE U8x16 lookUp(U8x16 table, U8x16 index) {
  return (U8x16)_mm_shuffle_epi8((__m128i)table, (__m128i)index);
}
/** Picks bytes of a 32-byte table. */
ENGINE_INLINE U8x16 lookUp(U8x16 low, U8x16 high, U8x16 index) {
  const __m128i inHigh = _mm_cmpgt_epi8((__m128i)index, _mm_set1_epi8(15));
  return (U8x16)_mm_blendv_epi8((__m128i)lookUp(low, index), (__m128i)lookUp(high, index), inHigh);
}
/** Products of 16-bit lanes, summed in pairs. */
ENGINE_INLINE I32x4 dotPairs(I16x8 a, I16x8 b) { return (I32x4)_mm_madd_epi16((__m128i)a, (__m128i)b); }

#else

ENGINE_INLINE std::uint32_t laneBits(I32 mask) {
  const uint32x4_t bits = {1, 2, 4, 8};
  return vaddvq_u32(vandq_u32((uint32x4_t)mask, bits));
}
ENGINE_INLINE F64 squareRoot(F64 value) { return (F64)vsqrtq_f64((float64x2_t)value); }
ENGINE_INLINE U8x16 packBytes(U16 values) {
  return (U8x16)vcombine_u8(vmovn_u16((uint16x8_t)values), vdup_n_u8(0));
}
ENGINE_INLINE I16 widenMask(I8x16 mask) { return (I16)vmovl_s8(vget_low_s8((int8x16_t)mask)); }
ENGINE_INLINE I32 widenLow(I16 mask) { return (I32)vmovl_s16(vget_low_s16((int16x8_t)mask)); }
ENGINE_INLINE I32 widenHigh(I16 mask) { return (I32)vmovl_high_s16((int16x8_t)mask); }
ENGINE_INLINE U8x16 lookUp(U8x16 table, U8x16 index) {
  return (U8x16)vqtbl1q_u8((uint8x16_t)table, (uint8x16_t)index);
}
ENGINE_INLINE U8x16 lookUp(U8x16 low, U8x16 high, U8x16 index) {
  const uint8x16x2_t table = {{(uint8x16_t)low, (uint8x16_t)high}};
  return (U8x16)vqtbl2q_u8(table, (uint8x16_t)index);
}
ENGINE_INLINE I32x4 dotPairs(I16x8 a, I16x8 b) {
  const int32x4_t low = vmull_s16(vget_low_s16((int16x8_t)a), vget_low_s16((int16x8_t)b));
  const int32x4_t high = vmull_high_s16((int16x8_t)a, (int16x8_t)b);
  return (I32x4)vpaddq_s32(low, high);
}

#endif

}  // namespace
}  // namespace siteglass
