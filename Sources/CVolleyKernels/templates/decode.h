// From the spikes that neurons sent back to their estimates, where those are needed: bytes travel between layers, not floats.

VK_INLINE v16 spike_values(b16 codes, const float values[VK_CODES], const int registers) {
#ifdef VK_AVX512
    __m128i bytes;
    memcpy(&bytes, &codes, sizeof bytes);
    return (v16)code_values16(_mm512_cvtepi8_epi32(bytes), values, registers);
#else
    (void)registers;
    v16 result;
    for (int lane = 0; lane < VK_LANES; lane++) result[lane] = values[(uint8_t)codes[lane]];
    return result;
#endif
}

// How many lanes hold −1 instead of 0.
VK_INLINE int32_t true_lanes(i16x32 truth) {
#ifdef VK_AVX512
    return __builtin_popcount(_mm512_movepi32_mask((__m512i)truth));
#else
    return -__builtin_reduce_add(truth);
#endif
}

VK_INLINE void count_lanes(i16x32 differs, size_t lanes, int32_t *counts) {
    i16x32 sums = (i16x32)(0);
    memcpy(&sums, counts, lanes * sizeof *counts);
    sums -= differs;
    memcpy(counts, &sums, lanes * sizeof *counts);
}

// All steps of `lanes` columns of one row. The modes, and `lanes` of whole vectors, are constants.
VK_INLINE void decode_lanes(const vk_decoding *work, const float *reciprocals, const int differential, const int registers,
                            const int counts_rows, size_t r, size_t c, const size_t lanes) {
    const float *values = work->source->values;
    const int8_t *codes = work->codes + r * work->codes_row + c;
    float *state = work->sent ? work->sent + r * work->columns + c : 0;
    v16 sent = state ? load_some(state, lanes, 0.0f) : splat(0.0f);
    for (int s = 0; s < work->steps; s++, codes += work->codes_step) {
        const v16 t = splat((float)(work->first_step + s)), reciprocal = splat(reciprocals[s]);
        b16 code = (b16)(0);
        memcpy(&code, codes, lanes);
        const v16 value = spike_values(code, values, registers);
        sent += differential ? quotient16(value, t, reciprocal) : value;
        const v16 estimate = differential ? sent : quotient16(sent, t, reciprocal);
        store_some(work->estimates + ((size_t)s * work->rows + r) * work->columns + c, lanes, estimate);
        if (!work->emitted) continue;
        const i16x32 fired = __builtin_convertvector(code != 0, i16x32), known = estimate != splat(0.0f);
        const i16x32 graded = __builtin_convertvector(graded_lanes(code, (int8_t)work->graded_mask), i16x32);
        if (counts_rows) {
            const size_t at = (size_t)s * work->rows + r;
            work->emitted[at] += true_lanes(fired);
            work->known[at] += true_lanes(known);
            if (work->graded) work->graded[at] += true_lanes(graded);
        } else {
            const size_t at = (size_t)s * work->columns + c;
            count_lanes(fired, lanes, work->emitted + at);
            count_lanes(known, lanes, work->known + at);
            if (work->graded) count_lanes(graded, lanes, work->graded + at);
        }
    }
    if (state) store_some(state, lanes, sent);
}

VK_INLINE void decode_rows(const vk_decoding *work, const float *reciprocals, const int differential, const int registers,
                           const int counts_rows) {
    for (size_t r = 0; r < work->rows; r++) {
        size_t c = 0;
        for (; c + VK_LANES <= work->columns; c += VK_LANES)
            decode_lanes(work, reciprocals, differential, registers, counts_rows, r, c, VK_LANES);
        if (c < work->columns)
            decode_lanes(work, reciprocals, differential, registers, counts_rows, r, c, work->columns - c);
    }
}

static void VK_NAME(decode)(const vk_decoding *work) {
    float reciprocals[work->steps];
    for (int s = 0; s < work->steps; s++) reciprocals[s] = 1.0f / (float)(work->first_step + s);
#ifdef VK_AVX512
    const int registers = code_registers(work->source->levels);
#else
    const int registers = 16;
#endif
#define VK_CASE(coding, held, rows)                                                                     \
    if (!work->source->differential == !coding && registers == held && !work->counts_rows == !rows) \
        decode_rows(work, reciprocals, coding, held, rows)
#ifdef VK_AVX512
    VK_CASE(0, 2, 0);
    VK_CASE(0, 2, 1);
    VK_CASE(1, 2, 0);
    VK_CASE(1, 2, 1);
    VK_CASE(0, 4, 0);
    VK_CASE(0, 4, 1);
    VK_CASE(1, 4, 0);
    VK_CASE(1, 4, 1);
    VK_CASE(0, 8, 0);
    VK_CASE(0, 8, 1);
    VK_CASE(1, 8, 0);
    VK_CASE(1, 8, 1);
#endif
    VK_CASE(0, 16, 0);
    VK_CASE(0, 16, 1);
    VK_CASE(1, 16, 0);
    VK_CASE(1, 16, 1);
#undef VK_CASE
}
