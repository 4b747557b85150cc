/*
 * What the cubic kernel does to tiles: rows of TILE_WIDTH doubles, one after the other, 64-byte aligned. What
 * is summed runs across rows; the columns are independent, and vectors hold columns. Every operation on a
 * value is the same in every instruction set.
 */
#ifndef KERNELS_SPLINE_ROWS_H
#define KERNELS_SPLINE_ROWS_H

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
} row_sums;

typedef void row_sums_fn(double *out, const double *in, const row_sums *sums);

/*
 * The prefilter of one block, count rows of in, which has reach more on each side:
 *   up(k) = in(k) + z*up(k-1) from row -reach, down(k) = in(k) + z*down(k+1) from row count-1+reach
 *   out(k) = up(k) + z*down(k+1)
 */
typedef void row_filter_fn(double *out, const double *in, int64_t count, int64_t reach, double z,
                           int64_t width);

/* out[c][r] = in[r][c] of TILE_WIDTH rows and columns */
typedef void tile_transpose_fn(double *out, const double *in);

typedef struct spline_functions {
    row_sums_fn *sums;
    row_filter_fn *filter;
    tile_transpose_fn *transpose;
} spline_functions;

#endif
