// Ladders of many levels, sixteen neurons at a time: the guess is an index into tables of cut-offs and values. Ladders that repeat
// from octave to octave need neither (neuron_octaves_avx512.h).

enum {
    CODE_VECTORS = 4,  // side by side, as in neuron_by_tables
    CODE_NEURONS = CODE_VECTORS * VK_LANES,
};

typedef struct {
    float cutoffs[2][128];  // by side and level that is guessed
    float values[2][128];   // by side and level that fires
    float scales[2];
    __m512 lowest, highest;  // of the scaled potential: those of level 0, and of the top one
    __m128i shift;
    __m512i base;
} code_tables;

VK_INLINE void fill_code_tables(const vk_neuron *layer, code_tables *tables) {
    for (int side = 0; side < 2; side++) {
        tables->values[side][0] = 0.0f;
        // What no potential reaches, not even an infinite one.
        for (int k = 0; k < 128; k++) tables->cutoffs[side][k] = __builtin_nanf("");
        for (int k = 0; k < layer->levels && layer->cutoffs[side][k] <= __FLT_MAX__; k++)
            tables->cutoffs[side][k] = layer->cutoffs[side][k];
        for (int k = 0; k < layer->levels; k++)
            tables->values[side][k + 1] = side ? -layer->thresholds[1][k] : layer->thresholds[0][k];
        for (int k = layer->levels + 1; k < 128; k++) tables->values[side][k] = 0.0f;
        tables->scales[side] = layer->cutoffs[side][0] <= __FLT_MAX__ ? layer->guess_scale[side] : 0.0f;
    }
    const int shift = 23 - layer->guess_bits, base = (VK_GUESS_EXPONENT << layer->guess_bits) - 1;
    tables->shift = _mm_cvtsi32_si128(shift);
    tables->base = _mm512_set1_epi32(base);
    tables->lowest = _mm512_castsi512_ps(_mm512_set1_epi32(base << shift));
    tables->highest = _mm512_castsi512_ps(_mm512_set1_epi32((base + layer->levels) << shift));
}

// A table of 32 · `quarters` entries; `quarters`, a constant, is 1, 2 or 4.
typedef struct {
    __m512 part[8];
} level_table;

VK_INLINE level_table load_table(const float *entries, const int quarters) {
    level_table table;
#pragma clang loop unroll(full)
    for (int i = 0; i < 2 * quarters; i++) table.part[i] = _mm512_loadu_ps(entries + 16 * i);
    return table;
}

VK_INLINE __m512 look_up_level(__m512i level, const level_table *table, const int quarters) {
    __m512 found = _mm512_permutex2var_ps(table->part[0], level, table->part[1]);
    if (quarters == 1) return found;
    const __mmask16 second = _mm512_test_epi32_mask(level, _mm512_set1_epi32(32));
    const __m512 next = _mm512_permutex2var_ps(table->part[2], level, table->part[3]);
    found = _mm512_mask_mov_ps(found, second, next);
    if (quarters == 2) return found;
    const __m512 third = _mm512_permutex2var_ps(table->part[4], level, table->part[5]);
    const __m512 fourth = _mm512_permutex2var_ps(table->part[6], level, table->part[7]);
    const __mmask16 upper = _mm512_test_epi32_mask(level, _mm512_set1_epi32(64));
    return _mm512_mask_mov_ps(found, upper, _mm512_mask_mov_ps(third, second, fourth));
}

// What the potentials fire: the values, and the codes as 32-bit numbers. `mirrored`: both sides are alike.
VK_INLINE __m512 fire16(const code_tables *tables, const level_table cutoffs[2], const level_table values[2], __m512 potential, __m512 silence, const int mirrored, const int quarters,
                        __m512i *code) {
    const __mmask16 negative = _mm512_movepi32_mask(_mm512_castps_si512(potential));
    __m512 size = _mm512_abs_ps(potential);
    size = _mm512_maskz_mov_ps(_mm512_cmp_ps_mask(size, silence, _CMP_GE_OQ), size);
    __m512 scale = _mm512_set1_ps(tables->scales[0]);
    if (!mirrored) scale = _mm512_mask_mov_ps(scale, negative, _mm512_set1_ps(tables->scales[1]));
    const __m512 scaled = _mm512_min_ps(_mm512_max_ps(size * scale, tables->lowest), tables->highest);
    __m512i level = _mm512_sub_epi32(_mm512_srl_epi32(_mm512_castps_si512(scaled), tables->shift), tables->base);
    __m512 cutoff = look_up_level(level, &cutoffs[0], quarters);
    if (!mirrored) cutoff = _mm512_mask_mov_ps(cutoff, negative, look_up_level(level, &cutoffs[1], quarters));
    level = _mm512_mask_add_epi32(level, _mm512_cmp_ps_mask(size, cutoff, _CMP_GE_OQ), level, _mm512_set1_epi32(1));
    __m512 value = look_up_level(level, &values[0], quarters);
    const __mmask16 falls = negative & _mm512_test_epi32_mask(level, level);
    if (mirrored) {
        const __m512i sign = _mm512_set1_epi32(INT32_MIN);
        value = _mm512_castsi512_ps(_mm512_mask_xor_epi32(_mm512_castps_si512(value), falls, _mm512_castps_si512(value), sign));
    } else {
        value = _mm512_mask_mov_ps(value, falls, look_up_level(level, &values[1], quarters));
    }
    *code = _mm512_mask_sub_epi32(level, falls, _mm512_setzero_si512(), level);
    return value;
}

#define VK_CODES_EACH _Pragma("clang loop unroll(full)") for (int v = 0; v < CODE_VECTORS; v++)

VK_INLINE __mmask16 broken_lanes(__m512 *potential) {
    const __mmask16 broken = _mm512_fpclass_ps_mask(*potential, 0x99);  // NaN and infinity
    *potential = _mm512_maskz_mov_ps(_mm512_cmp_ps_mask(*potential, *potential, _CMP_ORD_Q), *potential);
    return broken;
}

// Where codes are written: to the caller, or just to be counted. Step s begins at s · stride.
typedef struct {
    int8_t *codes;
    size_t stride;
} code_rows;

// All steps of `width` ≤ CODE_VECTORS · 16 neurons. The modes are constants wherever this is inlined.
VK_INLINE size_t neurons_by_code(const neuron_span *span, const code_tables *tables, const level_table cutoffs[2],
                                 const level_table values[2], const int differential,
                                 const int mirrored, const int quarters, size_t at, const size_t width, code_rows rows) {
    const __m512 initial = _mm512_set1_ps(span->layer->initial_potential);
    __m512 sent[CODE_VECTORS];
    VK_CODES_EACH sent[v] = span->at_rest ? _mm512_setzero_ps()
                                          : _mm512_maskz_loadu_ps(lanes_of(width, v), span->sent + at + v * VK_LANES);
    size_t bad = 0;
    for (int step = 0; step < span->steps; step++) {
        const __m512 t = _mm512_set1_ps(span->time[step]), r = _mm512_set1_ps(span->reciprocal[step]);
        const float *input = span->input + (size_t)step * span->input_stride + at;
        const size_t out = (size_t)step * span->out_stride + at;
        __m512 value[CODE_VECTORS];
        __m512i code[CODE_VECTORS];
        VK_CODES_EACH {
            const __mmask16 lanes = lanes_of(width, v);
            const __m512 x = _mm512_maskz_loadu_ps(lanes, input + v * VK_LANES);
            __m512 potential = differential ? t * (x - sent[v]) : t * x - sent[v];
            potential = _mm512_maskz_mov_ps(lanes, potential + initial);
            bad += (size_t)__builtin_popcount(broken_lanes(&potential));
            value[v] = fire16(tables, cutoffs, values, potential, _mm512_set1_ps(span->silence[step]), mirrored, quarters, &code[v]);
            sent[v] += differential ? (__m512)quotient16(value[v], t, r) : value[v];
        }
        VK_CODES_EACH {
            const __mmask16 lanes = lanes_of(width, v);
            _mm_mask_storeu_epi8(rows.codes + (size_t)step * rows.stride + at + v * VK_LANES, lanes, _mm512_cvtepi32_epi8(code[v]));
            if (span->emitted) _mm512_mask_storeu_ps(span->emitted + out + v * VK_LANES, lanes, value[v]);
            if (span->estimate)
                _mm512_mask_storeu_ps(span->estimate + out + v * VK_LANES, lanes,
                                      differential ? sent[v] : (__m512)quotient16(sent[v], t, r));
        }
    }
    if (span->sent)
        VK_CODES_EACH _mm512_mask_storeu_ps(span->sent + at + v * VK_LANES, lanes_of(width, v), sent[v]);
    return bad;
}

VK_INLINE size_t span_by_code(const neuron_span *span, const code_tables *tables, const int differential, const int mirrored,
                              const int quarters, size_t n, code_rows rows) {
    const size_t width = CODE_VECTORS * VK_LANES;
    size_t bad = 0, at = 0;
    level_table cutoffs[2], values[2];
#pragma clang loop unroll(full)
    for (int side = 0; side < 2 - (mirrored != 0); side++) {
        cutoffs[side] = load_table(tables->cutoffs[side], quarters);
        values[side] = load_table(tables->values[side], quarters);
    }
    for (; at + width <= n; at += width)
        bad += neurons_by_code(span, tables, cutoffs, values, differential, mirrored, quarters, at, width, rows);
    if (at < n) bad += neurons_by_code(span, tables, cutoffs, values, differential, mirrored, quarters, at, n - at, rows);
    return bad;
}

#include "neuron_octaves_avx512.h"

// Whether levels are found without trying every cut-off: by guess, or octave by octave.
VK_INLINE int finds_levels(const vk_neuron *layer) {
    return (layer->guess_scale[0] != 0.0f || layer->octave_bits >= 0) && !layer->reset_to_zero;
}

// Whether spikes are counted code by code: where the tables of neuron_by_tables are too small, or do not know dead zones.
static int VK_NAME(fires_by_code)(const vk_neuron *layer) {
    return layer->levels > NEURON_COUNTED ||
           (finds_levels(layer) && (layer->levels > TABLE_LEVELS || layer->guess_bits > 0 || layer->octave_bits > 0 ||
                                    layer->dead_zones > 0 || layer->least_potential > 0.0f));
}

static size_t VK_NAME(neuron_span_codes)(const neuron_span *span, size_t n, code_counts *counts) {
    const vk_neuron *layer = span->layer;
    if (!finds_levels(layer)) return VK_NAME(neuron_span_codes_lanes)(span, n, counts);
    int8_t own[NEURON_STEPS * NEURON_SPAN];
    const code_rows rows = {span->codes ? span->codes : own, span->codes ? span->out_stride : NEURON_SPAN};
    if (layer->octave_bits >= 0) return VK_NAME(neuron_span_octaves)(span, n, rows, counts);
    code_tables tables;
    size_t bad = 0;
    fill_code_tables(layer, &tables);
    const int quarters = layer->levels < 32 ? 1 : layer->levels < 64 ? 2 : 4;
#define VK_CASE(coding, alike, parts)                                                             \
    if (!layer->differential == !coding && !span->mirrored == !alike && quarters == parts)       \
        bad = span_by_code(span, &tables, coding, alike, parts, n, rows)
    VK_CASE(0, 1, 1);
    VK_CASE(1, 1, 1);
    VK_CASE(0, 0, 1);
    VK_CASE(1, 0, 1);
    VK_CASE(0, 1, 2);
    VK_CASE(1, 1, 2);
    VK_CASE(0, 0, 2);
    VK_CASE(1, 0, 2);
    VK_CASE(0, 1, 4);
    VK_CASE(1, 1, 4);
    VK_CASE(0, 0, 4);
    VK_CASE(1, 0, 4);
#undef VK_CASE
    // Counted afterwards, row by row: counting in between would hold up the vectors.
    for (int step = 0; step < span->steps; step++) count_code_row(counts, step, rows.codes + (size_t)step * rows.stride, n);
    return bad;
}
