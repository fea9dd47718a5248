// Element by element, row by row, products, counts and layouts.
#include "cases.h"

void rows_and_elements(test_case *t) {
    const vk_kernels *k = t->kernels;
    const size_t n = awkward(t), rows = below(t, 4), all = rows * n;
    float *out = zeros(t, n);
    const int strides[2] = {coin(t), coin(t)};
    k->binary((vk_binary_op)below(t, VK_MINIMUM + 1), n, numbers(t, strides[0] ? n : 1), strides[0],
              numbers(t, strides[1] ? n : 1), strides[1], out);
    take_floats(t, out, n);
    float *squares = numbers(t, n);
    for (size_t i = 0; i < n; i++) squares[i] *= squares[i];
    k->unary((vk_unary_op)below(t, VK_HARD_SWISH + 1), n, squares, out);
    take_floats(t, out, n);
    float *in = numbers(t, all), *row_out = zeros(t, all), *sums = zeros(t, rows);
    k->softmax(rows, n, in, row_out);
    take_floats(t, row_out, all);
    k->layer_norm(rows, n, 1e-5f, numbers(t, n), numbers(t, n), in, row_out);
    take_floats(t, row_out, all);
    k->sum_rows(rows, n, in, sums);
    take_floats(t, sums, rows);
    const int finite = k->all_finite(all, in);
    take(t, &finite, sizeof finite);
}

void products(test_case *t) {
    const size_t m = 1 + below(t, 14), n = awkward(t), inner = awkward(t) - (size_t)coin(t);
    const size_t lda = inner + below(t, 3), ldc = n + below(t, 3);
    const int transposed = coin(t);
    float *packed = zeros(t, vk_packed_count(inner, n));
    vk_pack(inner, n, numbers(t, inner * n), transposed ? 1 : n, transposed ? inner : 1, packed);
    take_floats(t, packed, vk_packed_count(inner, n));
    float *c = zeros(t, (m - 1) * ldc + n);
    t->kernels->gemm(m, n, inner, numbers(t, inner ? (m - 1) * lda + inner : 0), lda, packed,
                     coin(t) ? numbers(t, n) : 0, c, ldc);
    take_floats(t, c, (m - 1) * ldc + n);
}

void counting(test_case *t) {
    const vk_kernels *k = t->kernels;
    const size_t n = awkward(t), rows = below(t, 40), all = rows * n;
    int8_t *codes = spikes(t, all, 8);
    float *values = zeros(t, all);
    for (size_t i = 0; i < all; i++) values[i] = (float)codes[i];
    int64_t *columns = counters(t, n), *each = counters(t, rows);
    const size_t total = k->count_nonzero(all, values);
    take(t, &total, sizeof total);
    k->count_nonzero_columns(rows, n, values, columns);
    k->count_codes_columns(rows, n, codes, columns);
    take_counts(t, columns, n);
    k->count_nonzero_rows(rows, n, values, each);
    k->count_codes_rows(rows, n, codes, each);
    take_counts(t, each, rows);
    for (int8_t code = -8; code <= 8; code++) {
        const size_t found = k->count_equal(all, codes, code);
        take(t, &found, sizeof found);
    }
    uint8_t *many = heap(t, VK_CODES);
    for (size_t i = 0; i < VK_CODES; i++) many[i] = (uint8_t)below(t, 256);
    int64_t *counts = counters(t, VK_CODES);
    vk_count_codes(all, codes, counts);
    vk_count_spikes_rows(rows, n, codes, many, each);
    take_counts(t, counts, VK_CODES);
    take_counts(t, each, rows);
}

void poolings(test_case *t) {
    const size_t outer = 1 + below(t, 3), length = 1 + below(t, 9), inner = awkward(t), dilation = 1 + below(t, 3), count = below(t, 6);
    vk_pool_window *windows = heap(t, (count + 1) * sizeof *windows);
    for (size_t w = 0; w < count; w++) {
        windows[w].first = below(t, length);
        windows[w].taps = below(t, (length - windows[w].first - 1) / dilation + 2);
        windows[w].divisor = 1.0f + (float)below(t, 5);
    }
    float *out = zeros(t, outer * count * inner);
    t->kernels->pool((int)coin(t), outer, length, inner, dilation, count, windows, numbers(t, outer * length * inner), out);
    take_floats(t, out, outer * count * inner);
}

void layouts(test_case *t) {
    vk_windows shape = {.channels = 1 + below(t, 40), .height = 1 + below(t, 9), .width = 1 + below(t, 20)};
    const size_t lengths[2] = {shape.height, shape.width};
    for (int axis = 0; axis < 2; axis++) {
        shape.dilation[axis] = 1 + below(t, 3);
        shape.stride[axis] = 1 + below(t, 3);
        shape.before[axis] = below(t, 4);
        shape.kernel[axis] = 1 + below(t, axis ? 10 : 4);
        const size_t reach = (shape.kernel[axis] - 1) * shape.dilation[axis] + 1;
        const size_t padded = lengths[axis] + shape.before[axis] + below(t, 4);
        shape.positions[axis] = padded < reach ? 1 : (padded - reach) / shape.stride[axis] + 1;
    }
    const size_t all = (1 + below(t, 3)) * shape.positions[0] * shape.positions[1], first = below(t, all);
    const size_t rows = 1 + below(t, all - first), bytes = rows * shape.kernel[0] * shape.kernel[1] * shape.channels;
    const size_t images = (first + rows - 1) / (shape.positions[0] * shape.positions[1]) + 1;
    int8_t *windows = heap(t, bytes);
    vk_gather_windows(&shape, first, rows, 1, spikes(t, images * shape.channels * shape.height * shape.width, 8), windows);
    take(t, windows, bytes);

    size_t sizes[VK_MAX_RANK], count = 1, last = 0;
    ptrdiff_t strides[VK_MAX_RANK];
    const int rank = (int)below(t, 5);
    for (int axis = 0; axis < rank; axis++) {
        sizes[axis] = 1 + below(t, 5);
        strides[axis] = (ptrdiff_t)below(t, 8);
        count *= sizes[axis];
        last += (sizes[axis] - 1) * (size_t)strides[axis];
    }
    float *out = zeros(t, count);
    vk_copy_strided(rank, sizes, strides, numbers(t, last + 1), out);
    take_floats(t, out, count);
}
