/*
 * The separable engine: along d, then h, then w, for every mode, from tap tables. The same operations in
 * the same order for every view, thread count and instruction set. No MPI, no HDF5, no allocation. Local.
 */
#ifndef KERNELS_RESAMPLE_H
#define KERNELS_RESAMPLE_H

#include "geometry/axis_map.h"

typedef struct resample_kernel {
    vxs_dtype src_dtype, dst_dtype;
    const tap_table *axis[3]; /* d, h, w; each holds the outputs of every box that is computed */
    int threads;
    int64_t cache_bytes; /* outputs of more than half of it are written past the caches; 0: ask the machine */
    void *scratch; /* resample_scratch_bytes() for the largest box, owned by the caller, 64-byte aligned */
} resample_kernel;

/* Scratch for all threads when the source view is src_w voxels wide: a few rows per thread. */
int64_t resample_scratch_bytes(vxs_dtype src_dtype, const axis_map axis[3], int64_t src_w, int threads);

/*
 * Compute the voxels dst->where. src must hold the same leading indices (n, c) and every tap
 * (axis_map_source of dst->where per axis); it may hold more. Strides are those of the views, any sign;
 * rows with stride 1 along w are the fast path. src and dst must not overlap. The dtypes and the mode
 * have passed dtype_check_mode. Work is split over planes and rows, so that thin boxes keep all threads busy.
 */
void resample_kernel_run(const resample_kernel *kernel, const box_view *src, const box_view *dst);

#endif
