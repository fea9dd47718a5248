// The multi-threshold neuron in estimate form, and the counts that its spikes are priced by.

enum {
    NEURON_STEPS = 16,      // time-steps whose counters are kept at once
    NEURON_GROUP = 8,       // levels counted in one lane, four bits each
    NEURON_GROUPS = 3,
    NEURON_COUNTED = NEURON_GROUPS * NEURON_GROUP,  // levels that are counted in lanes; more are counted code by code
    NEURON_FULL = 15,       // spikes that four bits can count
    NEURON_SPAN = 4032,     // neurons between two readings of the counters: 252 vectors, whose spikes fit eight bits
};

typedef int8_t i16x8 __attribute__((ext_vector_type(16)));

// Spikes per lane, level and sign: four bits each, moved on to eight before they are full.
typedef struct {
    i16x32 small[NEURON_GROUPS][NEURON_STEPS][2];
    i16x32 large[NEURON_GROUPS][NEURON_STEPS][2][2];
} neuron_counters;

// At most NEURON_STEPS time-steps of at most NEURON_SPAN neurons; the arrays start at the first of both.
typedef struct {
    const vk_neuron *layer;
    int steps, groups;
    int mirrored;  // both signs have the same cut-offs and thresholds
    float time[NEURON_STEPS], reciprocal[NEURON_STEPS];
    float silence[NEURON_STEPS];  // below this size of the potential nothing fires
    uint32_t silence_bits[NEURON_STEPS];
    const float *input;
    size_t input_stride, out_stride;
    float *sent, *baseline;  // null: not kept
    int at_rest;
    int8_t *codes;
    float *emitted, *estimate;
} neuron_span;

VK_INLINE i16x32 spike_bit(i16x32 level) { return level > 0 ? (i16x32)(1) << ((level - 1) * 4 & 31) : (i16x32)(0); }

VK_INLINE i16x32 bits16(v16 x) {
    i16x32 bits;
    memcpy(&bits, &x, sizeof bits);
    return bits;
}

// Tries the cut-offs of one side and raises `level` to the highest reached; values ascend with levels. A lane counts once
// in every group of levels that it reaches; neuron_totals takes that back.
VK_INLINE void fire_side(const neuron_span *span, int side, v16 potential, i16x32 spikes[NEURON_GROUPS], v16 *value,
                         i16x32 *level) {
    const vk_neuron *layer = span->layer;
    i16x32 largest = (i16x32)(0);  // as integers, positive floats compare alike and sooner
    for (int group = 0; group < span->groups; group++) {
        const int first = group * NEURON_GROUP;
        const int end = layer->levels < first + NEURON_GROUP ? layer->levels : first + NEURON_GROUP;
        i16x32 in_group = (i16x32)(0);
        for (int k = first; k < end; k++) {
            i16x32 reached = potential >= splat(layer->cutoffs[side][k]);
            largest = __builtin_elementwise_max(largest, bits16(splat(layer->thresholds[side][k])) & reached);
            in_group -= reached;
        }
        *level += in_group;
        spikes[group] = spike_bit(in_group);
    }
    memcpy(value, &largest, sizeof *value);
}

// Fires at most one level per lane: the highest whose cut-off is reached.
VK_INLINE v16 fire(const neuron_span *span, int step, v16 potential, i16x32 *code, neuron_counters *counters) {
    i16x32 spikes[2][NEURON_GROUPS];
    v16 values[2] = {splat(0.0f), splat(0.0f)};
    i16x32 levels[2] = {(i16x32)(0), (i16x32)(0)};
    if (span->mirrored) {
        fire_side(span, 0, abs16(potential), spikes[0], &values[0], &levels[0]);
        const i16x32 negative = (potential < 0.0f) & (levels[0] > 0);
        for (int group = 0; group < span->groups; group++) {
            counters->small[group][step][0] += spikes[0][group] & ~negative;
            counters->small[group][step][1] += spikes[0][group] & negative;
        }
        *code = negative ? -levels[0] : levels[0];
        return negative ? -values[0] : values[0];
    }
    for (int side = 0; side < 2; side++) {
        if (span->layer->cutoffs[side][0] > __FLT_MAX__) continue;
        fire_side(span, side, side ? -potential : potential, spikes[side], &values[side], &levels[side]);
        for (int group = 0; group < span->groups; group++) counters->small[group][step][side] += spikes[side][group];
    }
    *code = levels[0] - levels[1];
    return levels[1] > 0 ? -values[1] : values[0];
}

#include "neuron_codes.h"

// All steps of `width` ≤ 16 neurons. Lanes past them have potential 0, so no level fires there. Spikes are counted in lanes,
// or, where `counts` is given, code by code.
VK_INLINE size_t neuron_lanes(const neuron_span *span, size_t at, const size_t width, neuron_counters *counters,
                              code_counts *counts) {
    const vk_neuron *layer = span->layer;
    const i16x32 positions = {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15};
    const i16x32 active = positions < (int32_t)width;
    const v16 initial = splat(layer->initial_potential);
    v16 sent = span->at_rest ? splat(0.0f) : load_some(span->sent + at, width, 0.0f);
    v16 baseline = splat(0.0f);
    if (layer->reset_to_zero && !span->at_rest) baseline = load_some(span->baseline + at, width, 0.0f);
    i16x32 bad = (i16x32)(0);
    for (int step = 0; step < span->steps; step++) {
        const v16 t = splat(span->time[step]), r = splat(span->reciprocal[step]);
        const v16 x = load_some(span->input + (size_t)step * span->input_stride + at, width, 0.0f);
        v16 potential = layer->differential ? t * (x - sent) : t * x - (layer->reset_to_zero ? baseline : sent);
        potential += initial;
        potential = active ? potential : splat(0.0f);
        bad -= (potential - potential) != 0.0f;
        potential = abs16(potential) < splat(span->silence[step]) ? splat(0.0f) : potential;
        i16x32 code;
        const v16 value = counts ? fire_by_code(span, step, potential, &code, counts) : fire(span, step, potential, &code, counters);
        sent += layer->differential ? quotient16(value, t, r) : value;
        if (layer->reset_to_zero) baseline = code != 0 ? t * x + initial : baseline;
        const size_t out = (size_t)step * span->out_stride + at;
        if (span->emitted) store_some(span->emitted + out, width, value);
        if (span->estimate)
            store_some(span->estimate + out, width, layer->differential ? sent : quotient16(sent, t, r));
        if (span->codes) {
            const i16x8 bytes = __builtin_convertvector(code, i16x8);
            memcpy(span->codes + out, &bytes, width);
        }
    }
    if (span->sent) store_some(span->sent + at, width, sent);
    if (span->baseline) store_some(span->baseline + at, width, baseline);
    return (size_t)__builtin_reduce_add(bad);
}

VK_INLINE void empty_small_counters(const neuron_span *span, neuron_counters *counters) {
    for (int group = 0; group < span->groups; group++)
        for (int step = 0; step < span->steps; step++)
            for (int side = 0; side < 2; side++) {
                const i16x32 spikes = counters->small[group][step][side];
                counters->large[group][step][side][0] += spikes & 0x0f0f0f0f;
                counters->large[group][step][side][1] += spikes >> 4 & 0x0f0f0f0f;
                counters->small[group][step][side] = (i16x32)(0);
            }
}

// Level 8 of a group has also counted what reached the next group.
VK_INLINE void neuron_totals(const neuron_span *span, const neuron_counters *counters, int64_t *counts) {
    const int levels = span->layer->levels;
    for (int step = 0; step < span->steps; step++)
        for (int side = 0; side < 2; side++, counts += levels)
            for (int k = 0; k < levels; k++) {
                const int in_group = k % NEURON_GROUP;
                const i16x32 lanes = counters->large[k / NEURON_GROUP][step][side][in_group & 1];
                const int total = __builtin_reduce_add(lanes >> (in_group / 2 * 8) & 0xff);
                counts[k] += total;
                if (k >= NEURON_GROUP) counts[k / NEURON_GROUP * NEURON_GROUP - 1] -= total;
            }
}

VK_INLINE void clear_counters(const neuron_span *span, neuron_counters *counters) {
    for (int group = 0; group < span->groups; group++) {
        memset(counters->small[group], 0, (size_t)span->steps * sizeof counters->small[0][0]);
        memset(counters->large[group], 0, (size_t)span->steps * sizeof counters->large[0][0]);
    }
}

static size_t VK_NAME(neuron_span_lanes)(const neuron_span *span, size_t n, neuron_counters *counters) {
    size_t bad = 0;
    int counted = 0;
    for (size_t at = 0; at < n; at += VK_LANES) {
        if (counted++ == NEURON_FULL) empty_small_counters(span, counters), counted = 1;
        if (n - at < VK_LANES) bad += neuron_lanes(span, at, n - at, counters, 0);
        else bad += neuron_lanes(span, at, VK_LANES, counters, 0);
    }
    return bad;
}

static size_t VK_NAME(neuron_span_codes_lanes)(const neuron_span *span, size_t n, code_counts *counts) {
    size_t bad = 0;
    for (size_t at = 0; at < n; at += VK_LANES) {
        if (n - at < VK_LANES) bad += neuron_lanes(span, at, n - at, 0, counts);
        else bad += neuron_lanes(span, at, VK_LANES, 0, counts);
    }
    return bad;
}

#if defined(VK_NEURON_TABLES)
#include VK_NEURON_TABLES
#else
// Whether spikes are counted code by code: where there are too many levels for the counters in lanes.
static int VK_NAME(fires_by_code)(const vk_neuron *layer) { return layer->levels > NEURON_COUNTED; }

static size_t VK_NAME(neuron_span_codes)(const neuron_span *span, size_t n, code_counts *counts) {
    return VK_NAME(neuron_span_codes_lanes)(span, n, counts);
}
#endif

// The spikes of a span by the counters in lanes.
static size_t VK_NAME(neuron_span_counted)(const neuron_span *span, size_t n, int64_t *counts) {
    neuron_counters counters;
    clear_counters(span, &counters);
#if defined(VK_NEURON_TABLES)
    const size_t bad = VK_NAME(neuron_span_tables)(span, n, &counters);
#else
    const size_t bad = VK_NAME(neuron_span_lanes)(span, n, &counters);
#endif
    empty_small_counters(span, &counters);
    neuron_totals(span, &counters, counts);
    return bad;
}

VK_INLINE void set_steps(neuron_span *span, int time, int steps) {
    const vk_neuron *layer = span->layer;
    span->steps = steps;
    for (int step = 0; step < steps; step++) {
        const int t = time + step, zone = t < layer->dead_zones ? t : layer->dead_zones;
        span->time[step] = (float)t;
        span->reciprocal[step] = 1.0f / span->time[step];
        const float dead = zone > 0 ? span->time[step] * layer->dead_zone[zone - 1] : 0.0f;
        span->silence[step] = dead > layer->least_potential ? dead : layer->least_potential;
        if (span->silence[step] > 0.0f) memcpy(&span->silence_bits[step], &span->silence[step], sizeof(float));
        else span->silence_bits[step] = 0;
    }
}

static size_t VK_NAME(neuron)(const vk_neuron *layer, int first_step, int steps, size_t n, const float *input,
                              size_t input_stride, float *sent, float *baseline, int8_t *codes, float *emitted,
                              float *estimate, size_t out_stride, int64_t *counts) {
    // The state from one NEURON_STEPS to the next where the caller keeps none.
    float kept[2][NEURON_SPAN];
    neuron_span span = {.layer = layer, .input_stride = input_stride, .out_stride = out_stride};
    span.groups = (layer->levels + NEURON_GROUP - 1) / NEURON_GROUP;
    const size_t side = (size_t)layer->levels * sizeof(float);
    span.mirrored = !memcmp(layer->cutoffs[0], layer->cutoffs[1], side) && layer->cutoffs[0][0] <= __FLT_MAX__ &&
                    !memcmp(layer->thresholds[0], layer->thresholds[1], side);
    size_t bad = 0, in_codes = 0;
    code_counts codes_sent;
    const int by_code = VK_NAME(fires_by_code)(layer);
    for (size_t first = 0; first < n; first += NEURON_SPAN) {
        const size_t width = n - first < NEURON_SPAN ? n - first : NEURON_SPAN;
        for (int done = 0; done < steps; done += NEURON_STEPS) {
            const int left = steps - done;
            set_steps(&span, first_step + done, left < NEURON_STEPS ? left : NEURON_STEPS);
            const size_t out = (size_t)done * out_stride + first;
            span.input = input + (size_t)done * input_stride + first;
            span.codes = codes ? codes + out : 0;
            span.emitted = emitted ? emitted + out : 0;
            span.estimate = estimate ? estimate + out : 0;
            span.at_rest = !sent && done == 0;
            span.sent = sent ? sent + first : steps > NEURON_STEPS ? kept[0] : 0;
            span.baseline = !layer->reset_to_zero ? 0 : sent ? baseline + first : steps > NEURON_STEPS ? kept[1] : 0;
            int64_t *counted = counts + (size_t)done * 2 * (size_t)layer->levels;
            if (!by_code) {
                bad += VK_NAME(neuron_span_counted)(&span, width, counted);
                continue;
            }
            // Spans of the same time-steps share counters, as long as these cannot be full.
            if (in_codes == 0) clear_code_counts(&span, &codes_sent);
            bad += VK_NAME(neuron_span_codes)(&span, width, &codes_sent);
            in_codes += width;
            if (steps <= NEURON_STEPS && first + width < n && in_codes + NEURON_SPAN <= UINT16_MAX) continue;
            add_code_counts(&span, &codes_sent, counted);
            in_codes = 0;
        }
    }
    return bad;
}
