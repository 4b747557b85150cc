/*
 * Cubic B-splines along one axis (SEMANTICS: cubic): coordinates, the four weights, and the prefilter's
 * entries, in double, from global sizes and indices only. An axis is a band, prefilter and weights in one
 * table; or, where that takes fewer operations, a filter in blocks and then four weights. All functions are
 * local.
 */
#ifndef GEOMETRY_SPLINE_H
#define GEOMETRY_SPLINE_H

#include <stdbool.h>

#include "base/box.h"
#include "base/status.h"

enum {
    SPLINE_TAPS = 4,
    SPLINE_BLOCK = 32 /* voxels that the filter makes at a time, from a multiple of it on */
};

/* The pole of the prefilter. */
#define SPLINE_POLE (-0.267949192431122706472553658494127633)

/* (1-z)/(1+z): what the filter leaves out, and the weights after it hold. */
double spline_gain(void);

/* The voxel at or below output i's coordinate, -1 .. in-1; never falls as i rises. */
int64_t spline_knot(bool align, int64_t in, int64_t out, int64_t i);

/* The same, with the weights of coefficients knot-1 .. knot+2. */
int64_t spline_weights(bool align, int64_t in, int64_t out, int64_t i, double weight[SPLINE_TAPS]);

/* Whether an axis is copied: it keeps its size, and the spline meets its voxels. */
bool spline_copies(int64_t in, int64_t out);

/* Whether an axis that is not copied is filtered, where a plane's axes h and w are concerned. */
bool spline_filters(int64_t in, int64_t out);

/* Voxels beyond the four taps, or beyond the block, that count. wide: float64 volumes. */
int spline_reach(bool filter, bool wide);

/* The whole blocks that hold some voxels, which are not none, of an axis. */
range spline_blocks(int64_t in, range voxels);

/* What entries of the prefilter are made from. */
typedef struct spline_table {
    int64_t in;
    double power[64]; /* of the pole */
    double *dense;    /* [column][row] of short axes, else NULL */
} spline_table;

/* Bytes that spline_table_init allocates. */
int64_t spline_table_bytes(int64_t in);

/* VXS_IO when memory is short; the table may be freed then. */
vxs_status spline_table_init(spline_table *table, int64_t in);
void spline_table_free(spline_table *table);

/* The weights of voxels first..last for output i. */
void spline_band(const spline_table *table, bool align, int64_t out, int64_t i, int64_t first, int64_t last,
                 double *weight);

#endif
