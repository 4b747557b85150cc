/*
 * The oracle of grid_sample, affine and warp: SEMANTICS as naive loops over the whole volume. Like
 * reference.h it knows nothing of src but the public types. Local.
 *
 * What SEMANTICS leaves open:
 * - Coordinates and the weights of each axis are computed in the grid's type (affine, warp: double), then
 *   taken to the type that blends: float for float32 volumes, double for all others, each rounded once.
 * - A point without a single tap in bounds is fill itself (or 0), not a sum of fill*weight, whose weights
 *   vanish where a coordinate is too large to have a fraction.
 * - fill is a voxel of src's dtype: it is rounded and clamped first, then blended.
 * - A displacement field is interpolated in double, along d, then h, then w, as resample's linear is.
 */
#ifndef REFERENCE_SAMPLE_H
#define REFERENCE_SAMPLE_H

#include <voxslab/voxslab.h>

typedef enum reference_map_kind { REFERENCE_GRID, REFERENCE_AFFINE, REFERENCE_WARP } reference_map_kind;

/* From output voxels to input coordinates. */
typedef struct reference_map {
    reference_map_kind kind;
    vxs_dtype dtype;  /* of data: float32 or float64; affine: float64 */
    const void *data; /* grid: [N or 1][d][h][w][3]; affine: 12 numbers; warp: [field d][h][w][3] */
    int64_t batches;  /* grid: N, or 1 for all */
    int64_t field[3]; /* warp: d, h, w of the field */
    double scale[3];  /* warp: u_a = (step_a * a + shift_a) + scale_a * displacement, d, h, w */
    double step[3], shift[3];
} reference_map;

/*
 *   src: [N][C][D][H][W] of src_dtype, in_shape
 *   dst: [N][C][d][h][w] of dst_dtype, out_dhw; must not overlap src
 * VXS_USAGE for a size below 1 or dtypes that the mode has no rule for; dst is then untouched.
 */
int reference_sample(const void *src, vxs_dtype src_dtype, const int64_t in_shape[5],
                     const reference_map *map, void *dst, vxs_dtype dst_dtype, const int64_t out_dhw[3],
                     const vxs_sample_options *options);

#endif
