// Elementary functions on sixteen lanes. The polynomials are weighted minimax fits made for these kernels; the tests
// hold each function to its error bound (2 units in the last place for exp, erf and tanh).

// p · 2^n for a whole n from −151 to 128, rounded once; NaN where n is.
VK_INLINE v16 times_power(v16 p, v16 n) {
#ifdef VK_AVX512
    return (v16)_mm512_scalef_ps((__m512)p, (__m512)n);
#else
    // In two factors, since neither end of the range is a power of its own.
    n = n == n ? n : splat(0.0f);
    i16x32 whole = __builtin_convertvector(n, i16x32);
    i16x32 half = whole >> 1;
    v16 first, second;
    i16x32 bits = (half + 127) << 23;
    memcpy(&first, &bits, sizeof first);
    bits = (whole - half + 127) << 23;
    memcpy(&second, &bits, sizeof second);
    return p * first * second;
#endif
}

// x = n·ln 2 + r with |r| ≤ ln 2 / 2, so e^x = 2^n · e^r. Overflows to infinity, underflows through the subnormals to 0.
VK_INLINE v16 exp16(v16 x) {
    x = x > 89.0f ? splat(89.0f) : x;
    x = x < -105.0f ? splat(-105.0f) : x;
    const v16 shift = splat(12582912.0f);  // 1.5 · 2^23: adding it rounds to an integer
    v16 n = fma16(x, splat(0x1.715476p+0f), shift) - shift;
    v16 r = fma16(n, splat(-0x1.62e4p-1f), x);
    r = fma16(n, splat(-0x1.7f7d1cp-20f), r);
    v16 p = splat(0x1.a1b542p-13f);
    p = fma16(p, r, splat(0x1.6d96cep-10f));
    p = fma16(p, r, splat(0x1.11108p-7f));
    p = fma16(p, r, splat(0x1.55548p-5f));
    p = fma16(p, r, splat(0x1.555556p-3f));
    p = fma16(p, r, splat(0.5f));
    p = fma16(p, r * r, r) + 1.0f;
    return times_power(p, n);
}

// |x| ≤ 1: x + x·P(x²). Beyond: 1 − e^Q(|x|), where Q fits ln erfc.
VK_INLINE v16 erf16(v16 x) {
    v16 a = abs16(x);
    v16 u = x * x;
    v16 p = splat(-0x1.43842cp-17f);
    p = fma16(p, u, splat(0x1.d826a2p-14f));
    p = fma16(p, u, splat(-0x1.bcbe9ep-11f));
    p = fma16(p, u, splat(0x1.5628eep-8f));
    p = fma16(p, u, splat(-0x1.b829a8p-6f));
    p = fma16(p, u, splat(0x1.ce2f08p-4f));
    p = fma16(p, u, splat(-0x1.812746p-2f));
    p = fma16(p, u, splat(0x1.06eba8p-3f));  // 2/√π − 1
    v16 near = fma16(p, x, x);
    a = a > 4.0f ? splat(4.0f) : a;
    v16 q = splat(0x1.86de0cp-13f);
    q = fma16(q, a, splat(-0x1.825b4ap-9f));
    q = fma16(q, a, splat(0x1.65cb9ep-6f));
    q = fma16(q, a, splat(-0x1.a65356p-4f));
    q = fma16(q, a, splat(-0x1.46bae8p-1f));
    q = fma16(q, a, splat(-0x1.2088ecp+0f));
    q = fma16(q, a, splat(-0x1.661a16p-12f));
    v16 far = 1.0f - exp16(q);
    far = x < 0.0f ? -far : far;
    return abs16(x) <= 1.0f ? near : (x == x ? far : x);
}

// |x| < 0.625: x + x·P(x²). Beyond: 1 − 2 / (e^2|x| + 1).
VK_INLINE v16 tanh16(v16 x) {
    v16 a = abs16(x);
    v16 u = x * x;
    v16 p = splat(0x1.1799c6p-9f);
    p = fma16(p, u, splat(-0x1.0b89a2p-7f));
    p = fma16(p, u, splat(0x1.637038p-6f));
    p = fma16(p, u, splat(-0x1.b9eb42p-5f));
    p = fma16(p, u, splat(0x1.11104ep-3f));
    p = fma16(p, u, splat(-0x1.555552p-2f));
    v16 near = fma16(p * u, x, x);
    v16 far = 1.0f - 2.0f / (exp16(a + a) + 1.0f);
    far = x < 0.0f ? -far : far;
    return a < 0.625f ? near : far;
}

VK_INLINE v16 sigmoid16(v16 x) { return 1.0f / (1.0f + exp16(-x)); }

// x·Φ(x) with Φ(x) = 1/2 + x·P(x²) for |x| < 5.2, beyond which Φ is within 1.7 · 2^-24 of 0 or 1. P is a polynomial in
// w = 2 x² / 5.2² − 1, whose coefficients alternate and stay small.
VK_INLINE v16 gelu16(v16 x) {
    v16 w = fma16(x * x, splat(0x1.2ef566p-4f), splat(-1.0f));
    v16 p = splat(0x1.a8735cp-13f);
    p = fma16(p, w, splat(-0x1.26cd8ep-11f));
    p = fma16(p, w, splat(0x1.3af6d6p-11f));
    p = fma16(p, w, splat(-0x1.0082cp-10f));
    p = fma16(p, w, splat(0x1.5cf952p-9f));
    p = fma16(p, w, splat(-0x1.4c186cp-8f));
    p = fma16(p, w, splat(0x1.067968p-7f));
    p = fma16(p, w, splat(-0x1.94cb76p-7f));
    p = fma16(p, w, splat(0x1.291b34p-6f));
    p = fma16(p, w, splat(-0x1.95b97p-6f));
    p = fma16(p, w, splat(0x1.05d5dap-5f));
    p = fma16(p, w, splat(-0x1.4711ap-5f));
    p = fma16(p, w, splat(0x1.99d05cp-5f));
    p = fma16(p, w, splat(-0x1.157a88p-4f));
    p = fma16(p, w, splat(0x1.166cf2p-3f));
    v16 phi = fma16(p, x, splat(0.5f));
    phi = abs16(x) < 5.2f ? phi : (x < 0.0f ? splat(0.0f) : splat(1.0f));
    return x * phi;
}

VK_INLINE v16 unary16(vk_unary_op op, v16 x) {
    switch (op) {
    case VK_EXP: return exp16(x);
    case VK_ERF: return erf16(x);
    case VK_TANH: return tanh16(x);
    case VK_SIGMOID: return sigmoid16(x);
    case VK_RELU: return x < 0.0f ? splat(0.0f) : x;
    case VK_GELU: return gelu16(x);
    case VK_GELU_TANH: {
        v16 inner = splat(0.7978845608f) * fma16(splat(0.044715f) * x * x, x, x);
        return 0.5f * x * (1.0f + tanh16(inner));
    }
    case VK_QUICK_GELU: return x * sigmoid16(1.702f * x);
    case VK_SILU: return x * sigmoid16(x);
    case VK_SQRT: return __builtin_elementwise_sqrt(x);
    case VK_RELU6: return min16(max16(x, splat(0.0f)), splat(6.0f));
    case VK_HARD_SWISH: return x * min16(max16(x / splat(6.0f) + splat(0.5f), splat(0.0f)), splat(1.0f));
    }
    return x;
}

VK_INLINE v16 binary16(vk_binary_op op, v16 a, v16 b) {
    switch (op) {
    case VK_ADD: return a + b;
    case VK_SUBTRACT: return a - b;
    case VK_MULTIPLY: return a * b;
    case VK_DIVIDE: return a / b;
    case VK_MAXIMUM: return max16(a, b);
    case VK_MINIMUM: return min16(a, b);
    }
    return a;
}
