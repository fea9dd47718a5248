#include "volley_kernels.h"

extern const vk_kernels vk_table_scalar;

#if defined(__x86_64__)
#include <cpuid.h>

extern const vk_kernels vk_table_avx2;
extern const vk_kernels vk_table_avx512;
extern const vk_kernels vk_table_vnni;

// How many of the tables run here. Both the processor and the operating system must support the registers.
static int supported_tables(void) {
    unsigned a, b, c, d;
    if (!__get_cpuid(1, &a, &b, &c, &d)) return 1;
    const unsigned fma = 1u << 12, osxsave = 1u << 27, avx = 1u << 28;
    if ((c & (fma | osxsave | avx)) != (fma | osxsave | avx)) return 1;
    unsigned low, high;
    __asm__ volatile("xgetbv" : "=a"(low), "=d"(high) : "c"(0));
    if ((low & 0x6) != 0x6) return 1;
    if (!__get_cpuid_count(7, 0, &a, &b, &c, &d) || !(b & (1u << 5))) return 1;
    const unsigned avx512 = 1u << 16 | 1u << 17 | 1u << 30 | 1u << 31;  // F, DQ, BW, VL
    if ((b & avx512) != avx512 || (low & 0xe0) != 0xe0) return 2;
    return c & (1u << 11) ? 4 : 3;
}

const vk_kernels *vk_available(int index) {
    const vk_kernels *const tables[] = {&vk_table_scalar, &vk_table_avx2, &vk_table_avx512, &vk_table_vnni};
    return index < supported_tables() ? tables[index] : 0;
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
