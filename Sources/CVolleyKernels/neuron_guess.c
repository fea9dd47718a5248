#include <float.h>

#include "volley_kernels.h"

// Level k + 1 is guessed from B · 2^k on, which is right for B · 2^k between cut-off k and cut-off k + 1.
static void bounds_of_doubling(int levels, const float *cutoffs, float *lowest, float *highest) {
    float doubled = 1.0f;
    for (int k = 0; k < levels; k++, doubled *= 2.0f) {
        float from = cutoffs[k] / doubled;
        if (from > *lowest) *lowest = from;
        if (k + 1 < levels && cutoffs[k + 1] / doubled < *highest) *highest = cutoffs[k + 1] / doubled;
    }
}

static float scale_between(float lowest, float highest) {
    return VK_NEURON_FIRST_GUESS / (highest == FLT_MAX ? lowest : 0.5f * lowest + 0.5f * highest);
}

// The guess is monotone in the potential, so it holds everywhere if it holds at each cut-off and one step below.
static int guess_holds(int levels, const float *cutoffs, float scale) {
    if (!(scale >= FLT_MIN && scale <= FLT_MAX)) return 0;
    for (int k = 0; k < levels; k++) {
        float cutoff = cutoffs[k];
        if (!(cutoff >= FLT_MIN && cutoff <= FLT_MAX)) return 0;
        float below = __builtin_nextafterf(cutoff, 0.0f);
        if (vk_neuron_guess(levels, cutoff * scale) < k || vk_neuron_guess(levels, below * scale) > k) return 0;
    }
    return 1;
}

void vk_neuron_prepare(vk_neuron *layer) {
    const int levels = layer->levels;
    float scales[2] = {0.0f, 0.0f}, lowest = 0.0f, highest = FLT_MAX;
    int fires[2];
    for (int side = 0; side < 2; side++) {
        const float *cutoffs = layer->cutoffs[side];
        fires[side] = cutoffs[0] <= FLT_MAX;
        if (!fires[side]) continue;
        float low = 0.0f, high = FLT_MAX;
        bounds_of_doubling(levels, cutoffs, &low, &high);
        bounds_of_doubling(levels, cutoffs, &lowest, &highest);
        scales[side] = scale_between(low, high);
    }
    layer->guess_scale[0] = layer->guess_scale[1] = 0.0f;
    if (!fires[0] && !fires[1]) return;
    // One scale for both sides is faster.
    if (!fires[0] || !fires[1] || lowest <= highest) scales[0] = scales[1] = scale_between(lowest, highest);
    for (int side = 0; side < 2; side++)
        if (fires[side] && !guess_holds(levels, layer->cutoffs[side], scales[side])) return;
    for (int side = 0; side < 2; side++) layer->guess_scale[side] = scales[side];
}
