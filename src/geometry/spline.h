/*
 * Cubic B-splines along one axis (SEMANTICS: cubic): coordinates, the four weights, and the prefilter's
 * entries, in double, from global sizes and indices only. An axis is a band, prefilter and weights in one
 * table; or, where that takes fewer operations, a filter and then four weights. All functions are local.
 *
 * The filter, a geometric series in either direction, is a product: of T(m) = 1 + q(m)*(E^m + E^-m), where
 * E is a step of one voxel and q(m) = z^m/(1+z^2m), and of the gain. float64 volumes take T(1), T(2), T(4),
 * T(8) and T(16), others T(1)*T(2)*(T(4)*T(8) + T(16)-1): 4e-11 of the greatest voxel less exact, but 12
 * voxels less on either side.
 */
#ifndef GEOMETRY_SPLINE_H
#define GEOMETRY_SPLINE_H

#include <stdbool.h>

#include "base/box.h"
#include "base/status.h"

enum {
    SPLINE_TAPS = 4,
    SPLINE_FACTORS = 5 /* of 1, 2, 4, 8 and 16 voxels */
};

/* The pole of the prefilter. */
#define SPLINE_POLE (-0.267949192431122706472553658494127633)

/* (1-z)/(1+z): what the filter leaves out, and the weights after it hold. */
double spline_gain(void);

/* q(1), q(2), q(4), q(8), q(16). */
void spline_factors(double q[SPLINE_FACTORS]);

/* The voxel at or below output i's coordinate, -1 .. in-1; never falls as i rises. */
int64_t spline_knot(bool align, int64_t in, int64_t out, int64_t i);

/* The same, with the weights of coefficients knot-1 .. knot+2. */
int64_t spline_weights(bool align, int64_t in, int64_t out, int64_t i, double weight[SPLINE_TAPS]);

/* Whether an axis is copied: it keeps its size, and the spline meets its voxels. */
bool spline_copies(int64_t in, int64_t out);

/* Whether an axis that is not copied is filtered. */
bool spline_filters(int64_t in, int64_t out);

/* Voxels beyond the four taps that count. wide: float64 volumes. */
int spline_reach(bool filter, bool wide);

/* The voxel that index i of the line mirrored about its outer faces stands for, again and again. */
int64_t spline_mirrored(int64_t i, int64_t n);

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
