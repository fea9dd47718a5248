// Levels by guess and table instead of cut-off by cut-off: 64 neurons at a time. Same results as neuron_lanes.

enum {
    TABLE_VECTORS = 4,
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
    float largest;  // of the scaled potential
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
                const int in_group = k - group * NEURON_GROUP < NEURON_GROUP ? k - group * NEURON_GROUP : NEURON_GROUP - 1;
                tables->spikes[group][side][index] = 1u << in_group * 4;
            }
        }
    }
    for (int step = 0; step < span->steps; step++)
        for (int i = 0; i < 32; i += VK_LANES) {
            const v16 t = splat(span->time[step]), r = splat(span->reciprocal[step]), x = load(tables->values + i);
            store(tables->changes[step] + i, layer->differential ? quotient16(x, t, r) : x);
        }
    tables->largest = VK_NEURON_FIRST_GUESS;
    for (int k = 1; k < layer->levels; k++) tables->largest *= 2.0f;
    tables->shared = layer->guess_scale[0] == layer->guess_scale[1];
}

VK_INLINE __m512 look_up(__m512i index, const float *table) {
    return _mm512_permutex2var_ps(_mm512_loadu_ps(table), index, _mm512_loadu_ps(table + 16));
}
VK_INLINE __m512i look_up_bits(__m512i index, const uint32_t *table) {
    return _mm512_permutex2var_epi32(_mm512_loadu_si512(table), index, _mm512_loadu_si512(table + 16));
}

// The scaled potential is held between 2^-31 and 2^(levels − 31). Its biased exponent is 96 + level: the level in the low
// four bits, the sign's bit clear, and the top bit too, which store_codes needs.
VK_INLINE __m512i table_index(const neuron_span *span, const neuron_tables *tables, const int shared, __m512 potential) {
    __m512 scale = _mm512_set1_ps(span->layer->guess_scale[0]);
    if (!shared)
        scale = _mm512_mask_mov_ps(scale, _mm512_movepi32_mask(_mm512_castps_si512(potential)),
                                   _mm512_set1_ps(span->layer->guess_scale[1]));
    __m512 scaled = potential * scale;
    scaled = _mm512_range_ps(scaled, _mm512_set1_ps(0x1p-31f), 0x3);         // larger size, sign of the first
    scaled = _mm512_range_ps(scaled, _mm512_set1_ps(tables->largest), 0x2);    // smaller size, sign of the first
    // Two bytes, exponent and sign, become exponent + 16 · sign.
    const __m512i bytes = _mm512_srli_epi32(_mm512_castps_si512(scaled), 23);
    const __m512i guess = _mm512_maddubs_epi16(bytes, _mm512_set1_epi32(0x1001));
    const __mmask16 reached = _mm512_cmpge_epu32_mask(_mm512_castps_si512(potential),
                                                      look_up_bits(guess, tables->cutoffs));
    return _mm512_mask_add_epi32(guess, reached, guess, _mm512_set1_epi32(1));
}

VK_INLINE void store_codes(const neuron_tables *tables, int8_t *codes, __mmask64 active, const __m512i *index) {
    const __m512i low = _mm512_packs_epi32(index[0], index[1]), high = _mm512_packs_epi32(index[2], index[3]);
    const __m512i order = _mm512_setr_epi32(0, 4, 8, 12, 1, 5, 9, 13, 2, 6, 10, 14, 3, 7, 11, 15);
    const __m512i bytes = _mm512_permutexvar_epi32(order, _mm512_packus_epi16(low, high));
    const __m512i up = _mm512_broadcast_i32x4(_mm_loadu_si128((const __m128i *)tables->codes));
    const __m512i down = _mm512_broadcast_i32x4(_mm_loadu_si128((const __m128i *)(tables->codes + 16)));
    const __mmask64 negative = _mm512_test_epi8_mask(bytes, _mm512_set1_epi8(16));
    __m512i code = _mm512_shuffle_epi8(up, bytes);
    code = _mm512_mask_shuffle_epi8(code, negative, down, bytes);
    _mm512_mask_storeu_epi8(codes, active, code);
}

VK_INLINE __mmask16 lanes_of(__mmask64 active, int vector) { return (__mmask16)(active >> vector * VK_LANES); }

// The modes are constants wherever this is inlined.
VK_INLINE size_t neuron_by_tables(const neuron_span *span, const neuron_tables *tables, const int differential,
                                  const int shared, const int groups, size_t at, const __mmask64 active,
                                  neuron_counters *counters) {
    const __m512 initial = _mm512_set1_ps(span->layer->initial_potential);
    __m512 sent[TABLE_VECTORS];
#pragma clang loop unroll(full)
    for (int v = 0; v < TABLE_VECTORS; v++)
        sent[v] = span->at_rest ? _mm512_setzero_ps()
                                : _mm512_maskz_loadu_ps(lanes_of(active, v), span->sent + at + v * VK_LANES);
    size_t bad = 0;
    for (int step = 0; step < span->steps; step++) {
        const __m512 t = _mm512_set1_ps(span->time[step]), r = _mm512_set1_ps(span->reciprocal[step]);
        const float *input = span->input + (size_t)step * span->input_stride + at;
        const size_t out = (size_t)step * span->out_stride + at;
        __m512 potential[TABLE_VECTORS];
        __mmask16 broken[TABLE_VECTORS];
#pragma clang loop unroll(full)
        for (int v = 0; v < TABLE_VECTORS; v++) {
            const __m512 x = _mm512_maskz_loadu_ps(lanes_of(active, v), input + v * VK_LANES);
            potential[v] = (differential ? t * (x - sent[v]) : t * x - sent[v]) + initial;
            if (lanes_of(active, v) != 0xffff) potential[v] = _mm512_maskz_mov_ps(lanes_of(active, v), potential[v]);
            broken[v] = _mm512_fpclass_ps_mask(potential[v], 0x99);  // NaN and infinity
        }
        if (__builtin_expect((broken[0] | broken[1] | broken[2] | broken[3]) != 0, 0))
#pragma clang loop unroll(full)
            for (int v = 0; v < TABLE_VECTORS; v++) {
                bad += (size_t)__builtin_popcount(broken[v]);
                const __mmask16 number = _mm512_cmp_ps_mask(potential[v], potential[v], _CMP_ORD_Q);
                potential[v] = _mm512_maskz_mov_ps(number, potential[v]);
            }
        __m512i index[TABLE_VECTORS], spikes[TABLE_GROUPS][2];
#pragma clang loop unroll(full)
        for (int g = 0; g < groups; g++)
            for (int side = 0; side < 2; side++)
                spikes[g][side] = _mm512_loadu_si512(&counters->small[g][step][side]);
#pragma clang loop unroll(full)
        for (int v = 0; v < TABLE_VECTORS; v++) {
            index[v] = table_index(span, tables, shared, potential[v]);
            sent[v] += look_up(index[v], tables->changes[step]);
            for (int g = 0; g < groups; g++)
                for (int side = 0; side < 2; side++)
                    spikes[g][side] =
                        _mm512_add_epi32(spikes[g][side], look_up_bits(index[v], tables->spikes[g][side]));
            const __mmask16 lanes = lanes_of(active, v);
            if (span->estimate)
                _mm512_mask_storeu_ps(span->estimate + out + v * VK_LANES, lanes,
                                      differential ? sent[v] : quotient16(sent[v], t, r));
            if (span->emitted)
                _mm512_mask_storeu_ps(span->emitted + out + v * VK_LANES, lanes, look_up(index[v], tables->values));
        }
#pragma clang loop unroll(full)
        for (int g = 0; g < groups; g++)
            for (int side = 0; side < 2; side++)
                _mm512_storeu_si512(&counters->small[g][step][side], spikes[g][side]);
        if (span->codes) store_codes(tables, span->codes + out, active, index);
    }
#pragma clang loop unroll(full)
    for (int v = 0; v < TABLE_VECTORS; v++)
        if (span->sent) _mm512_mask_storeu_ps(span->sent + at + v * VK_LANES, lanes_of(active, v), sent[v]);
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
        bad += neuron_by_tables(span, tables, differential, shared, groups, at, ~0ull, counters);
    }
    if (at < n)
        bad += neuron_by_tables(span, tables, differential, shared, groups, at, ~0ull >> (TABLE_NEURONS - (n - at)), counters);
    return bad;
}

static size_t VK_NAME(neuron_span_tables)(const neuron_span *span, size_t n, neuron_counters *counters) {
    const vk_neuron *layer = span->layer;
    if (layer->levels > TABLE_LEVELS || layer->guess_scale[0] == 0.0f || layer->reset_to_zero)
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
