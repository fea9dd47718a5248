// A linear layer behind neurons, all its time-steps in one pass: products of a block of rows with a tile of columns, then
// everything that follows while the tile is in cache.

// What a step sends into the products of a block of rows: lists of spikes, or matrices for the dense product.
typedef struct {
    int is_event;
    uint32_t *starts;    // of the rows' lists, by side: [sides][rows + 1]
    uint16_t *indices;
    float *spikes;       // values, or, for integers, their factors as int16
    float *floats;       // [rows, inputs]
    uint8_t *bytes;      // [sides][rows, byte_stride]
} step_input;

typedef struct {
    const vk_layer *layer;
    const vk_layer_run *run;
    spike_units units;
    float values[VK_CODES];
    size_t byte_stride;
    step_input *steps;
    float *tile;         // [steps][rows][VK_TILE_WIDTH]
    int32_t *sums;       // [2][rows][VK_TILE_WIDTH]
    int8_t *codes;       // [steps][rows][VK_TILE_WIDTH]
} layer_work;

VK_INLINE size_t rounded_up(size_t n, size_t unit) { return (n + unit - 1) / unit * unit; }

// Lists the spikes of a block for each side, integers with their factors. False: a sum might not fit 32 bits.
static int VK_NAME(list_block)(const layer_work *work, size_t rows, const int8_t *codes, step_input *input) {
    const vk_layer *layer = work->layer;
    const int sides = layer->panels ? 1 : work->units.sides;
    uint32_t end = 0;
    for (int side = 0; side < sides; side++) {
        const float *values = layer->panels ? work->values : work->units.factors[side];
        uint32_t *starts = input->starts + side * (rows + 1);
        for (size_t r = 0; r < rows; r++) {
            starts[r] = end;
            size_t count = VK_NAME(list_spikes)(layer->inputs, codes + r * layer->inputs, values, input->indices + end,
                                                input->spikes + end);
            if (layer->planes == 2) {
                float total = 0.0f;
                for (size_t j = 0; j < count; j++) total += __builtin_fabsf(input->spikes[end + j]);
                if (total > 65000.0f) return 0;
            }
            end += (uint32_t)count;
        }
        starts[rows] = end;
    }
    if (!layer->panels) {
        int16_t *factors = (int16_t *)input->spikes;
        for (uint32_t j = 0; j < end; j++) factors[j] = (int16_t)input->spikes[j];
    }
    return 1;
}

static void VK_NAME(read_block)(const layer_work *work, int step, size_t first, size_t rows) {
    const vk_layer *layer = work->layer;
    const vk_layer_run *run = work->run;
    step_input *input = &work->steps[step];
    if (!layer->source) {
        input->is_event = 0;
        input->floats = (float *)run->input + (size_t)step * run->input_stride + first * layer->inputs;
        return;
    }
    const size_t count = rows * layer->inputs;
    const int8_t *codes = run->codes + ((size_t)step * run->rows + first) * layer->inputs;
    const size_t spikes = VK_NAME(count_spikes)(count, codes);
    input->is_event = (float)spikes < layer->event_density * (float)count && VK_NAME(list_block)(work, rows, codes, input);
    if (input->is_event) {
        if (run->event_inputs) *run->event_inputs += (int64_t)spikes;
    } else if (layer->panels) {
        VK_NAME(expand_codes)(count, codes, work->values, input->floats);
    } else {
        for (int side = 0; side < work->units.sides; side++)
            for (size_t r = 0; r < rows; r++)
                VK_NAME(spike_bytes)(&work->units, side, layer->inputs, codes + r * layer->inputs,
                                     input->bytes + (side * rows + r) * work->byte_stride);
    }
}

// The sums of integers of one side, in work->sums. Returns in how many planes they lie.
static int VK_NAME(integer_sums)(const layer_work *work, const step_input *input, int side, size_t rows, size_t column,
                                 int panels, const int8_t *codes) {
    const vk_layer *layer = work->layer;
    const size_t inputs = layer->inputs;
    const int16_t *whole = layer->whole + column * inputs;
    if (input->is_event) {
        const uint32_t *starts = input->starts + side * (rows + 1);
        memset(work->sums, 0, rows * VK_TILE_WIDTH * sizeof *work->sums);
        for (size_t r = 0; r < rows; r++)
            VK_NAME(whole_row)(starts[r + 1] - starts[r], input->indices + starts[r],
                               (int16_t *)input->spikes + starts[r], whole, work->sums + r * VK_TILE_WIDTH);
        return 1;
    }
    const size_t plane = vk_digits_count(inputs, layer->outputs);
    for (int p = 0; p < layer->planes; p++) {
        int32_t offsets[VK_TILE_WIDTH] = {0};
        for (size_t o = 0; work->units.sides == 1 && o < VK_TILE_WIDTH && column + o < layer->outputs; o++)
            offsets[o] = -128 * layer->digit_sums[(size_t)p * layer->outputs + column + o];
        VK_NAME(digit_rows)(panels, rows, inputs, input->bytes + side * rows * work->byte_stride, work->byte_stride,
                            layer->digits + (size_t)p * plane + column * ((inputs + 3) / 4 * 4), offsets,
                            work->sums + (size_t)p * rows * VK_TILE_WIDTH);
    }
    // What a byte could not hold of the largest positive spike: 1 of 128.
    if (work->units.sides == 1 && layer->source->levels == 8)
        for (size_t r = 0; r < rows; r++) {
            const int8_t *row = codes + r * inputs;
            const int16_t one = 1;
            int32_t *low = work->sums + r * VK_TILE_WIDTH, *high = low + rows * VK_TILE_WIDTH;
            // What is added is up to 32639 for each input: make room in the low plane.
            for (int o = 0; layer->planes == 2 && o < VK_TILE_WIDTH; o++) high[o] += low[o] >> 8, low[o] &= 255;
            for (const int8_t *at = row; (at = memchr(at, 8, (size_t)(row + inputs - at))); at++) {
                const uint16_t index = (uint16_t)(at - row);
                VK_NAME(whole_row)(1, &index, &one, whole, low);
            }
        }
    return layer->planes;
}

static void VK_NAME(multiply_block)(const layer_work *work, int step, size_t first, size_t rows, size_t column, int panels) {
    const vk_layer *layer = work->layer;
    const step_input *input = &work->steps[step];
    float *out = work->tile + (size_t)step * rows * VK_TILE_WIDTH;
    if (layer->panels) {
        const float *weights = layer->panels + column * layer->inputs;
        if (input->is_event)
            VK_NAME(event_rows)(panels, rows, layer->inputs, input->starts, input->indices, input->spikes, weights, out);
        else
            VK_NAME(gemm)(rows, (size_t)panels * VK_LANES, layer->inputs, input->floats, layer->inputs, weights, 0, out,
                          VK_TILE_WIDTH);
        return;
    }
    const int8_t *codes = work->run->codes + ((size_t)step * work->run->rows + first) * layer->inputs;
    for (int side = 0; side < work->units.sides; side++) {
        float units[VK_TILE_WIDTH] = {0};
        for (size_t o = 0; o < VK_TILE_WIDTH && column + o < layer->outputs; o++)
            units[o] = layer->scales[column + o] * work->units.units[side];
        int planes = VK_NAME(integer_sums)(work, input, side, rows, column, panels, codes);
        VK_NAME(price_sums)(planes, rows * VK_TILE_WIDTH, work->sums, work->sums + rows * VK_TILE_WIDTH, units, side, out);
    }
}

// From the steps' products to estimates (semantics 5): rate coding divides the running sum, differential coding sums up
// corrections; the bias comes once.
static void VK_NAME(accumulate_block)(const layer_work *work, size_t first, size_t rows, size_t column, size_t width) {
    const vk_layer *layer = work->layer;
    const vk_layer_run *run = work->run;
    for (size_t c = 0; c < width; c += VK_LANES) {
        const size_t lanes = width - c < VK_LANES ? width - c : VK_LANES;
        const v16 bias = layer->bias ? load_some(layer->bias + column + c, lanes, 0.0f) : splat(0.0f);
        for (size_t r = 0; r < rows; r++) {
            float *state = run->sums ? run->sums + (first + r) * layer->outputs + column + c : 0;
            v16 sum = state ? load_some(state, lanes, 0.0f) : splat(0.0f);
            for (int s = 0; s < run->steps; s++) {
                float *at = work->tile + ((size_t)s * rows + r) * VK_TILE_WIDTH + c;
                const v16 product = load(at);
                if (!layer->source) {
                    store(at, layer->bias ? product + bias : product);
                    continue;
                }
                const v16 t = splat((float)(run->first_step + s)), reciprocal = splat(1.0f / (float)(run->first_step + s));
                sum += layer->source->differential ? quotient16(product, t, reciprocal) : product;
                v16 estimate = layer->source->differential ? sum : quotient16(sum, t, reciprocal);
                store(at, layer->bias ? estimate + bias : estimate);
            }
            if (state) store_some(state, lanes, sum);
        }
    }
}

// Residual, result and neurons of a finished tile.
static size_t VK_NAME(finish_block)(const layer_work *work, size_t first, size_t rows, size_t column, size_t width) {
    const vk_layer *layer = work->layer;
    const vk_layer_run *run = work->run;
    const size_t block = rows * VK_TILE_WIDTH;
    for (int s = 0; s < run->steps; s++)
        for (size_t r = 0; r < rows; r++) {
            float *row = work->tile + (size_t)s * block + r * VK_TILE_WIDTH;
            const size_t at = (first + r) * layer->outputs + column;
            if (run->addend)
                VK_NAME(binary)(VK_ADD, width, row, 1, run->addend + (size_t)s * run->addend_stride + at, 1, row);
            if (run->value) memcpy(run->value + (size_t)s * run->output_stride + at, row, width * sizeof *row);
        }
    if (!layer->target) return 0;
    size_t bad = 0;
    for (size_t r = 0; r < rows; r++) {
        const size_t at = (first + r) * layer->outputs + column;
        const size_t inside = r * VK_TILE_WIDTH;
        bad += VK_NAME(neuron)(layer->target, run->first_step, run->steps, width, work->tile + inside, block,
                               run->sent ? run->sent + at : 0, 0, run->target_codes ? run->target_codes + at : 0, 0,
                               run->estimate ? run->estimate + at : 0, run->output_stride, run->counts);
    }
    return bad;
}

// Rows at a time, so that a block's spikes of all steps stay in cache.
VK_INLINE size_t rows_per_block(int steps) {
    size_t rows = 192 / (size_t)steps / 12 * 12;
    return rows < 12 ? 12 : rows;
}

// Where the parts of the scratch memory begin; returns its size in floats.
static size_t VK_NAME(lay_out)(layer_work *work, float *scratch) {
    const vk_layer *layer = work->layer;
    const size_t steps = (size_t)work->run->steps, rows = rows_per_block(work->run->steps);
    const size_t values = rows * layer->inputs + 32;
    const uintptr_t start = rounded_up((uintptr_t)scratch, 64);
    uintptr_t at = start;
#define VK_TAKE(bytes) (at += rounded_up(bytes, 64), at - rounded_up(bytes, 64))
    work->byte_stride = rounded_up(layer->inputs, 64);
    work->tile = (float *)VK_TAKE(steps * rows * VK_TILE_WIDTH * sizeof(float));
    work->sums = (int32_t *)VK_TAKE(2 * rows * VK_TILE_WIDTH * sizeof(int32_t));
    work->steps = (step_input *)VK_TAKE(steps * sizeof(step_input));
    for (size_t s = 0; s < steps; s++) {
        step_input input = {0};
        if (layer->source) {
            input.starts = (uint32_t *)VK_TAKE(2 * (rows + 1) * sizeof(uint32_t));
            input.indices = (uint16_t *)VK_TAKE(values * sizeof(uint16_t));
            input.spikes = (float *)VK_TAKE(values * sizeof(float));
            input.floats = input.spikes;
            if (!layer->panels) input.bytes = (uint8_t *)VK_TAKE(2 * rows * work->byte_stride);
        }
        if (scratch) work->steps[s] = input;
    }
#undef VK_TAKE
    return (at - start + 64) / sizeof(float);
}

static size_t VK_NAME(layer)(const vk_layer *layer, const vk_layer_run *run) {
    layer_work work = {.layer = layer, .run = run};
    if (layer->source) {
        code_values(layer->source, work.values);
        if (!layer->panels) work.units = VK_NAME(units_of)(layer->source);
    }
    VK_NAME(lay_out)(&work, run->scratch);
    size_t bad = 0;
    const size_t block = rows_per_block(run->steps);
    for (size_t first = 0; first < run->rows; first += block) {
        const size_t rows = run->rows - first < block ? run->rows - first : block;
        for (int s = 0; s < run->steps; s++) VK_NAME(read_block)(&work, s, first, rows);
        for (size_t column = 0; column < layer->outputs; column += VK_TILE_WIDTH) {
            const size_t width = layer->outputs - column < VK_TILE_WIDTH ? layer->outputs - column : VK_TILE_WIDTH;
            const int panels = (int)((width + VK_LANES - 1) / VK_LANES);
            if (width < VK_TILE_WIDTH)
                memset(work.tile, 0, (size_t)run->steps * rows * VK_TILE_WIDTH * sizeof *work.tile);
            for (int s = 0; s < run->steps; s++) VK_NAME(multiply_block)(&work, s, first, rows, column, panels);
            VK_NAME(accumulate_block)(&work, first, rows, column, width);
            if (layer->activation >= 0)
                VK_NAME(unary)((vk_unary_op)layer->activation, (size_t)run->steps * rows * VK_TILE_WIDTH, work.tile, work.tile);
            bad += VK_NAME(finish_block)(&work, first, rows, column, width);
        }
    }
    return bad;
}
