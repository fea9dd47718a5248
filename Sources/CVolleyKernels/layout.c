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
