/*
 * The separable engine for cubic splines, whose outputs need dozens of voxels along each axis. Works in
 * tiles: a few output planes, as many rows and columns as keep their source in the caches; each computed
 * whole along d, then h, then w. What tiles share of their sources they compute twice. Private to kernels/.
 */
#ifndef KERNELS_CUBIC_H
#define KERNELS_CUBIC_H

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
    int64_t planes;         /* outputs along d */
    int64_t plane_rows;     /* source planes that these need */
    int64_t h_most, w_most; /* outputs along h and w */
    int64_t columns;        /* tiles of TILE_WIDTH columns side by side */
    int64_t slot_rows;      /* of one output plane and tile of columns, before h */
    int64_t line_rows;      /* along w, with what is mirrored at either end */
} cubic_sizes;

cubic_sizes cubic_sizes_of(const axis_map axis[3]);

/* What is computed, the same for all threads. */
typedef struct cubic_job {
    const resample_kernel *kernel;
    const struct row_functions *rows;
    const box_view *src, *dst;
    int64_t src_bytes, dst_bytes; /* of an element */
    cubic_sizes sizes;
} cubic_job;

/* One thread's buffers. */
typedef struct cubic_worker {
    const cubic_job *job;
    double *planes;        /* [plane_rows]: a row of every source plane */
    double *slots;         /* [planes*columns + 1][slot_rows], the last one to be swapped in */
    double *rows, *line;   /* [TILE_WIDTH], [line_rows]: along w, before and after they change places */
    double *coefficients;  /* [line_rows] */
    double *sums, *turned; /* [TILE_WIDTH] */
    void *out_row;         /* TILE_WIDTH outputs */
    double **slot;         /* [planes*columns + 1] */
} cubic_worker;

void cubic_worker_init(cubic_worker *k, const cubic_job *j, void *scratch);

/* Compute one tile of outputs: n and c of one index, planes, h_most and w_most at the most. */
void cubic_tile(cubic_worker *k, const box *outputs);

#endif
