/* Sixteen floats at a time, in whatever registers the instruction set has.
 *
 * Included into a namespace of its own for every instruction set (see kernels.h), so nothing here may have external
 * linkage elsewhere, and no standard C++ header with inline functions may be used.
 */
#ifndef TFSG_ISA
#error "define TFSG_ISA before including vector.h"
#endif

#if defined(__AVX512F__)
#define TFSG_NATIVE_LANES 16
#elif defined(__AVX__)
#define TFSG_NATIVE_LANES 8
#else
#define TFSG_NATIVE_LANES 4
#endif

#if defined(__GNUC__)
#define TFSG_INLINE inline __attribute__((always_inline))
#define TFSG_RESTRICT __restrict__
#else
#define TFSG_INLINE __forceinline
#define TFSG_RESTRICT __restrict
#endif

namespace tfsg {
namespace TFSG_ISA {

constexpr int kLanes = 16;

#if defined(__GNUC__)

typedef float Native __attribute__((vector_size(4 * TFSG_NATIVE_LANES)));
typedef int32_t NativeMask __attribute__((vector_size(4 * TFSG_NATIVE_LANES)));
constexpr int kParts = kLanes / TFSG_NATIVE_LANES;

struct Mask {
  NativeMask part[kParts];
};

struct Vec {
  Native part[kParts];

  static TFSG_INLINE Vec load(const float* from) {
    Vec v;
    __builtin_memcpy(&v, from, sizeof v);
    return v;
  }
  static TFSG_INLINE Vec all(float value) {
    Vec v;
    for (int i = 0; i < kParts; ++i) v.part[i] = Native{} + value;
    return v;
  }
  TFSG_INLINE void store(float* to) const { __builtin_memcpy(to, this, sizeof *this); }
};

#define TFSG_EACH(expression)                       \
  Vec r;                                            \
  for (int i = 0; i < kParts; ++i) r.part[i] = (expression); \
  return r

TFSG_INLINE Vec operator+(const Vec& a, const Vec& b) { TFSG_EACH(a.part[i] + b.part[i]); }
TFSG_INLINE Vec operator-(const Vec& a, const Vec& b) { TFSG_EACH(a.part[i] - b.part[i]); }
TFSG_INLINE Vec operator*(const Vec& a, const Vec& b) { TFSG_EACH(a.part[i] * b.part[i]); }
TFSG_INLINE Vec fma(const Vec& a, const Vec& b, const Vec& c) { TFSG_EACH(a.part[i] * b.part[i] + c.part[i]); }
TFSG_INLINE Vec fma(const Vec& a, float b, const Vec& c) { TFSG_EACH(a.part[i] * b + c.part[i]); }
#undef TFSG_EACH

TFSG_INLINE Mask operator>(const Vec& a, const Vec& b) {
  Mask m;
  for (int i = 0; i < kParts; ++i) m.part[i] = a.part[i] > b.part[i];
  return m;
}
TFSG_INLINE Mask operator>=(const Vec& a, const Vec& b) {
  Mask m;
  for (int i = 0; i < kParts; ++i) m.part[i] = a.part[i] >= b.part[i];
  return m;
}
TFSG_INLINE Vec select(const Mask& m, const Vec& yes, const Vec& no) {
  Vec r;
  for (int i = 0; i < kParts; ++i) r.part[i] = m.part[i] ? yes.part[i] : no.part[i];
  return r;
}

TFSG_INLINE float sum(const Vec& v) {
  Native s = v.part[0];
  for (int i = 1; i < kParts; ++i) s += v.part[i];
  float total = 0;
  for (int i = 0; i < TFSG_NATIVE_LANES; ++i) total += s[i];
  return total;
}

/* Bit i says whether lane i of the mask is set. */
TFSG_INLINE uint32_t bits(const Mask& m) {
#if defined(__AVX512F__)
  return (uint32_t)_mm512_test_epi32_mask((__m512i)m.part[0], (__m512i)m.part[0]);
#elif defined(__AVX__)
  return (uint32_t)_mm256_movemask_ps((__m256)m.part[0]) | (uint32_t)_mm256_movemask_ps((__m256)m.part[1]) << 8;
#elif defined(__SSE2__)
  uint32_t r = 0;
  for (int i = 0; i < kParts; ++i) r |= (uint32_t)_mm_movemask_ps((__m128)m.part[i]) << (4 * i);
  return r;
#else
  uint32_t r = 0;
  for (int i = 0; i < kLanes; ++i) r |= (uint32_t)(m.part[i / TFSG_NATIVE_LANES][i % TFSG_NATIVE_LANES] != 0) << i;
  return r;
#endif
}

TFSG_INLINE Mask from_bits(uint32_t set) {
  Mask m;
  for (int i = 0; i < kParts; ++i) {
    NativeMask lane;
    for (int j = 0; j < TFSG_NATIVE_LANES; ++j) lane[j] = 1 << (i * TFSG_NATIVE_LANES + j);
    m.part[i] = ((NativeMask{} + (int32_t)set) & lane) != 0;
  }
  return m;
}

#else /* a compiler without vector types: plain loops, which it may vectorise */

struct Mask {
  bool lane[kLanes];
};
struct Vec {
  float lane[kLanes];
  static TFSG_INLINE Vec load(const float* from) {
    Vec v;
    memcpy(&v, from, sizeof v);
    return v;
  }
  static TFSG_INLINE Vec all(float value) {
    Vec v;
    for (int i = 0; i < kLanes; ++i) v.lane[i] = value;
    return v;
  }
  TFSG_INLINE void store(float* to) const { memcpy(to, this, sizeof *this); }
};
#define TFSG_EACH(type, expression)                            \
  type r;                                                      \
  for (int i = 0; i < kLanes; ++i) r.lane[i] = (expression);   \
  return r
TFSG_INLINE Vec operator+(const Vec& a, const Vec& b) { TFSG_EACH(Vec, a.lane[i] + b.lane[i]); }
TFSG_INLINE Vec operator-(const Vec& a, const Vec& b) { TFSG_EACH(Vec, a.lane[i] - b.lane[i]); }
TFSG_INLINE Vec operator*(const Vec& a, const Vec& b) { TFSG_EACH(Vec, a.lane[i] * b.lane[i]); }
TFSG_INLINE Vec fma(const Vec& a, const Vec& b, const Vec& c) { TFSG_EACH(Vec, a.lane[i] * b.lane[i] + c.lane[i]); }
TFSG_INLINE Vec fma(const Vec& a, float b, const Vec& c) { TFSG_EACH(Vec, a.lane[i] * b + c.lane[i]); }
TFSG_INLINE Mask operator>(const Vec& a, const Vec& b) { TFSG_EACH(Mask, a.lane[i] > b.lane[i]); }
TFSG_INLINE Mask operator>=(const Vec& a, const Vec& b) { TFSG_EACH(Mask, a.lane[i] >= b.lane[i]); }
TFSG_INLINE Vec select(const Mask& m, const Vec& a, const Vec& b) { TFSG_EACH(Vec, m.lane[i] ? a.lane[i] : b.lane[i]); }
TFSG_INLINE Mask from_bits(uint32_t set) { TFSG_EACH(Mask, (set >> i & 1) != 0); }
#undef TFSG_EACH
TFSG_INLINE float sum(const Vec& v) {
  float total = 0;
  for (int i = 0; i < kLanes; ++i) total += v.lane[i];
  return total;
}
TFSG_INLINE uint32_t bits(const Mask& m) {
  uint32_t r = 0;
  for (int i = 0; i < kLanes; ++i) r |= (uint32_t)m.lane[i] << i;
  return r;
}

#endif

TFSG_INLINE Vec zero() { return Vec::all(0.0f); }

/* The first `count` lanes, 0 < count <= 16; the others read as zero and are not written. */
TFSG_INLINE Vec load(const float* from, int64_t count) {
  if (count >= kLanes) return Vec::load(from);
  float lanes[kLanes] = {0};
  for (int64_t i = 0; i < count; ++i) lanes[i] = from[i];
  return Vec::load(lanes);
}
TFSG_INLINE void store(const Vec& v, float* to, int64_t count) {
  if (count >= kLanes) {
    v.store(to);
    return;
  }
  float lanes[kLanes];
  v.store(lanes);
  for (int64_t i = 0; i < count; ++i) to[i] = lanes[i];
}

/* NaN stays NaN: both comparisons are false. */
TFSG_INLINE Vec clip(const Vec& v, const Vec& low, const Vec& high) {
  Vec r = select(v > high, high, v);
  return select(low > r, low, r);
}

}  // namespace TFSG_ISA
}  // namespace tfsg
