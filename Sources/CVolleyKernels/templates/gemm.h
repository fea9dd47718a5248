// Dense product of a row-major matrix with a packed one. Each element of the result is one chain of fused multiply-adds
// over k in ascending order, whatever the blocking.

// rows ≤ VK_TILE_ROWS and panels ≤ VK_TILE_PANELS are constants wherever this is inlined, so the sums stay in registers.
VK_INLINE void gemm_tile(const int rows, const int panels, size_t n, size_t k, const float *a, size_t lda,
                         const float *packed, const float *bias, float *c, size_t ldc) {
    v16 sums[VK_TILE_ROWS][VK_TILE_PANELS];
#pragma clang loop unroll(full)
    for (int r = 0; r < rows; r++)
#pragma clang loop unroll(full)
        for (int p = 0; p < panels; p++) sums[r][p] = splat(0.0f);
    for (size_t i = 0; i < k; i++) {
        v16 b[VK_TILE_PANELS];
#pragma clang loop unroll(full)
        for (int p = 0; p < panels; p++) b[p] = load(packed + ((size_t)p * k + i) * VK_LANES);
#pragma clang loop unroll(full)
        for (int r = 0; r < rows; r++) {
            v16 x = splat(a[(size_t)r * lda + i]);
#pragma clang loop unroll(full)
            for (int p = 0; p < panels; p++) sums[r][p] = fma16(x, b[p], sums[r][p]);
        }
    }
#pragma clang loop unroll(full)
    for (int p = 0; p < panels; p++) {
        size_t first = (size_t)p * VK_LANES;
        size_t width = n - first < VK_LANES ? n - first : VK_LANES;
        v16 offset = bias ? load_some(bias + first, width, 0.0f) : splat(0.0f);
#pragma clang loop unroll(full)
        for (int r = 0; r < rows; r++) {
            v16 sum = bias ? sums[r][p] + offset : sums[r][p];
            if (width == VK_LANES) store(c + (size_t)r * ldc + first, sum);
            else store_some(c + (size_t)r * ldc + first, width, sum);
        }
    }
}

VK_INLINE void gemm_rows(const int panels, size_t m, size_t n, size_t k, const float *a, size_t lda,
                         const float *packed, const float *bias, float *c, size_t ldc) {
    size_t row = 0;
    for (; row + VK_TILE_ROWS <= m; row += VK_TILE_ROWS)
        gemm_tile(VK_TILE_ROWS, panels, n, k, a + row * lda, lda, packed, bias, c + row * ldc, ldc);
    for (; row + 4 <= m; row += 4)
        gemm_tile(4, panels, n, k, a + row * lda, lda, packed, bias, c + row * ldc, ldc);
    for (; row < m; row++)
        gemm_tile(1, panels, n, k, a + row * lda, lda, packed, bias, c + row * ldc, ldc);
}

static void VK_NAME(gemm)(size_t m, size_t n, size_t k, const float *a, size_t lda, const float *packed,
                          const float *bias, float *c, size_t ldc) {
    size_t column = 0;
    for (; column + VK_TILE_PANELS * VK_LANES <= n; column += VK_TILE_PANELS * VK_LANES)
        gemm_rows(VK_TILE_PANELS, m, VK_TILE_PANELS * VK_LANES, k, a, lda, packed + column * k,
                  bias ? bias + column : 0, c + column, ldc);
    for (; column < n; column += VK_LANES) {
        size_t width = n - column < VK_LANES ? n - column : VK_LANES;
        gemm_rows(1, m, width, k, a, lda, packed + column * k, bias ? bias + column : 0, c + column, ldc);
    }
}
