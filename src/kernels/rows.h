/*
 * What the engine does to rows, for every dtype, behind tables of functions: all bodies are instantiated in
 * rows.c, which can be built once per instruction set. Rows are runs of voxels along w; n of them at a time;
 * strides in elements, steps in bytes. No function allocates or keeps state.
 */
#ifndef KERNELS_ROWS_H
#define KERNELS_ROWS_H

#include <stdint.h>

#include <voxslab/voxslab.h>

/* Where a run of outputs along w finds its taps in a row that starts at the first output's first tap. */
typedef struct strip {
    int64_t outputs;
    int64_t step;        /* first[o] == o*step for all outputs, or 0 */
    int64_t taps;        /* last[o] - first[o] + 1 where it is the same for all outputs, else 0 */
    int64_t pair, pairs; /* twice as many: outputs pair + 2*j and the next read taps first[pair] + j on */
    const int32_t *first, *last; /* last inclusive */
    const void *lower, *upper;   /* weights of a blend, in the accumulator's type */
} strip;

/* What sums and blends are kept in, and how they become values. */
typedef enum accumulator {
    ACC_FLOAT,
    ACC_DOUBLE,
    ACC_INT32_SMALL, /* int32, |sum| and count below 2^22: a float quotient rounds as the exact one does */
    ACC_INT32,
    ACC_INT64,       /* |sum| below 2^52: a double quotient rounds as the exact one does */
    ACC_INT64_LARGE, /* integer division */
    ACC_INT128,      /* integer division */
    ACCUMULATORS
} accumulator;

/* out[w] = a*weight[0] + b*weight[1], in float for float32, else in double */
typedef void blend2_fn(void *out, const void *a, const void *b, int64_t stride, const double weight[2],
                       int64_t n);
/* The same along d for rows (d0,h0), (d1,h0) and (d0,h1), (d1,h1), then along h. */
typedef void blend4_fn(void *out, const void *const rows[4], int64_t stride, const double weight_d[2],
                       const double weight_h[2], int64_t n);
/* out[w] = a[w], in the accumulator's type */
typedef void widen_fn(void *out, const void *a, int64_t stride, int64_t n);
/* out[w] = sums over kd voxels, then over kh of those sums */
typedef void sum_fn(void *out, const void *base, int64_t stride, int64_t step_d, int64_t step_h, int64_t kd,
                    int64_t kh, int64_t n);
/* *total += row[0] + row[1] + ..., one after the other */
typedef void reduce_fn(void *total, const void *row, int64_t n);
/* Along w: dst[o] from the row's taps; rows = how many voxels each of the row's sums already holds. */
typedef void finish_fn(void *dst, const void *row, const strip *s, int64_t rows);
/* dst[o] = the voxel first[o] of src: bytes of one size, or by value */
typedef void pick_fn(void *dst, const void *src, int64_t stride, const strip *s);
/* dst[o * stride] = src[o], bytes */
typedef void scatter_fn(void *dst, const void *src, int64_t stride, int64_t n);
/* dst[i] = src[i] by value, rounded half to even and saturated, NaN -> 0 */
typedef void convert_fn(void *dst, const void *src, int64_t n);

/* Values on their way from one dtype to another are held in one of these, which lose nothing. */
typedef enum medium { MEDIUM_INT64, MEDIUM_UINT64, MEDIUM_DOUBLE, MEDIA } medium;

typedef struct row_functions {
    blend2_fn *blend2[VXS_DTYPES];
    blend4_fn *blend4[VXS_DTYPES];
    widen_fn *widen[VXS_DTYPES];
    finish_fn *finish_blend[ACCUMULATORS][VXS_DTYPES]; /* ACC_FLOAT, ACC_DOUBLE: linear along w */
    convert_fn *finish_same[ACCUMULATORS][VXS_DTYPES]; /* the same where w does not change size */
    sum_fn *sum[ACCUMULATORS][VXS_DTYPES];             /* by source dtype */
    reduce_fn *reduce[ACCUMULATORS];
    finish_fn *finish_area[ACCUMULATORS][VXS_DTYPES];
    pick_fn *pick_bytes[9];           /* by element size */
    scatter_fn *scatter[9];           /* by element size */
    pick_fn *pick_values[VXS_DTYPES]; /* into the dtype's medium */
    medium medium_of[VXS_DTYPES];
    convert_fn *convert[MEDIA][VXS_DTYPES];
} row_functions;

/* The functions of the instruction set in use. */
const row_functions *row_functions_get(void);

#endif
