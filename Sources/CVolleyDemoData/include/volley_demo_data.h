// The files of the demo, inside the program: a small trained network with calibration and test images.
#ifndef VOLLEY_DEMO_DATA_H
#define VOLLEY_DEMO_DATA_H

#include <stddef.h>
#include <stdint.h>

typedef struct {
    const char *name;
    const uint8_t *bytes;
    size_t count;
} volley_demo_file;

// The file at `index`; its name is null past the last one.
volley_demo_file volley_demo_file_at(int index);

#endif
