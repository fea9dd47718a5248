// Neurons and what runs in one pass with them.
#include "cases.h"

void neuron_layers(test_case *t) {
    const int resets = below(t, 3) == 0, differential = !resets && coin(t), keeps = resets || coin(t);
    const vk_neuron *layer = neurons(t, VK_MAX_LEVELS, differential, resets);
    const size_t n = awkward(t);
    const int steps = 1 + (int)below(t, 16), first = keeps ? 1 + (int)below(t, 20) : 1;
    const size_t all = (size_t)steps * n, stride = coin(t) ? n : 0;
    float *sent = keeps ? zeros(t, n) : 0, *baseline = resets ? zeros(t, n) : 0;
    int8_t *codes = coin(t) ? heap(t, all) : 0;
    float *emitted = coin(t) ? zeros(t, all) : 0, *estimate = coin(t) ? zeros(t, all) : 0;
    const size_t counted = (size_t)steps * 2 * (size_t)layer->levels;
    int64_t *counts = counters(t, counted);
    const size_t bad = t->kernels->neuron(layer, first, steps, n, numbers(t, stride ? all : n), stride, sent, baseline,
                                          codes, emitted, estimate, n, counts);
    take(t, &bad, sizeof bad);
    take_floats(t, sent, n);
    take_floats(t, baseline, n);
    take(t, codes, all);
    take_floats(t, emitted, all);
    take_floats(t, estimate, all);
    take_counts(t, counts, counted);
}

void neuron_rules(test_case *t) {
    vk_rule rule = {.family = (vk_rule_family)below(t, 4), .rest = coin(t) ? number(t) : 0.0f, .remembers = coin(t)};
    rule.threshold = 0.1f + 0.1f * (float)below(t, 20);
    rule.negative = coin(t) ? 0.1f + 0.1f * (float)below(t, 20) : 0.0f;
    rule.amplitude = coin(t) ? rule.threshold : 0.7f;
    rule.most = rule.family == VK_HALF_BURSTS ? 2 : (int)below(t, 4) + (rule.family == VK_BURST);
    rule.tolerance = 1e-5f;
    rule.rate = 0.15f, rule.gain = 1.0f, rule.speed = 0.01f;
    const size_t n = awkward(t);
    vk_rule_run run = {.neurons = n, .steps = 1 + (int)below(t, 20)};
    const size_t all = (size_t)run.steps * n;
    run.state = coin(t) ? zeros(t, 6 * n) : 0;
    run.first_step = run.state ? 1 + (int)below(t, 20) : 1;
    // Of adaptive neurons the fourth word is a threshold.
    for (size_t i = 0; run.state && i < n; i++) run.state[3 * n + i] = 1.0f;
    run.input_stride = coin(t) ? n : 0;
    run.input = numbers(t, run.input_stride ? all : n);
    float *divisors = coin(t) ? zeros(t, n) : 0;
    for (size_t i = 0; divisors && i < n; i++) divisors[i] = 0.5f + 0.1f * (float)below(t, 10);
    run.divisors = divisors;
    run.codes = heap(t, all);
    run.estimate = coin(t) ? zeros(t, all) : 0;
    run.state_stride = run.code_stride = run.estimate_stride = n;
    const size_t bad = t->kernels->rule(&rule, &run);
    take(t, &bad, sizeof bad);
    take_floats(t, run.state, 6 * n);
    take(t, run.codes, all);
    take_floats(t, run.estimate, all);
}

// One call of a kernel that makes rows of outputs: steps, what arrives, what is kept and what is handed on, all as chance has it.
typedef struct {
    vk_layer_run run;
    size_t results, all, counted;
} layer_call;

static layer_call call_of(test_case *t, int most_steps, size_t rows, size_t inputs, size_t outputs, const vk_alphabet *source,
                          const vk_neuron *target) {
    const int keeps = coin(t);
    layer_call call = {.run = {.rows = rows, .steps = 1 + (int)below(t, (size_t)most_steps), .input_stride = inputs}};
    vk_layer_run *run = &call.run;
    run->first_step = keeps ? 1 + (int)below(t, 20) : 1;
    call.results = rows * outputs;
    call.all = (size_t)run->steps * call.results;
    call.counted = target ? (size_t)run->steps * 2 * (size_t)target->levels : 0;
    run->output_stride = call.results;
    if (source) run->codes = spikes(t, (size_t)run->steps * inputs, source->levels);
    else run->input = numbers(t, (size_t)run->steps * inputs);
    if (coin(t)) {
        run->addend_stride = coin(t) ? call.results : 0;
        run->addend = numbers(t, run->addend_stride ? call.all : call.results);
    }
    if (keeps && source) run->sums = zeros(t, call.results);
    if (keeps && target) run->sent = zeros(t, call.results);
    if (!target || coin(t)) run->value = zeros(t, call.all);
    if (target && coin(t)) run->target_codes = heap(t, call.all);
    if (target && coin(t)) run->estimate = zeros(t, call.all);
    run->counts = target ? counters(t, call.counted) : 0;
    return call;
}

static void take_call(test_case *t, const layer_call *call, size_t bad) {
    const vk_layer_run *run = &call->run;
    take(t, &bad, sizeof bad);
    take_floats(t, run->sums, call->results);
    take_floats(t, run->sent, call->results);
    take_floats(t, run->value, call->all);
    take(t, run->target_codes, call->all);
    take_floats(t, run->estimate, call->all);
    take_counts(t, run->counts, call->counted);
}

void layers(test_case *t) {
    enum { FLOATS, INT8, INT16 };
    const int weights = (int)below(t, 3), spiking = weights != FLOATS || coin(t), fires = coin(t);
    vk_layer layer = {.inputs = awkward(t), .outputs = awkward(t)};
    layer.event_density = (float)below(t, 5) / 4.0f;
    layer.activation = (int)below(t, VK_HARD_SWISH + 2) - 1;
    if (layer.activation == VK_SQRT) layer.activation = -1;
    layer.bias = coin(t) ? numbers(t, (layer.outputs + VK_LANES - 1) / VK_LANES * VK_LANES) : 0;
    layer.activates_last = coin(t);
    vk_windows windows = {.channels = layer.inputs, .height = 1 + below(t, 6), .width = 1 + below(t, 6)};
    size_t rows = 1 + below(t, 20), pixels = rows;
    if (coin(t)) {
        const size_t lengths[2] = {windows.height, windows.width};
        for (int axis = 0; axis < 2; axis++) {
            windows.kernel[axis] = 1 + below(t, 3), windows.dilation[axis] = 1 + below(t, 2), windows.stride[axis] = 1 + below(t, 3);
            windows.before[axis] = below(t, 3);
            windows.positions[axis] = 1 + below(t, lengths[axis]);
        }
        const size_t images = 1 + below(t, 3);
        layer.windows = &windows;
        layer.inputs *= windows.kernel[0] * windows.kernel[1];
        rows = images * windows.positions[0] * windows.positions[1];
        pixels = images * windows.height * windows.width;
    }
    layer.source = spiking ? alphabet(t, VK_MAX_LEVELS, coin(t)) : 0;
    layer.target = fires ? neurons(t, VK_MAX_LEVELS, coin(t), 0) : 0;
    const float *matrix = numbers(t, layer.outputs * layer.inputs);
    if (weights == FLOATS) {
        float *panels = zeros(t, vk_packed_count(layer.inputs, layer.outputs));
        vk_pack(layer.inputs, layer.outputs, matrix, 1, layer.inputs, panels);
        layer.panels = panels;
    } else {
        layer.planes = weights == INT8 ? 1 : 2;
        const size_t planes = (size_t)layer.planes;
        int8_t *digits = heap(t, planes * vk_digits_count(layer.inputs, layer.outputs));
        int16_t *whole = heap(t, sizeof *whole * vk_whole_count(layer.inputs, layer.outputs));
        float *scales = zeros(t, layer.outputs);
        int32_t *sums = heap(t, sizeof *sums * planes * layer.outputs);
        vk_quantize(layer.inputs, layer.outputs, matrix, layer.planes, digits, whole, scales, sums);
        layer.digits = digits, layer.whole = whole, layer.scales = scales, layer.digit_sums = sums;
    }

    layer_call call = call_of(t, 16, rows, pixels * windows.channels, layer.outputs, layer.source, layer.target);
    call.run.event_inputs = coin(t) ? counters(t, 1) : 0;
    call.run.scratch = zeros(t, vk_layer_scratch(&layer, call.run.steps));
    take_call(t, &call, t->kernels->layer(&layer, &call.run));
}

void grouped_convolutions(test_case *t) {
    static const size_t widths[] = {1, 1, 1, 2, 4, 8, 16, 24}, sizes[] = {1, 3, 3, 5, 7, 2};
    const int spiking = coin(t), fires = coin(t);
    vk_grouped layer = {.width = widths[below(t, 8)], .activation = (int)below(t, VK_HARD_SWISH + 2) - 1, .activates_last = coin(t)};
    vk_windows *shape = &layer.windows;
    shape->channels = (1 + below(t, 100) / layer.width) * layer.width;
    size_t *lengths[] = {&shape->height, &shape->width};
    for (int axis = 0; axis < 2; axis++) {
        *lengths[axis] = 1 + below(t, 20);
        shape->kernel[axis] = sizes[below(t, 6)];
        shape->stride[axis] = 1 + below(t, 3);
        shape->dilation[axis] = coin(t) ? 1 : 1 + below(t, 3);
        shape->before[axis] = below(t, 5);
        shape->positions[axis] = 1 + below(t, 24);
    }
    const size_t padded = (shape->channels + 15) / 16 * 16, taps = shape->kernel[0] * shape->kernel[1];
    float *weights = zeros(t, taps * layer.width * padded);
    for (size_t i = 0; i < taps * layer.width; i++)
        for (size_t c = 0; c < shape->channels; c++) weights[i * padded + c] = number(t);
    layer.weights = weights;
    layer.bias = coin(t) ? numbers(t, shape->channels) : 0;
    layer.source = spiking ? alphabet(t, VK_MAX_LEVELS, coin(t)) : 0;
    layer.target = fires ? neurons(t, VK_MAX_LEVELS, coin(t), 0) : 0;

    const size_t images = 1 + below(t, 2), pixels = images * shape->height * shape->width * shape->channels;
    layer_call call = call_of(
        t, 5, images * shape->positions[0] * shape->positions[1], pixels, shape->channels, layer.source, layer.target);
    call.run.scratch = zeros(t, vk_grouped_scratch(&layer, call.run.steps));
    take_call(t, &call, t->kernels->grouped(&layer, &call.run));
}

// A view of `rows` × `columns` elements for each step, rows apart by a little more than they need, or turned.
static vk_view view(test_case *t, size_t steps, size_t rows, size_t columns, int turned, size_t *count) {
    const size_t gap = below(t, 3);
    vk_view v = {.row = turned ? 1 : columns + gap, .column = turned ? rows + gap : 1};
    const size_t span = (rows - 1) * v.row + (columns - 1) * v.column + 1;
    v.step = span + below(t, 3);
    *count = (steps - 1) * v.step + span;
    v.start = numbers(t, *count);
    return v;
}

void attention(test_case *t) {
    const int fires = coin(t), counts_keys = fires && coin(t), keeps = fires && coin(t), steps = 1 + (int)below(t, 16);
    vk_attention shape = {.queries = awkward(t), .keys = awkward(t), .width = 1 + below(t, 40), .value_width = 1 + below(t, 40)};
    size_t count, written;
    shape.q = view(t, (size_t)steps, shape.queries, shape.width, 0, &count);
    shape.k = view(t, (size_t)steps, shape.keys, shape.width, coin(t), &count);
    shape.v = view(t, (size_t)steps, shape.keys, shape.value_width, 0, &count);
    shape.out = view(t, (size_t)steps, shape.queries, shape.value_width, 0, &written);
    shape.scale = coin(t) ? 1.0f : 0.3f;
    if (coin(t)) {
        shape.mask_row = coin(t) ? shape.keys : 0;
        shape.mask = numbers(t, shape.mask_row ? shape.queries * shape.keys : shape.keys);
    }
    shape.neuron = fires ? neurons(t, coin(t) ? 8 : 40, coin(t), 0) : 0;
    const size_t counted = fires ? (size_t)steps * 2 * (size_t)shape.neuron->levels : 0, keys = (size_t)steps * shape.keys;
    float *sent = keeps ? zeros(t, shape.queries * shape.keys) : 0;
    float *scratch = zeros(t, vk_attention_scratch(&shape, steps));
    int64_t *counts = fires ? counters(t, counted) : 0;
    int64_t *emitted = counts_keys ? counters(t, keys) : 0, *known = counts_keys ? counters(t, keys) : 0;
    shape.graded_mask = (int)below(t, 8);
    shape.graded_keys = counts_keys && coin(t) ? counters(t, keys) : 0;
    const size_t kept = fires && coin(t) ? (size_t)steps * shape.queries * shape.keys : 0;
    shape.codes = kept ? heap(t, kept) : 0;
    shape.codes_step = shape.queries * shape.keys;
    const size_t bad = t->kernels->attention(&shape, keeps ? 1 + (int)below(t, 20) : 1, steps, sent, scratch, counts, emitted, known);
    take(t, &bad, sizeof bad);
    take_floats(t, shape.out.start, written);
    take_floats(t, sent, shape.queries * shape.keys);
    take_counts(t, counts, counted);
    take_counts(t, emitted, keys);
    take_counts(t, known, keys);
    take_counts(t, shape.graded_keys, keys);
    take(t, shape.codes, kept);
}

void decoding(test_case *t) {
    const int keeps = coin(t), counted = coin(t);
    vk_decoding work = {.source = alphabet(t, VK_MAX_LEVELS, coin(t)), .steps = 1 + (int)below(t, 16), .rows = 1 + below(t, 20),
                        .columns = awkward(t), .counts_rows = coin(t)};
    const size_t steps = (size_t)work.steps, estimates = steps * work.rows * work.columns;
    work.first_step = keeps ? 1 + (int)below(t, 20) : 1;
    work.codes_row = work.columns + below(t, 40);
    work.codes_step = (work.rows - 1) * work.codes_row + work.columns + below(t, 3);
    work.codes = spikes(t, (steps - 1) * work.codes_step + (work.rows - 1) * work.codes_row + work.columns, work.source->levels);
    work.sent = keeps ? zeros(t, work.rows * work.columns) : 0;
    work.estimates = zeros(t, estimates);
    const size_t places = steps * (work.counts_rows ? work.rows : work.columns);
    work.emitted = counted ? heap(t, places * sizeof *work.emitted) : 0;
    work.known = counted ? heap(t, places * sizeof *work.known) : 0;
    work.graded_mask = (int)below(t, 8);
    work.graded = counted && coin(t) ? heap(t, places * sizeof *work.graded) : 0;
    t->kernels->decode(&work);
    take_floats(t, work.sent, work.rows * work.columns);
    take_floats(t, work.estimates, estimates);
    take(t, work.emitted, places * sizeof(int32_t));
    take(t, work.known, places * sizeof(int32_t));
    take(t, work.graded, places * sizeof(int32_t));
}
