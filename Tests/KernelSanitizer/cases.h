// What the cases share: random choices, arrays on the heap that end where their last element ends, so that the sanitizer sees every
// access behind them, and a digest of results.
#ifndef VOLLEY_KERNEL_CASES_H
#define VOLLEY_KERNEL_CASES_H

#define _POSIX_C_SOURCE 200112L  // posix_memalign
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "volley_kernels.h"

enum { MAX_ARRAYS = 32 };

// One case on one table of kernels: the same seed makes the same case for every table.
typedef struct {
    const vk_kernels *kernels;
    uint64_t random;
    uint64_t digest;
    int arrays;
    void *memory[MAX_ARRAYS];
} test_case;

static inline uint64_t next(test_case *t) {
    uint64_t z = t->random += 0x9E3779B97F4A7C15u;
    z = (z ^ z >> 30) * 0xBF58476D1CE4E5B9u;
    z = (z ^ z >> 27) * 0x94D049BB133111EBu;
    return z ^ z >> 31;
}
static inline size_t below(test_case *t, size_t n) { return (size_t)(next(t) % n); }
static inline int coin(test_case *t) { return (int)below(t, 2); }
// About normal, finite.
static inline float number(test_case *t) {
    float sum = 0.0f;
    for (int i = 0; i < 4; i++) sum += (float)(int64_t)below(t, 2001) / 1000.0f - 1.0f;
    return sum;
}
// Around multiples of the vectors and tiles of the kernels.
static inline size_t awkward(test_case *t) {
    static const size_t sizes[] = {1, 2, 3, 5, 7, 15, 16, 17, 31, 32, 33, 48, 63, 64, 65, 100, 127, 128, 129, 130};
    return sizes[below(t, sizeof sizes / sizeof *sizes)];
}

// `bytes` bytes on a boundary of 64 that end exactly there.
static inline void *heap(test_case *t, size_t bytes) {
    if (t->arrays == MAX_ARRAYS || posix_memalign(&t->memory[t->arrays], 64, bytes)) abort();
    memset(t->memory[t->arrays], 0, bytes);
    return t->memory[t->arrays++];
}
static inline float *zeros(test_case *t, size_t n) { return heap(t, n * sizeof(float)); }
static inline float *numbers(test_case *t, size_t n) {
    float *values = zeros(t, n);
    for (size_t i = 0; i < n; i++) values[i] = number(t);
    return values;
}
static inline int64_t *counters(test_case *t, size_t n) { return heap(t, n * sizeof(int64_t)); }
// Signed levels, more or less of them zero.
static inline int8_t *spikes(test_case *t, size_t n, int levels) {
    int8_t *codes = heap(t, n);
    const size_t density = below(t, 11);
    for (size_t i = 0; i < n; i++)
        if (below(t, 10) < density) codes[i] = (int8_t)((int)below(t, 2 * (size_t)levels + 1) - levels);
    return codes;
}
static inline void release(test_case *t) {
    while (t->arrays) free(t->memory[--t->arrays]);
}

// Adds what was written to the digest.
static inline void take(test_case *t, const void *bytes, size_t count) {
    for (size_t i = 0; bytes && i < count; i++) t->digest = (t->digest ^ ((const uint8_t *)bytes)[i]) * 0x100000001B3u;
}
static inline void take_floats(test_case *t, const float *values, size_t n) { take(t, values, n * sizeof *values); }
static inline void take_counts(test_case *t, const int64_t *values, size_t n) { take(t, values, n * sizeof *values); }

// A layer of neurons of up to `most` levels, which double every 1, 2, 4 or 8 levels or grow by no constant ratio; perhaps with
// dead zones.
static inline vk_neuron *neurons(test_case *t, size_t most, int differential, int reset_to_zero) {
    static const float ratios[] = {2.0f, 1.41421356f, 1.18920712f, 1.09050773f, 1.3f};
    vk_neuron *layer = heap(t, sizeof *layer);
    const float ratio = ratios[below(t, 2) ? 0 : below(t, 5)];
    const size_t reached = ratio == 2.0f ? 24 : most;
    layer->levels = 1 + (int)below(t, most < reached ? most : reached);
    layer->differential = differential;
    layer->reset_to_zero = reset_to_zero;
    layer->initial_potential = coin(t) ? 0.03f : 0.0f;
    layer->dead_zones = (int)below(t, 4);
    for (int zone = 0; zone < layer->dead_zones; zone++) layer->dead_zone[zone] = 0.4f / (float)(zone + 1);
    layer->least_potential = coin(t) ? 0.3f : 0.0f;
    const float bases[2] = {0.2f, coin(t) ? 0.2f : 0.13f};
    for (int side = 0; side < 2; side++) {
        float size = bases[side];
        for (int level = 0; level < layer->levels; level++, size *= ratio) {
            layer->thresholds[side][level] = size;
            layer->cutoffs[side][level] = ratio == 2.0f ? size - bases[side] / 2.0f : size * (1.0f + 1.0f / ratio) / 2.0f;
        }
    }
    vk_neuron_prepare(layer);
    return layer;
}

// What codes up to `most` levels are worth: powers of two of one unit or of two, counts, or any whole numbers of two bytes.
static inline vk_alphabet *alphabet(test_case *t, size_t most, int differential) {
    vk_alphabet *codes = heap(t, sizeof *codes);
    const int kind = (int)below(t, 4), limit = kind < 2 ? 8 : kind == 2 ? 127 : (int)most;
    codes->levels = 1 + (int)below(t, most < (size_t)limit ? most : (size_t)limit);
    codes->differential = differential;
    codes->digits = kind == 3 ? 2 : 1;
    codes->sides = kind == 1 ? 2 : 1;
    codes->units[0] = 0.2f, codes->units[1] = 0.13f;
    // Of whole numbers of two bytes, some alphabets hold most in one.
    const size_t largest = coin(t) ? 200 : 32767;
    for (int code = -codes->levels; code <= codes->levels; code++) {
        const int level = code < 0 ? -code : code, side = code < 0 && codes->sides == 2;
        const int size = level == 0 ? 0 : kind < 2 ? 1 << (level - 1) : kind == 2 ? level : 1 + (int)below(t, largest);
        codes->factors[side][(uint8_t)code] = (float)(code < 0 && !side ? -size : size);
        codes->values[(uint8_t)code] = (float)(code < 0 ? -size : size) * codes->units[side];
        if ((size_t)size > codes->largest_factor) codes->largest_factor = (size_t)size;
    }
    while (codes->byte_level < codes->levels && codes->factors[0][codes->byte_level + 1] < 128.0f &&
           codes->factors[0][VK_CODES - 1 - codes->byte_level] >= -128.0f)
        codes->byte_level++;
    return codes;
}

typedef void (*case_function)(test_case *);
void rows_and_elements(test_case *t);
void products(test_case *t);
void counting(test_case *t);
void neuron_layers(test_case *t);
void neuron_rules(test_case *t);
void layers(test_case *t);
void grouped_convolutions(test_case *t);
void attention(test_case *t);
void decoding(test_case *t);
void poolings(test_case *t);
void layouts(test_case *t);

#endif
