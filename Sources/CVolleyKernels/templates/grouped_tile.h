// Windows of grouped convolutions times their weights, and what follows the products while they are in registers.
//
// Each element of a product is one chain of fused multiply-adds over the taps in order, and over the inputs of its group within
// a tap; taps outside the image are left out.

enum {
    GROUPED_POSITIONS = VK_TILE_ROWS > 6 ? 8 : VK_TILE_ROWS > 4 ? 4 : 2,  // windows whose sums stay in registers
    GROUPED_VECTORS = 4,         // of channels, where windows come one by one
    GROUPED_NARROWEST = GROUPED_POSITIONS > 4 ? 8 : 4,  // channels of groups that are not taken for wide ones
    GROUPED_COLUMNS = 7,         // of kernels whose weights stay in registers
    GROUPED_CACHE = 6144,        // floats of the lines that windows reach, for channels that are taken together
    GROUPED_BLOCK = 4096,        // results that neurons see at once, as far as single lines allow
};

// How the input of a group reaches its outputs: there is one for each (1); groups lie within a vector; or they hold whole halves of one.
typedef enum { GROUPED_SINGLE, GROUPED_NARROW, GROUPED_WIDE } grouped_kind;

typedef struct {
    const vk_grouped *layer;
    const vk_layer_run *run;
    size_t padded;          // channels, rounded up to whole vectors
    size_t length;          // of an input line: W · channels
    size_t kept;            // lines of the image that are kept as floats: as many as windows reach
    float *lines;           // [steps][kept][length]: what spikes are worth
    const float **taps;     // [steps][KH]: the lines under the windows of the output line that is computed
    float *reciprocals;     // [steps]: 1 / t
    float *block;           // [steps][lines of a block][OW · channels], where neurons follow; null elsewhere
    int8_t *codes;          // likewise, where they step by a rule
    float low, high;        // of the activation, where it is no more than bounds
    int is_bounded;
} grouped_work;

// Windows of one output line, from `row` on of all rows, and the taps that lie inside the image.
typedef struct {
    size_t row;
    size_t first_line, end_line, first_column, end_column;
    float *out;             // of the line's first window, at the first step
    size_t out_stride;      // from one step to the next
} grouped_windows;

// The taps u of window i with 0 ≤ i · stride + u · dilation − before < length.
VK_INLINE void taps_inside(const vk_windows *shape, int axis, size_t i, size_t length, size_t *first, size_t *end) {
    const size_t start = i * shape->stride[axis], before = shape->before[axis], dilation = shape->dilation[axis];
    const size_t past = start < length + before ? (length + before - start + dilation - 1) / dilation : 0;
    *first = start < before ? (before - start + dilation - 1) / dilation : 0;
    *end = past < shape->kernel[axis] ? past : shape->kernel[axis];
    if (*first > *end) *first = *end;
}

// Input i of the group that each of 16 channels is in: `x` begins at the first channel, or, of wide groups, at the first channel's group,
// and `upper` at that of the last eight channels. Whole vectors, or the first `lanes` of one.
VK_INLINE v16 group_input(const grouped_kind kind, const int is_whole, size_t lanes, size_t width, const float *x, size_t upper, size_t i) {
    const i16x32 positions = {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15};
    if (kind == GROUPED_SINGLE) return is_whole ? load(x) : load_some(x, lanes, 0.0f);
    if (kind == GROUPED_WIDE) return positions < 8 ? splat(x[i]) : splat(x[upper + i]);
#ifdef VK_AVX512
    const i16x32 places = (positions & -(int32_t)width) + (int32_t)i;
    return (v16)_mm512_permutexvar_ps((__m512i)places, (__m512)(is_whole ? load(x) : load_some(x, lanes, 0.0f)));
#else
    float values[VK_LANES];
    for (size_t lane = 0; lane < VK_LANES; lane++) values[lane] = is_whole || lane < lanes ? x[(lane & -width) + i] : 0.0f;
    return load(values);
#endif
}

// What follows the products of `positions` windows, 16 channels each, at one step: estimates (semantics 5), bias, residual and
// bounds. Results of neighbouring windows lie `channels` apart, the first at `at` of a step.
VK_INLINE void finish_products(const int positions, const size_t lanes, const grouped_work *work, int step, size_t at, size_t channels,
                               v16 bias, v16 *products, v16 *sums) {
    const vk_grouped *layer = work->layer;
    const vk_layer_run *run = work->run;
    if (layer->source) {
        const v16 t = splat((float)(run->first_step + step)), reciprocal = splat(work->reciprocals[step]);
        if (layer->source->differential) {
#pragma clang loop unroll(full)
            for (int p = 0; p < positions; p++) products[p] = sums[p] += quotient16(products[p], t, reciprocal);
        } else {
#pragma clang loop unroll(full)
            for (int p = 0; p < positions; p++) products[p] = quotient16(sums[p] += products[p], t, reciprocal);
        }
    }
    if (layer->bias)
#pragma clang loop unroll(full)
        for (int p = 0; p < positions; p++) products[p] += bias;
    if (!work->is_bounded) return;
    const float *addend = run->addend ? run->addend + (size_t)step * run->addend_stride + at : 0;
    if (addend && layer->activates_last)
#pragma clang loop unroll(full)
        for (int p = 0; p < positions; p++) products[p] += load_some(addend + (size_t)p * channels, lanes, 0.0f);
    const v16 low = splat(work->low), high = splat(work->high);
#pragma clang loop unroll(full)
    for (int p = 0; p < positions; p++) {
        products[p] = products[p] < low ? low : products[p];
        products[p] = products[p] > high ? high : products[p];
    }
    if (addend && !layer->activates_last)
#pragma clang loop unroll(full)
        for (int p = 0; p < positions; p++) products[p] += load_some(addend + (size_t)p * channels, lanes, 0.0f);
}

// products[p] += Σ_v x[p · stride + v] · weights[v] over `columns` taps of one line, in their order: each pixel is loaded once.
VK_INLINE void multiply_line(const int positions, const int columns, const int stride, size_t channels, size_t padded,
                             const float *x, const float *weights, v16 *products) {
    v16 weight[GROUPED_COLUMNS];
#pragma clang loop unroll(full)
    for (int v = 0; v < columns; v++) weight[v] = load(weights + (size_t)v * padded);
#pragma clang loop unroll(full)
    for (int at = 0; at < (positions - 1) * stride + columns; at++) {
        const v16 pixel = load(x + (size_t)at * channels);
#pragma clang loop unroll(full)
        for (int p = 0; p < positions; p++) {
            const int v = at - p * stride;
            if (v >= 0 && v < columns) products[p] = fma16(pixel, weight[v], products[p]);
        }
    }
}

// The same for any taps, widths of groups, and several vectors of channels.
VK_INLINE void multiply_taps(const int positions, const int vectors, const grouped_kind kind, const int is_whole,
                             const grouped_work *work, const grouped_windows *windows, size_t lanes, size_t upper, const float *x,
                             const float *weights, v16 products[GROUPED_VECTORS][GROUPED_POSITIONS]) {
    const vk_windows *shape = &work->layer->windows;
    const size_t window = shape->stride[1] * shape->channels, tap = shape->dilation[1] * shape->channels;
    const size_t inputs = kind == GROUPED_SINGLE ? 1 : work->layer->width;
    for (size_t v = windows->first_column; v < windows->end_column; v++, x += tap)
        for (size_t i = 0; i < inputs; i++, weights += work->padded) {
            v16 weight[GROUPED_VECTORS];
#pragma clang loop unroll(full)
            for (int q = 0; q < vectors; q++) weight[q] = load(weights + q * VK_LANES);
#pragma clang loop unroll(full)
            for (int p = 0; p < positions; p++)
#pragma clang loop unroll(full)
                for (int q = 0; q < vectors; q++) {
                    const float *at = x + (size_t)p * window + q * VK_LANES;
                    products[q][p] = fma16(group_input(kind, is_whole, lanes, inputs, at, upper, i), weight[q], products[q][p]);
                }
        }
}

// All steps of `positions` windows from `j` on and `vectors` · 16 channels from `c` on, or of the last few channels. Everything
// that is const here is a constant wherever this is inlined.
VK_INLINE void grouped_tile(const int positions, const int vectors, const grouped_kind kind, const int is_whole, const int columns,
                            const int stride, const grouped_work *work, const grouped_windows *windows, size_t j, size_t c) {
    const vk_grouped *layer = work->layer;
    const vk_layer_run *run = work->run;
    const vk_windows *shape = &layer->windows;
    const size_t channels = shape->channels, lanes = is_whole ? VK_LANES : channels - c;
    // Where the channels' groups begin; what is left of the last eight channels may be nothing.
    const size_t from = kind != GROUPED_WIDE ? c : c / layer->width * layer->width;
    const size_t upper = kind != GROUPED_WIDE || c + 8 >= channels ? 0 : (c + 8) / layer->width * layer->width - from;
    const size_t end_line = windows->first_column < windows->end_column ? windows->end_line : windows->first_line;
    const size_t left = (j * shape->stride[1] + windows->first_column * shape->dilation[1] - shape->before[1]) * channels + from;
    v16 sums[GROUPED_VECTORS][GROUPED_POSITIONS];
#pragma clang loop unroll(full)
    for (int p = 0; p < positions; p++)
#pragma clang loop unroll(full)
        for (int q = 0; q < vectors; q++) {
            const size_t at = (windows->row + j + (size_t)p) * channels + c + (size_t)q * VK_LANES;
            sums[q][p] = layer->source && run->sums ? load_some(run->sums + at, lanes, 0.0f) : splat(0.0f);
        }
    for (int s = 0; s < run->steps; s++) {
        v16 products[GROUPED_VECTORS][GROUPED_POSITIONS];
#pragma clang loop unroll(full)
        for (int p = 0; p < positions; p++)
#pragma clang loop unroll(full)
            for (int q = 0; q < vectors; q++) products[q][p] = splat(0.0f);
        for (size_t u = windows->first_line; u < end_line; u++) {
            const float *x = work->taps[(size_t)s * shape->kernel[0] + u] + left;
            const float *weights = layer->weights + (u * shape->kernel[1] + windows->first_column) * layer->width * work->padded + c;
            if (columns > 0) multiply_line(positions, columns, stride, channels, work->padded, x, weights, products[0]);
            else multiply_taps(positions, vectors, kind, is_whole, work, windows, lanes, upper, x, weights, products);
        }
#pragma clang loop unroll(full)
        for (int q = 0; q < vectors; q++) {
            const v16 bias = layer->bias ? load_some(layer->bias + c + (size_t)q * VK_LANES, lanes, 0.0f) : splat(0.0f);
            const size_t place = j * channels + c + (size_t)q * VK_LANES;
            finish_products(positions, lanes, work, s, windows->row * channels + place, channels, bias, products[q], sums[q]);
            float *out = windows->out + (size_t)s * windows->out_stride + place;
#pragma clang loop unroll(full)
            for (int p = 0; p < positions; p++) {
                if (is_whole) store(out + (size_t)p * channels, products[q][p]);
                else store_some(out + (size_t)p * channels, lanes, products[q][p]);
            }
        }
    }
    if (!layer->source || !run->sums) return;
#pragma clang loop unroll(full)
    for (int p = 0; p < positions; p++)
#pragma clang loop unroll(full)
        for (int q = 0; q < vectors; q++)
            store_some(run->sums + (windows->row + j + (size_t)p) * channels + c + (size_t)q * VK_LANES, lanes, sums[q][p]);
}
