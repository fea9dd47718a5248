// Products of spikes with integer weights. A spike is a whole number times a unit of its alphabet, so the sums are exact and
// their order is free. Positive and negative codes in units of their own need a sum for each.

typedef double d16 __attribute__((ext_vector_type(16)));

#ifdef VK_AVX512
// Sixteen whole numbers by their codes.
VK_INLINE __m512i code_factors16(const int8_t *codes, const float factors[VK_CODES], const int registers) {
    const __m512i c = _mm512_cvtepi8_epi32(_mm_loadu_si128((const __m128i *)codes));
    return _mm512_cvtps_epi32(code_values16(c, factors, registers));
}
#endif

#ifdef VK_AVX512
// A byte for each of 64 codes: codes whose upper four bits are alike share a register of the table, `sixteens` of them on either side of 0.
VK_INLINE __m512i look_up_bytes(__m512i codes, const uint8_t table[VK_CODES], const int sixteens) {
    const __m512i low = _mm512_and_si512(codes, _mm512_set1_epi8(15)), high = _mm512_andnot_si512(_mm512_set1_epi8(15), codes);
    __m512i found = _mm512_setzero_si512();
    for (int i = -sixteens; i < sixteens; i++) {
        const __m512i part = _mm512_broadcast_i32x4(_mm_loadu_si128((const __m128i *)(table + (16 * i & (VK_CODES - 1)))));
        found = _mm512_mask_shuffle_epi8(found, _mm512_cmpeq_epi8_mask(high, _mm512_set1_epi8((char)(16 * i))), part, low);
    }
    return found;
}
#endif

// What a signed byte holds of a whole number.
VK_INLINE int in_byte(int number) { return number > 127 ? 127 : number < -128 ? -128 : number; }

// Unsigned bytes for the dense product, `stride` from one row to the next: of one unit for both signs, spike + 128 as far as a byte
// holds it.
static void VK_NAME(spike_bytes)(const vk_alphabet *source, int side, size_t rows, size_t n, const int8_t *codes, uint8_t *bytes,
                                 size_t stride) {
    uint8_t table[VK_CODES];
    for (int i = 0; i < VK_CODES; i++) {
        const int number = (int)source->factors[side][i];
        table[i] = (uint8_t)(source->sides == 1 ? in_byte(number) + 128 : number);
    }
#ifdef VK_AVX512
    const int sixteens = source->levels < 16 ? 1 : source->levels < 64 ? 4 : 8;
#define VK_BYTES(count)                                                                                                \
    for (size_t r = 0; sixteens == count && r < rows; r++, codes += n, bytes += stride)                                \
        for (size_t i = 0; i < n; i += 64) {                                                                           \
            const __mmask64 inside = n - i < 64 ? ~0ull >> (64 - (n - i)) : ~0ull;                                     \
            const __m512i c = _mm512_maskz_loadu_epi8(inside, codes + i);                                              \
            _mm512_mask_storeu_epi8(bytes + i, inside, look_up_bytes(c, table, count));                                \
        }
    VK_BYTES(1)
    VK_BYTES(4)
    VK_BYTES(8)
#undef VK_BYTES
#else
    for (size_t r = 0; r < rows; r++, codes += n, bytes += stride)
        for (size_t i = 0; i < n; i++) bytes[i] = table[(uint8_t)codes[i]];
#endif
}

// Lists what a byte cannot hold of n spikes; returns how many there are, and writes up to one entry past them.
static size_t VK_NAME(list_large_codes)(size_t n, const int8_t *codes, const vk_alphabet *source, uint16_t *indices, int16_t *factors) {
    size_t count = 0;
    for (size_t i = 0; i < n; i += 64) {
        const size_t width = n - i < 64 ? n - i : 64;
        uint64_t large = 0;
#ifdef VK_AVX512
        const __m512i c = _mm512_maskz_loadu_epi8(~0ull >> (64 - width), codes + i);
        large = _mm512_cmpgt_epi8_mask(_mm512_abs_epi8(c), _mm512_set1_epi8((char)source->byte_level));
#else
        for (size_t j = 0; j < width; j++) {
            const int code = codes[i + j];
            large |= (uint64_t)((code < 0 ? -code : code) > source->byte_level) << j;
        }
#endif
        for (; large; large &= large - 1) {
            const size_t at = i + (size_t)__builtin_ctzll(large);
            const int number = (int)source->factors[0][(uint8_t)codes[at]];
            indices[count] = (uint16_t)at;
            factors[count] = (int16_t)(number - in_byte(number));
            count += factors[count] != 0;
        }
    }
    return count;
}

// Whole numbers of two bytes, spike + 32768: their lower and their upper bytes, so that spike = lower + 256 · (upper − 128).
static void VK_NAME(spike_digits)(const vk_alphabet *source, size_t n, const int8_t *codes, uint8_t *lower, uint8_t *upper) {
    const float *factors = source->factors[0];
    size_t i = 0;
#ifdef VK_AVX512
    const int registers = code_registers(source->levels);
#define VK_SPLIT(count)                                                                                                \
    for (; registers == count && i + 16 <= n; i += 16) {                                                               \
        const __m512i sum = _mm512_add_epi32(code_factors16(codes + i, factors, count), _mm512_set1_epi32(32768));     \
        _mm_storeu_si128((__m128i *)(lower + i), _mm512_cvtepi32_epi8(sum));                                           \
        _mm_storeu_si128((__m128i *)(upper + i), _mm512_cvtepi32_epi8(_mm512_srli_epi32(sum, 8)));                     \
    }
    VK_SPLIT(2)
    VK_SPLIT(4)
    VK_SPLIT(8)
    VK_SPLIT(16)
#undef VK_SPLIT
#endif
    for (; i < n; i++) {
        const int sum = (int)factors[(uint8_t)codes[i]] + 32768;
        lower[i] = (uint8_t)(sum & 255);
        upper[i] = (uint8_t)(sum >> 8);
    }
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

// Where the products of a block of rows with a tile of integer weights come from and go to.
typedef struct {
    int planes;
    size_t groups;          // of four inputs
    const uint8_t *bytes;   // [rows, stride]
    size_t stride;
    const int8_t *digits;   // of the tile's first panel, low plane
    size_t plane;           // from one plane to the next
    const int32_t *offsets; // [planes][VK_TILE_WIDTH]: what the sums start from
    size_t width;           // of the rows below
    const int32_t *extra;   // [rows, extra_width] added to the sums, or null
    size_t extra_width;
    const float *units;     // [VK_TILE_WIDTH]: what one unit is worth
    int subtract;           // whether it is taken off `out` or put there
    int fits;               // whether both planes together fit 32 bits
    double *keep;           // [rows, width]: where the sums go instead of `out`, or null
    const double *upper;    // [rows, width]: sums that count 256-fold, or null
    float *out;             // [rows, width]
} digit_work;

// The planes, and what is added to them, are rounded once, as the undivided sum is: 40 bits, unless they fit 32.
VK_INLINE v16 whole_sum(const int fits, i16x32 low, i16x32 high, i16x32 extra) {
    if (fits) return __builtin_convertvector((high << 8) + low + extra, v16);
    d16 exact = __builtin_convertvector(high, d16) * 256.0 + __builtin_convertvector(low, d16);
    return __builtin_convertvector(exact + __builtin_convertvector(extra, d16), v16);
}

// One byte of the whole numbers: keeps the exact sum, or joins it with that of the other byte.
VK_INLINE v16 byte_sum(const digit_work *work, size_t at, const int planes, i16x32 low, i16x32 high) {
    d16 exact = __builtin_convertvector(low, d16), upper;
    if (planes == 2) exact += __builtin_convertvector(high, d16) * 256.0;
    if (work->keep) {
        memcpy(work->keep + at, &exact, sizeof exact);
        return splat(0.0f);
    }
    memcpy(&upper, work->upper + at, sizeof upper);
    return __builtin_convertvector(exact + upper * 256.0, v16);
}

// `rows`, `panels`, `planes` and `fits` are constants wherever this is inlined.
VK_INLINE void digit_tile(const int rows, const int panels, const int planes, const int fits, const digit_work *work,
                          size_t row, int panel) {
    i16x32 sums[VK_TILE_ROWS][VK_TILE_PANELS];
    const int half = VK_TILE_ROWS / 2;  // two planes: rows of the low one, then of the high one
    const uint8_t *bytes = work->bytes + row * work->stride;
    const size_t groups = work->groups, stride = work->stride;
#pragma clang loop unroll(full)
    for (int l = 0; l < planes; l++)
#pragma clang loop unroll(full)
        for (int r = 0; r < rows; r++)
#pragma clang loop unroll(full)
            for (int p = 0; p < panels; p++)
                memcpy(&sums[l * half + r][p], work->offsets + l * VK_TILE_WIDTH + (panel + p) * VK_LANES, sizeof sums[0][0]);
    const int8_t *digits = work->digits + (size_t)panel * groups * 4 * VK_LANES;
    for (size_t g = 0; g < groups; g++) {
        i16x32 weights[2][VK_TILE_PANELS];
#pragma clang loop unroll(full)
        for (int l = 0; l < planes; l++)
#pragma clang loop unroll(full)
            for (int p = 0; p < panels; p++)
                memcpy(&weights[l][p], digits + (size_t)l * work->plane + ((size_t)p * groups + g) * 4 * VK_LANES,
                       sizeof weights[0][0]);
#pragma clang loop unroll(full)
        for (int r = 0; r < rows; r++) {
            int32_t four;
            memcpy(&four, bytes + (size_t)r * stride + 4 * g, sizeof four);
#pragma clang loop unroll(full)
            for (int l = 0; l < planes; l++)
#pragma clang loop unroll(full)
                for (int p = 0; p < panels; p++) sums[l * half + r][p] = dot4(sums[l * half + r][p], four, weights[l][p]);
        }
    }
#pragma clang loop unroll(full)
    for (int r = 0; r < rows; r++)
#pragma clang loop unroll(full)
        for (int p = 0; p < panels; p++) {
            const size_t at = (row + (size_t)r) * work->width + (size_t)(panel + p) * VK_LANES;
            i16x32 extra = (i16x32)(0);
            if (work->extra)
                memcpy(&extra, work->extra + (row + (size_t)r) * work->extra_width + (size_t)(panel + p) * VK_LANES, sizeof extra);
            v16 sum;
            if (work->keep || work->upper) sum = byte_sum(work, at, planes, sums[r][p], sums[planes == 2 ? half + r : r][p]);
            else if (planes == 1) sum = __builtin_convertvector(sums[r][p] + extra, v16);
            else sum = whole_sum(fits, sums[r][p], sums[half + r][p], extra);
            if (work->keep) continue;
            const v16 unit = load(work->units + (panel + p) * VK_LANES);
            store(work->out + at, work->subtract ? fma16(-sum, unit, load(work->out + at)) : sum * unit);
        }
}

static void VK_NAME(digit_rows)(const digit_work *work, int panels, size_t rows) {
    for (int p = 0; p < panels;) {
        const int wide = p + VK_TILE_PANELS <= panels;
        size_t r = 0;
#define VK_DIGIT_TILES(count, planes, fits)                                                                            \
    for (; r + count <= rows; r += count) {                                                                            \
        if (wide) digit_tile(count, VK_TILE_PANELS, planes, fits, work, r, p);                                         \
        else digit_tile(count, 1, planes, fits, work, r, p);                                                           \
    }
        if (work->planes == 1) {
            VK_DIGIT_TILES(VK_TILE_ROWS, 1, 1)
            VK_DIGIT_TILES(4, 1, 1)
            VK_DIGIT_TILES(1, 1, 1)
        } else if (work->fits) {
            VK_DIGIT_TILES(VK_TILE_ROWS / 2, 2, 1)
            VK_DIGIT_TILES(1, 2, 1)
        } else {
            VK_DIGIT_TILES(VK_TILE_ROWS / 2, 2, 0)
            VK_DIGIT_TILES(1, 2, 0)
        }
#undef VK_DIGIT_TILES
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

// out[VK_WHOLE_WIDTH] += Σ factor · whole weight over the listed spikes.
static void VK_NAME(whole_run)(size_t count, const uint16_t *indices, const int16_t *factors, const int16_t *whole,
                               int32_t *out) {
#ifdef VK_AVX512
    // Two spikes at a time: their weights interleaved, their factors side by side.
    __m512i sums[4];
    for (int i = 0; i < 4; i++) sums[i] = _mm512_setzero_si512();
    for (size_t j = 0; j < count; j += 2) {
        const int second = j + 1 < count;
        const int16_t *first = whole + (size_t)indices[j] * VK_WHOLE_WIDTH;
        const int16_t *other = second ? whole + (size_t)indices[j + 1] * VK_WHOLE_WIDTH : first;
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
        const int16_t *column = whole + (size_t)indices[j] * VK_WHOLE_WIDTH;
        const int32_t x = factors[j];
        for (int o = 0; o < VK_WHOLE_WIDTH; o++) out[o] += x * column[o];
    }
#endif
}

// The same for the `runs` runs of a tile.
VK_INLINE void whole_row(size_t runs, size_t inputs, size_t count, const uint16_t *indices, const int16_t *factors,
                         const int16_t *whole, int32_t *out) {
    for (size_t run = 0; run < runs; run++)
        VK_NAME(whole_run)(count, indices, factors, whole + run * inputs * VK_WHOLE_WIDTH, out + run * VK_WHOLE_WIDTH);
}

// Undivided sums, `stride` from one row to the next, times what a unit is worth, put into `out` [rows, width] or taken off it.
static void VK_NAME(price_sums)(size_t rows, size_t width, const int32_t *sums, size_t stride, const float *units, int subtract,
                                float *out) {
    for (size_t r = 0; r < rows; r++, sums += stride, out += width)
        for (size_t i = 0; i < width; i += VK_LANES) {
            i16x32 whole;
            memcpy(&whole, sums + i, sizeof whole);
            const v16 sum = __builtin_convertvector(whole, v16), unit = load(units + i);
            store(out + i, subtract ? fma16(-sum, unit, load(out + i)) : sum * unit);
        }
}
