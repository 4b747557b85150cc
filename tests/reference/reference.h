/*
 * The oracle: SEMANTICS as naive loops over the whole volume. No tables, no threads, nothing from src but the
 * public types, so that it and the library fail independently. Checked against tests/golden. Local.
 */
#ifndef REFERENCE_H
#define REFERENCE_H

#include <stdbool.h>

#include <voxslab/voxslab.h>

/*
 * Resample contiguous row-major volumes.
 *   src: [N][C][D][H][W] of src_dtype, in_shape
 *   dst: [N][C][d][h][w] of dst_dtype, out_dhw; must not overlap src
 * options NULL: linear, half-pixel, auto. Returns a vxs_status: VXS_USAGE for a size below 1, a dtype that
 * the mode has no rule for, or align_corners with area; dst is then untouched. VXS_IO when memory is short.
 *
 * What SEMANTICS leaves open: a sum starts from its first voxel, not from 0, so that -0 stays -0 in a window
 * of one; linear with out == 1 and align_corners multiplies the second voxel by 0. The bits of a NaN that has
 * been computed with mean nothing.
 */
int reference_resample(const void *src, vxs_dtype src_dtype, const int64_t in_shape[5], void *dst,
                       vxs_dtype dst_dtype, const int64_t out_dhw[3], const vxs_resample_options *options);

/*
 * The 3x3x3 neighbourhood label of contiguous row-major volumes [N][C][D][H][W]: src of any dtype, dst of any
 * integer or float. Returns VXS_USAGE for a size below 1 or another dst_dtype, VXS_IO when memory is short.
 */
int reference_label(const void *src, vxs_dtype src_dtype, const int64_t shape[5], void *dst,
                    vxs_dtype dst_dtype, bool minimum_label);

/* One axis, one output i of out, from in voxels; any sizes up to 2^62. */

/* The source index of nearest. Corner-aligned nearest has only an exact rule. */
int64_t reference_nearest_index(vxs_coords coords, bool align, int64_t in, int64_t out, int64_t i);

/* a*l0 + b*l1 of voxels i0 and i1. in == out: i0 == i1 == i, l0 == 1; such an axis is to be copied. */
typedef struct reference_linear {
    int64_t i0, i1;
    double l0, l1; /* torch coordinates that are not wide: float32 values */
} reference_linear;

/* wide: torch coordinates in double, for float64 volumes; exact ones are the same either way. */
reference_linear reference_linear_taps(vxs_coords coords, bool align, bool wide, int64_t in, int64_t out,
                                       int64_t i);

/* The voxels of area: start, ..., end-1. */
typedef struct reference_window {
    int64_t start, end;
} reference_window;

reference_window reference_area_window(int64_t in, int64_t out, int64_t i);

/* The voxels first, ..., last of a banded cubic axis, and their weights. wide: float64 volumes. */
typedef struct reference_band {
    int64_t first, last;
    double weight[64];
} reference_band;

reference_band reference_cubic_band(bool align, bool wide, int64_t in, int64_t out, int64_t i);

/* Whether a cubic axis is copied, if the volume is not. */
bool reference_cubic_copies(int64_t in, int64_t out);

/* Whether a cubic axis that changes size is filtered, not banded. */
bool reference_cubic_filters(int64_t in, int64_t out);

/* x: [in] to y: [out] by cubic splines, in double; see cubic.c. VXS_IO when memory is short. */
int reference_cubic_volume(const double *x, double *y, bool align, bool wide, const int64_t in[3],
                           const int64_t out[3]);

#endif
