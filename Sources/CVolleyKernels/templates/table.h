// The table of one instruction set. Include after VK_NAME, VK_TILE_ROWS and VK_TILE_PANELS are defined and the target is set.
#include "functions.h"
#include "gemm.h"
#include "maps.h"
#include "counts.h"
#include "pooling.h"
#include "neuron.h"
#include "rules.h"
#include "spikes.h"
#include "decode.h"
#include "events.h"
#include "integers.h"
#include "layer.h"
#include "grouped.h"
#include "attention.h"

const vk_kernels VK_NAME(vk_table) = {
    .name = VK_INSTRUCTION_SET,
    .gemm = VK_NAME(gemm),
    .binary = VK_NAME(binary),
    .unary = VK_NAME(unary),
    .softmax = VK_NAME(softmax),
    .layer_norm = VK_NAME(layer_norm),
    .sum_rows = VK_NAME(sum_rows),
    .pool = VK_NAME(pool),
    .neuron = VK_NAME(neuron),
    .rule = VK_NAME(rule),
    .layer = VK_NAME(layer),
    .grouped = VK_NAME(grouped),
    .decode = VK_NAME(decode),
    .attention = VK_NAME(attention),
    .count_nonzero = VK_NAME(count_nonzero),
    .count_nonzero_columns = VK_NAME(count_nonzero_columns),
    .count_nonzero_rows = VK_NAME(count_nonzero_rows),
    .count_codes_columns = VK_NAME(count_codes_columns),
    .count_codes_rows = VK_NAME(count_codes_rows),
    .count_equal = VK_NAME(count_equal),
    .all_finite = VK_NAME(all_finite),
};
