#include <float.h>

#include "volley_kernels.h"

#define FIRST_GUESS 0x1p-30f

// The size from which on level k + 1 is guessed, in units of that for level 1: 2^bits steps to the octave, evenly spaced.
static float segment(int k, int bits) {
    float start = 1.0f + (float)(k & ((1 << bits) - 1)) / (float)(1 << bits);
    for (int octave = k >> bits; octave > 0; octave--) start *= 2.0f;
    return start;
}

// Level k + 1 is guessed from B · segment(k) on, which is right for B · segment(k) between cut-off k and cut-off k + 1.
static void bounds_of_segments(int levels, int bits, const float *cutoffs, float *lowest, float *highest) {
    for (int k = 0; k < levels; k++) {
        const float start = segment(k, bits), from = cutoffs[k] / start;
        if (from > *lowest) *lowest = from;
        if (k + 1 < levels && cutoffs[k + 1] / start < *highest) *highest = cutoffs[k + 1] / start;
    }
}

static float scale_between(float lowest, float highest) {
    return FIRST_GUESS / (highest == FLT_MAX ? lowest : 0.5f * lowest + 0.5f * highest);
}

// The guess is monotone in the potential, so it holds everywhere if it holds at each cut-off and one step below.
static int guess_holds(int levels, int bits, const float *cutoffs, float scale) {
    if (!(scale >= FLT_MIN && scale <= FLT_MAX)) return 0;
    for (int k = 0; k < levels; k++) {
        float cutoff = cutoffs[k];
        if (!(cutoff >= FLT_MIN && cutoff <= FLT_MAX)) return 0;
        float below = __builtin_nextafterf(cutoff, 0.0f);
        if (vk_neuron_guess(levels, bits, cutoff * scale) < k || vk_neuron_guess(levels, bits, below * scale) > k) return 0;
    }
    return 1;
}

// Whether so many bits will do; sets the scales.
static int prepare_bits(vk_neuron *layer, int bits) {
    const int levels = layer->levels;
    float scales[2] = {0.0f, 0.0f}, lowest = 0.0f, highest = FLT_MAX;
    int fires[2];
    for (int side = 0; side < 2; side++) {
        const float *cutoffs = layer->cutoffs[side];
        fires[side] = cutoffs[0] <= FLT_MAX;
        if (!fires[side]) continue;
        float low = 0.0f, high = FLT_MAX;
        bounds_of_segments(levels, bits, cutoffs, &low, &high);
        bounds_of_segments(levels, bits, cutoffs, &lowest, &highest);
        scales[side] = scale_between(low, high);
    }
    if (!fires[0] && !fires[1]) return 1;
    // One scale for both sides is faster.
    if (!fires[0] || !fires[1] || lowest <= highest) scales[0] = scales[1] = scale_between(lowest, highest);
    for (int side = 0; side < 2; side++)
        if (fires[side] && !guess_holds(levels, bits, layer->cutoffs[side], scales[side])) return 0;
    for (int side = 0; side < 2; side++) layer->guess_scale[side] = scales[side];
    layer->guess_bits = bits;
    return 1;
}

static uint32_t bits_of(float x) {
    union { float number; uint32_t bits; } as = {x};
    return as.bits;
}

// Whether the sizes of one side are normal numbers and double, exactly, every 2^bits levels.
static int doubles(int levels, int bits, const float *sizes) {
    const int octave = 1 << bits;
    for (int k = 0; k < levels; k++) {
        if (!(sizes[k] >= FLT_MIN && sizes[k] <= FLT_MAX)) return 0;
        if (k + octave < levels && sizes[k + octave] != 2.0f * sizes[k]) return 0;
    }
    return 1;
}

static uint32_t octave_sum(const vk_octave *side, uint32_t size) { return size + side->levels[size >> 19 & 15]; }

// Level k + 1 begins at y = (k + 1) << shift, which is where its cut-off has to come out. The sixteenth of an octave that the cut-off
// lies in gets what carries it there, and so do those above it, up to the next cut-off's, from where they begin.
static void fill_octave(int levels, int bits, const float *cutoffs, const float *thresholds, vk_octave *side) {
    const int shift = 23 - bits, octave = 1 << bits;
    side->lowest = bits_of(cutoffs[0]), side->highest = bits_of(cutoffs[levels - 1]);
    for (int k = 0; k < levels && k < octave; k++) {
        const uint32_t cutoff = bits_of(cutoffs[k]), level = (uint32_t)(k + 1) << shift;
        const uint32_t next = k + 1 < octave && k + 1 < levels ? bits_of(cutoffs[k + 1]) : side->lowest + (1u << 23);
        side->levels[cutoff >> 19 & 15] = level - cutoff;
        for (uint32_t part = (cutoff >> 19) + 1; part < next >> 19; part++) side->levels[part & 15] = level - (part << 19);
    }
    for (int k = 0; k < levels && k < 16; k++) side->values[(k + 1) & 15] = bits_of(thresholds[k]) - ((uint32_t)(k + 1) << shift);
}

// y ascends within a sixteenth of an octave. So the levels are right everywhere if they are right at each cut-off and one step
// below, and do not fall where a sixteenth begins.
static int octave_holds(int levels, int bits, const float *cutoffs, const vk_octave *side) {
    const int shift = 23 - bits;
    for (int k = 0; k < levels; k++) {
        const uint32_t cutoff = bits_of(cutoffs[k]), level = (uint32_t)k + 1, y = octave_sum(side, cutoff);
        if (y >> shift != level || (k > 0 && octave_sum(side, cutoff - 1) >> shift != level - 1)) return 0;
    }
    for (uint32_t start = ((side->lowest >> 19) + 1) << 19; start <= side->highest; start += 1u << 19)
        if (octave_sum(side, start) >> shift < octave_sum(side, start - 1) >> shift) return 0;
    return 1;
}

static int octave_values_hold(int levels, int bits, const float *thresholds, const vk_octave *side) {
    for (int k = 0; k < levels; k++) {
        const uint32_t level = (uint32_t)k + 1;
        if ((level << (23 - bits)) + side->values[level & 15] != bits_of(thresholds[k])) return 0;
    }
    return 1;
}

static int prepare_octaves(vk_neuron *layer, int bits) {
    const int levels = layer->levels;
    layer->octave_values = 1;
    for (int i = 0; i < 2; i++) {
        const float *cutoffs = layer->cutoffs[i], *thresholds = layer->thresholds[i];
        vk_octave *side = &layer->octaves[i];
        *side = (vk_octave){.lowest = UINT32_MAX, .highest = UINT32_MAX};  // a side that never fires
        if (cutoffs[0] > FLT_MAX) continue;
        if (!doubles(levels, bits, cutoffs)) return 0;
        fill_octave(levels, bits, cutoffs, thresholds, side);
        if (!octave_holds(levels, bits, cutoffs, side)) return 0;
        if (!octave_values_hold(levels, bits, thresholds, side)) layer->octave_values = 0;
    }
    layer->octave_bits = bits;
    return 1;
}

void vk_neuron_prepare(vk_neuron *layer) {
    layer->guess_bits = 0;
    layer->guess_scale[0] = layer->guess_scale[1] = 0.0f;
    for (int bits = 0; bits <= VK_MAX_GUESS_BITS; bits++)
        if (prepare_bits(layer, bits)) break;
    layer->octave_bits = -1;
    for (int bits = 0; bits <= VK_MAX_GUESS_BITS; bits++)
        if (prepare_octaves(layer, bits)) break;
}
