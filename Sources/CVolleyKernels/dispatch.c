#include "volley_kernels.h"

extern const vk_kernels vk_table_scalar;

#if defined(__x86_64__)
#include <cpuid.h>

extern const vk_kernels vk_table_avx2;
extern const vk_kernels vk_table_avx512;

// Both the processor and the operating system must support the registers.
static int supported_width(void) {
    unsigned a, b, c, d;
    if (!__get_cpuid(1, &a, &b, &c, &d)) return 0;
    const unsigned fma = 1u << 12, osxsave = 1u << 27, avx = 1u << 28;
    if ((c & (fma | osxsave | avx)) != (fma | osxsave | avx)) return 0;
    unsigned low, high;
    __asm__ volatile("xgetbv" : "=a"(low), "=d"(high) : "c"(0));
    if ((low & 0x6) != 0x6) return 0;
    if (!__get_cpuid_count(7, 0, &a, &b, &c, &d) || !(b & (1u << 5))) return 0;
    const unsigned avx512 = 1u << 16 | 1u << 17 | 1u << 30 | 1u << 31;  // F, DQ, BW, VL
    return (b & avx512) == avx512 && (low & 0xe0) == 0xe0 ? 512 : 256;
}

const vk_kernels *vk_available(int index) {
    int width = supported_width();
    if (index == 0) return &vk_table_scalar;
    if (index == 1 && width >= 256) return &vk_table_avx2;
    if (index == 2 && width >= 512) return &vk_table_avx512;
    return 0;
}
#elif defined(__aarch64__)
extern const vk_kernels vk_table_neon;

const vk_kernels *vk_available(int index) {
    return index == 0 ? &vk_table_scalar : index == 1 ? &vk_table_neon : 0;
}
#else
const vk_kernels *vk_available(int index) { return index == 0 ? &vk_table_scalar : 0; }
#endif

const vk_kernels *vk_best(void) {
    int last = 0;
    while (vk_available(last + 1)) last++;
    return vk_available(last);
}
