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
typedef std::int8_t I8 __attribute__((vector_size(kVectorBytes)));

/** Half as many lanes, for numbers of double precision to be made of and into. */
typedef std::int32_t HalfI32 __attribute__((vector_size(kVectorBytes / 2)));
typedef float HalfF32 __attribute__((vector_size(kVectorBytes / 2)));
typedef double F64 __attribute__((vector_size(kVectorBytes)));
constexpr int kLanes64 = kVectorBytes / 8;

typedef std::int32_t I32x4 __attribute__((vector_size(16)));
typedef std::int16_t I16x8 __attribute__((vector_size(16)));
typedef std::uint16_t U16x8 __attribute__((vector_size(16)));
typedef std::uint8_t U8x16 __attribute__((vector_size(16)));
typedef std::int64_t I64x2 __attribute__((vector_size(16)));
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

// Operations on bytes work on each 128 bits of a vector apart, as AVX2 does.
#if defined(__x86_64__) && ENGINE_VECTOR_BYTES == 32

/** One bit for each lane of a comparison's result. */
ENGINE_INLINE std::uint32_t laneBits(I32 mask) {
  return static_cast<std::uint32_t>(_mm256_movemask_ps((__m256)mask));
}
/** The same for the two results that `widenBytes` leads to. */
ENGINE_INLINE std::uint32_t laneBits(I32 low, I32 high) {
  const __m256i words = _mm256_packs_epi32((__m256i)low, (__m256i)high);
  const auto bits = static_cast<std::uint32_t>(_mm256_movemask_epi8(_mm256_packs_epi16(words, words)));
  return (bits & 0xff) | (bits >> 8 & 0xff00);
}
ENGINE_INLINE F64 squareRoot(F64 value) { return (F64)_mm256_sqrt_pd((__m256d)value); }
/** Lanes of all ones or all zeros as bytes: those of `a` in the lower half, of `b` in the upper. */
ENGINE_INLINE I8 packMasks(I16 a, I16 b) { return (I8)_mm256_packs_epi16((__m256i)a, (__m256i)b); }
ENGINE_INLINE I8 upperHalf(I8 bytes) { return (I8)_mm256_unpackhi_epi64((__m256i)bytes, (__m256i)bytes); }
/** The bytes of a 16-byte table that the indices, below 16, pick. */
ENGINE_INLINE I8 lookUp(I8 table, I8 index) { return (I8)_mm256_shuffle_epi8((__m256i)table, (__m256i)index); }
ENGINE_INLINE I8 loadTable(const std::uint8_t* bytes) {
  return (I8)_mm256_broadcastsi128_si256(_mm_loadu_si128((const __m128i*)bytes));
}
ENGINE_INLINE I8 select(I8 mask, I8 yes, I8 no) {
  return (I8)_mm256_blendv_epi8((__m256i)no, (__m256i)yes, (__m256i)mask);
}
/** Bytes of the lower half, all ones or all zeros, as lanes of 32 bits. */
ENGINE_INLINE void widenBytes(I8 mask, I32& low, I32& high) {
  const __m256i words = _mm256_unpacklo_epi8((__m256i)mask, (__m256i)mask);
  low = (I32)_mm256_unpacklo_epi16(words, words);
  high = (I32)_mm256_unpackhi_epi16(words, words);
}

#elif defined(__x86_64__)

ENGINE_INLINE std::uint32_t laneBits(I32 mask) {
  return static_cast<std::uint32_t>(_mm_movemask_ps((__m128)mask));
}
ENGINE_INLINE std::uint32_t laneBits(I32 low, I32 high) {
  const __m128i words = _mm_packs_epi32((__m128i)low, (__m128i)high);
  return static_cast<std::uint32_t>(_mm_movemask_epi8(_mm_packs_epi16(words, _mm_setzero_si128())));
}
ENGINE_INLINE F64 squareRoot(F64 value) { return (F64)_mm_sqrt_pd((__m128d)value); }
ENGINE_INLINE I8 packMasks(I16 a, I16 b) { return (I8)_mm_packs_epi16((__m128i)a, (__m128i)b); }
ENGINE_INLINE I8 upperHalf(I8 bytes) { return (I8)_mm_unpackhi_epi64((__m128i)bytes, (__m128i)bytes); }
ENGINE_INLINE I8 lookUp(I8 table, I8 index) { return (I8)_mm_shuffle_epi8((__m128i)table, (__m128i)index); }
ENGINE_INLINE I8 loadTable(const std::uint8_t* bytes) { return load<I8>(bytes); }
ENGINE_INLINE I8 select(I8 mask, I8 yes, I8 no) {
  return (I8)_mm_blendv_epi8((__m128i)no, (__m128i)yes, (__m128i)mask);
}
ENGINE_INLINE void widenBytes(I8 mask, I32& low, I32& high) {
  const __m128i words = _mm_unpacklo_epi8((__m128i)mask, (__m128i)mask);
  low = (I32)_mm_unpacklo_epi16(words, words);
  high = (I32)_mm_unpackhi_epi16(words, words);
}

#else

ENGINE_INLINE std::uint32_t laneBits(I32 mask) {
  const uint32x4_t bits = {1, 2, 4, 8};
  return vaddvq_u32(vandq_u32((uint32x4_t)mask, bits));
}
ENGINE_INLINE std::uint32_t laneBits(I32 low, I32 high) {
  const uint16x8_t bits = {1, 2, 4, 8, 16, 32, 64, 128};
  const uint16x8_t words = vcombine_u16(vmovn_u32((uint32x4_t)low), vmovn_u32((uint32x4_t)high));
  return vaddvq_u16(vandq_u16(words, bits));
}
ENGINE_INLINE F64 squareRoot(F64 value) { return (F64)vsqrtq_f64((float64x2_t)value); }
ENGINE_INLINE I8 packMasks(I16 a, I16 b) {
  return (I8)vcombine_s8(vmovn_s16((int16x8_t)a), vmovn_s16((int16x8_t)b));
}
ENGINE_INLINE I8 upperHalf(I8 bytes) {
  const int8x8_t upper = vget_high_s8((int8x16_t)bytes);
  return (I8)vcombine_s8(upper, upper);
}
ENGINE_INLINE I8 lookUp(I8 table, I8 index) { return (I8)vqtbl1q_s8((int8x16_t)table, (uint8x16_t)index); }
ENGINE_INLINE I8 loadTable(const std::uint8_t* bytes) { return load<I8>(bytes); }
ENGINE_INLINE I8 select(I8 mask, I8 yes, I8 no) {
  return (I8)vbslq_s8((uint8x16_t)mask, (int8x16_t)yes, (int8x16_t)no);
}
ENGINE_INLINE void widenBytes(I8 mask, I32& low, I32& high) {
  const int16x8_t words = vmovl_s8(vget_low_s8((int8x16_t)mask));
  low = (I32)vmovl_s16(vget_low_s16(words));
  high = (I32)vmovl_high_s16(words);
}

#endif

/** The bytes of a 16-byte table that the indices pick; from 128 on they pick zero. */
#if defined(__x86_64__)
ENGINE_INLINE U8x16 lookUp(U8x16 table, U8x16 index) {
  return (U8x16)_mm_shuffle_epi8((__m128i)table, (__m128i)index);
}
/** Products of 16-bit lanes, summed in pairs. */
ENGINE_INLINE I32x4 dotPairs(I16x8 a, I16x8 b) { return (I32x4)_mm_madd_epi16((__m128i)a, (__m128i)b); }
#else
ENGINE_INLINE U8x16 lookUp(U8x16 table, U8x16 index) {
  return (U8x16)vqtbl1q_u8((uint8x16_t)table, (uint8x16_t)index);
}
ENGINE_INLINE I32x4 dotPairs(I16x8 a, I16x8 b) {
  const int32x4_t low = vmull_s16(vget_low_s16((int16x8_t)a), vget_low_s16((int16x8_t)b));
  const int32x4_t high = vmull_high_s16((int16x8_t)a, (int16x8_t)b);
  return (I32x4)vpaddq_s32(low, high);
}
#endif

}  // namespace
}  // namespace siteglass
