// Depthwise and grouped convolutions of channel-last images, all time-steps in one pass: products of a few windows with 16
// channels at a time, and the neurons while a few lines are in cache.
#include "grouped_tile.h"

// `positions` windows from `j` on, channels `c` to `end`.
typedef void (*grouped_function)(int positions, const grouped_work *work, const grouped_windows *windows, size_t j, size_t c, size_t end);

VK_INLINE void grouped_any(const int positions, const grouped_kind kind, const grouped_work *work, const grouped_windows *windows,
                           size_t j, size_t c, size_t end) {
    // Vectors of wide groups do not begin where groups do.
    if (positions == 1 && kind != GROUPED_WIDE)
        for (; c + GROUPED_VECTORS * VK_LANES <= end; c += GROUPED_VECTORS * VK_LANES)
            grouped_tile(1, GROUPED_VECTORS, kind, 1, 0, 0, work, windows, j, c);
    for (; c + VK_LANES <= end; c += VK_LANES) grouped_tile(positions, 1, kind, 1, 0, 0, work, windows, j, c);
    if (c < end) grouped_tile(positions, 1, kind, 0, 0, 0, work, windows, j, c);
}

#define VK_ANY(name, kind)                                                                                                  \
    static void VK_NAME(name)(int positions, const grouped_work *work, const grouped_windows *windows, size_t j, size_t c,  \
                              size_t end) {                                                                                 \
        if (positions == GROUPED_POSITIONS) grouped_any(GROUPED_POSITIONS, kind, work, windows, j, c, end);                 \
        else if (positions > 1) grouped_any(GROUPED_POSITIONS / 2, kind, work, windows, j, c, end);                         \
        else grouped_any(1, kind, work, windows, j, c, end);                                                                \
    }
VK_ANY(grouped_single, GROUPED_SINGLE)
VK_ANY(grouped_narrow, GROUPED_NARROW)
VK_ANY(grouped_wide, GROUPED_WIDE)
#undef VK_ANY

// Whole vectors of depthwise convolutions with so many columns and such a stride, several windows inside the image at a time.
#define VK_KNOWN(name, columns, stride)                                                                                     \
    static void VK_NAME(name)(int positions, const grouped_work *work, const grouped_windows *windows, size_t j, size_t c,  \
                              size_t end) {                                                                                 \
        for (; positions == GROUPED_POSITIONS && c < end; c += VK_LANES)                                                    \
            grouped_tile(GROUPED_POSITIONS, 1, GROUPED_SINGLE, 1, columns, stride, work, windows, j, c);                    \
        for (; c < end; c += VK_LANES)                                                                                      \
            grouped_tile(GROUPED_POSITIONS / 2, 1, GROUPED_SINGLE, 1, columns, stride, work, windows, j, c);                \
    }
VK_KNOWN(grouped_3_by_1, 3, 1)
VK_KNOWN(grouped_3_by_2, 3, 2)
VK_KNOWN(grouped_5_by_1, 5, 1)
VK_KNOWN(grouped_5_by_2, 5, 2)
VK_KNOWN(grouped_7_by_1, 7, 1)
#undef VK_KNOWN

static grouped_function VK_NAME(any_function)(const vk_grouped *layer) {
    if (layer->width == 1) return VK_NAME(grouped_single);
    return layer->width <= GROUPED_NARROWEST ? VK_NAME(grouped_narrow) : VK_NAME(grouped_wide);
}

static grouped_function VK_NAME(known_function)(const vk_grouped *layer) {
    const vk_windows *shape = &layer->windows;
    if (layer->width > 1 || shape->dilation[1] > 1) return 0;
    switch (10 * shape->kernel[1] + shape->stride[1]) {
    case 31: return VK_NAME(grouped_3_by_1);
    case 32: return VK_NAME(grouped_3_by_2);
    case 51: return VK_NAME(grouped_5_by_1);
    case 52: return VK_NAME(grouped_5_by_2);
    case 71: return VK_NAME(grouped_7_by_1);
    default: return 0;
    }
}

// How many windows from j on have all their columns inside the image.
VK_INLINE size_t windows_inside(const vk_windows *shape, size_t j) {
    const size_t start = j * shape->stride[1], reach = (shape->kernel[1] - 1) * shape->dilation[1];
    const size_t limit = shape->width + shape->before[1], left = shape->positions[1] - j;
    if (start < shape->before[1] || start + reach >= limit) return 0;
    const size_t inside = (limit - reach - 1 - start) / shape->stride[1] + 1;
    return inside < left ? inside : left;
}

// An output line: channels that a few lines of the image fit the first-level cache with, several windows at a time inside the image.
static void VK_NAME(grouped_line)(const grouped_work *work, grouped_windows *windows) {
    const vk_windows *shape = &work->layer->windows;
    const grouped_function any = VK_NAME(any_function)(work->layer), known = VK_NAME(known_function)(work->layer);
    size_t together = GROUPED_CACHE / (shape->kernel[0] * shape->width) / 64 * 64;
    if (together < 64) together = 64;
    for (size_t c = 0; c < shape->channels; c += together) {
        const size_t end = c + together < shape->channels ? c + together : shape->channels;
        for (size_t j = 0; j < shape->positions[1];) {
            const size_t inside = windows_inside(shape, j);
            const int half = inside >= GROUPED_POSITIONS / 2 ? GROUPED_POSITIONS / 2 : 1;
            const int positions = inside >= GROUPED_POSITIONS ? GROUPED_POSITIONS : half;
            taps_inside(shape, 1, j, shape->width, &windows->first_column, &windows->end_column);
            size_t first = c;
            if (known && positions > 1) {
                first += (end - c) / VK_LANES * VK_LANES;
                known(positions, work, windows, j, c, first);
            }
            if (first < end) any(positions, work, windows, j, first, end);
            j += (size_t)positions;
        }
    }
}

// Spikes of the image's lines `*ready` to `end` − 1 become floats, once each; lines that no window from here on reaches are passed over.
static void VK_NAME(keep_lines)(const grouped_work *work, size_t image, size_t first, size_t end, size_t *ready) {
    const vk_layer_run *run = work->run;
    const vk_alphabet *source = work->layer->source;
    if (*ready < first) *ready = first;
    for (; *ready < end; ++*ready) {
        const int8_t *codes = run->codes + (image * work->layer->windows.height + *ready) * work->length;
        float *line = work->lines + *ready % work->kept * work->length;
        for (size_t s = 0; s < (size_t)run->steps; s++)
            VK_NAME(expand_codes)(work->length, codes + s * run->input_stride, source->values, source->levels,
                                  line + s * work->kept * work->length);
    }
}

// Finds the lines under the windows of output line i.
static void VK_NAME(read_lines)(const grouped_work *work, size_t image, size_t i, size_t *ready, grouped_windows *windows) {
    const vk_grouped *layer = work->layer;
    const vk_layer_run *run = work->run;
    const vk_windows *shape = &layer->windows;
    taps_inside(shape, 0, i, shape->height, &windows->first_line, &windows->end_line);
    for (size_t u = windows->first_line; u < windows->end_line; u++) {
        const size_t y = i * shape->stride[0] + u * shape->dilation[0] - shape->before[0];
        if (layer->source) VK_NAME(keep_lines)(work, image, u == windows->first_line ? y : 0, y + 1, ready);
        for (int s = 0; s < run->steps; s++)
            work->taps[(size_t)s * shape->kernel[0] + u] =
                layer->source ? work->lines + ((size_t)s * work->kept + y % work->kept) * work->length
                              : run->input + (size_t)s * run->input_stride + (image * shape->height + y) * work->length;
    }
}

// What is left to do for `rows` whole rows whose values are at `values`: the activation where it is more than bounds, the
// residual then, and the neurons.
static size_t VK_NAME(finish_rows)(const grouped_work *work, size_t first, size_t rows, float *values, size_t stride) {
    const vk_grouped *layer = work->layer;
    const vk_layer_run *run = work->run;
    const size_t channels = layer->windows.channels, n = rows * channels, at = first * channels;
    for (int s = 0; s < run->steps; s++) {
        float *row = values + (size_t)s * stride;
        const float *addend = run->addend && !work->is_bounded ? run->addend + (size_t)s * run->addend_stride + at : 0;
        if (addend && layer->activates_last) VK_NAME(binary)(VK_ADD, n, row, 1, addend, 1, row);
        if (!work->is_bounded) VK_NAME(unary)((vk_unary_op)layer->activation, n, row, row);
        if (addend && !layer->activates_last) VK_NAME(binary)(VK_ADD, n, row, 1, addend, 1, row);
        if (work->block && run->value) memcpy(run->value + (size_t)s * run->output_stride + at, row, n * sizeof *row);
    }
    // Without divisors all neurons are alike, and rows one row.
    if (layer->rule)
        return VK_NAME(fire_rows)(layer->rule, run, channels, at, run->divisors ? rows : 1, run->divisors ? channels : n, values, channels,
                                  stride, work->codes);
    if (!layer->target) return 0;
    return VK_NAME(neuron)(layer->target, run->first_step, run->steps, n, values, stride, run->sent ? run->sent + at : 0, 0,
                           run->target_codes ? run->target_codes + at : 0, 0, run->estimate ? run->estimate + at : 0,
                           run->output_stride, run->counts);
}

VK_INLINE size_t grouped_block_lines(const vk_windows *shape) {
    const size_t lines = GROUPED_BLOCK / (shape->positions[1] * shape->channels);
    return lines < 1 ? 1 : lines > shape->positions[0] ? shape->positions[0] : lines;
}

// Where the parts of the scratch memory begin; returns its size in floats.
static size_t VK_NAME(lay_out_grouped)(grouped_work *work, float *scratch) {
    const vk_grouped *layer = work->layer;
    const vk_windows *shape = &layer->windows;
    const size_t steps = (size_t)work->run->steps, line = shape->positions[1] * shape->channels;
    const uintptr_t start = rounded_up((uintptr_t)scratch, 64);
    uintptr_t at = start;
#define VK_TAKE(bytes) (at += rounded_up(bytes, 64), at - rounded_up(bytes, 64))
    work->padded = rounded_up(shape->channels, VK_LANES);
    work->length = shape->width * shape->channels;
    work->kept = (shape->kernel[0] - 1) * shape->dilation[0] + 1;
    if (work->kept > shape->height) work->kept = shape->height;
    work->taps = (const float **)VK_TAKE(steps * shape->kernel[0] * sizeof(float *));
    work->reciprocals = (float *)VK_TAKE(steps * sizeof(float));
    work->lines = (float *)VK_TAKE(layer->source ? steps * work->kept * work->length * sizeof(float) : 0);
    const size_t block = steps * grouped_block_lines(shape) * line;
    const int has_neurons = layer->target || layer->rule;
    work->block = has_neurons ? (float *)VK_TAKE(block * sizeof(float)) : 0;
    work->codes = (int8_t *)VK_TAKE(layer->rule ? block : 0);
#undef VK_TAKE
    return (at - start + 64) / sizeof(float);
}

static size_t VK_NAME(grouped)(const vk_grouped *layer, const vk_layer_run *run) {
    const vk_windows *shape = &layer->windows;
    grouped_work work = {.layer = layer, .run = run, .low = -__builtin_inff(), .high = __builtin_inff(), .is_bounded = 1};
    VK_NAME(lay_out_grouped)(&work, run->scratch);
    if (layer->activation == VK_RELU) work.low = 0.0f;
    else if (layer->activation == VK_RELU6) work.low = 0.0f, work.high = 6.0f;
    else work.is_bounded = layer->activation < 0;
    for (int s = 0; s < run->steps; s++) work.reciprocals[s] = 1.0f / (float)(run->first_step + s);
    const size_t line = shape->positions[1] * shape->channels, block = grouped_block_lines(shape);
    const size_t images = run->rows / (shape->positions[0] * shape->positions[1]);
    size_t bad = 0;
    for (size_t image = 0; image < images; image++) {
        size_t ready = 0;
        for (size_t first = 0; first < shape->positions[0]; first += block) {
            const size_t lines = shape->positions[0] - first < block ? shape->positions[0] - first : block;
            const size_t row = (image * shape->positions[0] + first) * shape->positions[1];
            float *values = work.block ? work.block : run->value + row * shape->channels;
            const size_t stride = work.block ? lines * line : run->output_stride;
            for (size_t i = 0; i < lines; i++) {
                grouped_windows windows = {.row = row + i * shape->positions[1], .out = values + i * line, .out_stride = stride};
                VK_NAME(read_lines)(&work, image, first + i, &ready, &windows);
                VK_NAME(grouped_line)(&work, &windows);
            }
            bad += VK_NAME(finish_rows)(&work, row, lines * shape->positions[1], values, stride);
        }
    }
    return bad;
}
