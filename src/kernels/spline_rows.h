/*
 * What the cubic kernel does to tiles: rows of TILE_WIDTH doubles, one after the other, 64-byte aligned. What
 * is summed runs across rows; the columns are independent, and vectors hold columns. Every operation on a
 * value is the same in every instruction set.
 */
#ifndef KERNELS_SPLINE_ROWS_H
#define KERNELS_SPLINE_ROWS_H

#include <stdbool.h>
#include <stdint.h>

enum { TILE_WIDTH = 64 };

/* Weighted sums of rows: output o, row o*out_step of out, adds rows start[o] - origin, ... of in in their
 * order. */
typedef struct row_sums {
    const int64_t *start, *last; /* last: inclusive, or NULL for taps rows each */
    const double *weight;        /* [outputs][taps] */
    int64_t taps, origin, outputs;
    int64_t out_step; /* in rows */
    int64_t width;    /* columns, of TILE_WIDTH; those beyond may be computed too */
    bool stream;      /* of voxels: they would not stay in the caches, and need not go through them */
} row_sums;

typedef void row_sums_fn(double *out, const double *in, const row_sums *sums);

/* The same sums as float32 voxels: exactly width columns of every row, rows step voxels apart. */
typedef void row_sums_float_fn(float *out, int64_t step, const double *in, const row_sums *sums);

/*
 * The prefilter without its gain: coefficients of count rows of in, which has on each side as many more as
 * the filter reaches. between: count + SPLINE_BETWEEN rows of scratch. q, wide: as geometry/spline.h.
 */
typedef void row_filter_fn(double *out, double *between, const double *in, int64_t count, const double *q,
                           bool wide, int64_t width);
enum { SPLINE_BETWEEN = 38 };

/* out[c][r] = in[r][c] of so many rows and columns of in; up to seven more of either may be written. */
typedef void tile_transpose_fn(double *out, const double *in, int64_t rows, int64_t columns);

typedef struct spline_functions {
    row_sums_fn *sums;
    row_sums_float_fn *sums_float;
    row_filter_fn *filter;
    tile_transpose_fn *transpose;
} spline_functions;

#endif
