// Neurons that step by rules of their own on currents, many at once: bit for bit what their families' steps do (VolleySpiking).

enum {
#ifdef VK_AVX512
    RULE_VECTORS = 4  // as many as the registers hold
#else
    RULE_VECTORS = 1
#endif
};

// What sixteen neurons keep. What the last four are, each rule says.
typedef struct {
    v16 received, sent;  // t·φ(t) of the input, and the sum of what was sent
    v16 first, second;
    i16x32 count, other;
} rule_lanes;

VK_INLINE i16x32 not_finite(v16 potential) { return ~(abs16(potential) <= splat(__FLT_MAX__)); }
VK_INLINE v16 floats16(i16x32 whole) { return __builtin_convertvector(whole, v16); }

// first: potential, count: positive spikes less negative ones.
VK_INLINE i16x32 fire_signed(const vk_rule *rule, v16 current, rule_lanes *lanes, i16x32 *broken) {
    const v16 threshold = splat(rule->threshold), potential = lanes->first + current;
    *broken = not_finite(potential);
    lanes->first = potential;
    if (!(rule->threshold > 0)) return (i16x32)(0);
    i16x32 up = potential >= threshold;
    if (rule->most > 0) up &= lanes->count < (i16x32)(rule->most);
    i16x32 down = rule->negative > 0 ? potential <= splat(-rule->negative) : potential < splat(0.0f);
    if (rule->remembers) down &= lanes->count > 0;
    lanes->first = up ? potential - threshold : down ? potential + threshold : potential;
    const i16x32 code = down - up;
    lanes->count += code;
    return code;
}

// One neuron of a threshold, then up to `most` of its halves.
VK_INLINE i16x32 half_burst(const vk_rule *rule, const float threshold, v16 current, v16 *potential, i16x32 *halves) {
    *potential += current;
    if (!(threshold > 0)) return (i16x32)(0);
    const i16x32 whole = *potential >= splat(threshold);
    const i16x32 back = ~whole & (*potential <= splat(-threshold)) & (*halves > 0);
    const i16x32 sent = whole ? (i16x32)(2) : back ? (i16x32)(-2) : (i16x32)(0);
    *potential -= floats16(sent) * threshold * 0.5f;
    *halves += sent;
    const v16 memory = floats16(*halves) * threshold * 0.5f;
    const v16 rest = *potential >= -memory ? *potential : -memory;
    const v16 wanted = abs16(rest) / splat(threshold / 2 + rule->tolerance), most = splat((float)rule->most);
    const i16x32 count = __builtin_convertvector(wanted < most ? wanted : most, i16x32);
    const i16x32 burst = rest < splat(0.0f) ? -count : count;
    *potential -= floats16(burst) * threshold * 0.5f;
    *halves += burst;
    return sent + burst;
}

// first, count: potential of the positive half, and what it sent, in halves of its threshold; second, other: of the negative half.
// What is sent is the difference of theirs.
VK_INLINE i16x32 fire_half_bursts(const vk_rule *rule, v16 current, rule_lanes *lanes, i16x32 *broken) {
    *broken = not_finite(lanes->first - (rule->negative > 0 ? lanes->second : splat(0.0f)) + current);
    const i16x32 above = half_burst(rule, rule->threshold, current, &lanes->first, &lanes->count);
    const i16x32 below = half_burst(rule, rule->negative, -current, &lanes->second, &lanes->other);
    lanes->sent += floats16(above) * rule->threshold * 0.5f - floats16(below) * rule->negative * 0.5f;
    return 9 * above + below;
}

// first: potential.
VK_INLINE i16x32 fire_burst(const vk_rule *rule, v16 current, rule_lanes *lanes, i16x32 *broken) {
    const v16 threshold = splat(rule->threshold), potential = lanes->first + current, most = splat((float)rule->most);
    *broken = not_finite(potential);
    lanes->first = potential;
    if (!(rule->threshold > 0)) return (i16x32)(0);
    const v16 wanted = potential >= threshold ? potential / threshold : splat(0.0f);
    const i16x32 count = __builtin_convertvector(wanted < most ? wanted : most, i16x32);
    lanes->first = count > 0 ? potential - floats16(count) * threshold : potential;
    return count;
}

// first: potential, second: threshold in units of the first one, count: spikes.
VK_INLINE i16x32 fire_adaptive(const vk_rule *rule, v16 current, float t, rule_lanes *lanes, i16x32 *broken) {
    const v16 potential = lanes->first + current;
    *broken = not_finite(potential);
    lanes->first = potential;
    if (!(rule->threshold > 0)) return (i16x32)(0);
    const v16 threshold = lanes->second * rule->threshold;
    const i16x32 fires = potential >= threshold;
    lanes->first = fires ? potential - threshold : potential;
    lanes->count -= fires;
    const v16 rate = rule->gain * floats16(lanes->count) / splat(t) / splat(rule->rate);
    v16 next = lanes->second + splat(rule->speed) / lanes->second * (rate - 1.0f);
    next = splat(0.1f) >= next ? splat(0.1f) : next;
    next = splat(10.0f) < next ? splat(10.0f) : next;
    lanes->second = fires ? next : lanes->second;
    return -fires;
}

VK_INLINE i16x32 fire_by_rule(const vk_rule *rule, const vk_rule_family family, v16 current, float t, rule_lanes *lanes, i16x32 *broken) {
    i16x32 code;
    switch (family) {
        case VK_SIGNED: code = fire_signed(rule, current, lanes, broken); break;
        case VK_HALF_BURSTS: return fire_half_bursts(rule, current, lanes, broken);
        case VK_BURST: code = fire_burst(rule, current, lanes, broken); break;
        case VK_ADAPTIVE: code = fire_adaptive(rule, current, t, lanes, broken); break;
    }
    lanes->sent += floats16(code) * rule->amplitude;
    return code;
}

VK_INLINE rule_lanes load_rule(const vk_rule *rule, const vk_rule_run *run, size_t at, const size_t width) {
    rule_lanes lanes = {.first = splat(rule->rest), .second = splat(rule->family == VK_ADAPTIVE ? 1.0f : 0.0f)};
    lanes.received = lanes.sent = splat(0.0f);
    lanes.count = lanes.other = (i16x32)(0);
    if (!run->state || run->first_step == 1) return lanes;
    const float *state = run->state + at;
    lanes.received = load_some(state, width, 0.0f);
    lanes.sent = load_some(state += run->state_stride, width, 0.0f);
    lanes.first = load_some(state += run->state_stride, width, 0.0f);
    lanes.second = load_some(state += run->state_stride, width, 1.0f);
    const v16 count = load_some(state += run->state_stride, width, 0.0f), other = load_some(state + run->state_stride, width, 0.0f);
    lanes.count = bits16(count);
    lanes.other = bits16(other);
    return lanes;
}

VK_INLINE void store_rule(const vk_rule_run *run, size_t at, const size_t width, const rule_lanes *lanes) {
    if (!run->state) return;
    v16 count, other;
    memcpy(&count, &lanes->count, sizeof count);
    memcpy(&other, &lanes->other, sizeof other);
    float *state = run->state + at;
    store_some(state, width, lanes->received);
    store_some(state += run->state_stride, width, lanes->sent);
    store_some(state += run->state_stride, width, lanes->first);
    store_some(state += run->state_stride, width, lanes->second);
    store_some(state += run->state_stride, width, count);
    store_some(state + run->state_stride, width, other);
}

// `vectors` of neurons side by side, the last one `width` wide: each operation of one waits for the one before.
VK_INLINE size_t step_by_rule(const vk_rule *rule, const vk_rule_run *run, const vk_rule_family family, size_t at, const int vectors,
                              const size_t width) {
    rule_lanes lanes[RULE_VECTORS];
#define VK_EACH_RULE _Pragma("clang loop unroll(full)") for (int v = 0; v < vectors; v++)
    VK_EACH_RULE lanes[v] = load_rule(rule, run, at + (size_t)v * VK_LANES, width);
    i16x32 bad = (i16x32)(0);
    const float *input = run->input + at;
    const float *divisors = run->divisors ? run->divisors + at : 0;
    int8_t *codes = run->codes + at;
    float *estimate = run->estimate ? run->estimate + at : 0;
    for (int step = 0; step < run->steps; step++) {
        const float t = (float)(run->first_step + step);
        VK_EACH_RULE {
            v16 current = load_some(input + v * VK_LANES, width, 0.0f);
            if (run->input_stride) {
                const v16 total = t * current;
                current = total - lanes[v].received;
                lanes[v].received = total;
            }
            if (divisors) current /= load_some(divisors + v * VK_LANES, width, 1.0f);
            i16x32 broken;
            const i16x32 code = fire_by_rule(rule, family, current, t, &lanes[v], &broken);
            bad -= broken;
            const i16x8 bytes = __builtin_convertvector(code, i16x8);
            memcpy(codes + v * VK_LANES, &bytes, width);
            if (estimate) store_some(estimate + v * VK_LANES, width, lanes[v].sent / splat(t));
        }
        input += run->input_stride;
        codes += run->code_stride;
        if (estimate) estimate += run->estimate_stride;
    }
    VK_EACH_RULE store_rule(run, at + (size_t)v * VK_LANES, width, &lanes[v]);
#undef VK_EACH_RULE
    return (size_t)__builtin_reduce_add(bad);
}

VK_INLINE size_t run_rule(const vk_rule *rule, const vk_rule_run *run, const vk_rule_family family) {
    const size_t many = RULE_VECTORS * VK_LANES;
    size_t bad = 0, at = 0;
    for (; at + many <= run->neurons; at += many) bad += step_by_rule(rule, run, family, at, RULE_VECTORS, VK_LANES);
    for (; at + VK_LANES <= run->neurons; at += VK_LANES) bad += step_by_rule(rule, run, family, at, 1, VK_LANES);
    return at < run->neurons ? bad + step_by_rule(rule, run, family, at, 1, run->neurons - at) : bad;
}

static size_t VK_NAME(rule)(const vk_rule *rule, const vk_rule_run *run) {
    switch (rule->family) {
        case VK_SIGNED: return run_rule(rule, run, VK_SIGNED);
        case VK_HALF_BURSTS: return run_rule(rule, run, VK_HALF_BURSTS);
        case VK_BURST: return run_rule(rule, run, VK_BURST);
        case VK_ADAPTIVE: return run_rule(rule, run, VK_ADAPTIVE);
    }
}
