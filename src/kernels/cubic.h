/*
 * The separable engine for cubic splines, whose outputs need dozens of voxels along each axis. Works in
 * tiles: a few output planes, as many rows and columns as keep their source in the caches; each computed
 * whole along d, then w, then h, so that rows become columns and back before h grows. What tiles share of
 * their sources they compute twice. Private to kernels/.
 */
#ifndef KERNELS_CUBIC_H
#define KERNELS_CUBIC_H

#include "geometry/spline.h"
#include "kernels/resample.h"
#include "kernels/spline_rows.h"

/* Whether an axis is cubic: all of them are, or are copied. */
bool cubic_is_needed(const axis_map axis[3]);

/* Scratch of one thread: from the sizes of the axes alone. */
int64_t cubic_scratch_bytes(const axis_map axis[3]);

/* As resample_kernel_run. */
void cubic_run(const resample_kernel *kernel, const box_view *src, const box_view *dst);

/* The most that a tile holds, from the sizes of the axes alone. Rows are of TILE_WIDTH doubles. */
typedef struct cubic_sizes {
    int64_t planes;               /* outputs along d */
    int64_t plane_rows;           /* source planes that these need, and what is mirrored at either end */
    int64_t h_most, w_most;       /* outputs along h and w */
    int64_t columns, out_columns; /* tiles of TILE_WIDTH source and output columns side by side */
    int64_t slot_rows;            /* of one output plane and tile of columns, before h */
    int64_t line_rows;            /* along w, with what is mirrored at either end */
    int64_t filter_rows;          /* the most of these that are filtered */
} cubic_sizes;

cubic_sizes cubic_sizes_of(const axis_map axis[3]);

/* What is computed, the same for all threads. */
typedef struct cubic_job {
    const resample_kernel *kernel;
    const struct row_functions *rows;
    const box_view *src, *dst;
    int64_t src_bytes, dst_bytes; /* of an element */
    bool stream;                  /* the output is too large to stay in the caches */
    double factors[SPLINE_FACTORS];
    cubic_sizes sizes;
} cubic_job;

/* One thread's buffers. */
typedef struct cubic_worker {
    const cubic_job *job;
    double *planes;                 /* [plane_rows]: a row of every source plane */
    double *line;                   /* [line_rows]: columns of TILE_WIDTH rows */
    double *between, *coefficients; /* [filter_rows + SPLINE_BETWEEN], [filter_rows] */
    double *sums;                   /* [TILE_WIDTH] */
    double *slots;                  /* [planes][columns][slot_rows], after d */
    double *wide;                   /* [out_columns][slot_rows], after w, of one plane */
    void *out_row;                  /* TILE_WIDTH outputs */
} cubic_worker;

void cubic_worker_init(cubic_worker *k, const cubic_job *j, void *scratch);

/* Compute one tile of outputs: n and c of one index, planes, h_most and w_most at the most. */
void cubic_tile(cubic_worker *k, const box *outputs);

#endif
