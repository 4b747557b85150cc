/*
 * Sums of floats in double along d. The compiler would load whole vectors of floats and take them apart, and
 * run out of registers at eight planes, where a load can convert half a vector. AVX-512 only; elsewhere none.
 */
#ifndef KERNELS_ROWS_SUM_FLOATS_H
#define KERNELS_ROWS_SUM_FLOATS_H

#include "kernels/rows/permute.h"

#if CAN_PERMUTE
static inline __m512d doubles_at(const float *from) {
    return _mm512_cvtps_pd(_mm256_loadu_ps(from));
}
#endif

/* out[w] = (onto[w], if any, +) the sum of kd planes, so many bytes from one to the next, of as many of n
 * voxels as whole vectors hold; returns how many. */
static inline __attribute__((always_inline)) int64_t
sum_floats(double *out, const double *onto, const char *base, int64_t step_d, int64_t kd, int64_t n) {
    int64_t w = 0;
#if CAN_PERMUTE
    for (; w + 8 <= n; w += 8) {
        const float *from = (const float *)base + w;
        __m512d total = doubles_at(from);
        for (int64_t d = 1; d < kd; d++)
            total = _mm512_add_pd(total, doubles_at((const float *)((const char *)from + d * step_d)));
        if (onto)
            total = _mm512_add_pd(_mm512_loadu_pd(onto + w), total);
        _mm512_storeu_pd(out + w, total);
    }
#endif
    (void)out, (void)onto, (void)base, (void)step_d, (void)kd, (void)n;
    return w;
}

#endif
