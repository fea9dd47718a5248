// Sixteen lanes: the logical vector that every kernel is written in. The compiler maps it to one AVX-512, two AVX2, four
// NEON registers or to scalars; the arithmetic of a lane is the same everywhere.
#pragma clang fp contract(off)
// Vectors are passed between inlined functions only, so no calling convention is involved.
#pragma clang diagnostic ignored "-Wpsabi"

#define VK_INLINE static inline __attribute__((always_inline))

typedef float v16 __attribute__((ext_vector_type(16)));
typedef int32_t i16x32 __attribute__((ext_vector_type(16)));

VK_INLINE v16 splat(float x) { return (v16)(x); }
VK_INLINE v16 load(const float *p) { v16 v; memcpy(&v, p, sizeof v); return v; }
VK_INLINE void store(float *p, v16 v) { memcpy(p, &v, sizeof v); }
#ifdef VK_AVX512
VK_INLINE __mmask16 first_lanes(size_t n) { return n < VK_LANES ? (__mmask16)((1u << n) - 1) : 0xffff; }
VK_INLINE v16 load_some(const float *p, size_t n, float fill) {
    return (v16)_mm512_mask_loadu_ps(_mm512_set1_ps(fill), first_lanes(n), p);
}
VK_INLINE void store_some(float *p, size_t n, v16 v) { _mm512_mask_storeu_ps(p, first_lanes(n), (__m512)v); }
#else
VK_INLINE v16 load_some(const float *p, size_t n, float fill) {
    if (n >= VK_LANES) return load(p);
    float lanes[VK_LANES];
    for (size_t i = 0; i < VK_LANES; i++) lanes[i] = i < n ? p[i] : fill;
    return load(lanes);
}
VK_INLINE void store_some(float *p, size_t n, v16 v) {
    float lanes[VK_LANES];
    if (n >= VK_LANES) {
        store(p, v);
        return;
    }
    store(lanes, v);
    for (size_t i = 0; i < n; i++) p[i] = lanes[i];
}
#endif

// The first n lanes, and 0 behind them.
VK_INLINE v16 keep_some(size_t n, v16 v) {
    const i16x32 positions = {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15};
    return positions < (int32_t)n ? v : splat(0.0f);
}

VK_INLINE v16 fma16(v16 a, v16 b, v16 c) { return __builtin_elementwise_fma(a, b, c); }
VK_INLINE v16 max16(v16 a, v16 b) { return a < b ? b : a; }
VK_INLINE v16 min16(v16 a, v16 b) { return b < a ? b : a; }
VK_INLINE v16 abs16(v16 a) { return __builtin_elementwise_abs(a); }
// x / t for r = 1 / t. The remainder is exact, so this is the correctly rounded quotient unless that is subnormal, at a
// quarter of what a division takes.
VK_INLINE v16 quotient16(v16 x, v16 t, v16 r) {
    v16 q = x * r;
    return fma16(fma16(-q, t, x), r, q);
}

typedef float v8 __attribute__((ext_vector_type(8)));
typedef float v4 __attribute__((ext_vector_type(4)));

// The sum of the lanes, as a balanced tree: each half is added to the other.
VK_INLINE float sum_lanes(v16 v) {
    v8 eight = v.lo + v.hi;
    v4 four = eight.lo + eight.hi;
    return (four.x + four.z) + (four.y + four.w);
}
VK_INLINE float max_lanes(v16 v) {
    v8 eight = v.lo < v.hi ? v.hi : v.lo;
    v4 four = eight.lo < eight.hi ? eight.hi : eight.lo;
    const float even = four.x < four.z ? four.z : four.x, odd = four.y < four.w ? four.w : four.y;
    return even < odd ? odd : even;
}
