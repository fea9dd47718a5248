// Event-driven products: each spike adds a column of the weights. Every element of the result is the same chain of fused
// multiply-adds as in the dense product, with those of silent inputs left out, so both give the same bits.

// `panels` ≤ 4 is a constant wherever this is inlined.
VK_INLINE void event_row(const int panels, size_t inputs, size_t count, const uint16_t *indices, const float *spikes,
                         const float *weights, float *out) {
    v16 sums[VK_TILE_WIDTH / VK_LANES];
#pragma clang loop unroll(full)
    for (int p = 0; p < panels; p++) sums[p] = splat(0.0f);
    for (size_t j = 0; j < count; j++) {
        const float *column = weights + (size_t)indices[j] * VK_LANES;
        const v16 x = splat(spikes[j]);
#pragma clang loop unroll(full)
        for (int p = 0; p < panels; p++) sums[p] = fma16(x, load(column + (size_t)p * inputs * VK_LANES), sums[p]);
    }
#pragma clang loop unroll(full)
    for (int p = 0; p < panels; p++) store(out + p * VK_LANES, sums[p]);
}

// Rows of spikes, listed one behind the other from starts[0] on, times `panels` panels of weights.
static void VK_NAME(event_rows)(int panels, size_t rows, size_t inputs, const uint32_t *starts, const uint16_t *indices,
                                const float *spikes, const float *weights, float *out) {
#define VK_EVENT_ROWS(count)                                                                                           \
    case count:                                                                                                        \
        for (size_t r = 0; r < rows; r++)                                                                              \
            event_row(count, inputs, starts[r + 1] - starts[r], indices + starts[r], spikes + starts[r], weights,      \
                      out + r * VK_TILE_WIDTH);                                                                     \
        break
    switch (panels) {
        VK_EVENT_ROWS(1);
        VK_EVENT_ROWS(2);
        VK_EVENT_ROWS(3);
        VK_EVENT_ROWS(4);
    }
#undef VK_EVENT_ROWS
}
