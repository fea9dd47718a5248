// Levels by guess and table instead of cut-off by cut-off. Same results as neuron_lanes.

enum {
    TABLE_VECTORS = 7,  // side by side: enough to hide what a step waits for, few enough for the registers
    TABLE_NEURONS = TABLE_VECTORS * VK_LANES,
    TABLE_LEVELS = 15,  // an index is the level, plus 16 on the negative side
    TABLE_GROUPS = (TABLE_LEVELS + NEURON_GROUP - 1) / NEURON_GROUP,
};

typedef struct {
    uint32_t cutoffs[32];  // with the sign bit on the negative side, so that potentials compare as unsigned numbers
    float values[32];
    float changes[NEURON_STEPS][32];  // what a spike adds to `sent`
    uint32_t spikes[TABLE_GROUPS][2][32];
    int8_t codes[32];
    float scales[2];
    float largest;  // of the scaled potential
    int32_t one;    // where the compiler does not see it, or it adds a mask in two instructions
    int shared;     // both sides have the same scale
} neuron_tables;

VK_INLINE void fill_tables(const neuron_span *span, neuron_tables *tables) {
    const vk_neuron *layer = span->layer;
    memset(tables, 0, sizeof *tables);
    memset(tables->cutoffs, 0xff, sizeof tables->cutoffs);
    for (int side = 0; side < 2; side++) {
        if (layer->cutoffs[side][0] > __FLT_MAX__) continue;
        for (int k = 0; k < layer->levels; k++) {
            const int index = side * 16 + k + 1;
            memcpy(&tables->cutoffs[index - 1], &layer->cutoffs[side][k], sizeof(float));
            if (side) tables->cutoffs[index - 1] |= 1u << 31;
            tables->values[index] = side ? -layer->thresholds[side][k] : layer->thresholds[side][k];
            tables->codes[index] = (int8_t)(side ? -(k + 1) : k + 1);
            for (int group = 0; group <= k / NEURON_GROUP; group++) {
                const int last = NEURON_GROUP - 1, level = k - group * NEURON_GROUP;
                tables->spikes[group][side][index] = 1u << (level < last ? level : last) * 4;
            }
        }
    }
    for (int step = 0; step < span->steps; step++)
        for (int i = 0; i < 32; i += VK_LANES) {
            const v16 t = splat(span->time[step]), r = splat(span->reciprocal[step]), x = load(tables->values + i);
            store(tables->changes[step] + i, layer->differential ? quotient16(x, t, r) : x);
        }
    tables->largest = 0x1p-30f;
    for (int k = 1; k < layer->levels; k++) tables->largest *= 2.0f;
    tables->one = 1;
    memcpy(tables->scales, layer->guess_scale, sizeof tables->scales);
    tables->shared = layer->guess_scale[0] == layer->guess_scale[1];
}

VK_INLINE __m512 look_up(__m512i index, const float *table) {
    return _mm512_permutex2var_ps(_mm512_loadu_ps(table), index, _mm512_loadu_ps(table + 16));
}
VK_INLINE __m512i look_up_bits(__m512i index, const uint32_t *table) {
    return _mm512_permutex2var_epi32(_mm512_loadu_si512(table), index, _mm512_loadu_si512(table + 16));
}

#define VK_EACH _Pragma("clang loop unroll(full)") for (int v = 0; v < TABLE_VECTORS; v++)

// The scaled potential is held between 2^-31 and 2^(levels − 31). Its biased exponent is 96 + level: the level in the low
// four bits, the sign's bit clear, and the top bit too, which store_codes needs. Vectors go through side by side, since
// each operation waits for the one before.
VK_INLINE void table_indices(const neuron_tables *tables, const int shared, const __m512 *potential, __m512i *index) {
    const __m512 scale = _mm512_set1_ps(tables->scales[0]), other = _mm512_set1_ps(tables->scales[1]);
    __m512 scaled[TABLE_VECTORS];
    VK_EACH {
        const __mmask16 negative = shared ? 0 : _mm512_movepi32_mask(_mm512_castps_si512(potential[v]));
        scaled[v] = potential[v] * _mm512_mask_mov_ps(scale, negative, other);
    }
    // The larger, then the smaller size, with the sign of the potential.
    VK_EACH scaled[v] = _mm512_range_ps(scaled[v], _mm512_set1_ps(0x1p-31f), 0x3);
    VK_EACH scaled[v] = _mm512_range_ps(scaled[v], _mm512_set1_ps(tables->largest), 0x2);
    // Two bytes, exponent and sign, become exponent + 16 · sign.
    VK_EACH index[v] = _mm512_srli_epi32(_mm512_castps_si512(scaled[v]), 23);
    VK_EACH index[v] = _mm512_maddubs_epi16(index[v], _mm512_set1_epi32(0x1001));
    __mmask16 reached[TABLE_VECTORS];
    VK_EACH reached[v] = _mm512_cmpge_epu32_mask(_mm512_castps_si512(potential[v]),
                                                 look_up_bits(index[v], tables->cutoffs));
    VK_EACH index[v] = _mm512_mask_add_epi32(index[v], reached[v], index[v], _mm512_set1_epi32(tables->one));
}

VK_INLINE __mmask16 lanes_of(size_t width, int vector) {
    const size_t before = (size_t)vector * VK_LANES;
    return width >= before + VK_LANES ? 0xffff : width <= before ? 0 : (__mmask16)((1u << (width - before)) - 1);
}

VK_INLINE void store_codes(const neuron_tables *tables, int8_t *codes, const size_t width, const __m512i *index) {
    const __m512i up = _mm512_broadcast_i32x4(_mm_loadu_si128((const __m128i *)tables->codes));
    const __m512i down = _mm512_broadcast_i32x4(_mm_loadu_si128((const __m128i *)(tables->codes + 16)));
    const __m512i order = _mm512_setr_epi32(0, 4, 8, 12, 1, 5, 9, 13, 2, 6, 10, 14, 3, 7, 11, 15);
#pragma clang loop unroll(full)
    for (int v = 0; v < TABLE_VECTORS; v += 4) {
        __m512i four[4];
#pragma clang loop unroll(full)
        for (int i = 0; i < 4; i++) four[i] = index[v + i < TABLE_VECTORS ? v + i : v];
        const __m512i low = _mm512_packs_epi32(four[0], four[1]), high = _mm512_packs_epi32(four[2], four[3]);
        const __m512i bytes = _mm512_permutexvar_epi32(order, _mm512_packus_epi16(low, high));
        const __mmask64 negative = _mm512_test_epi8_mask(bytes, _mm512_set1_epi8(16));
        const __m512i code = _mm512_mask_shuffle_epi8(_mm512_shuffle_epi8(up, bytes), negative, down, bytes);
        const size_t left = width > (size_t)v * VK_LANES ? width - (size_t)v * VK_LANES : 0;
        _mm512_mask_storeu_epi8(codes + v * VK_LANES, left >= 64 ? ~0ull : (1ull << left) - 1, code);
    }
}

VK_INLINE void count_spikes(const neuron_tables *tables, const int groups, int step, const __m512i *index,
                            neuron_counters *counters) {
#pragma clang loop unroll(full)
    for (int group = 0; group < groups; group++)
#pragma clang loop unroll(full)
        for (int side = 0; side < 2; side++) {
            i16x32 spikes = counters->small[group][step][side];
            VK_EACH spikes += (i16x32)look_up_bits(index[v], tables->spikes[group][side]);
            counters->small[group][step][side] = spikes;
        }
}

// Counts potentials that are not finite; those that are no number fire nothing.
VK_INLINE size_t remove_broken(__m512 *potential) {
    __mmask16 broken[TABLE_VECTORS];
    VK_EACH broken[v] = _mm512_fpclass_ps_mask(potential[v], 0x99);  // NaN and infinity
    __mmask16 any_broken = 0;
    VK_EACH any_broken |= broken[v];
    if (__builtin_expect(any_broken == 0, 1)) return 0;
    size_t bad = 0;
    VK_EACH {
        bad += (size_t)__builtin_popcount(broken[v]);
        potential[v] = _mm512_maskz_mov_ps(_mm512_cmp_ps_mask(potential[v], potential[v], _CMP_ORD_Q), potential[v]);
    }
    return bad;
}

// The modes are constants wherever this is inlined.
VK_INLINE size_t neuron_by_tables(const neuron_span *span, const neuron_tables *tables, const int differential,
                                  const int shared, const int groups, size_t at, const size_t width,
                                  neuron_counters *counters) {
    const float initial = span->layer->initial_potential;
    float *const estimate = span->estimate, *const emitted = span->emitted;
    int8_t *const codes = span->codes;
    const int steps = span->steps;
    __m512 sent[TABLE_VECTORS];
    VK_EACH sent[v] = span->at_rest ? _mm512_setzero_ps()
                                    : _mm512_maskz_loadu_ps(lanes_of(width, v), span->sent + at + v * VK_LANES);
    size_t bad = 0, out = at;
    const float *input = span->input + at;
    for (int step = 0; step < steps; step++, input += span->input_stride, out += span->out_stride) {
        const __m512 t = _mm512_set1_ps(span->time[step]), r = _mm512_set1_ps(span->reciprocal[step]);
        __m512 potential[TABLE_VECTORS];
        __m512i index[TABLE_VECTORS];
        VK_EACH {
            const __m512 x = _mm512_maskz_loadu_ps(lanes_of(width, v), input + v * VK_LANES);
            potential[v] = differential ? t * (x - sent[v]) : t * x - sent[v];
        }
        if (initial != 0.0f) VK_EACH potential[v] += initial;
        if (width != TABLE_NEURONS) VK_EACH potential[v] = _mm512_maskz_mov_ps(lanes_of(width, v), potential[v]);
        bad += remove_broken(potential);
        table_indices(tables, shared, potential, index);
        VK_EACH sent[v] += look_up(index[v], tables->changes[step]);
        count_spikes(tables, groups, step, index, counters);
        if (estimate)
            VK_EACH _mm512_mask_storeu_ps(estimate + out + v * VK_LANES, lanes_of(width, v),
                                          differential ? sent[v] : quotient16(sent[v], t, r));
        if (emitted)
            VK_EACH _mm512_mask_storeu_ps(emitted + out + v * VK_LANES, lanes_of(width, v),
                                          look_up(index[v], tables->values));
        if (codes) store_codes(tables, codes + out, width, index);
    }
    if (span->sent) VK_EACH _mm512_mask_storeu_ps(span->sent + at + v * VK_LANES, lanes_of(width, v), sent[v]);
    return bad;
}

VK_INLINE size_t span_by_tables(const neuron_span *span, const neuron_tables *tables, const int differential,
                                const int shared, const int groups, size_t n, neuron_counters *counters) {
    size_t bad = 0, at = 0;
    int counted = 0;
    for (; at < n; at += TABLE_NEURONS) {
        counted += TABLE_VECTORS;
        if (counted > NEURON_FULL) empty_small_counters(span, counters), counted = TABLE_VECTORS;
        if (n - at < TABLE_NEURONS) break;
        bad += neuron_by_tables(span, tables, differential, shared, groups, at, TABLE_NEURONS, counters);
    }
    if (at < n)
        bad += neuron_by_tables(span, tables, differential, shared, groups, at, n - at, counters);
    return bad;
}

static size_t VK_NAME(neuron_span_tables)(const neuron_span *span, size_t n, neuron_counters *counters) {
    const vk_neuron *layer = span->layer;
    if (layer->levels > TABLE_LEVELS || layer->guess_scale[0] == 0.0f || layer->guess_bits > 0 || layer->dead_zones > 0 || layer->least_potential > 0.0f ||
        layer->reset_to_zero)
        return VK_NAME(neuron_span_lanes)(span, n, counters);
    neuron_tables tables;
    fill_tables(span, &tables);
#define VK_CASE(coding, one_scale, sets)                                                          \
    if (!layer->differential == !coding && tables.shared == one_scale && span->groups == sets) \
        return span_by_tables(span, &tables, coding, one_scale, sets, n, counters)
    VK_CASE(0, 1, 1);
    VK_CASE(1, 1, 1);
    VK_CASE(0, 0, 1);
    VK_CASE(1, 0, 1);
    VK_CASE(0, 0, 2);
    VK_CASE(1, 0, 2);
    VK_CASE(0, 1, 2);
    VK_CASE(1, 1, 2);
#undef VK_CASE
    return 0;
}

#include "neuron_codes_avx512.h"
