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
typedef std::uint16_t U16Half __attribute__((vector_size(kVectorBytes / 2)));
typedef std::int8_t I8 __attribute__((vector_size(kVectorBytes)));

typedef double F64 __attribute__((vector_size(kVectorBytes)));
typedef std::int64_t I64 __attribute__((vector_size(kVectorBytes)));

typedef std::uint16_t U16x8 __attribute__((vector_size(16)));
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
/** Less zero: what is added to zero is not left as it is, since that would make 0 of −0. */
ENGINE_INLINE F32 splat(float value) { return value - F32{}; }

ENGINE_INLINE F32 toFloat(I32 value) { return __builtin_convertvector(value, F32); }

// Operations on bytes work on each 128 bits of a vector apart, as AVX2 does.
#if defined(__x86_64__) && ENGINE_VECTOR_BYTES == 32

/** One bit for each lane of a comparison's result. */
ENGINE_INLINE std::uint32_t laneBits(I32 mask) {
  return static_cast<std::uint32_t>(_mm256_movemask_ps((__m256)mask));
}
ENGINE_INLINE std::uint32_t laneBits(I64 mask) {
  return static_cast<std::uint32_t>(_mm256_movemask_pd((__m256d)mask));
}
/** The same for the two results that `widenBytes` leads to. */
ENGINE_INLINE std::uint32_t laneBits(I32 low, I32 high) {
  const __m256i words = _mm256_packs_epi32((__m256i)low, (__m256i)high);
  const auto bits = static_cast<std::uint32_t>(_mm256_movemask_epi8(_mm256_packs_epi16(words, words)));
  return (bits & 0xff) | (bits >> 8 & 0xff00);
}
ENGINE_INLINE std::uint32_t laneBits(I16 mask) {
  const __m256i bytes = _mm256_packs_epi16((__m256i)mask, (__m256i)mask);
  return static_cast<std::uint32_t>(_mm256_movemask_epi8(_mm256_permute4x64_epi64(bytes, 0x08))) & 0xffff;
}
/** Products of 16-bit lanes, summed in pairs. */
ENGINE_INLINE I32 dotPairs(I16 a, I16 b) { return (I32)_mm256_madd_epi16((__m256i)a, (__m256i)b); }
/** The first lanes of each 128 bits of `a` and `b` alternately, and the last ones. */
ENGINE_INLINE I16 interleaveLow(I16 a, I16 b) { return (I16)_mm256_unpacklo_epi16((__m256i)a, (__m256i)b); }
ENGINE_INLINE I16 interleaveHigh(I16 a, I16 b) { return (I16)_mm256_unpackhi_epi16((__m256i)a, (__m256i)b); }
/** All lanes of `a` and `b` alternately: the first half of them to memory, then the second. */
ENGINE_INLINE void interleave(I32 a, I32 b, I32& first, I32& second) {
  const __m256i low = _mm256_unpacklo_epi32((__m256i)a, (__m256i)b), high = _mm256_unpackhi_epi32((__m256i)a, (__m256i)b);
  first = (I32)_mm256_permute2x128_si256(low, high, 0x20);
  second = (I32)_mm256_permute2x128_si256(low, high, 0x31);
}
/** Every second lane of `first` and then `second`: from the first one on, and from the second one on. */
template <class Vector>
ENGINE_INLINE void deinterleave(Vector first, Vector second, Vector& even, Vector& odd) {
  const __m256 a = (__m256)first, b = (__m256)second;
  even = (Vector)_mm256_permute4x64_epi64((__m256i)_mm256_shuffle_ps(a, b, 0x88), 0xd8);
  odd = (Vector)_mm256_permute4x64_epi64((__m256i)_mm256_shuffle_ps(a, b, 0xdd), 0xd8);
}
/** Running sums of the lanes. */
ENGINE_INLINE I32 prefixSum(I32 value) {
  __m256i sum = (__m256i)value;
  sum = _mm256_add_epi32(sum, _mm256_slli_si256(sum, 4));
  sum = _mm256_add_epi32(sum, _mm256_slli_si256(sum, 8));
  const __m256i lowerHalf = _mm256_permute2x128_si256(sum, sum, 0x08);
  return (I32)_mm256_add_epi32(sum, _mm256_shuffle_epi32(lowerHalf, 0xff));
}
ENGINE_INLINE I32 lastLane(I32 value) {
  return (I32)_mm256_permutevar8x32_epi32((__m256i)value, _mm256_set1_epi32(7));
}
ENGINE_INLINE I16 loadPixels(const std::uint8_t* pixels) {
  return (I16)_mm256_cvtepu8_epi16(_mm_loadu_si128((const __m128i*)pixels));
}
/** Writes lanes of 0 to 255 that `interleaveLow` and `interleaveHigh` led to. */
ENGINE_INLINE void storePixels(std::uint8_t* to, I32 low, I32 high) {
  const __m256i words = _mm256_packs_epi32((__m256i)low, (__m256i)high);
  const __m256i bytes = _mm256_permute4x64_epi64(_mm256_packus_epi16(words, words), 0x08);
  _mm_storeu_si128((__m128i*)to, _mm256_castsi256_si128(bytes));
}
/** Sixteen bytes from each of the places that `offset` gives, one for every 128 bits, `every` offsets apart. */
ENGINE_INLINE I8 loadPlaces(const std::uint8_t* from, const std::int32_t* offset, int every) {
  return (I8)_mm256_loadu2_m128i((const __m128i*)(from + offset[every]), (const __m128i*)(from + offset[0]));
}
/** The lower half of the bytes of `a`, and the upper half of those of `b`. */
ENGINE_INLINE I8 halves(I8 a, I8 b) { return (I8)_mm256_blend_epi32((__m256i)a, (__m256i)b, 0xcc); }
/** The lower and the upper half of the lanes in double precision, and back. */
ENGINE_INLINE void widen(I32 value, F64& low, F64& high) {
  low = (F64)_mm256_cvtepi32_pd(_mm256_castsi256_si128((__m256i)value));
  high = (F64)_mm256_cvtepi32_pd(_mm256_extracti128_si256((__m256i)value, 1));
}
ENGINE_INLINE F32 narrow(F64 low, F64 high) {
  return (F32)_mm256_set_m128(_mm256_cvtpd_ps((__m256d)high), _mm256_cvtpd_ps((__m256d)low));
}
ENGINE_INLINE F64 squareRoot(F64 value) { return (F64)_mm256_sqrt_pd((__m256d)value); }
/** Lanes of all ones or all zeros as bytes: those of `a` in the lower half, of `b` in the upper. */
ENGINE_INLINE I8 packMasks(I16 a, I16 b) { return (I8)_mm256_packs_epi16((__m256i)a, (__m256i)b); }
ENGINE_INLINE I8 upperHalf(I8 bytes) { return (I8)_mm256_unpackhi_epi64((__m256i)bytes, (__m256i)bytes); }
/** The bytes of a 16-byte table that the indices, below 16, pick; those from 128 on pick zero. */
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
ENGINE_INLINE std::uint32_t laneBits(I64 mask) {
  return static_cast<std::uint32_t>(_mm_movemask_pd((__m128d)mask));
}
ENGINE_INLINE std::uint32_t laneBits(I32 low, I32 high) {
  const __m128i words = _mm_packs_epi32((__m128i)low, (__m128i)high);
  return static_cast<std::uint32_t>(_mm_movemask_epi8(_mm_packs_epi16(words, _mm_setzero_si128())));
}
ENGINE_INLINE std::uint32_t laneBits(I16 mask) {
  return static_cast<std::uint32_t>(_mm_movemask_epi8(_mm_packs_epi16((__m128i)mask, _mm_setzero_si128())));
}
ENGINE_INLINE I32 dotPairs(I16 a, I16 b) { return (I32)_mm_madd_epi16((__m128i)a, (__m128i)b); }
ENGINE_INLINE I16 interleaveLow(I16 a, I16 b) { return (I16)_mm_unpacklo_epi16((__m128i)a, (__m128i)b); }
ENGINE_INLINE I16 interleaveHigh(I16 a, I16 b) { return (I16)_mm_unpackhi_epi16((__m128i)a, (__m128i)b); }
ENGINE_INLINE void interleave(I32 a, I32 b, I32& first, I32& second) {
  first = (I32)_mm_unpacklo_epi32((__m128i)a, (__m128i)b);
  second = (I32)_mm_unpackhi_epi32((__m128i)a, (__m128i)b);
}
template <class Vector>
ENGINE_INLINE void deinterleave(Vector first, Vector second, Vector& even, Vector& odd) {
  even = (Vector)_mm_shuffle_ps((__m128)first, (__m128)second, 0x88);
  odd = (Vector)_mm_shuffle_ps((__m128)first, (__m128)second, 0xdd);
}
ENGINE_INLINE I32 prefixSum(I32 value) {
  __m128i sum = (__m128i)value;
  sum = _mm_add_epi32(sum, _mm_slli_si128(sum, 4));
  return (I32)_mm_add_epi32(sum, _mm_slli_si128(sum, 8));
}
ENGINE_INLINE I32 lastLane(I32 value) { return (I32)_mm_shuffle_epi32((__m128i)value, 0xff); }
ENGINE_INLINE I16 loadPixels(const std::uint8_t* pixels) {
  return (I16)_mm_cvtepu8_epi16(_mm_loadl_epi64((const __m128i*)pixels));
}
ENGINE_INLINE void storePixels(std::uint8_t* to, I32 low, I32 high) {
  const __m128i words = _mm_packs_epi32((__m128i)low, (__m128i)high);
  _mm_storel_epi64((__m128i*)to, _mm_packus_epi16(words, words));
}
ENGINE_INLINE I8 loadPlaces(const std::uint8_t* from, const std::int32_t* offset, int) {
  return load<I8>(from + offset[0]);
}
ENGINE_INLINE I8 halves(I8 a, I8 b) { return (I8)_mm_blend_epi16((__m128i)a, (__m128i)b, 0xf0); }
ENGINE_INLINE void widen(I32 value, F64& low, F64& high) {
  low = (F64)_mm_cvtepi32_pd((__m128i)value);
  high = (F64)_mm_cvtepi32_pd(_mm_unpackhi_epi64((__m128i)value, (__m128i)value));
}
ENGINE_INLINE F32 narrow(F64 low, F64 high) {
  return (F32)_mm_movelh_ps(_mm_cvtpd_ps((__m128d)low), _mm_cvtpd_ps((__m128d)high));
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
ENGINE_INLINE std::uint32_t laneBits(I64 mask) {
  const uint64x2_t bits = {1, 2};
  return static_cast<std::uint32_t>(vaddvq_u64(vandq_u64((uint64x2_t)mask, bits)));
}
ENGINE_INLINE std::uint32_t laneBits(I32 low, I32 high) {
  const uint16x8_t bits = {1, 2, 4, 8, 16, 32, 64, 128};
  const uint16x8_t words = vcombine_u16(vmovn_u32((uint32x4_t)low), vmovn_u32((uint32x4_t)high));
  return vaddvq_u16(vandq_u16(words, bits));
}
ENGINE_INLINE std::uint32_t laneBits(I16 mask) {
  const uint16x8_t bits = {1, 2, 4, 8, 16, 32, 64, 128};
  return vaddvq_u16(vandq_u16((uint16x8_t)mask, bits));
}
ENGINE_INLINE I32 dotPairs(I16 a, I16 b) {
  const int32x4_t low = vmull_s16(vget_low_s16((int16x8_t)a), vget_low_s16((int16x8_t)b));
  const int32x4_t high = vmull_high_s16((int16x8_t)a, (int16x8_t)b);
  return (I32)vpaddq_s32(low, high);
}
ENGINE_INLINE I16 interleaveLow(I16 a, I16 b) { return (I16)vzip1q_s16((int16x8_t)a, (int16x8_t)b); }
ENGINE_INLINE I16 interleaveHigh(I16 a, I16 b) { return (I16)vzip2q_s16((int16x8_t)a, (int16x8_t)b); }
ENGINE_INLINE void interleave(I32 a, I32 b, I32& first, I32& second) {
  first = (I32)vzip1q_s32((int32x4_t)a, (int32x4_t)b);
  second = (I32)vzip2q_s32((int32x4_t)a, (int32x4_t)b);
}
template <class Vector>
ENGINE_INLINE void deinterleave(Vector first, Vector second, Vector& even, Vector& odd) {
  even = (Vector)vuzp1q_s32((int32x4_t)first, (int32x4_t)second);
  odd = (Vector)vuzp2q_s32((int32x4_t)first, (int32x4_t)second);
}
ENGINE_INLINE I32 prefixSum(I32 value) {
  const int32x4_t zero = vdupq_n_s32(0);
  int32x4_t sum = (int32x4_t)value;
  sum = vaddq_s32(sum, vextq_s32(zero, sum, 3));
  return (I32)vaddq_s32(sum, vextq_s32(zero, sum, 2));
}
ENGINE_INLINE I32 lastLane(I32 value) { return (I32)vdupq_laneq_s32((int32x4_t)value, 3); }
ENGINE_INLINE I16 loadPixels(const std::uint8_t* pixels) { return (I16)vmovl_u8(vld1_u8(pixels)); }
ENGINE_INLINE void storePixels(std::uint8_t* to, I32 low, I32 high) {
  const int16x8_t words = vcombine_s16(vmovn_s32((int32x4_t)low), vmovn_s32((int32x4_t)high));
  vst1_u8(to, vmovn_u16((uint16x8_t)words));
}
ENGINE_INLINE I8 loadPlaces(const std::uint8_t* from, const std::int32_t* offset, int) {
  return load<I8>(from + offset[0]);
}
ENGINE_INLINE I8 halves(I8 a, I8 b) {
  return (I8)vcombine_s8(vget_low_s8((int8x16_t)a), vget_high_s8((int8x16_t)b));
}
ENGINE_INLINE void widen(I32 value, F64& low, F64& high) {
  low = (F64)vcvtq_f64_s64(vmovl_s32(vget_low_s32((int32x4_t)value)));
  high = (F64)vcvtq_f64_s64(vmovl_high_s32((int32x4_t)value));
}
ENGINE_INLINE F32 narrow(F64 low, F64 high) {
  return (F32)vcvt_high_f32_f64(vcvt_f32_f64((float64x2_t)low), (float64x2_t)high);
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

}  // namespace
}  // namespace siteglass
