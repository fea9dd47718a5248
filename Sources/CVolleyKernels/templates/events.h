// Event-driven products: each spike adds a column of the weights. Every element of the result is the same chain of fused
// multiply-adds as in the dense product, with those of silent inputs left out, so both give the same bits.

// Adds one row's spikes to out, or, `fresh`, to zero. Both, and `panels` ≤ 8, are constants wherever this is inlined.
VK_INLINE void event_row(const int panels, const int fresh, size_t inputs, size_t count, const uint16_t *indices, const float *spikes,
                         const float *weights, float *out) {
    v16 sums[VK_TILE_WIDTH / VK_LANES];
#pragma clang loop unroll(full)
    for (int p = 0; p < panels; p++) sums[p] = fresh ? splat(0.0f) : load(out + p * VK_LANES);
    for (size_t j = 0; j < count; j++) {
        const float *column = weights + (size_t)indices[j] * VK_LANES;
        const v16 x = splat(spikes[j]);
#pragma clang loop unroll(full)
        for (int p = 0; p < panels; p++) sums[p] = fma16(x, load(column + (size_t)p * inputs * VK_LANES), sums[p]);
    }
#pragma clang loop unroll(full)
    for (int p = 0; p < panels; p++) store(out + p * VK_LANES, sums[p]);
}

// Rows of spikes times `panels` panels of weights, a chunk of inputs after the other. Row r's spikes of chunk c are those
// from starts[r · (chunks + 1) + c] to the next.
static void VK_NAME(event_rows)(int panels, size_t rows, size_t inputs, size_t chunks, const uint32_t *starts,
                                const uint16_t *indices, const float *spikes, const float *weights, float *out, size_t width) {
    for (size_t c = 0; c < chunks; c++) {
#define VK_EVENT_CHUNK(panels, fresh)                                                                                  \
    for (size_t r = 0; r < rows; r++) {                                                                                \
        const uint32_t *part = starts + r * (chunks + 1) + c;                                                          \
        event_row(panels, fresh, inputs, part[1] - part[0], indices + part[0], spikes + part[0], weights,              \
                  out + r * width);                                                                                    \
    }
#define VK_EVENT_ROWS(count)                                                                                           \
    case count:                                                                                                        \
        if (c == 0) VK_EVENT_CHUNK(count, 1) else VK_EVENT_CHUNK(count, 0)                                             \
        break
        switch (panels) {
            VK_EVENT_ROWS(1);
            VK_EVENT_ROWS(2);
            VK_EVENT_ROWS(3);
            VK_EVENT_ROWS(4);
            VK_EVENT_ROWS(5);
            VK_EVENT_ROWS(6);
            VK_EVENT_ROWS(7);
            VK_EVENT_ROWS(8);
        }
#undef VK_EVENT_ROWS
#undef VK_EVENT_CHUNK
    }
}
