// One head of attention, with the neurons behind its softmax. Queries are taken block by block through all time-steps,
// so that scores, probabilities and estimates of a block stay in cache.
#include "attention_layout.h"

typedef int8_t i16x8 __attribute__((ext_vector_type(16)));
typedef int64_t i16x64 __attribute__((ext_vector_type(16)));

// Exchanges the off-diagonal quarters of every 2·s × 2·s square, for s = 8, 4, 2 and 1.
VK_INLINE void transpose16(v16 rows[VK_LANES]) {
#define VK_EXCHANGE(s, low, high)                                                              \
    _Pragma("clang loop unroll(full)") for (int i = 0; i < VK_LANES; i++) {                    \
        if (i & s) continue;                                                                   \
        v16 a = rows[i], b = rows[i + s];                                                      \
        rows[i] = __builtin_shufflevector(a, b, VK_LIST low);                                  \
        rows[i + s] = __builtin_shufflevector(a, b, VK_LIST high);                             \
    }
#define VK_LIST(...) __VA_ARGS__
    VK_EXCHANGE(8, (0, 1, 2, 3, 4, 5, 6, 7, 16, 17, 18, 19, 20, 21, 22, 23),
                (8, 9, 10, 11, 12, 13, 14, 15, 24, 25, 26, 27, 28, 29, 30, 31))
    VK_EXCHANGE(4, (0, 1, 2, 3, 16, 17, 18, 19, 8, 9, 10, 11, 24, 25, 26, 27),
                (4, 5, 6, 7, 20, 21, 22, 23, 12, 13, 14, 15, 28, 29, 30, 31))
    VK_EXCHANGE(2, (0, 1, 16, 17, 4, 5, 20, 21, 8, 9, 24, 25, 12, 13, 28, 29),
                (2, 3, 18, 19, 6, 7, 22, 23, 10, 11, 26, 27, 14, 15, 30, 31))
    VK_EXCHANGE(1, (0, 16, 2, 18, 4, 20, 6, 22, 8, 24, 10, 26, 12, 28, 14, 30),
                (1, 17, 3, 19, 5, 21, 7, 23, 9, 25, 11, 27, 13, 29, 15, 31))
#undef VK_LIST
#undef VK_EXCHANGE
}

// vk_pack for stride_n = 1. Rows are read from end to end, since they may lie pages apart.
static void VK_NAME(pack_rows)(size_t k, size_t n, const float *b, size_t stride_k, float *packed) {
    const size_t panel = k * VK_LANES;
    for (size_t i = 0; i < k; i++, b += stride_k, packed += VK_LANES) {
        float *out = packed;
        size_t j = 0;
        for (; j + VK_LANES <= n; j += VK_LANES, out += panel) store(out, load(b + j));
        if (j < n) store(out, load_some(b + j, n - j, 0.0f));
    }
}

// Packs `height` ≤ 16 rows of a panel, which are columns of the `width` rows at b.
VK_INLINE void pack_square(const size_t height, size_t width, const float *b, size_t stride_n, float *packed) {
    v16 square[VK_LANES];
    for (size_t j = 0; j < VK_LANES; j++, b += stride_n) {
        if (j >= width) square[j] = splat(0.0f);
        else square[j] = height == VK_LANES ? load(b) : load_some(b, height, 0.0f);
    }
    transpose16(square);
    for (size_t j = 0; j < height; j++) store(packed + j * VK_LANES, square[j]);
}

// vk_pack for stride_k = 1.
static void VK_NAME(pack_transposed)(size_t k, size_t n, const float *b, size_t stride_n, float *packed) {
    for (size_t first = 0; first < n; first += VK_LANES, b += VK_LANES * stride_n) {
        const size_t width = n - first < VK_LANES ? n - first : VK_LANES;
        size_t i = 0;
        for (; i + VK_LANES <= k; i += VK_LANES, packed += VK_LANES * VK_LANES)
            pack_square(VK_LANES, width, b + i, stride_n, packed);
        if (i < k) pack_square(k - i, width, b + i, stride_n, packed);
        packed += (k - i) * VK_LANES;
    }
}

static void VK_NAME(pack_head)(const vk_attention *shape, const vk_attention_layout *l, int steps, float *scratch) {
    const vk_view *k = &shape->k, *v = &shape->v;
    for (size_t t = 0; t < (size_t)steps; t++) {
        const float *keys = k->start + t * k->step;
        float *packed = scratch + l->k + t * l->k_step;
        if (k->row == 1) VK_NAME(pack_rows)(shape->width, shape->keys, keys, k->column, packed);
        else VK_NAME(pack_transposed)(shape->width, shape->keys, keys, k->row, packed);
        VK_NAME(pack_rows)(shape->keys, shape->value_width, v->start + t * v->step, v->row,
                           scratch + l->v + t * l->v_step);
    }
}

// scores has room for whole vectors, mask has not.
VK_INLINE void scale_and_mask(size_t keys, float scale, const float *mask, float *scores) {
    for (size_t i = 0; i < keys; i += VK_LANES) {
        v16 x = load(scores + i);
        if (scale != 1.0f) x *= scale;
        if (mask) x += keys - i < VK_LANES ? load_some(mask + i, keys - i, 0.0f) : load(mask + i);
        store(scores + i, x);
    }
}

// The probabilities of the block's `rows` queries from `first` on at one time-step.
static void VK_NAME(attend)(const vk_attention *shape, const vk_attention_layout *l, size_t t, size_t first,
                            size_t rows, float *scratch) {
    const size_t keys = shape->keys;
    float *scores = scratch + l->scores, *probabilities = scratch + l->probabilities + t * l->step;
    VK_NAME(gemm)(rows, l->score_row, shape->width, shape->q.start + t * shape->q.step + first * shape->q.row,
                  shape->q.row, scratch + l->k + t * l->k_step, 0, scores, l->score_row);
    for (size_t r = 0; r < rows && (shape->mask || shape->scale != 1.0f); r++) {
        const float *mask = shape->mask ? shape->mask + (first + r) * shape->mask_row : 0;
        scale_and_mask(keys, shape->scale, mask, scores + r * l->score_row);
    }
    softmax_block(rows, keys, (softmax_rows){scores, scores, probabilities, l->score_row, l->score_row, keys});
}

VK_INLINE void add_lanes(size_t n, i16x32 added, int64_t *counts) {
    i16x64 sums, wide = __builtin_convertvector(added, i16x64);
    if (n >= VK_LANES) {
        memcpy(&sums, counts, sizeof sums);
        sums += wide;
        memcpy(counts, &sums, sizeof sums);
    } else {
        for (size_t lane = 0; lane < n; lane++) counts[lane] += added[lane];
    }
}

// Adds to counts how many of `rows` codes, or estimates, differ from zero for each key.
static void VK_NAME(count_codes)(size_t rows, size_t keys, const int8_t *codes, int64_t *counts) {
    for (size_t i = 0; i < keys; i += VK_LANES) {
        i16x8 sum = (i16x8)(0);
        for (size_t r = 0; r < rows; r++) {
            i16x8 code;
            memcpy(&code, codes + r * keys + i, sizeof code);
            sum -= code != (i16x8)(0);
        }
        add_lanes(keys - i, __builtin_convertvector(sum, i16x32), counts + i);
    }
}

static void VK_NAME(count_graded)(size_t rows, size_t keys, const int8_t *codes, const int mask, int64_t *counts) {
    for (size_t i = 0; i < keys; i += VK_LANES) {
        i16x8 sum = (i16x8)(0);
        for (size_t r = 0; r < rows; r++) {
            i16x8 code;
            memcpy(&code, codes + r * keys + i, sizeof code);
            sum -= graded_lanes(code, (int8_t)mask);
        }
        add_lanes(keys - i, __builtin_convertvector(sum, i16x32), counts + i);
    }
}

static void VK_NAME(count_estimates)(size_t rows, size_t keys, const float *estimates, int64_t *counts) {
    for (size_t i = 0; i < keys; i += VK_LANES) {
        i16x32 sum = (i16x32)(0);
        for (size_t r = 0; r < rows; r++) sum -= load(estimates + r * keys + i) != splat(0.0f);
        add_lanes(keys - i, sum, counts + i);
    }
}

static size_t VK_NAME(attention)(const vk_attention *shape, int first_step, int steps, float *sent, float *scratch,
                                 int64_t *counts, int64_t *emitted_keys, int64_t *sent_keys) {
    const vk_attention_layout l = vk_lay_out_attention(shape, steps);
    const size_t keys = shape->keys, times = (size_t)steps;
    scratch += (0 - (uintptr_t)scratch) / sizeof *scratch % VK_LANES;
    float *estimates = scratch + (shape->neuron ? l.estimates : l.probabilities);
    int8_t *codes = emitted_keys || shape->codes ? (int8_t *)(scratch + l.codes) : 0;
    size_t bad = 0;
    VK_NAME(pack_head)(shape, &l, steps, scratch);
    for (size_t first = 0; first < shape->queries; first += l.block) {
        const size_t rows = shape->queries - first < l.block ? shape->queries - first : l.block;
        for (size_t t = 0; t < times; t++) VK_NAME(attend)(shape, &l, t, first, rows, scratch);
        if (shape->neuron)
            bad += VK_NAME(neuron)(shape->neuron, first_step, steps, rows * keys, scratch + l.probabilities, l.step,
                                   sent ? sent + first * keys : 0, 0, codes, 0, estimates, l.step, counts);
        for (size_t t = 0; t < times; t++) {
            if (shape->codes) memcpy(shape->codes + t * shape->codes_step + first * keys, codes + t * l.step, rows * keys);
            if (emitted_keys) VK_NAME(count_codes)(rows, keys, codes + t * l.step, emitted_keys + t * keys);
            if (emitted_keys && shape->graded_keys)
                VK_NAME(count_graded)(rows, keys, codes + t * l.step, shape->graded_mask, shape->graded_keys + t * keys);
            if (sent_keys) VK_NAME(count_estimates)(rows, keys, estimates + t * l.step, sent_keys + t * keys);
            VK_NAME(gemm)(rows, shape->value_width, keys, estimates + t * l.step, keys, scratch + l.v + t * l.v_step, 0,
                          shape->out.start + t * shape->out.step + first * shape->out.row, shape->out.row);
        }
    }
    return bad;
}
