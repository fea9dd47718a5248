// A linear layer behind neurons, all its time-steps in one pass: products of a block of rows with a tile of columns, then
// everything that follows while the tile is in cache.

// What a step sends into the products of a block of rows: lists of spikes, or matrices for the dense product.
typedef struct {
    int is_event;
    int digits;          // bytes of a whole number in the dense integer product
    int has_excess;      // whether the lists hold what one byte of it cannot
    uint32_t *starts;    // of the lists, by side, row and chunk of inputs: [sides][rows][chunks + 1]
    uint16_t *indices;
    float *spikes;       // their values, or, for integers, their factors
    int16_t *factors;    // of integers
    float *floats;       // [rows, inputs]
    uint8_t *bytes;      // [sides, or bytes of a whole number][rows, byte_stride]
} step_input;

typedef struct {
    const vk_layer *layer;
    const vk_layer_run *run;
    size_t byte_stride, chunks;
    step_input *steps;
    size_t width;        // of the tile's rows in memory: whole panels
    float *tile;         // [steps][rows][width]
    int32_t *sums;       // [rows][VK_TILE_WIDTH]: whole runs of integers
    double *upper;       // [rows][width]: sums over the upper bytes of whole numbers of two
    int8_t *codes;       // [steps][rows][width]
    float *sent;         // [rows][width]: the state of the neurons behind a tile
    float *times, *reciprocals;  // t of each step, and 1 / t
    int8_t *windows;     // [rows, inputs] of spikes
} layer_work;

VK_INLINE size_t rounded_up(size_t n, size_t unit) { return (n + unit - 1) / unit * unit; }

// Lists the spikes that `values` knows, row by row, from entry `end` of the input's lists on; returns where they end.
static uint32_t VK_NAME(list_rows)(const layer_work *work, size_t rows, const int8_t *codes, const float *values,
                                   uint32_t *starts, uint32_t end, const step_input *input) {
    const size_t inputs = work->layer->inputs;
    for (size_t r = 0; r < rows; r++, starts += work->chunks + 1, codes += inputs) {
        for (size_t c = 0; c < work->chunks; c++) {
            const size_t first = c * VK_CHUNK, left = inputs - first;
            starts[c] = end;
            end += (uint32_t)VK_NAME(list_spikes)(first, left < VK_CHUNK ? left : VK_CHUNK, codes + first, values,
                                                  work->layer->source->levels, input->indices + end, input->spikes + end);
        }
        starts[work->chunks] = end;
    }
    return end;
}

// Whether what a row adds up to fits 32 bits, whatever the weights.
static int VK_NAME(rows_fit)(const layer_work *work, size_t rows, const step_input *input) {
    const float limit = work->layer->planes == 2 ? 65000.0f : 16900000.0f;
    for (size_t r = 0; r < rows; r++) {
        const uint32_t *starts = input->starts + r * (work->chunks + 1);
        float total = 0.0f;
        for (uint32_t j = starts[0]; j < starts[work->chunks]; j++) total += __builtin_fabsf(input->spikes[j]);
        if (total > limit) return 0;
    }
    return 1;
}

// Lists the spikes of a block for each side, integers with their factors. False: a sum might not fit 32 bits.
static int VK_NAME(list_block)(const layer_work *work, size_t rows, const int8_t *codes, const step_input *input) {
    const vk_alphabet *source = work->layer->source;
    const int sides = work->layer->panels ? 1 : source->sides;
    uint32_t end = 0;
    for (int side = 0; side < sides; side++) {
        const float *values = work->layer->panels ? source->values : source->factors[side];
        end = VK_NAME(list_rows)(work, rows, codes, values, input->starts + side * rows * (work->chunks + 1), end, input);
    }
    const int may_be_large = !work->layer->panels && (work->layer->planes == 2 || source->digits == 2);
    if (may_be_large && !VK_NAME(rows_fit)(work, sides * rows, input)) return 0;
    for (uint32_t j = 0; !work->layer->panels && j < end; j++) input->factors[j] = (int16_t)input->spikes[j];
    return 1;
}

// Lists what a byte cannot hold of the spikes of a block. False: the lists would be longer than `most`, or a sum might not fit 32 bits.
static int VK_NAME(list_excess)(const layer_work *work, size_t rows, const int8_t *codes, float most, const step_input *input) {
    const size_t inputs = work->layer->inputs;
    // What is left of 32 bits beside a dense product of bytes, or, with two planes of weights, by itself; more than 1 of each of 65,535 inputs,
    // which numbers of one byte come to.
    const float limit = work->layer->planes == 2 ? 65700.0f : 16900000.0f - 128.0f * (float)inputs;
    uint32_t end = 0;
    for (size_t r = 0; r < rows; r++, codes += inputs) {
        uint32_t *starts = input->starts + r * (work->chunks + 1);
        starts[0] = end;
        end += (uint32_t)VK_NAME(list_large_codes)(inputs, codes, work->layer->source, input->indices + end, input->factors + end);
        starts[work->chunks] = end;
        float total = 0.0f;
        for (uint32_t j = starts[0]; j < end; j++) total += __builtin_fabsf((float)input->factors[j]);
        if ((float)end > most || total > limit) return 0;
    }
    return 1;
}

// How the spikes of a block go into the product of integers: as lists where they are few beside the dense products that they would take,
// which are two where one byte each will not do, even with the excess in lists.
static void VK_NAME(split_block)(const layer_work *work, size_t rows, size_t spikes, const int8_t *codes, step_input *input) {
    const vk_alphabet *source = work->layer->source;
    const float count = (float)(rows * work->layer->inputs), most = work->layer->event_density * count;
    input->digits = source->digits;
    if ((float)spikes < most && VK_NAME(list_block)(work, rows, codes, input)) {
        input->is_event = 1;
        return;
    }
    if (source->sides == 1 && VK_NAME(list_excess)(work, rows, codes, source->digits == 1 ? count : most, input)) {
        input->digits = 1;
        input->has_excess = input->starts[(rows - 1) * (work->chunks + 1) + work->chunks] > 0;
        return;
    }
    const int products = source->sides > source->digits ? source->sides : source->digits;
    input->is_event = (float)spikes < (float)products * most && VK_NAME(list_block)(work, rows, codes, input);
}

static void VK_NAME(read_block)(const layer_work *work, int step, size_t first, size_t rows) {
    const vk_layer *layer = work->layer;
    const vk_layer_run *run = work->run;
    step_input *input = &work->steps[step];
    if (!layer->source) {
        const float *from = run->input + (size_t)step * run->input_stride;
        input->is_event = 0;
        if (layer->windows) vk_gather_windows(layer->windows, first, rows, sizeof(float), from, input->floats);
        else input->floats = (float *)from + first * layer->inputs;
        return;
    }
    const size_t count = rows * layer->inputs;
    const int8_t *codes = run->codes + (size_t)step * run->input_stride;
    if (layer->windows) {
        vk_gather_windows(layer->windows, first, rows, 1, codes, work->windows);
        codes = work->windows;
    } else {
        codes += first * layer->inputs;
    }
    const size_t spikes = VK_NAME(count_spikes)(count, codes);
    input->is_event = input->has_excess = 0;
    if (!layer->panels) VK_NAME(split_block)(work, rows, spikes, codes, input);
    else input->is_event = (float)spikes < layer->event_density * (float)count && VK_NAME(list_block)(work, rows, codes, input);
    if (input->is_event) {
        if (run->event_inputs) *run->event_inputs += (int64_t)spikes;
    } else if (layer->panels) {
        VK_NAME(expand_codes)(count, codes, layer->source->values, layer->source->levels, input->floats);
    } else if (input->digits == 2) {
        for (size_t r = 0; r < rows; r++)
            VK_NAME(spike_digits)(layer->source, layer->inputs, codes + r * layer->inputs, input->bytes + r * work->byte_stride,
                                  input->bytes + (rows + r) * work->byte_stride);
    } else {
        for (int side = 0; side < layer->source->sides; side++)
            VK_NAME(spike_bytes)(layer->source, side, rows, layer->inputs, codes, input->bytes + side * rows * work->byte_stride,
                                 work->byte_stride);
    }
}

// Adds up whole weights where spikes are, for one side.
static void VK_NAME(sum_events)(const layer_work *work, const step_input *input, int side, size_t rows, size_t runs,
                                const int16_t *whole) {
    memset(work->sums, 0, rows * VK_TILE_WIDTH * sizeof *work->sums);
    for (size_t r = 0; r < rows; r++) {
        const uint32_t *starts = input->starts + (side * rows + r) * (work->chunks + 1);
        const uint32_t count = starts[work->chunks] - starts[0];
        if (count > 0)
            whole_row(runs, work->layer->inputs, count, input->indices + starts[0], input->factors + starts[0], whole,
                      work->sums + r * VK_TILE_WIDTH);
    }
}

// The dense product of one byte of each whole number with a tile of integer weights: `part` is the side, or the byte.
static void VK_NAME(multiply_bytes)(const layer_work *work, const step_input *input, size_t rows, size_t column, int panels,
                                    int part, digit_work digits) {
    const vk_layer *layer = work->layer;
    const vk_alphabet *source = layer->source;
    const size_t inputs = layer->inputs, left = layer->outputs - column;
    const size_t width = left < VK_TILE_WIDTH ? left : VK_TILE_WIDTH;
    // Bytes are spike + 128; of two bytes, the upper ones are.
    const int shifted = input->digits == 2 ? part == 1 : source->sides == 1;
    int32_t offsets[2][VK_TILE_WIDTH] = {{0}};
    for (int p = 0; shifted && p < layer->planes; p++)
        for (size_t o = 0; o < width; o++)
            offsets[p][o] = -128 * layer->digit_sums[(size_t)p * layer->outputs + column + o];
    digits.planes = layer->planes;
    digits.groups = (inputs + 3) / 4;
    digits.bytes = input->bytes + part * rows * work->byte_stride;
    digits.stride = work->byte_stride;
    digits.digits = layer->digits + column * ((inputs + 3) / 4 * 4);
    digits.plane = vk_digits_count(inputs, layer->outputs);
    digits.offsets = offsets[0];
    // What a plane's sum may be in size, with another 256 times as large: 128 · 128 · inputs of one byte.
    digits.fits = inputs * source->largest_factor < (1u << 31) / 32768;
    VK_NAME(digit_rows)(&digits, panels, rows);
}

static void VK_NAME(multiply_integers)(const layer_work *work, const step_input *input, size_t rows, size_t column,
                                       int panels, float *out) {
    const vk_layer *layer = work->layer;
    const vk_alphabet *source = layer->source;
    const size_t left = layer->outputs - column, width = left < VK_TILE_WIDTH ? left : VK_TILE_WIDTH;
    const int16_t *whole = layer->whole + column * layer->inputs;
    const size_t runs = (width + VK_WHOLE_WIDTH - 1) / VK_WHOLE_WIDTH;
    if (input->has_excess) VK_NAME(sum_events)(work, input, 0, rows, runs, whole);
    for (int side = 0; side < source->sides; side++) {
        float units[VK_TILE_WIDTH] = {0};
        for (size_t o = 0; o < width; o++) units[o] = layer->scales[column + o] * source->units[side];
        digit_work digits = {.units = units, .subtract = side, .out = out, .width = work->width};
        if (input->is_event) {
            VK_NAME(sum_events)(work, input, side, rows, runs, whole);
            VK_NAME(price_sums)(rows, work->width, work->sums, VK_TILE_WIDTH, units, side, out);
        } else if (input->digits == 2) {
            digits.keep = work->upper;
            VK_NAME(multiply_bytes)(work, input, rows, column, panels, 1, digits);
            digits.keep = 0, digits.upper = work->upper;
            VK_NAME(multiply_bytes)(work, input, rows, column, panels, 0, digits);
        } else {
            digits.extra = input->has_excess ? work->sums : 0, digits.extra_width = VK_TILE_WIDTH;
            VK_NAME(multiply_bytes)(work, input, rows, column, panels, side, digits);
        }
    }
}

static void VK_NAME(multiply_block)(const layer_work *work, int step, size_t rows, size_t column, int panels) {
    const vk_layer *layer = work->layer;
    const step_input *input = &work->steps[step];
    float *out = work->tile + (size_t)step * rows * work->width;
    const float *bias = layer->bias ? layer->bias + column : 0;
    if (layer->panels) {
        const float *weights = layer->panels + column * layer->inputs;
        if (input->is_event)
            VK_NAME(event_rows)(panels, rows, layer->inputs, work->chunks, input->starts, input->indices, input->spikes,
                                weights, out, work->width);
        else
            VK_NAME(gemm)(rows, (size_t)panels * VK_LANES, layer->inputs, input->floats, layer->inputs, weights,
                          layer->source ? 0 : bias, out, work->width);
    } else {
        VK_NAME(multiply_integers)(work, input, rows, column, panels, out);
    }
}

// From the steps' products of spikes to estimates (semantics 5): rate coding divides the running sum, differential coding sums up
// corrections; the bias comes once. `differential` is a constant wherever this is inlined.
VK_INLINE void accumulate_rows(const layer_work *work, const int differential, size_t first, size_t rows, size_t column, size_t width) {
    const vk_layer *layer = work->layer;
    const vk_layer_run *run = work->run;
    const size_t next = rows * work->width;  // from one step to the next
    for (size_t c = 0; c < width; c += VK_LANES) {
        const size_t lanes = width - c < VK_LANES ? width - c : VK_LANES;
        const v16 bias = layer->bias ? load_some(layer->bias + column + c, lanes, 0.0f) : splat(-0.0f);
        for (size_t r = 0; r < rows; r++) {
            float *state = run->sums ? run->sums + (first + r) * layer->outputs + column + c : 0;
            float *at = work->tile + r * work->width + c;
            v16 sum = state ? load_some(state, lanes, 0.0f) : splat(0.0f);
            for (int s = 0; s < run->steps; s++, at += next) {
                const v16 product = load(at), t = splat(work->times[s]), reciprocal = splat(work->reciprocals[s]);
                sum += differential ? quotient16(product, t, reciprocal) : product;
                store(at, (differential ? sum : quotient16(sum, t, reciprocal)) + bias);
            }
            if (state) store_some(state, lanes, sum);
        }
    }
}

// Products of floats are values already, with their bias.
static void VK_NAME(accumulate_block)(const layer_work *work, size_t first, size_t rows, size_t column, size_t width) {
    if (work->layer->source->differential) accumulate_rows(work, 1, first, rows, column, width);
    else accumulate_rows(work, 0, first, rows, column, width);
}

VK_INLINE void copy_row(size_t width, const float *from, float *to) {
    if (width == VK_TILE_WIDTH) memcpy(to, from, VK_TILE_WIDTH * sizeof *to);
    else memcpy(to, from, width * sizeof *to);
}

static void VK_NAME(add_residual)(const layer_work *work, size_t first, size_t rows, size_t column, size_t width) {
    const vk_layer_run *run = work->run;
    if (!run->addend) return;
    for (int s = 0; s < run->steps; s++)
        for (size_t r = 0; r < rows; r++) {
            float *row = work->tile + ((size_t)s * rows + r) * work->width;
            const float *addend = run->addend + (size_t)s * run->addend_stride + (first + r) * work->layer->outputs + column;
            for (size_t c = 0; c < width; c += VK_LANES) {
                const size_t lanes = width - c < VK_LANES ? width - c : VK_LANES;
                store(row + c, load(row + c) + load_some(addend + c, lanes, 0.0f));
            }
        }
}

static void VK_NAME(activate)(const layer_work *work, size_t rows) {
    if (work->layer->activation >= 0)
        VK_NAME(unary)((vk_unary_op)work->layer->activation, (size_t)work->run->steps * rows * work->width, work->tile,
                       work->tile);
}

// The result of a finished tile.
static void VK_NAME(put_block)(const layer_work *work, size_t first, size_t rows, size_t column, size_t width) {
    const vk_layer_run *run = work->run;
    for (int s = 0; run->value && s < run->steps; s++)
        for (size_t r = 0; r < rows; r++)
            copy_row(width, work->tile + ((size_t)s * rows + r) * work->width,
                     run->value + (size_t)s * run->output_stride + (first + r) * work->layer->outputs + column);
}

// Copies rows of a tile to where whole rows of the outputs lie, or from there.
VK_INLINE void put_rows(const layer_work *work, size_t rows, size_t width, const float *from, float *to) {
    for (size_t r = 0; r < rows; r++) copy_row(width, from + r * width, to + r * work->layer->outputs);
}
VK_INLINE void take_rows(const layer_work *work, size_t rows, size_t width, const float *from, float *to) {
    for (size_t r = 0; r < rows; r++) copy_row(width, from + r * work->layer->outputs, to + r * width);
}

// The neurons behind a finished tile. They see a tile as one row, its columns side by side, and so does their state: what a call
// counts it reads out once, however narrow the tile is.
static size_t VK_NAME(fire_block)(const layer_work *work, size_t first, size_t rows, size_t column, size_t width) {
    const vk_layer *layer = work->layer;
    const vk_layer_run *run = work->run;
    const size_t block = rows * width, place = first * layer->outputs + column;
    if (layer->rule)
        return VK_NAME(fire_rows)(layer->rule, run, layer->outputs, place, rows, width, work->tile, work->width, rows * work->width,
                                  work->codes);
    for (size_t r = 1; width < work->width && r < (size_t)run->steps * rows; r++)
        memmove(work->tile + r * width, work->tile + r * work->width, width * sizeof *work->tile);
    if (run->sent) take_rows(work, rows, width, run->sent + place, work->sent);
    const size_t bad = VK_NAME(neuron)(layer->target, run->first_step, run->steps, block, work->tile, block, run->sent ? work->sent : 0, 0,
                                       run->target_codes ? work->codes : 0, 0, run->estimate ? work->tile : 0, block, run->counts);
    if (run->sent) put_rows(work, rows, width, work->sent, run->sent + place);
    for (int s = 0; s < run->steps; s++) {
        const size_t from = (size_t)s * block, to = (size_t)s * run->output_stride + place;
        for (size_t r = 0; run->target_codes && r < rows; r++)
            memcpy(run->target_codes + to + r * layer->outputs, work->codes + from + r * width, width);
        if (run->estimate) put_rows(work, rows, width, work->tile + from, run->estimate + to);
    }
    return bad;
}

// Rows at a time, so that a block's spikes of all steps stay in cache; floats are not expanded, and their blocks as small as their tiles.
VK_INLINE size_t rows_per_block(const vk_layer *layer, int steps) {
    size_t rows = (layer->source ? 192 : 48) / (size_t)steps / 12 * 12;
    return rows < 12 ? 12 : rows;
}

// Where the parts of the scratch memory begin; returns its size in floats.
static size_t VK_NAME(lay_out)(layer_work *work, float *scratch) {
    const vk_layer *layer = work->layer;
    const size_t steps = (size_t)work->run->steps, rows = rows_per_block(layer, work->run->steps);
    const size_t values = rows * layer->inputs + 32;
    const uintptr_t start = rounded_up((uintptr_t)scratch, 64);
    uintptr_t at = start;
#define VK_TAKE(bytes) (at += rounded_up(bytes, 64), at - rounded_up(bytes, 64))
    work->byte_stride = rounded_up(layer->inputs, 64);
    work->chunks = (layer->inputs + VK_CHUNK - 1) / VK_CHUNK;
    work->tile = (float *)VK_TAKE(steps * rows * VK_TILE_WIDTH * sizeof(float));
    work->sums = (int32_t *)VK_TAKE(rows * VK_TILE_WIDTH * sizeof(int32_t));
    work->upper = (double *)VK_TAKE(layer->source && layer->source->digits == 2 ? rows * VK_TILE_WIDTH * sizeof(double) : 0);
    work->codes = (int8_t *)VK_TAKE(steps * rows * VK_TILE_WIDTH);
    work->sent = (float *)VK_TAKE(layer->target ? rows * VK_TILE_WIDTH * sizeof(float) : 0);
    work->times = (float *)VK_TAKE(steps * sizeof(float));
    work->reciprocals = (float *)VK_TAKE(steps * sizeof(float));
    work->windows = (int8_t *)VK_TAKE(layer->windows && layer->source ? rows * layer->inputs : 0);
    work->steps = (step_input *)VK_TAKE(steps * sizeof(step_input));
    for (size_t s = 0; s < steps; s++) {
        step_input input = {0};
        if (layer->source) {
            input.starts = (uint32_t *)VK_TAKE(2 * rows * (work->chunks + 1) * sizeof(uint32_t));
            input.indices = (uint16_t *)VK_TAKE(values * sizeof(uint16_t));
            input.spikes = (float *)VK_TAKE(values * sizeof(float));
            input.floats = input.spikes;
            if (!layer->panels) {
                input.factors = (int16_t *)VK_TAKE(values * sizeof(int16_t));
                input.bytes = (uint8_t *)VK_TAKE(2 * rows * work->byte_stride);
            }
        } else if (layer->windows) {
            input.floats = (float *)VK_TAKE(values * sizeof(float));
        }
        if (scratch) work->steps[s] = input;
    }
#undef VK_TAKE
    return (at - start + 64) / sizeof(float);
}

static size_t VK_NAME(layer)(const vk_layer *layer, const vk_layer_run *run) {
    layer_work work = {.layer = layer, .run = run};
    VK_NAME(lay_out)(&work, run->scratch);
    for (int s = 0; s < run->steps; s++) {
        work.times[s] = (float)(run->first_step + s);
        work.reciprocals[s] = 1.0f / work.times[s];
    }
    size_t bad = 0;
    const size_t block = rows_per_block(layer, run->steps);
    for (size_t first = 0; first < run->rows; first += block) {
        const size_t rows = run->rows - first < block ? run->rows - first : block;
        for (int s = 0; s < run->steps; s++) VK_NAME(read_block)(&work, s, first, rows);
        for (size_t column = 0; column < layer->outputs; column += VK_TILE_WIDTH) {
            const size_t width = layer->outputs - column < VK_TILE_WIDTH ? layer->outputs - column : VK_TILE_WIDTH;
            const int panels = (int)((width + VK_LANES - 1) / VK_LANES);
            work.width = (size_t)panels * VK_LANES;
            for (int s = 0; s < run->steps; s++) VK_NAME(multiply_block)(&work, s, rows, column, panels);
            if (layer->source) VK_NAME(accumulate_block)(&work, first, rows, column, width);
            if (layer->activates_last) VK_NAME(add_residual)(&work, first, rows, column, width);
            VK_NAME(activate)(&work, rows);
            if (!layer->activates_last) VK_NAME(add_residual)(&work, first, rows, column, width);
            VK_NAME(put_block)(&work, first, rows, column, width);
            if (layer->target || layer->rule) bad += VK_NAME(fire_block)(&work, first, rows, column, width);
        }
    }
    return bad;
}
