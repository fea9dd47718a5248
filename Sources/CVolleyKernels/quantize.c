#include <math.h>
#include <string.h>

#include "volley_kernels.h"

size_t vk_digits_count(size_t inputs, size_t outputs) {
    return (outputs + VK_LANES - 1) / VK_LANES * VK_LANES * ((inputs + 3) / 4 * 4);
}

size_t vk_whole_count(size_t inputs, size_t outputs) { return (outputs + 63) / 64 * 64 * inputs; }

void vk_quantize(size_t inputs, size_t outputs, const float *weights, int planes, int8_t *digits, int16_t *whole,
                 float *scales, int32_t *sums) {
    const size_t plane = vk_digits_count(inputs, outputs), groups = (inputs + 3) / 4;
    const float largest = planes == 1 ? 127.0f : 32639.0f;  // both digits of the largest stay within −128 … 127
    memset(digits, 0, plane * (size_t)planes);
    memset(whole, 0, vk_whole_count(inputs, outputs) * sizeof *whole);
    for (size_t o = 0; o < outputs; o++) {
        const float *row = weights + o * inputs;
        float top = 0.0f;
        for (size_t i = 0; i < inputs; i++) top = fmaxf(top, fabsf(row[i]));
        scales[o] = top / largest;
        int8_t *panel = digits + o / VK_LANES * groups * 4 * VK_LANES + o % VK_LANES * 4;
        for (int p = 0; p < planes; p++) sums[(size_t)p * outputs + o] = 0;
        for (size_t i = 0; i < inputs; i++) {
            float scaled = top > 0.0f ? row[i] / top * largest : 0.0f;
            int rest = (int)rintf(fmaxf(-largest, fminf(largest, scaled)));
            whole[o / 64 * 64 * inputs + i * 64 + o % 64] = (int16_t)rest;
            for (int p = 0; p < planes; p++) {
                int digit = p + 1 == planes ? rest : (int)(int8_t)(rest & 255);
                panel[(size_t)p * plane + i / 4 * 4 * VK_LANES + i % 4] = (int8_t)digit;
                sums[(size_t)p * outputs + o] += digit;
                rest = (rest - digit) / 256;
            }
        }
    }
}
