// Ladders of many levels: the level of a potential by guess and one comparison, and spikes counted code by code.

enum { CODE_PARTS = 8 };  // counters side by side, so that neighbours with the same code do not wait for each other

// Spikes by step and code, of at most 65535 neurons.
typedef struct {
    uint16_t spikes[NEURON_STEPS][CODE_PARTS][VK_CODES];
} code_counts;

VK_INLINE void clear_code_counts(const neuron_span *span, code_counts *counts) {
    memset(counts->spikes, 0, (size_t)span->steps * sizeof counts->spikes[0]);
}

VK_INLINE void count_code_row(code_counts *counts, int step, const int8_t *codes, size_t n) {
    uint16_t (*spikes)[VK_CODES] = counts->spikes[step];
    size_t i = 0;
    for (; i + 8 <= n; i += 8) {
#pragma clang loop unroll(full)
        for (int k = 0; k < 8; k++) spikes[k % CODE_PARTS][(uint8_t)codes[i + k]]++;
    }
    for (; i < n; i++) spikes[0][(uint8_t)codes[i]]++;
}

VK_INLINE void add_code_counts(const neuron_span *span, const code_counts *counts, int64_t *totals) {
    const int levels = span->layer->levels;
    for (int step = 0; step < span->steps; step++) {
        uint16_t sums[VK_CODES] = {0};
        for (int part = 0; part < CODE_PARTS; part++)
            for (int code = 0; code < VK_CODES; code++) sums[code] += counts->spikes[step][part][code];
        for (int side = 0; side < 2; side++, totals += levels)
            for (int k = 0; k < levels; k++) totals[k] += sums[(uint8_t)(side ? -(k + 1) : k + 1)];
    }
}

// The highest level of a side that a potential of this size reaches, 0 for none.
VK_INLINE int level_reached(const vk_neuron *layer, int side, float size) {
    const float *cutoffs = layer->cutoffs[side];
    if (!(size >= cutoffs[0]) || cutoffs[0] > __FLT_MAX__) return 0;
    if (layer->guess_scale[side] != 0.0f) {
        const int level = vk_neuron_guess(layer->levels, layer->guess_bits, size * layer->guess_scale[side]);
        return level + (level < layer->levels && size >= cutoffs[level]);
    }
    int low = 1, high = layer->levels;  // low is reached
    while (low < high) {
        const int middle = (low + high + 1) / 2;
        if (size >= cutoffs[middle - 1]) low = middle;
        else high = middle - 1;
    }
    return low;
}

VK_INLINE v16 fire_by_code(const neuron_span *span, int step, v16 potential, i16x32 *code, code_counts *counts) {
    const vk_neuron *layer = span->layer;
    int8_t codes[VK_LANES];
    v16 values;
    for (int lane = 0; lane < VK_LANES; lane++) {
        const int side = potential[lane] < 0.0f;
        const int level = level_reached(layer, side, side ? -potential[lane] : potential[lane]);
        const float value = level > 0 ? layer->thresholds[side][level - 1] : 0.0f;
        codes[lane] = (int8_t)(side ? -level : level);
        values[lane] = side && level > 0 ? -value : value;
    }
    i16x8 bytes;
    memcpy(&bytes, codes, sizeof bytes);
    *code = __builtin_convertvector(bytes, i16x32);
    count_code_row(counts, step, codes, VK_LANES);
    return values;
}
