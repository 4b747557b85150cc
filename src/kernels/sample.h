/*
 * Sampling a volume at points: grid_sample, affine and warp. A map gives every output voxel the coordinates
 * of a point of the input, in voxels; from there on all three are one. The formulas are SEMANTICS,
 * "grid_sample" and "affine, warp". The same operations in the same order for every view, thread count and
 * instruction set. No MPI, no HDF5, no allocation. Local.
 */
#ifndef KERNELS_SAMPLE_H
#define KERNELS_SAMPLE_H

#include "geometry/axis_map.h"

typedef enum sample_map_kind { SAMPLE_GRID, SAMPLE_AFFINE, SAMPLE_WARP } sample_map_kind;

/* From output voxels to input coordinates. */
typedef struct sample_map {
    sample_map_kind kind;
    vxs_dtype dtype; /* of the points: float32 or float64; affine: float64 */
    /* Global indices of the axes (n, d, h, w, component): the output's for a grid, the field's (n = 0) for a
     * warp. Components are x, y, z. */
    box_view points;
    bool shared;       /* one grid for every n: its n is 0 */
    double matrix[12]; /* affine: [3][4] from output to input voxels, rows and columns in d, h, w order */
    double scale[3];   /* warp: u = (step * voxel + shift) + scale * displacement, d, h, w */
    double step[3], shift[3];
    /* d, h, w; warp: linear, from output to field, which is not finer; sample_kernel.resamples: to input */
    const tap_table *axis[3];
} sample_map;

typedef struct sample_kernel {
    vxs_sample_options options;
    vxs_dtype src_dtype, dst_dtype;
    int64_t in[3]; /* the whole input, d, h, w */
    sample_map map;
    int threads;
    bool resamples;      /* affine: in bounds, resampling with map.axis gives the same values, to the bit */
    void *scratch;       /* resample_scratch_bytes() for it, owned by the caller, 64-byte aligned */
    int64_t cache_bytes; /* outputs of more than half of it, or of more than it with all that they come from,
                          * are written past the caches; 0: the machine's */
} sample_kernel;

/* The smallest box along d, h, w that holds every tap of the outputs out (which the map's points cover);
 * empty when no point of them has any. Leading axes are those of out. Touches neither src nor dst. */
box sample_kernel_bounds(const sample_kernel *kernel, const box *out);

/*
 * Compute the voxels dst->where. src holds the same leading indices and sample_kernel_bounds of dst->where,
 * or more; it may be empty if they are. Strides are those of the views, any sign; stride 1 along w is the
 * fast path. src and dst must not overlap. The dtypes and the mode have passed dtype_check_mode.
 */
void sample_kernel_run(const sample_kernel *kernel, const box_view *src, const box_view *dst);

/* Where one point finds its taps: the voxels first + (z, y, x), z, y, x of 0 and 1, whose bit 4z + 2y + x is
 * set; nearest: bit 0 alone. None: a point outside. */
typedef struct sample_taps {
    int64_t first[3]; /* d, h, w; it may itself be out of bounds */
    int mask;
} sample_taps;

/* The taps of the outputs out of one n, in row-major order: taps: [d][h][w]. */
void sample_kernel_taps(const sample_kernel *kernel, const box *out, sample_taps *taps);

/* The same values as sample_kernel_run for dst, of one n and c, from gathered voxels. voxels: [d][h][w][8] of
 * src's dtype, by number of the mask's bit; those that are not set are not looked at. */
void sample_kernel_finish(const sample_kernel *kernel, const void *voxels, const box_view *dst);

#endif
