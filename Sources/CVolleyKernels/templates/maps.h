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
        VK_CASE(VK_RELU6);
        VK_CASE(VK_HARD_SWISH);
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

// Row r of `in`, of the exponentials and of `out` lies r · its stride further.
typedef struct {
    const float *in;
    float *powers, *out;
    size_t in_row, powers_row, out_row;
} softmax_rows;

// The steps of `count` ≤ 4 rows are taken in turn, so that none waits for its own sum. `count` is a constant wherever this
// is inlined.
VK_INLINE void softmax_some(const int count, size_t n, const softmax_rows *rows) {
    const float lowest = -__builtin_inff();
    const size_t whole = n / VK_LANES * VK_LANES, left = n - whole;
    float highest[4];
    v16 top[4], sum[4], reciprocal[4];
#define VK_ROWS _Pragma("clang loop unroll(full)") for (int r = 0; r < count; r++)
    VK_ROWS top[r] = left ? load_some(rows->in + r * rows->in_row + whole, left, lowest) : splat(lowest);
    for (size_t i = 0; i < whole; i += VK_LANES) VK_ROWS top[r] = max16(top[r], load(rows->in + r * rows->in_row + i));
    VK_ROWS highest[r] = max_lanes(top[r]), top[r] = splat(highest[r]);
    VK_ROWS sum[r] = splat(0.0f);
    for (size_t i = 0; i < whole; i += VK_LANES) VK_ROWS {
        const v16 power = exp16(load(rows->in + r * rows->in_row + i) - top[r]);
        store(rows->powers + r * rows->powers_row + i, power);
        sum[r] += power;
    }
    // Lanes past the end get e^0, then 0: the exponential of −∞ would pass through subnormals, which are slow.
    if (left) VK_ROWS {
        const v16 all = exp16(load_some(rows->in + r * rows->in_row + whole, left, highest[r]) - top[r]);
        const v16 power = keep_some(left, all);
        store_some(rows->powers + r * rows->powers_row + whole, left, power);
        sum[r] += power;
    }
    VK_ROWS sum[r] = splat(sum_lanes(sum[r])), reciprocal[r] = 1.0f / sum[r];
    for (size_t i = 0; i < whole; i += VK_LANES) VK_ROWS {
        const v16 power = load(rows->powers + r * rows->powers_row + i);
        store(rows->out + r * rows->out_row + i, quotient16(power, sum[r], reciprocal[r]));
    }
    if (left) VK_ROWS {
        const v16 power = load_some(rows->powers + r * rows->powers_row + whole, left, 0.0f);
        store_some(rows->out + r * rows->out_row + whole, left, quotient16(power, sum[r], reciprocal[r]));
    }
#undef VK_ROWS
}

VK_INLINE void softmax_block(size_t count, size_t n, softmax_rows rows) {
    for (; count > 0;) {
        const size_t done = count >= 4 ? 4 : 1;
        if (done == 4) softmax_some(4, n, &rows);
        else softmax_some(1, n, &rows);
        count -= done;
        rows.in += done * rows.in_row, rows.powers += done * rows.powers_row, rows.out += done * rows.out_row;
    }
}

static void VK_NAME(softmax)(size_t rows, size_t n, const float *in, float *out) {
    softmax_block(rows, n, (softmax_rows){in, out, out, n, n, n});
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
