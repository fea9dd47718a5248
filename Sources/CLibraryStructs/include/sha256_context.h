// Memory for the state of a SHA-256 that a system library computes. Nothing here looks inside: libcrypto's SHA256_CTX takes 112 bytes,
// CommonCrypto's CC_SHA256_CTX 104, both made of 32-bit numbers.

#pragma once

#include <stdint.h>

typedef struct {
    uint64_t memory[16];
} sha256_context;
