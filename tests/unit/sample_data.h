/* Volumes for kernel tests: contents are a function of the index, comparisons know NaN. */
#ifndef UNIT_SAMPLE_DATA_H
#define UNIT_SAMPLE_DATA_H

#include <math.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#include "base/dtype.h"

static inline uint64_t sample_bits(uint64_t k) {
    uint64_t z = k + UINT64_C(0x9E3779B97F4A7C15);
    z = (z ^ (z >> 30)) * UINT64_C(0xBF58476D1CE4E5B9);
    z = (z ^ (z >> 27)) * UINT64_C(0x94D049BB133111EB);
    return z ^ (z >> 31);
}

/* Uniform in [low, high] */
static inline int64_t sample_between(uint64_t *seed, int64_t low, int64_t high) {
    return low + (int64_t)(sample_bits((*seed)++) % (uint64_t)(high - low + 1));
}

/* Voxel k: any bits for integers, with extremes; floats of many sizes, and with special also NaN, Inf, -0. */
static inline void sample_store(void *data, vxs_dtype dtype, int64_t k, bool special) {
    uint64_t bits = sample_bits((uint64_t)k * 77 + dtype);
    char *to = (char *)data + k * (int64_t)dtype_bytes(dtype);
    double real = ((double)(int64_t)(bits >> 8) - 0x1p55) * 0x1p-55 * (bits & 7 ? 300 : 5e9);
    if (special && bits % 5 == 0) {
        static const double odd[] = {NAN, INFINITY, -INFINITY, -0.0, 2.5, -0.5, 1e-310, 3e38};
        real = odd[(bits >> 8) % 8];
    }
    float narrow = (float)real;
    uint8_t truth = bits & 1;
    if (dtype_class_of(dtype) == DTYPE_I && bits % 16 == 0)
        bits = bits & 16 ? UINT64_MAX : (uint64_t)1 << (8 * dtype_bytes(dtype) - 1);
    const void *from = dtype == VXS_FLOAT64   ? (const void *)&real
                       : dtype == VXS_FLOAT32 ? (const void *)&narrow
                       : dtype == VXS_BOOL    ? (const void *)&truth
                                              : (const void *)&bits;
    memcpy(to, from, dtype_bytes(dtype)); /* little-endian: the low bytes */
}

/* The first of n voxels that differ, or -1. A NaN equals a NaN when nan_alike. */
static inline int64_t sample_difference(const void *a, const void *b, vxs_dtype dtype, int64_t n,
                                        bool nan_alike) {
    size_t bytes = dtype_bytes(dtype);
    for (int64_t k = 0; k < n; k++) {
        const char *x = (const char *)a + k * (int64_t)bytes, *y = (const char *)b + k * (int64_t)bytes;
        if (memcmp(x, y, bytes) == 0)
            continue;
        bool both_nan = dtype == VXS_FLOAT32   ? isnan(*(const float *)x) && isnan(*(const float *)y)
                        : dtype == VXS_FLOAT64 ? isnan(*(const double *)x) && isnan(*(const double *)y)
                                               : false;
        if (!(nan_alike && both_nan))
            return k;
    }
    return -1;
}

#endif
