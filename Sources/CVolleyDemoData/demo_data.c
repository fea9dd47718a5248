#include "volley_demo_data.h"

#pragma clang diagnostic ignored "-Wc23-extensions"

static const uint8_t config[] = {
#embed "data/config.json"
};
static const uint8_t model[] = {
#embed "data/model.safetensors"
};
static const uint8_t calibration[] = {
#embed "data/calibration.npz"
};
static const uint8_t test[] = {
#embed "data/test.npz"
};

static const volley_demo_file files[] = {
    {"config.json", config, sizeof config},
    {"model.safetensors", model, sizeof model},
    {"calibration.npz", calibration, sizeof calibration},
    {"test.npz", test, sizeof test},
};

volley_demo_file volley_demo_file_at(int index) {
    const int count = sizeof files / sizeof files[0];
    return index >= 0 && index < count ? files[index] : (volley_demo_file){0, 0, 0};
}
