// Element by element and row by row.

// `op` is a constant wherever these two are inlined.
VK_INLINE void map_binary(const vk_binary_op op, size_t n, const float *a, int stride_a, const float *b, int stride_b,
                          float *out) {
    size_t i = 0;
    for (; i + VK_LANES <= n; i += VK_LANES) {
        v16 x = stride_a ? load(a + i) : splat(*a);
        v16 y = stride_b ? load(b + i) : splat(*b);
        store(out + i, binary16(op, x, y));
    }
    if (i < n) {
        v16 x = stride_a ? load_some(a + i, n - i, 1.0f) : splat(*a);
        v16 y = stride_b ? load_some(b + i, n - i, 1.0f) : splat(*b);
        store_some(out + i, n - i, binary16(op, x, y));
    }
}

VK_INLINE void map_unary(const vk_unary_op op, size_t n, const float *in, float *out) {
    size_t i = 0;
    for (; i + VK_LANES <= n; i += VK_LANES) store(out + i, unary16(op, load(in + i)));
    if (i < n) store_some(out + i, n - i, unary16(op, load_some(in + i, n - i, 0.0f)));
}

static void VK_NAME(binary)(vk_binary_op op, size_t n, const float *a, int stride_a, const float *b, int stride_b,
                            float *out) {
#define VK_CASE(name) case name: map_binary(name, n, a, stride_a, b, stride_b, out); break
    switch (op) {
        VK_CASE(VK_ADD);
        VK_CASE(VK_SUBTRACT);
        VK_CASE(VK_MULTIPLY);
        VK_CASE(VK_DIVIDE);
        VK_CASE(VK_MAXIMUM);
        VK_CASE(VK_MINIMUM);
    }
#undef VK_CASE
}

static void VK_NAME(unary)(vk_unary_op op, size_t n, const float *in, float *out) {
#define VK_CASE(name) case name: map_unary(name, n, in, out); break
    switch (op) {
        VK_CASE(VK_EXP);
        VK_CASE(VK_ERF);
        VK_CASE(VK_TANH);
        VK_CASE(VK_SIGMOID);
        VK_CASE(VK_RELU);
        VK_CASE(VK_GELU);
        VK_CASE(VK_GELU_TANH);
        VK_CASE(VK_QUICK_GELU);
        VK_CASE(VK_SILU);
        VK_CASE(VK_SQRT);
    }
#undef VK_CASE
}

VK_INLINE float sum_row(size_t n, const float *in) {
    v16 sum = splat(0.0f);
    size_t i = 0;
    for (; i + VK_LANES <= n; i += VK_LANES) sum += load(in + i);
    if (i < n) sum += load_some(in + i, n - i, 0.0f);
    return sum_lanes(sum);
}

static void VK_NAME(sum_rows)(size_t rows, size_t n, const float *in, float *out) {
    for (size_t r = 0; r < rows; r++) out[r] = sum_row(n, in + r * n);
}

static void VK_NAME(softmax)(size_t rows, size_t n, const float *in, float *out) {
    for (size_t r = 0; r < rows; r++, in += n, out += n) {
        const float lowest = -__builtin_inff();
        v16 highest = splat(lowest);
        size_t i = 0;
        for (; i + VK_LANES <= n; i += VK_LANES) highest = max16(highest, load(in + i));
        if (i < n) highest = max16(highest, load_some(in + i, n - i, lowest));
        const v16 top = splat(max_lanes(highest));
        v16 sum = splat(0.0f);
        for (i = 0; i + VK_LANES <= n; i += VK_LANES) {
            v16 e = exp16(load(in + i) - top);
            store(out + i, e);
            sum += e;
        }
        if (i < n) {
            v16 e = exp16(load_some(in + i, n - i, lowest) - top);
            store_some(out + i, n - i, e);
            sum += load_some(out + i, n - i, 0.0f);
        }
        const v16 total = splat(sum_lanes(sum)), reciprocal = 1.0f / total;
        for (i = 0; i + VK_LANES <= n; i += VK_LANES) store(out + i, quotient16(load(out + i), total, reciprocal));
        if (i < n) store_some(out + i, n - i, quotient16(load_some(out + i, n - i, 0.0f), total, reciprocal));
    }
}

static void VK_NAME(layer_norm)(size_t rows, size_t n, float epsilon, const float *gamma, const float *beta,
                                const float *in, float *out) {
    for (size_t r = 0; r < rows; r++, in += n, out += n) {
        const float mean = sum_row(n, in) / (float)n;
        v16 sum = splat(0.0f);
        size_t i = 0;
        for (; i + VK_LANES <= n; i += VK_LANES) {
            v16 d = load(in + i) - mean;
            sum = fma16(d, d, sum);
        }
        if (i < n) {
            v16 d = load_some(in + i, n - i, mean) - mean;
            sum = fma16(d, d, sum);
        }
        const float variance = sum_lanes(sum) / (float)n;
        const v16 scale = splat(1.0f / __builtin_sqrtf(variance + epsilon));
        for (i = 0; i < n; i += VK_LANES) {
            size_t width = n - i < VK_LANES ? n - i : VK_LANES;
            v16 x, g, b;
            if (width == VK_LANES) {
                x = load(in + i), g = load(gamma + i), b = load(beta + i);
                store(out + i, fma16((x - mean) * scale, g, b));
            } else {
                x = load_some(in + i, width, 0.0f);
                g = load_some(gamma + i, width, 0.0f), b = load_some(beta + i, width, 0.0f);
                store_some(out + i, width, fma16((x - mean) * scale, g, b));
            }
        }
    }
}
