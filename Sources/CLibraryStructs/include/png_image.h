// The layout of `png_image`, version 1, of libpng's simplified interface.

#pragma once

#include <stdint.h>

typedef struct {
    void *opaque;
    uint32_t version;
    uint32_t width;
    uint32_t height;
    uint32_t format;
    uint32_t flags;
    uint32_t colormap_entries;
    uint32_t warning_or_error;
    char message[64];
} png_image;
