// Signed levels, one byte per neuron, turned into what the products read.

enum {
    VK_CODES = 64,       // signed levels −VK_MAX_LEVELS … VK_MAX_LEVELS, wrapped around
    VK_TILE_WIDTH = 128, // columns of a tile of a layer
    VK_WHOLE_WIDTH = 64, // columns of a run of undivided integer weights
    VK_CHUNK = 64,       // inputs whose weights for a tile stay in the first-level cache
};

// What each code sends, by code modulo VK_CODES.
VK_INLINE void code_values(const vk_neuron *source, float values[VK_CODES]) {
    for (int i = 0; i < VK_CODES; i++) values[i] = 0.0f;
    for (int k = 0; k < source->levels; k++) {
        values[k + 1] = source->thresholds[0][k];
        values[VK_CODES - 1 - k] = -source->thresholds[1][k];
    }
}

static size_t VK_NAME(count_spikes)(size_t n, const int8_t *codes) {
    size_t count = 0, i = 0;
#ifdef VK_AVX512
    for (; i + 64 <= n; i += 64) {
        const __m512i c = _mm512_loadu_si512(codes + i);
        count += (size_t)__builtin_popcountll(_mm512_test_epi8_mask(c, c));
    }
#endif
    for (; i < n; i++) count += codes[i] != 0;
    return count;
}

typedef int8_t b16 __attribute__((ext_vector_type(16)));

static void VK_NAME(count_codes_columns)(size_t rows, size_t n, const int8_t *in, int64_t *counts) {
    size_t i = 0;
    for (; i + VK_LANES <= n; i += VK_LANES) {
        i16x32 sums = (i16x32)(0);
        for (size_t r = 0; r < rows; r++) {
            b16 codes;
            memcpy(&codes, in + r * n + i, sizeof codes);
            sums -= __builtin_convertvector(codes != 0, i16x32);
        }
        for (int lane = 0; lane < VK_LANES; lane++) counts[i + lane] += sums[lane];
    }
    for (; i < n; i++)
        for (size_t r = 0; r < rows; r++) counts[i] += in[r * n + i] != 0;
}

static void VK_NAME(count_codes_rows)(size_t rows, size_t n, const int8_t *in, int64_t *counts) {
    for (size_t r = 0; r < rows; r++) counts[r] += (int64_t)VK_NAME(count_spikes)(n, in + r * n);
}

#ifndef VK_AVX512
static void VK_NAME(expand_codes)(size_t n, const int8_t *codes, const float values[VK_CODES], float *out) {
    for (size_t i = 0; i < n; i++) out[i] = values[codes[i] & (VK_CODES - 1)];
}

// Lists the spikes that `values` knows among n inputs from `first` on, in order. Writes up to 16 entries past them;
// returns how many there are.
static size_t VK_NAME(list_spikes)(size_t first, size_t n, const int8_t *codes, const float values[VK_CODES],
                                   uint16_t *indices, float *spikes) {
    size_t count = 0;
    for (size_t i = 0; i < n; i++) {
        const float value = values[codes[i] & (VK_CODES - 1)];
        indices[count] = (uint16_t)(first + i);
        spikes[count] = value;
        count += value != 0.0f;
    }
    return count;
}
#else
// Both halves of the table in two registers: codes 0…15 and −16…−1; ladders with more levels are looked up in memory.
VK_INLINE __m512 code_values16(__m512i codes, const float values[VK_CODES], int narrow) {
    if (!narrow)
        return _mm512_i32gather_ps(_mm512_and_si512(codes, _mm512_set1_epi32(VK_CODES - 1)), values, 4);
    return _mm512_permutex2var_ps(_mm512_loadu_ps(values), codes, _mm512_loadu_ps(values + VK_CODES - 16));
}

VK_INLINE int is_narrow(const float values[VK_CODES]) { return values[16] == 0.0f && values[VK_CODES - 17] == 0.0f; }

static void VK_NAME(expand_codes)(size_t n, const int8_t *codes, const float values[VK_CODES], float *out) {
    const int narrow = is_narrow(values);
    size_t i = 0;
    for (; i + 16 <= n; i += 16) {
        __m512i c = _mm512_cvtepi8_epi32(_mm_loadu_si128((const __m128i *)(codes + i)));
        _mm512_storeu_ps(out + i, code_values16(c, values, narrow));
    }
    for (; i < n; i++) out[i] = values[codes[i] & (VK_CODES - 1)];
}

static size_t VK_NAME(list_spikes)(size_t first, size_t n, const int8_t *codes, const float values[VK_CODES],
                                   uint16_t *indices, float *spikes) {
    const int narrow = is_narrow(values);
    const __m512i lanes = _mm512_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15);
    size_t count = 0, i = 0;
    for (; i < n; i += 16) {
        const __mmask16 inside = n - i < 16 ? (__mmask16)((1u << (n - i)) - 1) : 0xffff;
        __m512i c = _mm512_cvtepi8_epi32(_mm_maskz_loadu_epi8(inside, codes + i));
        __m512 value = code_values16(c, values, narrow);
        __mmask16 fired = _mm512_cmp_ps_mask(value, _mm512_setzero_ps(), _CMP_NEQ_OQ);
        __m512i index = _mm512_maskz_compress_epi32(fired, _mm512_add_epi32(lanes, _mm512_set1_epi32((int)(first + i))));
        _mm256_storeu_si256((__m256i *)(indices + count), _mm512_cvtepi32_epi16(index));
        _mm512_storeu_ps(spikes + count, _mm512_maskz_compress_ps(fired, value));
        count += (size_t)__builtin_popcount(fired);
    }
    return count;
}
#endif
