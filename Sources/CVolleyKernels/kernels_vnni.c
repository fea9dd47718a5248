#if defined(__x86_64__)
#define VK_INSTRUCTION_SET "AVX-512 VNNI"
#define VK_NAME(function) function##_vnni
#define VK_TILE_ROWS 12
#define VK_TILE_PANELS 2
#define VK_AVX512
#define VK_VNNI
#define VK_NEURON_TABLES "neuron_avx512.h"

#include <immintrin.h>
#include <string.h>

#include "volley_kernels.h"

#pragma clang attribute push(__attribute__((target("avx512f,avx512bw,avx512dq,avx512vl,avx512vnni,avx2,fma"))), apply_to = function)
#include "lanes.h"
#include "table.h"
#pragma clang attribute pop
#endif
