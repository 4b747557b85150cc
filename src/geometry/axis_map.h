/*
 * Tap tables: per axis, from an output index to the input voxels that make it and their weights. Built from
 * global sizes and global indices only, so that a slab computes what the whole volume would. The same table
 * gives the halo, the memory plan and the kernels' loops. The formulas are SEMANTICS: nearest, linear, area
 * as PyTorch's nearest-exact, trilinear and adaptive average pooling. All functions are local.
 */
#ifndef GEOMETRY_AXIS_MAP_H
#define GEOMETRY_AXIS_MAP_H

#include <stdbool.h>

#include "base/box.h"
#include "base/dtype.h"

typedef enum tap_kind {
    TAP_COPY,     /* one tap, weight 1: nearest; linear on an axis with in == out; area with whole out/in */
    TAP_WEIGHTED, /* a fixed number of weighted taps: linear has two */
    TAP_WINDOW,   /* all voxels first..last, equal weights: area */
    TAP_BAND,     /* weighted voxels first..last: cubic, its prefilter and its four weights in one */
    TAP_FILTER    /* four weighted coefficients, from a filter over the voxels first..last: cubic */
} tap_kind;

/* How one axis is resampled: a few words, by value, whatever the size. */
typedef struct axis_map {
    vxs_mode mode;
    tap_kind kind;
    bool torch; /* float coordinates as PyTorch, not the exact integer rule */
    bool wide;  /* torch coordinates of linear in double: float64 volumes */
    bool align; /* align_corners */
    int taps;   /* TAP_COPY 1; TAP_WEIGHTED 2; TAP_WINDOW 0, since windows differ; cubic: weights of an output
                 */
    int reach;  /* cubic: how far the prefilter looks, in voxels */
    int64_t in, out;
} axis_map;

/* The map of one axis of in voxels to out voxels. VXS_USAGE for sizes below 1, align_corners with area,
 * a mode or rule out of range. options NULL: linear. */
vxs_status axis_map_init(axis_map *map, const vxs_resample_options *options, vxs_dtype src_dtype, int64_t in,
                         int64_t out);

/* What depends on all three axes d, h, w of one volume: which form of cubic each one takes. */
void axis_maps_settle(axis_map axis[3]);

/* The smallest range that holds every input index read by the outputs; closed form, O(1). Both ends never
 * fall as the outputs' do. Empty for no outputs. */
range axis_map_source(const axis_map *map, range outputs);

/* The largest window, in voxels: taps of the widest output. O(1), an upper bound at most one too large. */
int64_t axis_map_max_taps(const axis_map *map);

/* The least k for which all weights are multiples of 2^-k: 0 without weights, -1 where there is none, or none
 * is known. O(log), from the sizes alone. */
int axis_map_weight_bits(const axis_map *map);

/* Whether every output is the mean of two neighbouring voxels: linear with an even in/out. */
bool axis_map_halves(const axis_map *map);

/* The taps of a run of outputs. Owned by whoever built it; free with tap_table_free. */
typedef struct tap_table {
    axis_map map;
    range outputs;
    int64_t *first; /* [outputs] first input index */
    int64_t *last;  /* [outputs] last input index, inclusive; linear at the far edge: the same voxel twice */
    double *weight; /* TAP_WEIGHTED, TAP_BAND, TAP_FILTER: [outputs][taps], else NULL */
    int64_t *start; /* TAP_BAND: the same as first; TAP_FILTER: the first coefficient, may be -2; else NULL */
} tap_table;

/* Bytes that tap_table_build allocates for that many outputs. */
int64_t tap_table_bytes(const axis_map *map, int64_t outputs);

/* VXS_IO when memory is short. On failure the table is empty and may be freed. */
vxs_status tap_table_build(tap_table *table, const axis_map *map, range outputs);

/* Legal on a zeroed table. */
void tap_table_free(tap_table *table);

#endif
