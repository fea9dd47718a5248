// Products of spikes with integer weights. A spike is a small integer times its ladder's smallest threshold, so the sums
// are exact and their order is free. Ladders that differ by sign need a sum for each.

typedef double d16 __attribute__((ext_vector_type(16)));

typedef struct {
    int sides;                    // 1: one ladder serves both signs
    float factors[2][VK_CODES];   // by code: the spike in units of the side's smallest threshold
    float units[2];               // the smallest thresholds; the second counts against the first
} spike_units;

static spike_units VK_NAME(units_of)(const vk_neuron *source) {
    spike_units units = {.sides = source->thresholds[0][0] == source->thresholds[1][0] ? 1 : 2};
    for (int k = 0; k < source->levels; k++) {
        const float factor = (float)(1 << k);
        const int side = units.sides - 1;
        units.factors[0][k + 1] = factor;
        units.factors[side][VK_CODES - 1 - k] = side ? factor : -factor;
    }
    units.units[0] = source->thresholds[0][0];
    units.units[1] = source->thresholds[1][0];
    return units;
}

// Unsigned bytes for the dense product: spike + 128 where one sum serves both signs, and no more than 127 of a spike.
static void VK_NAME(spike_bytes)(const spike_units *units, int side, size_t n, const int8_t *codes, uint8_t *bytes) {
    uint8_t table[VK_CODES];
    for (int i = 0; i < VK_CODES; i++) {
        int value = (int)units->factors[side][i] + (units->sides == 1 ? 128 : 0);
        table[i] = (uint8_t)(value > 255 ? 255 : value);
    }
    size_t i = 0;
#ifdef VK_AVX512
    // Codes −8 … 7 by their low four bits; 8 apart.
    uint8_t low[16];
    for (int c = 0; c < 16; c++) low[c] = table[c < 8 ? c : VK_CODES - 16 + c];
    const __m512i nibbles = _mm512_broadcast_i32x4(_mm_loadu_si128((const __m128i *)low));
    const __m512i top = _mm512_set1_epi8((char)table[8]);
    for (; i + 64 <= n; i += 64) {
        __m512i c = _mm512_loadu_si512(codes + i);
        __m512i value = _mm512_shuffle_epi8(nibbles, _mm512_and_si512(c, _mm512_set1_epi8(15)));
        _mm512_storeu_si512(bytes + i, _mm512_mask_blend_epi8(_mm512_cmpeq_epi8_mask(c, _mm512_set1_epi8(8)), value, top));
    }
#endif
    for (; i < n; i++) bytes[i] = table[codes[i] & (VK_CODES - 1)];
}

// sums[r][p] += Σ over four inputs at a time of unsigned bytes times signed digits.
VK_INLINE i16x32 dot4(i16x32 sums, int32_t bytes, i16x32 digits) {
#ifdef VK_VNNI
    __m512i result, weights;
    memcpy(&result, &sums, sizeof result);
    memcpy(&weights, &digits, sizeof weights);
    result = _mm512_dpbusd_epi32(result, _mm512_set1_epi32(bytes), weights);
    memcpy(&sums, &result, sizeof sums);
    return sums;
#else
    for (int j = 0; j < 4; j++)
        sums += (i16x32)((int32_t)((uint32_t)bytes >> 8 * j & 255)) * ((digits << (24 - 8 * j)) >> 24);
    return sums;
#endif
}

VK_INLINE void digit_tile(const int rows, const int panels, size_t groups, const uint8_t *bytes, size_t stride,
                          const int8_t *digits, const int32_t *offsets, int32_t *out) {
    i16x32 sums[VK_TILE_ROWS][VK_TILE_PANELS];
#pragma clang loop unroll(full)
    for (int r = 0; r < rows; r++)
#pragma clang loop unroll(full)
        for (int p = 0; p < panels; p++) memcpy(&sums[r][p], offsets + p * VK_LANES, sizeof sums[r][p]);
    for (size_t g = 0; g < groups; g++) {
        i16x32 weights[VK_TILE_PANELS];
#pragma clang loop unroll(full)
        for (int p = 0; p < panels; p++)
            memcpy(&weights[p], digits + ((size_t)p * groups + g) * 4 * VK_LANES, sizeof weights[p]);
#pragma clang loop unroll(full)
        for (int r = 0; r < rows; r++) {
            int32_t four;
            memcpy(&four, bytes + (size_t)r * stride + 4 * g, sizeof four);
#pragma clang loop unroll(full)
            for (int p = 0; p < panels; p++) sums[r][p] = dot4(sums[r][p], four, weights[p]);
        }
    }
#pragma clang loop unroll(full)
    for (int r = 0; r < rows; r++)
#pragma clang loop unroll(full)
        for (int p = 0; p < panels; p++) memcpy(out + (size_t)r * VK_TILE_WIDTH + p * VK_LANES, &sums[r][p], sizeof sums[r][p]);
}

// out[rows][64] of `panels` ≤ 4 panels of one plane; `offsets` are what the sums start from.
static void VK_NAME(digit_rows)(int panels, size_t rows, size_t inputs, const uint8_t *bytes, size_t stride,
                                const int8_t *digits, const int32_t *offsets, int32_t *out) {
    const size_t groups = (inputs + 3) / 4, panel = groups * 4 * VK_LANES;
    for (int p = 0; p < panels;) {
        const int wide = p + VK_TILE_PANELS <= panels;
        size_t r = 0;
#define VK_DIGIT_TILE(count)                                                                                           \
    for (; r + count <= rows; r += count) {                                                                            \
        const uint8_t *from = bytes + r * stride;                                                                      \
        int32_t *to = out + r * VK_TILE_WIDTH + p * VK_LANES;                                                           \
        if (wide) digit_tile(count, VK_TILE_PANELS, groups, from, stride, digits + p * panel, offsets + p * VK_LANES, to); \
        else digit_tile(count, 1, groups, from, stride, digits + p * panel, offsets + p * VK_LANES, to);               \
    }
        VK_DIGIT_TILE(VK_TILE_ROWS)
        VK_DIGIT_TILE(4)
        VK_DIGIT_TILE(1)
#undef VK_DIGIT_TILE
        p += wide ? VK_TILE_PANELS : 1;
    }
}

#ifdef VK_AVX512
VK_INLINE __m512i dot2(__m512i sums, __m512i pairs, __m512i factors) {
#ifdef VK_VNNI
    return _mm512_dpwssd_epi32(sums, pairs, factors);
#else
    return _mm512_add_epi32(sums, _mm512_madd_epi16(pairs, factors));
#endif
}
#endif

// out[64] += Σ factor · whole weight over the listed spikes.
static void VK_NAME(whole_row)(size_t count, const uint16_t *indices, const int16_t *factors, const int16_t *whole,
                               int32_t *out) {
#ifdef VK_AVX512
    // Two spikes at a time: their weights interleaved, their factors side by side.
    __m512i sums[4];
    for (int i = 0; i < 4; i++) sums[i] = _mm512_setzero_si512();
    for (size_t j = 0; j < count; j += 2) {
        const int second = j + 1 < count;
        const int16_t *first = whole + (size_t)indices[j] * VK_TILE_WIDTH;
        const int16_t *other = second ? whole + (size_t)indices[j + 1] * VK_TILE_WIDTH : first;
        const uint32_t pair = (uint16_t)factors[j] | (second ? (uint32_t)(uint16_t)factors[j + 1] << 16 : 0);
        const __m512i x = _mm512_set1_epi32((int32_t)pair);
        for (int half = 0; half < 2; half++) {
            const __m512i a = _mm512_loadu_si512(first + 32 * half), b = _mm512_loadu_si512(other + 32 * half);
            sums[2 * half] = dot2(sums[2 * half], _mm512_unpacklo_epi16(a, b), x);
            sums[2 * half + 1] = dot2(sums[2 * half + 1], _mm512_unpackhi_epi16(a, b), x);
        }
    }
    // Interleaving worked within each quarter of the register.
    const __m512i low = _mm512_setr_epi32(0, 1, 2, 3, 16, 17, 18, 19, 4, 5, 6, 7, 20, 21, 22, 23);
    const __m512i high = _mm512_setr_epi32(8, 9, 10, 11, 24, 25, 26, 27, 12, 13, 14, 15, 28, 29, 30, 31);
    for (int i = 0; i < 4; i++) {
        const __m512i sum = _mm512_permutex2var_epi32(sums[i & 2], i & 1 ? high : low, sums[(i & 2) + 1]);
        _mm512_storeu_si512(out + 16 * i, _mm512_add_epi32(_mm512_loadu_si512(out + 16 * i), sum));
    }
#else
    for (size_t j = 0; j < count; j++) {
        const int16_t *column = whole + (size_t)indices[j] * VK_TILE_WIDTH;
        const int32_t x = factors[j];
        for (int o = 0; o < VK_TILE_WIDTH; o++) out[o] += x * column[o];
    }
#endif
}

// Adds sums of one or two planes, times what a unit is worth for each output, to `out` (or sets it).
static void VK_NAME(price_sums)(int planes, size_t n, const int32_t *low, const int32_t *high, const float *units,
                                int subtract, float *out) {
    for (size_t i = 0; i < n; i += VK_LANES) {
        v16 sum;
        if (planes == 1) {
            i16x32 whole;
            memcpy(&whole, low + i, sizeof whole);
            sum = __builtin_convertvector(whole, v16);
        } else {
            // 40 bits: rounded once, as the undivided sum is.
            i16x32 l, h;
            memcpy(&l, low + i, sizeof l), memcpy(&h, high + i, sizeof h);
            d16 exact = __builtin_convertvector(h, d16) * 256.0 + __builtin_convertvector(l, d16);
            sum = __builtin_convertvector(exact, v16);
        }
        const v16 unit = load(units + i % VK_TILE_WIDTH);
        store(out + i, subtract ? fma16(-sum, unit, load(out + i)) : sum * unit);
    }
}
