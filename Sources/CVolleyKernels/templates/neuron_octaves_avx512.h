// Ladders of many levels whose cut-offs repeat from octave to octave: a level is the sum of two integers, shifted (vk_octave), so that the
// tables of all levels fit a register, and nothing is tried. So it is with values where thresholds repeat too; whole numbers do not, and are
// looked up level by level.

typedef struct {
    __m512i lowest[2], highest[2], levels[2], values[2];  // by side
    __m128i shift;
    __m512i whole;  // the bits of y above the shift
    level_table thresholds[2];  // by side and level, where they do not repeat
} octave_tables;

VK_INLINE octave_tables load_octaves(const vk_neuron *layer, const int quarters) {
    octave_tables tables;
    for (int side = 0; side < 2 && quarters > 0; side++) {
        float thresholds[128] = {0};
        memcpy(thresholds + 1, layer->thresholds[side], (size_t)layer->levels * sizeof(float));
        tables.thresholds[side] = load_table(thresholds, quarters);
    }
    const int shift = 23 - layer->octave_bits;
    for (int side = 0; side < 2; side++) {
        const vk_octave *octave = &layer->octaves[side];
        tables.lowest[side] = _mm512_set1_epi32((int)octave->lowest);
        tables.highest[side] = _mm512_set1_epi32((int)octave->highest);
        tables.levels[side] = _mm512_loadu_si512(octave->levels);
        tables.values[side] = _mm512_loadu_si512(octave->values);
    }
    tables.shift = _mm_cvtsi32_si128(shift);
    tables.whole = _mm512_set1_epi32(-(1 << shift));
    return tables;
}

// The positive side's vector, but the negative side's in lanes that are negative.
VK_INLINE __m512i of_side(const __m512i sides[2], const int mirrored, __mmask16 negative) {
    return mirrored ? sides[0] : _mm512_mask_mov_epi32(sides[0], negative, sides[1]);
}
VK_INLINE __m512i look_up_side(const __m512i sides[2], const int mirrored, __mmask16 negative, __m512i index) {
    const __m512i found = _mm512_permutexvar_epi32(index, sides[0]);
    return mirrored ? found : _mm512_mask_permutexvar_epi32(found, negative, index, sides[1]);
}

// The bits of what levels are worth, without a sign.
VK_INLINE __m512i octave_value(const octave_tables *tables, const int mirrored, const int quarters, __mmask16 negative, __m512i y, __m512i level) {
    if (quarters == 0) return _mm512_add_epi32(y & tables->whole, look_up_side(tables->values, mirrored, negative, level));
    __m512 found = look_up_level(level, &tables->thresholds[0], quarters);
    if (!mirrored) found = _mm512_mask_mov_ps(found, negative, look_up_level(level, &tables->thresholds[1], quarters));
    return _mm512_castps_si512(found);
}

// What the potentials fire: the values, and the codes as 32-bit numbers. Nothing fires below `silence`. `quarters`: of the tables of
// thresholds, 0 where these repeat.
VK_INLINE __m512 fire_octaves(const octave_tables *tables, const int mirrored, const int quarters, __m512 potential, __m512i size, const __m512i silence,
                              __m512i *code) {
    const __m512i sign = _mm512_set1_epi32(INT32_MIN);
    const __mmask16 negative = _mm512_movepi32_mask(_mm512_castps_si512(potential));
    const __m512i lowest = _mm512_max_epu32(of_side(tables->lowest, mirrored, negative), silence);
    const __mmask16 fires = _mm512_cmpge_epu32_mask(size, lowest);
    size = _mm512_min_epu32(size, of_side(tables->highest, mirrored, negative));
    const __m512i y = _mm512_add_epi32(size, look_up_side(tables->levels, mirrored, negative, _mm512_srli_epi32(size, 19)));
    const __m512i level = _mm512_maskz_srl_epi32(fires, y, tables->shift);
    *code = _mm512_mask_sub_epi32(level, negative, _mm512_setzero_si512(), level);
    const __m512i value = octave_value(tables, mirrored, quarters, negative, y, level);
    // The sign of the potential goes into the value: a | b & c.
    return _mm512_castsi512_ps(_mm512_maskz_ternarylogic_epi32(fires, value, _mm512_castps_si512(potential), sign, 0xf8));
}

// Sixty-four codes, which are 32-bit numbers.
VK_INLINE void store_narrow(int8_t *codes, const size_t width, const __m512i code[CODE_VECTORS]) {
    const __m512i order = _mm512_setr_epi32(0, 4, 8, 12, 1, 5, 9, 13, 2, 6, 10, 14, 3, 7, 11, 15);
    const __m512i low = _mm512_packs_epi32(code[0], code[1]), high = _mm512_packs_epi32(code[2], code[3]);
    const __m512i bytes = _mm512_permutexvar_epi32(order, _mm512_packs_epi16(low, high));
    _mm512_mask_storeu_epi8(codes, width >= 64 ? ~0ull : (1ull << width) - 1, bytes);
}

// Counts potentials that are not finite; those that are no number get size 0, at which nothing fires. `size`: the bits of the
// potentials without their signs.
VK_INLINE size_t mend_broken(__m512i size[CODE_VECTORS]) {
    const __m512i infinite = _mm512_set1_epi32(0x7f800000);
    const __m512i largest = _mm512_max_epu32(_mm512_max_epu32(size[0], size[1]), _mm512_max_epu32(size[2], size[3]));
    if (__builtin_expect(_mm512_cmpge_epu32_mask(largest, infinite) == 0, 1)) return 0;
    size_t bad = 0;
    VK_CODES_EACH {
        bad += (size_t)__builtin_popcount(_mm512_cmpge_epu32_mask(size[v], infinite));
        size[v] = _mm512_maskz_mov_epi32(_mm512_cmple_epu32_mask(size[v], infinite), size[v]);
    }
    return bad;
}

// One time-step of `width` neurons. `starts`: at time-step 1 from rest, where input and potential, and spike and estimate, are the
// same. The modes are constants wherever this is inlined.
VK_INLINE size_t octave_step(const neuron_span *span, const octave_tables *tables, const int differential, const int mirrored,
                             const int quarters, const int starts, const int step, size_t at, const size_t width, __m512 sent[CODE_VECTORS],
                             code_rows rows, code_counts *counts) {
    const __m512 t = _mm512_set1_ps(span->time[step]), r = _mm512_set1_ps(span->reciprocal[step]);
    const __m512i silence = _mm512_set1_epi32((int)span->silence_bits[step]);
    const float initial = span->layer->initial_potential;
    const float *input = span->input + (size_t)step * span->input_stride + at;
    const size_t out = (size_t)step * span->out_stride + at;
    __m512 potential[CODE_VECTORS], value[CODE_VECTORS];
    __m512i size[CODE_VECTORS], code[CODE_VECTORS];
    VK_CODES_EACH {
        const __m512 x = _mm512_maskz_loadu_ps(lanes_of(width, v), input + v * VK_LANES);
        potential[v] = starts ? x : differential ? t * (x - sent[v]) : t * x - sent[v];
    }
    if (initial != 0.0f) VK_CODES_EACH potential[v] += initial;
    if (width != CODE_NEURONS) VK_CODES_EACH potential[v] = _mm512_maskz_mov_ps(lanes_of(width, v), potential[v]);
    VK_CODES_EACH size[v] = _mm512_castps_si512(_mm512_abs_ps(potential[v]));
    const size_t bad = mend_broken(size);
    VK_CODES_EACH {
        value[v] = fire_octaves(tables, mirrored, quarters, potential[v], size[v], silence, &code[v]);
        sent[v] = starts ? value[v] : sent[v] + (differential ? (__m512)quotient16(value[v], t, r) : value[v]);
    }
    int8_t *codes = rows.codes + (size_t)step * rows.stride + at;
    store_narrow(codes, width, code);
    // Those of the vectors before, whose codes are in memory by now: counting stores, these vectors compute, so that neither waits for
    // the other.
    if (at > 0) count_code_row(counts, step, codes - CODE_NEURONS, CODE_NEURONS);
    if (span->emitted) VK_CODES_EACH _mm512_mask_storeu_ps(span->emitted + out + v * VK_LANES, lanes_of(width, v), value[v]);
    if (span->estimate)
        VK_CODES_EACH _mm512_mask_storeu_ps(span->estimate + out + v * VK_LANES, lanes_of(width, v),
                                            differential || starts ? sent[v] : (__m512)quotient16(sent[v], t, r));
    return bad;
}

// All steps of `width` ≤ CODE_NEURONS neurons.
VK_INLINE size_t neurons_by_octave(const neuron_span *span, const octave_tables *tables, const int differential, const int mirrored,
                                   const int quarters, const int starts, size_t at, const size_t width, code_rows rows, code_counts *counts) {
    __m512 sent[CODE_VECTORS];
    if (!starts)
        VK_CODES_EACH sent[v] = span->at_rest ? _mm512_setzero_ps()
                                              : _mm512_maskz_loadu_ps(lanes_of(width, v), span->sent + at + v * VK_LANES);
    size_t bad = 0;
    int step = 0;
    if (starts) bad += octave_step(span, tables, differential, mirrored, quarters, 1, step++, at, width, sent, rows, counts);
    for (; step < span->steps; step++) bad += octave_step(span, tables, differential, mirrored, quarters, 0, step, at, width, sent, rows, counts);
    if (span->sent) VK_CODES_EACH _mm512_mask_storeu_ps(span->sent + at + v * VK_LANES, lanes_of(width, v), sent[v]);
    return bad;
}

VK_INLINE size_t span_by_octave(const neuron_span *span, const int differential, const int mirrored, const int quarters, const int starts,
                                size_t n, code_rows rows, code_counts *counts) {
    const octave_tables tables = load_octaves(span->layer, quarters);
    size_t bad = 0, at = 0;
    for (; at + CODE_NEURONS <= n; at += CODE_NEURONS)
        bad += neurons_by_octave(span, &tables, differential, mirrored, quarters, starts, at, CODE_NEURONS, rows, counts);
    if (at < n) bad += neurons_by_octave(span, &tables, differential, mirrored, quarters, starts, at, n - at, rows, counts);
    // The last ones have none behind them.
    const size_t last = (n - 1) / CODE_NEURONS * CODE_NEURONS;
    for (int step = 0; step < span->steps; step++)
        count_code_row(counts, step, rows.codes + (size_t)step * rows.stride + last, n - last);
    return bad;
}

static size_t VK_NAME(neuron_span_octaves)(const neuron_span *span, size_t n, code_rows rows, code_counts *counts) {
    const int starts = span->at_rest && span->time[0] == 1.0f;
    const int quarters = span->layer->octave_values ? 0 : span->layer->levels < 64 ? 2 : 4;
#define VK_CASE(coding, alike, first)                                                                                        \
    if (!span->layer->differential == !coding && !span->mirrored == !alike && starts == first)                               \
    return quarters == 0   ? span_by_octave(span, coding, alike, 0, first, n, rows, counts)                                  \
           : quarters == 2 ? span_by_octave(span, coding, alike, 2, first, n, rows, counts)                                  \
                           : span_by_octave(span, coding, alike, 4, first, n, rows, counts)
    VK_CASE(0, 0, 0);
    VK_CASE(1, 0, 0);
    VK_CASE(0, 1, 0);
    VK_CASE(1, 1, 0);
    VK_CASE(0, 0, 1);
    VK_CASE(1, 0, 1);
    VK_CASE(0, 1, 1);
    VK_CASE(1, 1, 1);
#undef VK_CASE
    return 0;
}
