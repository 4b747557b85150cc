/*
 * float32 by one half, 16 outputs at a time: the compiler would write a row joined along d and h to memory
 * before it takes neighbours out of it. X_many_T writes as many outputs as it can, from the first on, and
 * returns how many; the loop in halve_floats.inc does the others. AVX-512 only; elsewhere none.
 */
#ifndef KERNELS_ROWS_HALVE_VECTORS_H
#define KERNELS_ROWS_HALVE_VECTORS_H

#include "kernels/rows/sum_floats.h"

#if CAN_PERMUTE
/* Sums along d, then h, of 8 voxels along w. first: those along d of the upper line, or NULL. */
static inline __attribute__((always_inline)) __m512d sums_at(const float *const row[4], const double *first,
                                                             int64_t w, bool planes, bool lines) {
    __m512d upper = first ? _mm512_loadu_pd(first + w) : doubles_at(row[0] + w);
    if (planes && !first)
        upper = _mm512_add_pd(upper, doubles_at(row[1] + w));
    if (!lines)
        return upper;
    __m512d lower = doubles_at(row[2] + w);
    if (planes)
        lower = _mm512_add_pd(lower, doubles_at(row[3] + w));
    return _mm512_add_pd(upper, lower);
}

static inline __attribute__((always_inline)) __m256 mean_of_8(const float *const row[4], const double *first,
                                                              int64_t w, bool planes, bool lines) {
    const __m512i even = _mm512_setr_epi64(0, 2, 4, 6, 8, 10, 12, 14), odd = _mm512_set1_epi64(1);
    const __m512d low = sums_at(row, first, w, planes, lines),
                  high = sums_at(row, first, w + 8, planes, lines);
    const __m512d sum = _mm512_add_pd(_mm512_permutex2var_pd(low, even, high),
                                      _mm512_permutex2var_pd(low, _mm512_or_si512(even, odd), high));
    return _mm512_cvtpd_ps(_mm512_mul_pd(sum, _mm512_set1_pd(0.5 / ((1 + planes) * (1 + lines)))));
}

static inline __attribute__((always_inline)) __m512 mean_of_16(const float *const row[4], const double *first,
                                                               int64_t w, bool planes, bool lines) {
    const __m256 low = mean_of_8(row, first, w, planes, lines),
                 high = mean_of_8(row, first, w + 16, planes, lines);
    return _mm512_insertf32x8(_mm512_castps256_ps512(low), high, 1);
}

static inline __m512 middle_of(__m512 a, __m512 b) {
    const __m512 half = _mm512_set1_ps(0.5F);
    return _mm512_add_ps(_mm512_mul_ps(a, half), _mm512_mul_ps(b, half));
}

/* 16 voxels along w, joined along d, then h. */
static inline __attribute__((always_inline)) __m512 middles_at(const float *const row[4], const float *first,
                                                               int64_t w, bool planes, bool lines) {
    __m512 upper = _mm512_loadu_ps(first ? first + w : row[0] + w);
    if (planes && !first)
        upper = middle_of(upper, _mm512_loadu_ps(row[1] + w));
    if (!lines)
        return upper;
    __m512 lower = _mm512_loadu_ps(row[2] + w);
    if (planes)
        lower = middle_of(lower, _mm512_loadu_ps(row[3] + w));
    return middle_of(upper, lower);
}

static inline __attribute__((always_inline)) __m512
middle_of_16(const float *const row[4], const float *first, int64_t w, bool planes, bool lines) {
    const __m512i even = _mm512_setr_epi32(0, 2, 4, 6, 8, 10, 12, 14, 16, 18, 20, 22, 24, 26, 28, 30);
    const __m512 low = middles_at(row, first, w, planes, lines),
                 high = middles_at(row, first, w + 16, planes, lines);
    return middle_of(_mm512_permutex2var_ps(low, even, high),
                     _mm512_permutex2var_ps(low, _mm512_or_si512(even, _mm512_set1_epi32(1)), high));
}

static inline __m512 with_one_nan(__m512 v) {
    return _mm512_mask_mov_ps(v, _mm512_cmp_ps_mask(v, v, _CMP_UNORD_Q), _mm512_set1_ps(NAN));
}

#define MANY_OF(name, wide)                                                                                  \
    static inline __attribute__((always_inline)) int64_t name##_many_VXS_FLOAT32(                            \
        float *out, const float *const row[4], const wide *first, bool planes, bool lines, int64_t n) {      \
        int64_t o = 0;                                                                                       \
        for (; o + 16 <= n; o += 16)                                                                         \
            _mm512_storeu_ps(out + o, with_one_nan(name##_of_16(row, first, 2 * o, planes, lines)));         \
        return o;                                                                                            \
    }
MANY_OF(mean, double)
MANY_OF(middle, float)
#undef MANY_OF
#else
#define mean_many_VXS_FLOAT32(out, row, first, planes, lines, n)   0
#define middle_many_VXS_FLOAT32(out, row, first, planes, lines, n) 0
#endif
#define mean_many_VXS_FLOAT64(out, row, first, planes, lines, n)   0
#define middle_many_VXS_FLOAT64(out, row, first, planes, lines, n) 0

#endif
