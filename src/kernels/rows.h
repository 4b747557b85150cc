/*
 * What the engine does to rows, for every dtype, behind tables of functions: all bodies are instantiated in
 * rows/, which is built once per instruction set. Rows are runs of voxels along w; n of them at a time;
 * strides in elements, steps in bytes. No function allocates or keeps state.
 */
#ifndef KERNELS_ROWS_H
#define KERNELS_ROWS_H

#include <stdbool.h>
#include <stdint.h>

#include <voxslab/voxslab.h>

/* Picking out of whole cache lines of a row: a load that lies across two would wait for both. */
enum { PICK_LINE = 64, LINE_PICKS = 32 };
typedef struct line_picks {
    int64_t lines;         /* 0: not to be picked so */
    int64_t before;        /* voxels between the first line's begin and the row's first tap */
    const int32_t *output; /* [lines] each one's first output */
    const uint8_t *at;     /* [lines][LINE_PICKS] the places of its outputs' voxels within the line */
} line_picks;

enum { STRIP_GROUP = 64 };

/* Where a run of outputs along w finds its taps in a row that starts at the first output's first tap. */
typedef struct strip {
    int64_t outputs;
    int64_t step; /* first[o] == o*step for all outputs, or 0 */
    int64_t taps; /* last[o] - first[o] + 1 where it is the same for all outputs, else 0 */
    int64_t taps_least, taps_most, step_most; /* of last[o] - first[o] + 1 and of first[o + 1] - first[o] */
    int64_t pair, pairs; /* twice as many: outputs pair + 2*j and the next read taps first[pair] + j on */
    const int32_t *first, *last; /* last inclusive; zeros behind them to a multiple of STRIP_GROUP */
    const void *lower, *upper;   /* weights of a blend, in the accumulator's type */
    line_picks picks;            /* of nearest, see worker_plan_picks */
} strip;

/* What sums and blends are kept in, and how they become values. */
typedef enum accumulator {
    ACC_FLOAT,
    ACC_DOUBLE,
    ACC_UINT16,      /* rows of uint16, sums along w as ACC_INT32_SMALL: uint8 */
    ACC_INT16,       /* the same for int8 */
    ACC_INT32_SMALL, /* int32, |sum| and count below 2^22: a float quotient rounds as the exact one does */
    ACC_INT32,
    ACC_INT64,       /* |sum| below 2^52: a double quotient rounds as the exact one does */
    ACC_INT64_LARGE, /* integer division */
    ACC_INT128,      /* integer division */
    ACCUMULATORS
} accumulator;

/* out[w] = a*weight[0] + b*weight[1], in the accumulator's type */
typedef void blend2_fn(void *out, const void *a, const void *b, int64_t stride, const double weight[2],
                       int64_t n);
/* out[w] = upper[w]*h[0] + (a*d[0] + b*d[1])*h[1]: two rows along d, then onto one that is along h */
typedef void blend_onto_fn(void *out, const void *upper, const void *a, const void *b, int64_t stride,
                           const double d[2], const double h[2], int64_t n);
/* out[w] = a[w], in the accumulator's type */
typedef void widen_fn(void *out, const void *a, int64_t stride, int64_t n);
/* The source rows of a row of windows: planes * lines of them. */
typedef struct window_lines {
    int64_t stride;         /* elements, along w */
    int64_t step_d, step_h; /* bytes */
    int64_t planes, lines;
    int64_t ahead;      /* bytes from a line to the one to ask for meanwhile; 0: none */
    int64_t ahead_from; /* the first plane of which it is asked for */
} window_lines;

/* out[w] = sums over the planes, then over the lines of those sums; out[n] = 0. first: the first line's sums
 * along d, or NULL; keep: where the last line's go, or NULL */
typedef void sum_fn(void *out, const void *first, void *keep, const void *base, const window_lines *lines,
                    int64_t n);
/* *total += row[0] + row[1] + ..., one after the other */
typedef void reduce_fn(void *total, const void *row, int64_t n);
/* Source of a row to come, which is asked for while outputs are made along w: that reads nothing else from
 * memory. An equal share for each output. */
enum { EARLY_RUNS = 8, EARLY_SHIFT = 16 };
typedef struct early_lines {
    int64_t runs, lines; /* of cache lines of each run; no runs: nothing is asked for */
    int64_t share;       /* of an output, of a run's lines, times 2^EARLY_SHIFT */
    const char *run[EARLY_RUNS];
} early_lines;
/* Along w: dst[o] from the row's taps; rows = how many voxels each of the row's sums already holds. */
typedef void finish_fn(void *dst, const void *row, const strip *s, int64_t rows, const early_lines *early);
/* dst[o] = the voxel first[o] of src: bytes of one size, or by value */
typedef void pick_fn(void *dst, const void *src, int64_t stride, const strip *s);

/* Rows of a plane that are picked one after the other. */
typedef struct pick_block {
    const char *plane;                /* source row 0, at the strip's first tap */
    const int64_t *first;             /* [rows] source rows of the outputs */
    int64_t rows, src_step, dst_step; /* steps in bytes, between source rows and outputs' rows */
    int64_t ahead;                    /* rows to ask for early; 0: none */
    char *dst;
    char *scratch; /* where rows wait to be written past the caches, then they follow each other; else NULL */
} pick_block;
/* By strip.picks, which has two lines or more, of bytes of one size. scratch: room for a row and PICK_SLACK
 * bytes. */
enum { PICK_SLACK = 3 * PICK_LINE };
typedef void pick_rows_fn(const pick_block *b, const strip *s);
/* dst[o * stride] = src[o], bytes */
typedef void scatter_fn(void *dst, const void *src, int64_t stride, int64_t n);
/* dst[i] = src[i] by value, rounded half to even and saturated, NaN -> 0 */
typedef void convert_fn(void *dst, const void *src, int64_t n);

/* Values on their way from one dtype to another are held in one of these, which lose nothing. */
typedef enum medium { MEDIUM_INT64, MEDIUM_UINT64, MEDIUM_DOUBLE, MEDIA } medium;

/* Rows of outputs of one plane, one after the other, each of a few source rows, which are contiguous. */
typedef struct halve_block {
    const char *src;            /* the first output's first voxel */
    int64_t step_d, step_h;     /* bytes to its second plane and to its second line */
    int planes, lines;          /* 1 or 2 */
    int64_t rows, outputs;      /* outputs of a row */
    int64_t src_step, dst_step; /* bytes from row to row */
    bool along;                 /* source rows one after the other, as memory likes to be read */
} halve_block;
/* dst[o] = of voxels 2o and 2o+1 of planes*lines source rows, for every row */
typedef void halve_fn(void *dst, const halve_block *b);

/* Linear in one accumulator: the rows by source dtype, the ends by target dtype. */
typedef struct blend_functions {
    blend2_fn *two[VXS_DTYPES];
    blend_onto_fn *onto[VXS_DTYPES];
    widen_fn *widen[VXS_DTYPES];
    finish_fn *finish[VXS_DTYPES];       /* linear along w */
    convert_fn *finish_same[VXS_DTYPES]; /* where w does not change size */
} blend_functions;

/* Area in one accumulator. */
typedef struct area_functions {
    sum_fn *sum[VXS_DTYPES]; /* by source dtype */
    reduce_fn *reduce;
    finish_fn *finish[VXS_DTYPES]; /* by target dtype */
} area_functions;

/* From a dtype to itself, by one half along w; NULL where there is none. */
typedef struct halve_functions {
    halve_fn *mean[VXS_DTYPES];  /* area */
    halve_fn *blend[VXS_DTYPES]; /* linear, of floats */
} halve_functions;

typedef struct pick_functions {
    pick_fn *bytes[9];           /* by element size */
    pick_rows_fn *rows[9];       /* the same by strip.picks; NULL where there is none */
    scatter_fn *scatter[9];      /* by element size */
    pick_fn *values[VXS_DTYPES]; /* into the dtype's medium */
    medium medium_of[VXS_DTYPES];
    convert_fn *convert[MEDIA][VXS_DTYPES];
} pick_functions;

typedef struct row_functions {
    const blend_functions *blend[ACCUMULATORS]; /* ACC_FLOAT, ACC_DOUBLE */
    const area_functions *area[ACCUMULATORS];   /* all but ACC_FLOAT */
    const halve_functions *halve;
    const pick_functions *pick;
    const struct point_functions *points;  /* points.h */
    const struct label_functions *label;   /* label_rows.h */
    const struct spline_functions *spline; /* spline_rows.h */
    /* A memcpy that leaves the caches alone; seen by other threads after stream_end. */
    void (*stream_copy)(void *dst, const void *src, int64_t bytes);
    void (*stream_end)(void);
} row_functions;

#endif
