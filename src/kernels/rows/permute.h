/*
 * Voxels picked along w out of two vectors of a row at a time, where outputs lie close: the compiler would
 * load them one by one. AVX-512 only; elsewhere CAN_PERMUTE is 0 and nothing here is called.
 */
#ifndef KERNELS_ROWS_PERMUTE_H
#define KERNELS_ROWS_PERMUTE_H

#include "kernels/rows/prologue.h"

#if defined(__AVX512BW__) && defined(__AVX512DQ__) && defined(__AVX512VL__) && defined(__BMI2__)
#include <immintrin.h>
#define CAN_PERMUTE 1

enum { VECTOR_BYTES = 64 };

/* Whether the taps of any group of so many outputs lie within two vectors. */
static inline bool groups_fit(const strip *s, int64_t outputs, int64_t bytes) {
    return (outputs - 1) * s->step_most + s->taps_most <= 2 * VECTOR_BYTES / bytes;
}

/* A bit for each of the first n of 64. */
static inline uint64_t first_bits(int64_t n) {
    return _bzhi_u64(UINT64_MAX, (unsigned)(n < 0 ? 0 : n > 64 ? 64 : n));
}

/* A vector of which so many bytes may be read; zeros behind them. */
static inline __m512i load_part(const void *from, int64_t bytes) {
    return _mm512_maskz_loadu_epi8(first_bits(bytes), from);
}

static inline void store_part(void *to, __m256i v, int64_t bytes) {
    if (bytes >= 32)
        _mm256_storeu_si256(to, v);
    else
        _mm256_mask_storeu_epi8(to, (__mmask32)first_bits(bytes), v);
}

/* What a group of outputs picks from: two vectors of the row, from voxel `from` on. */
typedef struct near_row {
    __m512i low, high;
    int32_t from;
} near_row;

/* From the group's first tap on, or as much before it as the row ends too soon: a load of a part would have
 * to wait until the row, which was stored just now, has left for the caches. */
static inline near_row load_near(const void *row, const strip *s, int64_t o, int64_t bytes) {
    const int32_t voxels = 2 * VECTOR_BYTES / (int32_t)bytes, end = s->last[s->outputs - 1] + 1;
    if (end < voxels)
        return (near_row){load_part(row, end * bytes),
                          load_part((const char *)row + VECTOR_BYTES, end * bytes - VECTOR_BYTES), 0};
    const int32_t from = s->first[o] < end - voxels ? s->first[o] : end - voxels;
    const char *here = (const char *)row + from * bytes;
    return (near_row){_mm512_loadu_si512(here), _mm512_loadu_si512(here + VECTOR_BYTES), from};
}

/* Distances in voxels from row.from to the taps of 16 outputs, of which so many are there. */
static inline __m512i distances(const int32_t *tap, near_row row, int64_t outputs) {
    const __m512i taps = outputs < 16 ? _mm512_maskz_loadu_epi32((__mmask16)first_bits(outputs), tap)
                                      : _mm512_loadu_si512(tap);
    return _mm512_sub_epi32(taps, _mm512_set1_epi32(row.from));
}

/* The voxels at those distances: 16 of 16 bits, 8 of 32 or 4 of 64. */
static inline __m256i near_16_bits(near_row row, __m512i at) {
    const __m512i words = _mm512_castsi256_si512(_mm512_cvtepi32_epi16(at));
    return _mm512_castsi512_si256(_mm512_permutex2var_epi16(row.low, words, row.high));
}

static inline __m256i near_32_bits(near_row row, __m512i at) {
    return _mm512_castsi512_si256(_mm512_permutex2var_epi32(row.low, at, row.high));
}

static inline __m256i near_64_bits(near_row row, __m512i at) {
    const __m512i wide = _mm512_cvtepi32_epi64(_mm512_castsi512_si256(at));
    return _mm512_castsi512_si256(_mm512_permutex2var_epi64(row.low, wide, row.high));
}

/* 32 bytes, 16 each of two vectors of distances: the pairs that they are in, then the half of each. */
static inline __m256i near_8_bits(near_row row, __m512i at_low, __m512i at_high) {
    const __m512i at = _mm512_inserti64x4(_mm512_castsi256_si512(_mm512_cvtepi32_epi16(at_low)),
                                          _mm512_cvtepi32_epi16(at_high), 1);
    const __m512i pair = _mm512_permutex2var_epi16(row.low, _mm512_srli_epi16(at, 1), row.high);
    const __m512i odd = _mm512_slli_epi16(_mm512_and_si512(at, _mm512_set1_epi16(1)), 3);
    return _mm512_cvtepi16_epi8(_mm512_srlv_epi16(pair, odd));
}
#else
#define CAN_PERMUTE 0
#endif

#endif
