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

// Which words a family keeps from one call to the next; the sums only where they are asked for.
VK_INLINE int keeps_second(const vk_rule_family family) { return family == VK_HALF_BURSTS || family == VK_ADAPTIVE; }
VK_INLINE int keeps_count(const vk_rule_family family) { return family != VK_BURST; }

VK_INLINE i16x32 load_whole(const float *from, size_t width) { return bits16(load_some(from, width, 0.0f)); }
VK_INLINE void store_whole(float *to, size_t width, i16x32 whole) {
    v16 bits;
    memcpy(&bits, &whole, sizeof bits);
    store_some(to, width, bits);
}

VK_INLINE rule_lanes load_rule(const vk_rule *rule, const vk_rule_run *run, const vk_rule_family family, size_t at, const size_t width) {
    rule_lanes lanes = {.first = splat(rule->rest), .second = splat(family == VK_ADAPTIVE ? 1.0f : 0.0f)};
    lanes.received = lanes.sent = splat(0.0f);
    lanes.count = lanes.other = (i16x32)(0);
    if (!run->state || run->first_step == 1) return lanes;
    const float *state = run->state + at;
    const size_t next = run->state_stride;
    if (run->input_stride) lanes.received = load_some(state, width, 0.0f);
    if (run->estimate) lanes.sent = load_some(state + next, width, 0.0f);
    lanes.first = load_some(state + 2 * next, width, 0.0f);
    if (keeps_second(family)) lanes.second = load_some(state + 3 * next, width, 1.0f);
    if (keeps_count(family)) lanes.count = load_whole(state + 4 * next, width);
    if (family == VK_HALF_BURSTS) lanes.other = load_whole(state + 5 * next, width);
    return lanes;
}

VK_INLINE void store_rule(const vk_rule_run *run, const vk_rule_family family, size_t at, const size_t width, const rule_lanes *lanes) {
    if (!run->state) return;
    float *state = run->state + at;
    const size_t next = run->state_stride;
    if (run->input_stride) store_some(state, width, lanes->received);
    if (run->estimate) store_some(state + next, width, lanes->sent);
    store_some(state + 2 * next, width, lanes->first);
    if (keeps_second(family)) store_some(state + 3 * next, width, lanes->second);
    if (keeps_count(family)) store_whole(state + 4 * next, width, lanes->count);
    if (family == VK_HALF_BURSTS) store_whole(state + 5 * next, width, lanes->other);
}

// `vectors` of neurons side by side, the last one `width` wide: each operation of one waits for the one before.
VK_INLINE size_t step_by_rule(const vk_rule *rule, const vk_rule_run *run, const vk_rule_family family, size_t at, const int vectors,
                              const size_t width) {
    rule_lanes lanes[RULE_VECTORS];
#define VK_EACH_RULE _Pragma("clang loop unroll(full)") for (int v = 0; v < vectors; v++)
    VK_EACH_RULE lanes[v] = load_rule(rule, run, family, at + (size_t)v * VK_LANES, width);
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
    VK_EACH_RULE store_rule(run, family, at + (size_t)v * VK_LANES, width, &lanes[v]);
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

// Adds how often each code stands among some to counts[VK_CODES].
static void VK_NAME(count_rule_codes)(const vk_rule *rule, size_t n, const int8_t *codes, int64_t *counts) {
    enum { few = 8 };  // comparing all with so many codes is faster than a table
    const int highest = rule->family == VK_BURST ? rule->most : 1, lowest = rule->family == VK_SIGNED ? -1 : 1;
    if (rule->family == VK_HALF_BURSTS || highest > few) {
        vk_count_codes(n, codes, counts);
        return;
    }
    for (int code = lowest; code <= highest; code++)
        if (code) counts[(uint8_t)code] += (int64_t)VK_NAME(count_equal)(n, codes, (int8_t)code);
}

// The neurons behind `rows` rows of values, `width` of `outputs` each, the first at `place` of a step's; a row of values lies
// `row_stride` behind the other, a step `step_stride`. `codes` [steps][rows][width] are the caller's memory.
static size_t VK_NAME(fire_rows)(const vk_rule *rule, const vk_layer_run *run, size_t outputs, size_t place, size_t rows, size_t width,
                                 const float *values, size_t row_stride, size_t step_stride, int8_t *codes) {
    const size_t block = rows * width;
    size_t bad = 0;
    for (size_t r = 0; r < rows; r++) {
        const size_t at = place + r * outputs;
        const vk_rule_run part = {
            .first_step = run->first_step, .steps = run->steps, .neurons = width,
            .input = values + r * row_stride, .input_stride = step_stride,
            .divisors = run->divisors ? run->divisors + place % outputs : 0,
            .state = run->rule_state ? run->rule_state + at : 0, .state_stride = run->output_stride,
            .codes = codes + r * width, .code_stride = block,
            .estimate = run->estimate ? run->estimate + at : 0, .estimate_stride = run->output_stride};
        bad += VK_NAME(rule)(rule, &part);
    }
    for (int s = 0; s < run->steps; s++) {
        const int8_t *sent = codes + (size_t)s * block;
        VK_NAME(count_rule_codes)(rule, block, sent, run->counts + (size_t)s * VK_CODES);
        if (!run->target_codes) continue;
        int8_t *to = run->target_codes + (size_t)s * run->output_stride + place;
        for (size_t r = 0; r < rows; r++) memcpy(to + r * outputs, sent + r * width, width);
    }
    return bad;
}
