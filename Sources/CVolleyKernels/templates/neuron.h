// The multi-threshold neuron in estimate form, and the counts that its spikes are priced by.

// Fires at most one level per lane: the highest whose cut-off is reached. cumulative[k] loses one per lane and level reached.
VK_INLINE v16 fire_side(const vk_neuron *layer, int side, v16 potential, v16 value, i16x32 *cumulative) {
    for (int k = 0; k < layer->levels; k++) {
        i16x32 reached = potential >= splat(layer->cutoffs[side][k]);
        if (!any(reached)) break;
        float threshold = side ? -layer->thresholds[side][k] : layer->thresholds[side][k];
        value = reached ? splat(threshold) : value;
        cumulative[k] -= reached;
    }
    return value;
}

// Lanes outside `active` hold no neuron: their potential is 0, so no level fires there.
VK_INLINE void neuron_lanes(const vk_neuron *layer, float step, i16x32 active, v16 input, v16 *sent, v16 *baseline,
                            v16 *emitted, v16 *estimate, i16x32 cumulative[2][VK_MAX_LEVELS], i16x32 *bad) {
    const v16 t = splat(step);
    v16 potential;
    if (layer->differential) potential = t * (input - *sent);
    else if (layer->reset_to_zero) potential = t * input - *baseline;
    else potential = t * input - *sent;
    potential += layer->initial_potential;
    potential = active ? potential : splat(0.0f);
    *bad += (potential - potential) != 0.0f;
    v16 value = fire_side(layer, 0, potential, splat(0.0f), cumulative[0]);
    value = fire_side(layer, 1, -potential, value, cumulative[1]);
    *emitted = value;
    if (layer->differential) {
        *sent += value / t;
        *estimate = *sent;
    } else {
        *sent += value;
        *estimate = *sent / t;
        if (layer->reset_to_zero)
            *baseline = value != 0.0f ? t * input + layer->initial_potential : *baseline;
    }
}

static size_t VK_NAME(neuron)(const vk_neuron *layer, int step, size_t n, const float *input, float *sent,
                              float *baseline, float *emitted, float *estimate, int64_t *counts) {
    i16x32 cumulative[2][VK_MAX_LEVELS];
    memset(cumulative, 0, sizeof cumulative);
    i16x32 bad = (i16x32)(0);
    const i16x32 positions = {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15};
    for (size_t i = 0; i < n; i += VK_LANES) {
        size_t width = n - i < VK_LANES ? n - i : VK_LANES;
        v16 s, b = splat(0.0f), x, e;
        if (width == VK_LANES) {
            s = load(sent + i);
            if (baseline) b = load(baseline + i);
            neuron_lanes(layer, (float)step, (i16x32)(-1), load(input + i), &s, &b, &x, &e, cumulative, &bad);
            store(sent + i, s), store(emitted + i, x), store(estimate + i, e);
            if (baseline) store(baseline + i, b);
        } else {
            s = load_some(sent + i, width, 0.0f), x = load_some(input + i, width, 0.0f);
            if (baseline) b = load_some(baseline + i, width, 0.0f);
            neuron_lanes(layer, (float)step, positions < (int32_t)width, x, &s, &b, &x, &e, cumulative, &bad);
            store_some(sent + i, width, s), store_some(emitted + i, width, x), store_some(estimate + i, width, e);
            if (baseline) store_some(baseline + i, width, b);
        }
    }
    for (int side = 0; side < 2; side++) {
        int64_t above = 0;
        for (int k = layer->levels - 1; k >= 0; k--) {
            int64_t reached = 0;
            for (int lane = 0; lane < VK_LANES; lane++) reached += cumulative[side][k][lane];
            counts[side * layer->levels + k] += reached - above;
            above = reached;
        }
    }
    size_t total = 0;
    for (int lane = 0; lane < VK_LANES; lane++) total -= bad[lane];
    return total;
}

static size_t VK_NAME(count_nonzero)(size_t n, const float *in) {
    size_t count = 0;
    for (size_t i = 0; i < n; i++) count += in[i] != 0.0f;
    return count;
}

static void VK_NAME(count_nonzero_columns)(size_t rows, size_t n, const float *in, int64_t *counts) {
    for (size_t r = 0; r < rows; r++, in += n)
        for (size_t i = 0; i < n; i++) counts[i] += in[i] != 0.0f;
}

static void VK_NAME(count_nonzero_rows)(size_t rows, size_t n, const float *in, int64_t *counts) {
    for (size_t r = 0; r < rows; r++) counts[r] += VK_NAME(count_nonzero)(n, in + r * n);
}

static int VK_NAME(all_finite)(size_t n, const float *in) {
    v16 sum = splat(0.0f);
    size_t i = 0;
    for (; i + VK_LANES <= n; i += VK_LANES) sum += load(in + i) * 0.0f;
    if (i < n) sum += load_some(in + i, n - i, 0.0f) * 0.0f;
    return sum_lanes(sum) == 0.0f;
}
