// Windows along one axis, folded into their largest or mean value.

static void VK_NAME(pool)(int is_mean, size_t outer, size_t length, size_t inner, size_t dilation, size_t count,
                          const vk_pool_window *windows, const float *in, float *out) {
    for (size_t o = 0; o < outer; o++, in += length * inner)
        for (size_t w = 0; w < count; w++, out += inner) {
            const float *from = in + windows[w].first * inner;
            for (size_t i = 0; i < inner; i += VK_LANES) {
                const size_t lanes = inner - i < VK_LANES ? inner - i : VK_LANES;
                v16 result = splat(is_mean ? 0.0f : -__FLT_MAX__);
                for (size_t t = 0; t < windows[w].taps; t++) {
                    const v16 x = load_some(from + t * dilation * inner + i, lanes, 0.0f);
                    // No number stays none.
                    if (is_mean) result += x;
                    else result = ((x > result) | (x != x)) ? x : result;
                }
                store_some(out + i, lanes, is_mean ? result / splat(windows[w].divisor) : result);
            }
        }
}
