#if defined(__x86_64__)
#define VK_INSTRUCTION_SET "AVX2"
#define VK_NAME(function) function##_avx2
#define VK_TILE_ROWS 6
#define VK_TILE_PANELS 1

#include <string.h>

#include "volley_kernels.h"

#pragma clang attribute push(__attribute__((target("avx2,fma"))), apply_to = function)
#include "lanes.h"
#include "table.h"
#pragma clang attribute pop
#endif
