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
