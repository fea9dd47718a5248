// Where one call of the attention kernel keeps what: offsets into its scratch, in floats, all multiples of 16.
#ifndef VOLLEY_ATTENTION_LAYOUT_H
#define VOLLEY_ATTENTION_LAYOUT_H

#include "volley_kernels.h"

typedef struct {
    size_t block;           // queries that are taken through all time-steps together
    size_t score_row;       // from one query's scores to the next
    size_t step;            // from one time-step's probabilities, estimates or codes of a block to the next
    size_t k_step, v_step;  // from one time-step's packed matrix to the next
    size_t k, v, scores, probabilities, estimates, codes, end;
} vk_attention_layout;

static inline size_t vk_whole_lanes(size_t n) { return (n + VK_LANES - 1) / VK_LANES * VK_LANES; }

// A block has as many rows as whole register tiles of every instruction set, and fewer than an int8 can count.
static inline size_t vk_attention_block(const vk_attention *shape, int steps) {
    const size_t rows = 24, cached = 32768;
    return rows * shape->keys * (size_t)steps <= cached ? rows : rows / 2;
}

static inline vk_attention_layout vk_lay_out_attention(const vk_attention *shape, int steps) {
    const size_t times = (size_t)steps;
    vk_attention_layout l = {.block = vk_attention_block(shape, steps)};
    if (l.block > shape->queries) l.block = shape->queries;
    l.score_row = vk_whole_lanes(shape->keys);
    // The key counters read whole vectors, up to 15 elements past the last row.
    l.step = vk_whole_lanes(l.block * shape->keys) + VK_LANES;
    l.k_step = vk_packed_count(shape->width, shape->keys);
    l.v_step = vk_packed_count(shape->keys, shape->value_width);
    l.v = l.k + times * l.k_step;
    l.scores = l.v + times * l.v_step;
    l.probabilities = l.scores + l.block * l.score_row;
    l.estimates = l.probabilities + times * l.step;
    l.codes = shape->neuron ? l.estimates + times * l.step : l.estimates;
    l.end = shape->neuron ? l.codes + vk_whole_lanes(times * l.step / sizeof(float)) : l.codes;
    return l;
}

#endif
