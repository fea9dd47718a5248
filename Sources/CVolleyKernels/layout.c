#include <string.h>

#include "attention_layout.h"
#include "volley_kernels.h"

size_t vk_packed_count(size_t k, size_t n) { return (n + VK_LANES - 1) / VK_LANES * VK_LANES * k; }

size_t vk_attention_scratch(const vk_attention *shape, int steps) {
    const size_t alignment = VK_LANES - 1;
    return vk_lay_out_attention(shape, steps).end + alignment;
}

void vk_pack(size_t k, size_t n, const float *b, size_t stride_k, size_t stride_n, float *packed) {
    for (size_t first = 0; first < n; first += VK_LANES) {
        size_t width = n - first < VK_LANES ? n - first : VK_LANES;
        for (size_t i = 0; i < k; i++, packed += VK_LANES) {
            const float *row = b + i * stride_k + first * stride_n;
            for (size_t j = 0; j < width; j++) packed[j] = row[j * stride_n];
            for (size_t j = width; j < VK_LANES; j++) packed[j] = 0.0f;
        }
    }
}

// out[i · out_row + j] = in[i + j · in_column] for i < m and j < n: a transposition, in blocks that fit a few cache lines.
static void transpose(size_t m, size_t n, const float *in, ptrdiff_t in_column, float *out, size_t out_row) {
    enum { BLOCK = 16 };
    for (size_t i = 0; i < m; i += BLOCK)
        for (size_t j = 0; j < n; j += BLOCK) {
            const size_t rows = m - i < BLOCK ? m - i : BLOCK, columns = n - j < BLOCK ? n - j : BLOCK;
            const float *from = in + i + (ptrdiff_t)j * in_column;
            float *to = out + i * out_row + j;
            for (size_t r = 0; r < rows; r++)
                for (size_t c = 0; c < columns; c++) to[r * out_row + c] = from[(ptrdiff_t)r + (ptrdiff_t)c * in_column];
        }
}

// One line of a strided view, or two axes of it where an outer one is contiguous.
void vk_copy_strided(int rank, const size_t *lengths, const ptrdiff_t *strides, const float *in, float *out) {
    size_t count = 1;
    for (int axis = 0; axis < rank; axis++) count *= lengths[axis];
    if (count == 0) return;
    if (rank == 0) {
        *out = *in;
        return;
    }
    const size_t inner = lengths[rank - 1];
    const ptrdiff_t step = strides[rank - 1];
    // The axis before the last that turns into lines of the source.
    const int turned = rank >= 2 && step != 1 && strides[rank - 2] == 1;
    const int outer = rank - 1 - turned;
    const size_t block = turned ? lengths[rank - 2] * inner : inner;
    size_t position[VK_MAX_RANK] = {0};
    for (;;) {
        if (turned) transpose(lengths[rank - 2], inner, in, step, out, inner);
        else if (step == 1) memcpy(out, in, inner * sizeof *out);
        else for (size_t i = 0; i < inner; i++) out[i] = in[(ptrdiff_t)i * step];
        out += block;
        int axis = outer - 1;
        for (; axis >= 0; axis--) {
            in += strides[axis];
            if (++position[axis] < lengths[axis]) break;
            in -= strides[axis] * (ptrdiff_t)lengths[axis];
            position[axis] = 0;
        }
        if (axis < 0) return;
    }
}

static void copy_bytes(char *to, const char *from, size_t n) {
    size_t i = 0;
    for (; i + 64 <= n; i += 64) memcpy(to + i, from + i, 64);
    for (; i + 16 <= n; i += 16) memcpy(to + i, from + i, 16);
    for (; i + 4 <= n; i += 4) memcpy(to + i, from + i, 4);
    for (; i < n; i++) to[i] = from[i];
}

// One line of a window: its taps from column x on, of pixels of so many bytes. `line` is null above and below the image.
static void gather_line(const vk_windows *shape, const char *line, ptrdiff_t x, size_t pixel, char *to) {
    const size_t taps = shape->kernel[1];
    const ptrdiff_t width = (ptrdiff_t)shape->width, dilation = (ptrdiff_t)shape->dilation[1];
    if (!line) {
        memset(to, 0, taps * pixel);
    } else if (dilation == 1 && x >= 0 && x + (ptrdiff_t)taps <= width) {
        copy_bytes(to, line + (size_t)x * pixel, taps * pixel);
    } else {
        for (size_t v = 0; v < taps; v++, x += dilation, to += pixel) {
            if (x >= 0 && x < width) copy_bytes(to, line + (size_t)x * pixel, pixel);
            else memset(to, 0, pixel);
        }
    }
}

void vk_gather_windows(const vk_windows *shape, size_t first, size_t rows, size_t size, const void *images, void *windows) {
    const size_t pixel = shape->channels * size, line = shape->kernel[1] * pixel;
    const size_t row = shape->width * pixel, image = shape->height * row;
    size_t j = first % shape->positions[1], i = first / shape->positions[1] % shape->positions[0];
    const char *from = (const char *)images + first / (shape->positions[0] * shape->positions[1]) * image;
    char *to = windows;
    for (size_t r = 0; r < rows; r++) {
        const ptrdiff_t x = (ptrdiff_t)(j * shape->stride[1]) - (ptrdiff_t)shape->before[1];
        ptrdiff_t y = (ptrdiff_t)(i * shape->stride[0]) - (ptrdiff_t)shape->before[0];
        for (size_t u = 0; u < shape->kernel[0]; u++, y += (ptrdiff_t)shape->dilation[0], to += line)
            gather_line(shape, y >= 0 && y < (ptrdiff_t)shape->height ? from + (size_t)y * row : 0, x, pixel, to);
        if (++j < shape->positions[1]) continue;
        j = 0;
        if (++i < shape->positions[0]) continue;
        i = 0;
        from += image;
    }
}

void vk_count_codes(size_t n, const int8_t *in, int64_t *counts) {
    // Tables in turn, so that a code does not wait for the same code just before it.
    enum { tables = 4, most = 1 << 30 };
    while (n > 0) {
        uint32_t found[tables][VK_CODES] = {{0}};
        const size_t part = n < most ? n : most;
        size_t i = 0;
        for (; i + 8 <= part; i += 8) {
            uint64_t eight;
            memcpy(&eight, in + i, sizeof eight);
            if (!eight) continue;
            for (int k = 0; k < 8; k++) found[k % tables][(uint8_t)in[i + (size_t)k]]++;
        }
        for (; i < part; i++) found[0][(uint8_t)in[i]]++;
        for (int code = 1; code < VK_CODES; code++)
            for (int k = 0; k < tables; k++) counts[code] += found[k][code];
        n -= part;
        in += part;
    }
}

void vk_count_spikes_rows(size_t rows, size_t n, const int8_t *in, const uint8_t *spikes, int64_t *counts) {
    for (size_t row = 0; row < rows; row++, in += n) {
        uint64_t total = 0;
        size_t i = 0;
        for (; !spikes && i < n; i++) total += (uint8_t)in[i];
        for (; i + 8 <= n; i += 8) {
            uint64_t eight;
            memcpy(&eight, in + i, sizeof eight);
            if (!eight) continue;
            uint32_t part = 0;
            for (size_t k = 0; k < 8; k++) part += spikes[(uint8_t)in[i + k]];
            total += part;
        }
        for (; i < n; i++) total += spikes[(uint8_t)in[i]];
        counts[row] += (int64_t)total;
    }
}
