// The numeric kernels of Volley: plain loops over arrays of floats, no allocation, no threads, no state.
//
// One table of functions per instruction set, all compiled from the same source (templates/). Every function gives the
// same bits in every table: sums run in a fixed order over 16 lanes, and multiply-adds are fused everywhere.
#ifndef VOLLEY_KERNELS_H
#define VOLLEY_KERNELS_H

#include <stddef.h>
#include <stdint.h>

enum { VK_LANES = 16, VK_MAX_LEVELS = 24, VK_MAX_RANK = 8 };

typedef enum { VK_ADD, VK_SUBTRACT, VK_MULTIPLY, VK_DIVIDE, VK_MAXIMUM, VK_MINIMUM } vk_binary_op;

typedef enum {
    VK_EXP, VK_ERF, VK_TANH, VK_SIGMOID, VK_RELU, VK_GELU, VK_GELU_TANH, VK_QUICK_GELU, VK_SILU, VK_SQRT
} vk_unary_op;

// A multi-threshold neuron layer, prepared for stepping. Side 0 is positive, side 1 negative; levels ascend by size.
typedef struct {
    int levels;
    float thresholds[2][VK_MAX_LEVELS];  // the value that a spike of this level carries, > 0
    float cutoffs[2][VK_MAX_LEVELS];     // the level fires from this membrane potential on; infinity: never
    float initial_potential;
    int differential;                    // 0: rate coding, 1: differential coding
    int reset_to_zero;                   // 0: by subtraction, 1: to zero (rate coding only)
} vk_neuron;

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

    // One time-step of n neurons. `sent` is the state (rate: the sum of emitted values; differential: the estimate);
    // `baseline` is null unless reset_to_zero. Writes the emitted values and the new estimates, adds to
    // counts[2 · levels] (positive levels, then negative), returns how many membrane potentials were not finite.
    size_t (*neuron)(const vk_neuron *layer, int step, size_t n, const float *input, float *sent, float *baseline,
                     float *emitted, float *estimate, int64_t *counts);

    // How many elements differ from zero: in all, per column, per row (added to counts).
    size_t (*count_nonzero)(size_t n, const float *in);
    void (*count_nonzero_columns)(size_t rows, size_t n, const float *in, int64_t *counts);
    void (*count_nonzero_rows)(size_t rows, size_t n, const float *in, int64_t *counts);

    int (*all_finite)(size_t n, const float *in);
} vk_kernels;

// The table for the widest instruction set of this machine.
const vk_kernels *vk_best(void);
// The table at `index` of those that run on this machine (index 0: scalar), or null past the last one.
const vk_kernels *vk_available(int index);

// The number of floats that vk_pack writes for a k × n matrix.
size_t vk_packed_count(size_t k, size_t n);
// Packs the k × n matrix whose element (i, j) is at b[i·stride_k + j·stride_n] into panels of 16 columns,
// [n/16][k][16], the last one filled up with zeros.
void vk_pack(size_t k, size_t n, const float *b, size_t stride_k, size_t stride_n, float *packed);

// Copies a strided view (element (i, j, …) at in[offset + Σ i·strides]) to a contiguous array. Stride 0 repeats.
void vk_copy_strided(int rank, const size_t *lengths, const ptrdiff_t *strides, const float *in, float *out);

#endif
