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

// One line of the kernel for a row of windows, which lie `length` bytes apart: `line` of the image, or null above and
// below. A window's lines are written in their order, so that a wide copy may spill over what comes after in the same window,
// which has `room` bytes from `to` on.
static void gather_line(const vk_windows *shape, const int8_t *line, const int8_t *end, size_t length, size_t room,
                        int8_t *to) {
    enum { WIDE = 8 };
    const size_t taps = shape->kernel[1], positions = shape->positions[1];
    const ptrdiff_t width = (ptrdiff_t)shape->width, dilation = (ptrdiff_t)shape->dilation[1];
    const ptrdiff_t stride = (ptrdiff_t)shape->stride[1], reach = (ptrdiff_t)(taps - 1) * dilation;
    const int is_wide = taps <= WIDE && room >= WIDE && (dilation == 1 || taps == 1);
    const ptrdiff_t left = (ptrdiff_t)shape->before[1];
    if (!line) {
        for (size_t j = 0; j < positions; j++, to += length) memset(to, 0, taps);
        return;
    }
    // Wide copies for positions `first` to `past`: inside the line, and not past the end of the image's memory.
    const ptrdiff_t room_right = width - 1 - reach < end - line - WIDE ? width - 1 - reach : end - line - WIDE;
    const size_t first = (size_t)((left + stride - 1) / stride);
    const size_t past = is_wide && room_right >= 0 ? (size_t)((room_right + left) / stride) + 1 : 0;
    for (size_t j = 0; j < positions; j++, to += length) {
        ptrdiff_t x = (ptrdiff_t)j * stride - left;
        for (; j >= first && j < past && j < positions; j++, x += stride, to += length) memcpy(to, line + x, WIDE);
        if (j >= positions) break;
        for (size_t v = 0; v < taps; v++) {
            const ptrdiff_t at = x + (ptrdiff_t)v * dilation;
            to[v] = at >= 0 && at < width ? line[at] : 0;
        }
    }
}

void vk_gather_windows(const vk_windows *shape, size_t images, const int8_t *codes, int8_t *windows) {
    const size_t lines = shape->channels * shape->kernel[0], length = lines * shape->kernel[1];
    const size_t plane = shape->height * shape->width;
    const int8_t *end = codes + images * shape->channels * plane;
    for (size_t image = 0; image < images; image++, codes += shape->channels * plane)
        for (size_t i = 0; i < shape->positions[0]; i++, windows += shape->positions[1] * length)
            for (size_t l = 0; l < lines; l++) {
                const size_t channel = l / shape->kernel[0], tap = l % shape->kernel[0], at = l * shape->kernel[1];
                const size_t y = i * shape->stride[0] + tap * shape->dilation[0];
                const int is_inside = y >= shape->before[0] && y - shape->before[0] < shape->height;
                const int8_t *line = is_inside ? codes + channel * plane + (y - shape->before[0]) * shape->width : 0;
                gather_line(shape, line, end, length, length - at, windows + at);
            }
}
