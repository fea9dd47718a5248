// What every machine can run: on x86-64 the compiler's baseline, elsewhere the same source without vector instructions
// asked for. The other tables are tested against this one bit for bit.
#define VK_INSTRUCTION_SET "scalar"
#define VK_NAME(function) function##_scalar
#define VK_TILE_ROWS 4
#define VK_TILE_PANELS 1

#include <string.h>

#include "volley_kernels.h"

#include "lanes.h"
#include "table.h"

size_t vk_layer_scratch(const vk_layer *layer, int steps) {
    const vk_layer_run run = {.steps = steps};
    layer_work work = {.layer = layer, .run = &run};
    return lay_out_scalar(&work, 0);
}

size_t vk_grouped_scratch(const vk_grouped *layer, int steps) {
    const vk_layer_run run = {.steps = steps};
    grouped_work work = {.layer = layer, .run = &run};
    return lay_out_grouped_scalar(&work, 0);
}
