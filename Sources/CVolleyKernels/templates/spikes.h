// Spikes, one signed byte per neuron, turned into what the products read.

enum {
    VK_TILE_WIDTH = 128, // columns of a tile of a layer
    VK_WHOLE_WIDTH = 64, // columns of a run of undivided integer weights
    VK_CHUNK = 64,       // inputs whose weights for a tile stay in the first-level cache
};

static size_t VK_NAME(count_spikes)(size_t n, const int8_t *codes) {
    size_t count = 0, i = 0;
#ifdef VK_AVX512
    for (; i + 64 <= n; i += 64) {
        const __m512i c = _mm512_loadu_si512(codes + i);
        count += (size_t)__builtin_popcountll(_mm512_test_epi8_mask(c, c));
    }
    if (i < n) {
        const __m512i c = _mm512_maskz_loadu_epi8(~0ull >> (64 - (n - i)), codes + i);
        count += (size_t)__builtin_popcountll(_mm512_test_epi8_mask(c, c));
    }
#else
    for (; i < n; i++) count += codes[i] != 0;
#endif
    return count;
}

typedef int8_t b16 __attribute__((ext_vector_type(16)));

// −1 in the lanes whose code is a graded level, 0 in the others.
VK_INLINE b16 graded_lanes(b16 codes, const int8_t mask) {
    const b16 sign = codes >> 7, level = (codes ^ sign) - sign;
    return (b16)(((level - (b16)(1)) & (b16)(mask)) != (b16)(0)) & (b16)(codes != (b16)(0));
}

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
static void VK_NAME(expand_codes)(size_t n, const int8_t *codes, const float values[VK_CODES], int levels, float *out) {
    (void)levels;
    for (size_t i = 0; i < n; i++) out[i] = values[(uint8_t)codes[i]];
}

// Lists the spikes that `values` knows among n inputs from `first` on, in order. Writes up to 16 entries past them;
// returns how many there are.
static size_t VK_NAME(list_spikes)(size_t first, size_t n, const int8_t *codes, const float values[VK_CODES], int levels,
                                   uint16_t *indices, float *spikes) {
    (void)levels;
    size_t count = 0;
    for (size_t i = 0; i < n; i++) {
        const float value = values[(uint8_t)codes[i]];
        indices[count] = (uint16_t)(first + i);
        spikes[count] = value;
        count += value != 0.0f;
    }
    return count;
}
#else
// How many registers hold the values of codes −levels … levels: 2, 4 or 8; 16: too many, they are read from memory.
VK_INLINE int code_registers(int levels) { return levels < 16 ? 2 : levels < 32 ? 4 : levels < 64 ? 8 : 16; }

// Codes are signed 32-bit numbers: 0 … and then, as their low bits, −1 and below. `registers` is a constant.
VK_INLINE __m512 code_values16(__m512i codes, const float values[VK_CODES], const int registers) {
    if (registers == 16) return _mm512_i32gather_ps(_mm512_and_si512(codes, _mm512_set1_epi32(VK_CODES - 1)), values, 4);
    const float *below = values + VK_CODES - registers / 2 * 16;
    if (registers == 2) return _mm512_permutex2var_ps(_mm512_loadu_ps(values), codes, _mm512_loadu_ps(below));
    const __mmask16 negative = _mm512_movepi32_mask(codes);
    __m512 up = _mm512_permutex2var_ps(_mm512_loadu_ps(values), codes, _mm512_loadu_ps(values + 16));
    __m512 down = _mm512_permutex2var_ps(_mm512_loadu_ps(below), codes, _mm512_loadu_ps(below + 16));
    if (registers == 8) {
        // −64 … −33 and 0 … 31 have bit 5 clear, −32 … −1 and 32 … 63 set.
        const __mmask16 upper = _mm512_test_epi32_mask(codes, _mm512_set1_epi32(32));
        const __m512 high = _mm512_permutex2var_ps(_mm512_loadu_ps(values + 32), codes, _mm512_loadu_ps(values + 48));
        const __m512 near = _mm512_permutex2var_ps(_mm512_loadu_ps(below + 32), codes, _mm512_loadu_ps(below + 48));
        up = _mm512_mask_mov_ps(up, upper, high);
        down = _mm512_mask_mov_ps(down, upper, near);
    }
    return _mm512_mask_mov_ps(up, negative, down);
}

static void VK_NAME(expand_codes)(size_t n, const int8_t *codes, const float values[VK_CODES], int levels, float *out) {
    const int registers = code_registers(levels);
    size_t i = 0;
#define VK_EXPAND(count)                                                                                               \
    for (; registers == count && i + 16 <= n; i += 16) {                                                               \
        const __m512i c = _mm512_cvtepi8_epi32(_mm_loadu_si128((const __m128i *)(codes + i)));                         \
        _mm512_storeu_ps(out + i, code_values16(c, values, count));                                                    \
    }
    VK_EXPAND(2)
    VK_EXPAND(4)
    VK_EXPAND(8)
    VK_EXPAND(16)
#undef VK_EXPAND
    for (; i < n; i++) out[i] = values[(uint8_t)codes[i]];
}

VK_INLINE size_t list_spikes_by(const int registers, size_t first, size_t n, const int8_t *codes, const float values[VK_CODES],
                                uint16_t *indices, float *spikes) {
    const __m512i lanes = _mm512_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15);
    size_t count = 0, i = 0;
    for (; i < n; i += 16) {
        const __mmask16 inside = n - i < 16 ? (__mmask16)((1u << (n - i)) - 1) : 0xffff;
        __m512i c = _mm512_cvtepi8_epi32(_mm_maskz_loadu_epi8(inside, codes + i));
        __m512 value = code_values16(c, values, registers);
        __mmask16 fired = _mm512_cmp_ps_mask(value, _mm512_setzero_ps(), _CMP_NEQ_OQ);
        __m512i index = _mm512_maskz_compress_epi32(fired, _mm512_add_epi32(lanes, _mm512_set1_epi32((int)(first + i))));
        _mm256_storeu_si256((__m256i *)(indices + count), _mm512_cvtepi32_epi16(index));
        _mm512_storeu_ps(spikes + count, _mm512_maskz_compress_ps(fired, value));
        count += (size_t)__builtin_popcount(fired);
    }
    return count;
}

static size_t VK_NAME(list_spikes)(size_t first, size_t n, const int8_t *codes, const float values[VK_CODES], int levels,
                                   uint16_t *indices, float *spikes) {
    switch (code_registers(levels)) {
        case 2: return list_spikes_by(2, first, n, codes, values, indices, spikes);
        case 4: return list_spikes_by(4, first, n, codes, values, indices, spikes);
        case 8: return list_spikes_by(8, first, n, codes, values, indices, spikes);
        default: return list_spikes_by(16, first, n, codes, values, indices, spikes);
    }
}
#endif
