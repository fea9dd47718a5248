// The numeric kernels of Volley: plain loops over arrays of floats, no allocation, no threads, no state.
//
// One table of functions per instruction set, all compiled from the same source (templates/). Every function gives the
// same bits in every table: sums run in a fixed order over 16 lanes, and multiply-adds are fused everywhere.
#ifndef VOLLEY_KERNELS_H
#define VOLLEY_KERNELS_H

#include <stddef.h>
#include <stdint.h>

enum { VK_LANES = 16, VK_MAX_LEVELS = 127, VK_CODES = 256, VK_MAX_DEAD_ZONES = 16, VK_MAX_RANK = 8 };

typedef enum { VK_ADD, VK_SUBTRACT, VK_MULTIPLY, VK_DIVIDE, VK_MAXIMUM, VK_MINIMUM } vk_binary_op;

typedef enum {
    VK_EXP, VK_ERF, VK_TANH, VK_SIGMOID, VK_RELU, VK_GELU, VK_GELU_TANH, VK_QUICK_GELU, VK_SILU, VK_SQRT,
    VK_RELU6, VK_HARD_SWISH
} vk_unary_op;

// What the spikes of a site are worth: all that their readers know of its neurons. A spike is a code, one signed byte; 0 is
// silence.
typedef struct {
    int levels;                  // no code is larger in size
    int differential;            // 1: a spike corrects the estimate by its value / t; 0: the estimate is the mean of the values
    float values[VK_CODES];      // by code, as an unsigned byte; 0 where no such code is sent
    int digits;                  // bytes of the whole numbers that codes stand for: 1 or 2; 0: they stand for none
    int sides;                   // 1 unit for all; 2: of one byte, positive and negative codes in units of their own
    float factors[2][VK_CODES];  // by side and code: whole numbers of up to 128 (one byte) or 32767 (two) in size
    float units[2];              // what 1 is worth; the second side counts against the first
    size_t largest_factor;       // in size
    int byte_level;              // up to this size of a code, one signed byte holds the factors of one unit
} vk_alphabet;

// One side of a ladder whose cut-offs repeat from octave to octave, as the bits of floats. A potential of `lowest` … `highest` in size fires
// level y >> s, whose value, where thresholds repeat too, has the bits (y with its s low bits cleared) + values[level % 16]: here
// y = bits + levels[the upper four bits of the mantissa], and s = 23 − octave_bits.
typedef struct {
    uint32_t lowest, highest;  // the cut-offs of level 1 and of the top level
    uint32_t levels[16], values[16];
} vk_octave;

// A multi-threshold neuron layer, prepared for stepping. Side 0 is positive, side 1 negative; levels ascend by size.
typedef struct {
    int levels;
    float thresholds[2][VK_MAX_LEVELS];  // the value that a spike of this level carries, > 0
    float cutoffs[2][VK_MAX_LEVELS];     // the level fires from this membrane potential on; infinity: never
    float initial_potential;
    int differential;                    // 0: rate coding, 1: differential coding
    int reset_to_zero;                   // 0: by subtraction, 1: to zero (rate coding only)
    int dead_zones;                      // how many of them there are; 0: none
    float dead_zone[VK_MAX_DEAD_ZONES];  // no level fires at step t below t times the t-th of these; the last one holds on
    float least_potential;               // no level fires below it, at no step
    int guess_bits;                      // set by vk_neuron_prepare, with the scales
    float guess_scale[2];                // 0: no guess, cut-offs are tried
    int octave_bits;                     // 2^octave_bits levels to the octave; −1: the cut-offs do not repeat
    int octave_values;                   // whether thresholds do as well
    vk_octave octaves[2];
} vk_neuron;

// Neurons of other families, of rate coding, many at once: what their steps do, bit for bit. What is not named is not used.
typedef enum {
    VK_SIGNED,       // threshold, negative, remembers, most (0: any), amplitude
    VK_HALF_BURSTS,  // threshold of the positive half, negative, most, tolerance
    VK_BURST,        // threshold, most, amplitude
    VK_ADAPTIVE      // threshold, rate, gain, speed, amplitude
} vk_rule_family;

typedef struct {
    vk_rule_family family;
    float threshold, negative;
    float amplitude;  // what code 1 is worth; code k is worth k of it
    float rest;       // the potential before the first time-step
    int remembers, most;
    float tolerance, rate, gain, speed;
} vk_rule;

// Time-steps `first_step` … of neurons that step by a rule, and where their arrays begin. At step s neuron i reads
// input[s · input_stride + i]; input_stride 0: the same input at every step.
typedef struct {
    int first_step, steps;
    size_t neurons;
    const float *input;
    size_t input_stride;
    const float *divisors;  // what each neuron's current is divided by; null: 1
    float *state;  // six words a neuron, [6][state_stride], written at the end and, but at step 1, read; null: from rest, and dropped
    size_t state_stride;
    int8_t *codes;
    size_t code_stride;
    float *estimate;  // null: not wanted
    size_t estimate_stride;
} vk_rule_run;

// The guess. Where cut-offs grow by about the same ratio, the leading bits of potential · guess_scale, as a float, are the
// level or one too low, which one comparison with the cut-offs then settles: the exponent where cut-offs double, and
// `guess_bits` bits behind it where they take 2^guess_bits levels to double. Finds bits and scales and proves them for these
// cut-offs, or leaves the scales 0. Cut-offs are > 0 and ascend. Where cut-offs an octave apart are exact doubles of each other,
// finds and proves the tables that need no guess as well.
void vk_neuron_prepare(vk_neuron *layer);
// Level 1 is guessed from 2^(VK_GUESS_EXPONENT − 127) on.
enum { VK_GUESS_EXPONENT = 97, VK_MAX_GUESS_BITS = 3 };
// A lower bound of the number of cut-offs that a potential of this size reaches, at most one too low.
static inline int vk_neuron_guess(int levels, int bits, float scaled) {
    union { float number; int32_t bits; } as = {scaled};
    const int level = (as.bits >> (23 - bits)) - (VK_GUESS_EXPONENT << bits) + 1;
    return level < 0 ? 0 : level > levels ? levels : level;
}

// One head of attention. Element (t, i, c) of a view, t from 0, lies at start[t · step + i · row + c · column]; column of
// q, v and out is 1, k has either of its strides 1.
typedef struct {
    float *start;
    size_t step, row, column;
} vk_view;

typedef struct {
    size_t queries, keys, width, value_width;
    vk_view q;           // [queries, width]
    vk_view k;           // [keys, width]
    vk_view v;           // [keys, value_width]
    vk_view out;         // [queries, value_width]
    float scale;         // multiplies the scores; 1: none
    const float *mask;   // added to the scaled scores: [queries or 1, keys], or null
    size_t mask_row;     // from one query's row of the mask to the next; 0: all share one
    const vk_neuron *neuron;  // behind the softmax: subtraction or differential; null: none, the ANN
    int graded_mask;          // level p of the neurons is graded where (p − 1) & graded_mask
    int64_t *graded_keys;     // [steps][keys]: adds how many queries sent a graded level, beside emitted_keys; null: not counted
    int8_t *codes;            // what the neurons send, [queries, keys] of each time-step `codes_step` behind the other; null: not kept
    size_t codes_step;
} vk_attention;

// The windows of images [height, width, channels] that a convolution reads. In pairs: along height, along width.
typedef struct {
    size_t channels, height, width;
    size_t kernel[2], stride[2], dilation[2];
    size_t before[2];     // padding above, and to the left
    size_t positions[2];  // windows: OH, OW
} vk_windows;

// A linear layer: y = W·x (+ bias), an activation, a residual, and the neurons behind it, in one pass. A convolution is a linear
// layer whose rows are the windows of images.
typedef struct {
    size_t inputs, outputs;
    const vk_windows *windows; // where the rows are windows; null: they are what is handed in
    const float *panels;       // fp32 weights as vk_pack leaves them, [O/16][I][16]; null: integers
    int planes;                // integers: 1 (8 bits) or 2 (16 bits)
    const int8_t *digits;      // [planes][O/16][I/4][16][4], low digits first, two's complement, zeros past the end
    const int16_t *whole;      // the same weights undivided, [O/64][I][64]
    const float *scales;       // [O]: what one unit of the integers is worth
    const int32_t *digit_sums; // [planes][O]: the sum of the digits of each output
    const float *bias;         // [O, rounded up to 16], or null
    const vk_alphabet *source; // of the spikes that arrive; null: floats arrive, one product for each step
    float event_density;       // a step with fewer spikes per neuron, for each dense product that it would take, is computed event-driven
    int activation;            // a vk_unary_op, or −1
    int activates_last;        // 1: the residual is added before the activation
    const vk_neuron *target;   // the neurons behind, or null
    const vk_rule *rule;       // or neurons that step by a rule, or null
} vk_layer;

// A convolution of channel-last images in groups with as many outputs as inputs, and what follows it, in one pass: an activation, a
// residual, and the neurons behind it. Weights are floats, whatever arrives.
typedef struct {
    vk_windows windows;        // of images [height, width, channels]
    size_t width;              // channels of a group: 1 (a depthwise convolution), 2, 4, or a multiple of 8
    const float *weights;      // [KH · KW][width][channels, rounded up to 16]: output c by input i of its group, zeros past the end
    const float *bias;         // [channels], or null
    const vk_alphabet *source; // of the spikes that arrive; null: floats arrive, one product for each step
    int activation;            // a vk_unary_op, or −1
    int activates_last;        // 1: the residual is added before the activation
    const vk_neuron *target;   // the neurons behind, or null
    const vk_rule *rule;       // or neurons that step by a rule, or null
} vk_grouped;

// What one call of a layer reads and writes; step s of an array lies s · its stride further.
typedef struct {
    size_t rows;
    int first_step, steps;
    const int8_t *codes;       // [rows, inputs] of spikes, or images of them; null where `input` is given
    const float *input;        // likewise
    size_t input_stride;
    const float *addend;       // [rows, outputs] added to the layer's value, or null
    size_t addend_stride;      // 0: the same at every step
    float *sums;               // state [rows, outputs] behind `source`; null: starts at step 1 and is dropped
    float *sent;               // state of `target` [rows, outputs], or null likewise
    float *rule_state;         // of `rule`, [6][rows, outputs], or null likewise
    const float *divisors;     // [outputs]: what currents of `rule` are divided by; null: 1
    float *value;              // [rows, outputs] before the neurons, or null
    int8_t *target_codes;      // as vk_kernels.neuron writes them, or null
    float *estimate;
    size_t output_stride;      // of value, target_codes and estimate
    int64_t *counts;           // of target, [steps][2 · levels]; of rule, [steps][VK_CODES], by code as an unsigned byte
    int64_t *event_inputs;     // adds how many spikes were handled event-driven, or null
    float *scratch;            // as many floats as vk_layer_scratch, or vk_grouped_scratch, says
} vk_layer_run;

// Spikes that are turned back into estimates.
typedef struct {
    const vk_alphabet *source;
    int first_step, steps;
    size_t rows, columns;
    const int8_t *codes;       // element (s, r, c) at codes[s · codes_step + r · codes_row + c]
    size_t codes_row, codes_step;
    float *sent;               // state [rows, columns], as for neuron; null: starts at step 1 and is dropped
    float *estimates;          // [steps, rows, columns]
    int counts_rows;
    int32_t *emitted, *known;  // by step and column, or row: adds how many sent a spike, and have an estimate that is not
                               // zero; or both null
    int graded_mask;           // level p is graded where (p − 1) & graded_mask
    int32_t *graded;           // likewise, beside emitted: adds how many sent a graded level; or null
} vk_decoding;

// What one window of a pooling covers along an axis.
typedef struct {
    size_t first, taps;   // the first position inside the input, and how many there are
    float divisor;        // of a mean
} vk_pool_window;

typedef struct {
    const char *name;

    // c[m × n] = a[m × k] · b[k × n] (+ bias[n] where it is not null). b is packed by vk_pack.
    void (*gemm)(size_t m, size_t n, size_t k, const float *a, size_t lda, const float *packed, const float *bias,
                 float *c, size_t ldc);

    // out[i] = a[i·stride_a] op b[i·stride_b], strides 0 or 1.
    void (*binary)(vk_binary_op op, size_t n, const float *a, int stride_a, const float *b, int stride_b, float *out);
    void (*unary)(vk_unary_op op, size_t n, const float *in, float *out);

    // Row by row over `rows` rows of n elements.
    void (*softmax)(size_t rows, size_t n, const float *in, float *out);
    void (*layer_norm)(size_t rows, size_t n, float epsilon, const float *gamma, const float *beta, const float *in,
                       float *out);
    void (*sum_rows)(size_t rows, size_t n, const float *in, float *out);

    // out[o, w, i] of [outer, count, inner]: the largest value of in[o, p, i] of [outer, length, inner] over the positions p that window w
    // covers, `dilation` apart, the lowest number for none and NaN if one is; or their sum over the window's divisor.
    void (*pool)(int is_mean, size_t outer, size_t length, size_t inner, size_t dilation, size_t count,
                 const vk_pool_window *windows, const float *in, float *out);

    // Time-steps `first_step` … `first_step + steps − 1` of n neurons. At step s (from 0) neuron i reads
    // input[s · input_stride + i]; input_stride 0: the same input at every step. `sent` is the state (rate: the sum of
    // emitted values; differential: the estimate); null: the layer starts at rest, at step 1, and its state is dropped.
    // `baseline` is null unless reset_to_zero. Each of the outputs may be null; step s is written at s · out_stride:
    // the signed level of the spike (0: none; ±1 … ±levels, 1 the smallest), its value, the new estimate.
    // Adds to counts[steps][2 · levels] (positive levels, then negative), returns how many membrane potentials were not
    // finite.
    size_t (*neuron)(const vk_neuron *layer, int first_step, int steps, size_t n, const float *input,
                     size_t input_stride, float *sent, float *baseline, int8_t *codes, float *emitted, float *estimate,
                     size_t out_stride, int64_t *counts);

    // Runs neurons by a rule; returns how many membrane potentials were not finite.
    size_t (*rule)(const vk_rule *rule, const vk_rule_run *run);

    // softmax(scale · q·kᵀ + mask)·v of one head for `steps` time-steps, blocked over queries so that scores stay in
    // cache. `sent` is the neurons' state [queries][keys], as for neuron; `scratch` holds vk_attention_scratch(shape,
    // steps) floats. Adds to counts[steps][2 · levels] the spikes of the neurons behind the softmax and, where not
    // null, to emitted_keys and sent_keys [steps][keys] how many queries sent a spike, or have an estimate that is not
    // zero, for each key. Returns how many membrane potentials were not finite. Without neurons all four are null.
    size_t (*attention)(const vk_attention *shape, int first_step, int steps, float *sent, float *scratch,
                        int64_t *counts, int64_t *emitted_keys, int64_t *sent_keys);

    // Computes a layer; returns how many membrane potentials of the neurons behind it were not finite. Event-driven and
    // dense products give the same bits.
    size_t (*layer)(const vk_layer *layer, const vk_layer_run *run);

    // Computes a grouped convolution likewise. Rows are windows, [images, OH, OW], of images of spikes or floats
    // [images, H, W, channels], one step of them `input_stride` behind the other.
    size_t (*grouped)(const vk_grouped *layer, const vk_layer_run *run);

    // The estimates behind spikes, the same bits that `neuron` gave for them.
    void (*decode)(const vk_decoding *work);

    // How many elements differ from zero: in all, per column, per row (added to counts).
    size_t (*count_nonzero)(size_t n, const float *in);
    void (*count_nonzero_columns)(size_t rows, size_t n, const float *in, int64_t *counts);
    void (*count_nonzero_rows)(size_t rows, size_t n, const float *in, int64_t *counts);
    void (*count_codes_columns)(size_t rows, size_t n, const int8_t *in, int64_t *counts);
    void (*count_codes_rows)(size_t rows, size_t n, const int8_t *in, int64_t *counts);

    // How often a code stands in an array.
    size_t (*count_equal)(size_t n, const int8_t *in, int8_t code);

    int (*all_finite)(size_t n, const float *in);
} vk_kernels;

// The table for the widest instruction set of this machine.
const vk_kernels *vk_best(void);
// The table at `index` of those that run on this machine (index 0: scalar), or null past the last one.
const vk_kernels *vk_available(int index);

// The number of floats that vk_pack writes for a k × n matrix.
size_t vk_packed_count(size_t k, size_t n);
// The number of floats that the attention kernel needs as scratch.
size_t vk_attention_scratch(const vk_attention *shape, int steps);
// Packs the k × n matrix whose element (i, j) is at b[i·stride_k + j·stride_n] into panels of 16 columns,
// [n/16][k][16], the last one filled up with zeros.
void vk_pack(size_t k, size_t n, const float *b, size_t stride_k, size_t stride_n, float *packed);

// The number of floats that `layer` needs as scratch memory.
size_t vk_layer_scratch(const vk_layer *layer, int steps);
// The number of floats that `grouped` needs as scratch memory.
size_t vk_grouped_scratch(const vk_grouped *layer, int steps);
// The number of bytes of `digits` (for one plane) and of elements of `whole`.
size_t vk_digits_count(size_t inputs, size_t outputs);
size_t vk_whole_count(size_t inputs, size_t outputs);
// Rounds W [outputs, inputs] to integers of 8 (planes 1) or 16 bits per output channel; sums[planes][outputs] receives the
// sum of the digits of each.
void vk_quantize(size_t inputs, size_t outputs, const float *weights, int planes, int8_t *digits, int16_t *whole,
                 float *scales, int32_t *sums);

// Writes windows `first` to `first + rows − 1` of images [images, height, width, channels], whose elements have `size` bytes, as rows
// [rows, KH, KW, channels]; zeros outside the image. Windows are counted along the width, the height, and then the images.
void vk_gather_windows(const vk_windows *shape, size_t first, size_t rows, size_t size, const void *images, void *windows);

// Copies a strided view (element (i, j, …) at in[offset + Σ i·strides]) to a contiguous array. Stride 0 repeats.
void vk_copy_strided(int rank, const size_t *lengths, const ptrdiff_t *strides, const float *in, float *out);

// Adds how often each code stands there to counts[VK_CODES], by code as an unsigned byte; 0 is not counted.
void vk_count_codes(size_t n, const int8_t *in, int64_t *counts);
// Adds to counts[rows] how many spikes a row of n codes holds; spikes[VK_CODES] says how many a code is, by code as an unsigned
// byte; null: as many as it says.
void vk_count_spikes_rows(size_t rows, size_t n, const int8_t *in, const uint8_t *spikes, int64_t *counts);

#endif
