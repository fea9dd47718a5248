// What is counted and checked after the fact.

static size_t VK_NAME(count_nonzero)(size_t n, const float *in) {
    size_t count = 0;
    for (size_t i = 0; i < n; i++) count += in[i] != 0.0f;
    return count;
}

static void VK_NAME(count_nonzero_columns)(size_t rows, size_t n, const float *in, int64_t *counts) {
    for (size_t r = 0; r < rows; r++, in += n)
        for (size_t i = 0; i < n; i++) counts[i] += in[i] != 0.0f;
}

static void VK_NAME(count_nonzero_rows)(size_t rows, size_t n, const float *in, int64_t *counts) {
    for (size_t r = 0; r < rows; r++) counts[r] += VK_NAME(count_nonzero)(n, in + r * n);
}

static int VK_NAME(all_finite)(size_t n, const float *in) {
    v16 sum = splat(0.0f);
    size_t i = 0;
    for (; i + VK_LANES <= n; i += VK_LANES) sum += load(in + i) * 0.0f;
    if (i < n) sum += load_some(in + i, n - i, 0.0f) * 0.0f;
    return sum_lanes(sum) == 0.0f;
}

static size_t VK_NAME(count_equal)(size_t n, const int8_t *in, int8_t code) {
    enum { lanes = 64, most = 255 };
    size_t total = 0;
#ifdef VK_AVX512
    const __m512i wanted = _mm512_set1_epi8(code);
    for (; n >= lanes; n -= lanes, in += lanes)
        total += (size_t)__builtin_popcountll(_mm512_cmpeq_epi8_mask(_mm512_loadu_si512(in), wanted));
#endif
    while (n >= lanes) {
        // As many rounds as a byte can count.
        size_t rounds = n / lanes < most ? n / lanes : most;
        uint8_t found[lanes] = {0};
        for (size_t r = 0; r < rounds; r++, in += lanes) {
            for (size_t i = 0; i < lanes; i++) found[i] += in[i] == code;
        }
        for (size_t i = 0; i < lanes; i++) total += found[i];
        n -= rounds * lanes;
    }
    for (size_t i = 0; i < n; i++) total += in[i] == code;
    return total;
}
