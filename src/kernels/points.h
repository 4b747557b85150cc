/*
 * A tile of points on their way from coordinates to values, and what is done to it, behind a table of
 * functions: all bodies are instantiated in rows/points.c, which is built once per instruction set. No
 * function allocates or keeps state. Private to kernels/.
 *
 * "real" is the type of coordinates: float for float32 grids, else double. "Blend" is what values are blended
 * in: float for float32 volumes, else double.
 */
#ifndef KERNELS_POINTS_H
#define KERNELS_POINTS_H

#include "kernels/sample.h"

enum { POINTS = 256 /* of a tile: with their weights they stay next to the core */, WINDOW_POINTS = 16 };

enum { POINT_EDGE = 1, POINT_OUTSIDE = 2 };

/* Along a row of outputs an axis of an affine map is (start + step*w) + shift. Rows often share them. */
typedef struct point_row {
    double start;
    int64_t w, count; /* count 0: none */
} point_row;

/* Rows of POINTS; those of type double hold floats where real or blend are float. */
typedef struct points {
    const struct point_functions *functions;
    point_row row[3]; /* an affine map's rows that u, weight, index and axis_flag hold */
    int stale;        /* bits of axes that are still to be placed */
    int w_flags;      /* points_place_w: axis_flag of all points, or'ed */
    int64_t count;
    int flags;       /* of all points, or'ed */
    bool u_is_left;  /* u has not been found: points_locate does */
    bool exact_only; /* an axis too long for the fast rules: every point goes by point_locate */
    _Alignas(64) double u[3][POINTS]; /* real: coordinates in voxels, d, h, w, before padding */
    /* blend: of the taps index and index+1. An edge point has taps out of bounds: their weight is 0 here,
     * and the remaining one sits on a voxel in bounds. */
    _Alignas(64) double weight[3][2][POINTS];
    _Alignas(64) int32_t index[3][POINTS]; /* global, within [0, max(0, n-2)] (nearest: n-1) */
    _Alignas(64) int32_t axis_flag[3][POINTS], flag[POINTS]; /* flag: of any axis */
    /* Of rows: what each WINDOW_POINTS of them read along w, from the box's first voxel on */
    struct {
        int64_t first, voxels;
    } window[POINTS / WINDOW_POINTS];
    int64_t widest;                      /* of the windows, in voxels */
    bool one_form;                       /* windows are full of points, have the same lanes and float weights,
                                            and are two registers of floats wide */
    int64_t ahead_bytes;                 /* of rows: to the source rows that come next; 0: not known */
    _Alignas(64) int32_t lane[POINTS];   /* of rows: the lower tap, from its window's first voxel on */
    _Alignas(64) int64_t offset[POINTS]; /* from the source view's first voxel, in elements; 0 if outside */
} points;

/* One axis of the input, as placing needs it. */
typedef struct point_axis {
    int64_t size;
    vxs_padding padding;
} point_axis;

/* One axis of one point to the letter, for the points that the fast rules leave over. */
typedef struct point_taps {
    bool nowhere;     /* too far for a tap in bounds */
    int64_t first;    /* the lower tap of two */
    double weight[2]; /* real */
    int64_t nearest;
} point_taps;

/* The source of a channel: the voxel where.begin, strides, and the box itself for bounds. */
typedef struct point_source {
    const void *data;
    int64_t stride[3], up[3];  /* elements; up: to the upper tap, 0 where the box has one voxel */
    int64_t begin[3], held[3]; /* of the box, global; voxels */
    int64_t size[3];           /* of the whole volume */
    bool far;                  /* not in the caches: ask for rows ahead of their use */
    bool small;                /* all offsets, and products on the way to them, fit 32 bits */
    bool blend_fill;           /* taps out of bounds count as fill */
    double fill;
} point_source;

/* The place along one axis that the points of a row share. An edge's weights are those of points.weight. */
typedef struct point_place {
    int64_t index;
    double weight[2];
    int flag;
} point_place;

/* The products (x*y)*z of a row, of WINDOW_POINTS points at a time: by number of the tap, 4d + 2h + w. */
typedef float row_products[POINTS / WINDOW_POINTS][8][WINDOW_POINTS];

/* Rows of outputs along w. */
enum { ROWS_AT_ONCE = 16 };
typedef struct point_rows {
    int64_t count;
    int64_t
        origin[ROWS_AT_ONCE]; /* the first held voxel of its source rows: elements from the source's data */
    void *out[ROWS_AT_ONCE];  /* of the blend's type */
    const point_place *place[ROWS_AT_ONCE][2]; /* along d, h */
    row_products *products[ROWS_AT_ONCE];      /* float alone, 64-byte aligned; NULL: not at hand */
} point_rows;

/* u from a run of grid points, steps in elements */
typedef void grid_row_fn(points *p, const void *grid, int64_t step_w, int64_t step_c, const int64_t size[3]);
/* u[i] = (start + step*(w + i)) + shift */
typedef void affine_row_fn(double *u, double start, double step, double shift, int64_t w, int64_t count);
/* to[i] = the displacements component c of a run of field voxels, as double */
typedef void widen_row_fn(double *to, const void *field, int64_t step, int64_t n);
/* axis_flag, index and weight of one axis */
typedef void place_fn(points *p, int axis, const point_axis *a);
/* offset from index and flag */
typedef void offsets_fn(points *p, const point_source *src);
/* All up to here at once, from a run of x, y, z of a float32 grid on a float32 volume that is small and has
 * at least 2 voxels along each axis: weight, flag and flags, offset. Not u and index. */
typedef void grid_place_fn(points *p, const void *grid, vxs_padding padding, const point_source *src);
/* window and lane from index */
typedef void windows_fn(points *p, const point_source *src);
/* out[i] = the blend of 8 taps, for all points */
typedef void blend_points_fn(void *out, const points *p, const point_source *src);
/* Whether a point at an edge got a NaN */
typedef bool odd_points_fn(const void *row, const points *p);
/* The same for rows of outputs, all between the same source rows unless said otherwise; whether any value is
 * NaN, which is ONE_NAN then. w is contiguous, of at least two held voxels */
typedef bool blend_rows_fn(const point_rows *rows, const points *p, const point_source *src);
/* The products of p's points, in a row that has that place along d, h */
typedef void row_products_fn(row_products *to, const points *p, const point_place place[2]);
/* The same for point i to the letter; taps of its axes d, h, w */
typedef void blend_exact_fn(void *out, int64_t i, const point_taps taps[3], const point_source *src);
/* out[i] = the voxel at offset, bytes */
typedef void pick_points_fn(void *out, const points *p, const void *src);
typedef point_taps locate_fn(const void *u, int64_t i, const point_axis *a);

typedef struct point_functions {
    grid_row_fn *grid[2]; /* by grid dtype: float32, float64 */
    affine_row_fn *affine;
    widen_row_fn *widen[2];       /* by field dtype */
    place_fn *place_linear[2][2]; /* by real, blend: float, double */
    place_fn *place_nearest[2];   /* by real */
    locate_fn *locate[2];         /* by real */
    offsets_fn *offsets;
    grid_place_fn *grid_place;             /* NULL: the instruction set has none */
    blend_points_fn *blend[VXS_DTYPES];    /* by source dtype */
    blend_rows_fn *blend_rows[VXS_DTYPES]; /* NULL: none */
    blend_rows_fn *blend_alike;            /* of float32, rows of which the products are at hand */
    blend_rows_fn *blend_apart;            /* the same, each between source rows of its own; p is one_form */
    row_products_fn *products;
    windows_fn *windows;   /* NULL where there are no blend_rows */
    odd_points_fn *odd[2]; /* by blend */
    blend_exact_fn *exact[VXS_DTYPES];
    pick_points_fn *pick[9]; /* by element size */
} point_functions;

/* ---- sample_points.c ---- */

/* Coordinates of the output voxels (n, d, h, w) on, p->count of them along w; at in axes N, C, D, H, W. */
void points_locate(points *p, const sample_kernel *kernel, const int64_t at[AXES]);

/* points_locate, points_place and the offsets at once, where there is a way; false: none, nothing was done.
 */
bool points_place_grid(points *p, const sample_kernel *kernel, const int64_t at[AXES],
                       const point_source *src);

/* flag, index and weight from u. */
void points_place(points *p, const sample_kernel *kernel);

/* Whether no axis is too long for the fast rules. */
bool points_are_fast(const sample_kernel *kernel);

/* ---- rows of outputs that share d and h: linear, fast rules ---- */

bool points_share_rows(const sample_kernel *kernel);

/* u of one axis: the first point's alone of d and h. */
void points_locate_axis(points *p, const sample_kernel *kernel, int axis, const int64_t at[AXES]);

/* The place of d or h, which has been located. */
point_place points_place_shared(const points *p, const sample_kernel *kernel, int axis);

/* index, weight, axis_flag and windows of w, which has been located. */
void points_place_w(points *p, const sample_kernel *kernel, const point_source *src);

/* flag and flags, from those of w and of d and h together. */
void points_join_flags(points *p, int of_row);

/* One axis of point i to the letter. */
point_taps point_locate(const points *p, const sample_kernel *kernel, int axis, int64_t i);

/* The voxels that point i needs. */
sample_taps point_taps_of(const points *p, const sample_kernel *kernel, int64_t i);

#endif
