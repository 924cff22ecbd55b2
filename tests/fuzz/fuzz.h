/* SPDX-License-Identifier: MIT */
#pragma once

/* The entrance of a fuzz target, as libFuzzer knows it; fuzz-main.c calls it without libFuzzer. */

#include <stddef.h>
#include <stdint.h>

int LLVMFuzzerTestOneInput (const uint8_t *data, size_t size);
