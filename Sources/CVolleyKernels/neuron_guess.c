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

void vk_neuron_prepare(vk_neuron *layer) {
    layer->guess_bits = 0;
    layer->guess_scale[0] = layer->guess_scale[1] = 0.0f;
    for (int bits = 0; bits <= VK_MAX_GUESS_BITS; bits++)
        if (prepare_bits(layer, bits)) return;
}
