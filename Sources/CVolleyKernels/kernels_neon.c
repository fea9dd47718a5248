#if defined(__aarch64__)
#define VK_INSTRUCTION_SET "NEON"
#define VK_NAME(function) function##_neon
#define VK_TILE_ROWS 6
#define VK_TILE_PANELS 1

#include <string.h>

#include "volley_kernels.h"

#include "lanes.h"
#include "table.h"
#endif
