/*
 * The 3x3x3 neighbourhood label: for each voxel which of its 27 neighbours the value falls to most steeply,
 * exactly as SEMANTICS.md says. The same labels for every view, thread count and instruction set. No MPI, no
 * HDF5, no allocation. Local.
 */
#ifndef KERNELS_LABEL_H
#define KERNELS_LABEL_H

#include <stdbool.h>

#include "base/box.h"
#include "base/dtype.h"

typedef struct label_kernel {
    vxs_dtype src_dtype, dst_dtype; /* any; an integer or a float */
    bool minimum_label;             /* every strict local minimum is 13 */
    int64_t shape[3];               /* of the whole volume, d, h, w: its borders are 0 */
    int threads;
    void *scratch; /* label_scratch_bytes(), owned by the caller, 64-byte aligned */
} label_kernel;

int64_t label_scratch_bytes(int threads);

/*
 * Label the voxels dst->where. src must hold the same leading indices (n, c) and every neighbour within the
 * volume. Strides are those of the views, any sign; float32 rows with stride 1 along w are the fast path.
 */
void label_kernel_run(const label_kernel *kernel, const box_view *src, const box_view *dst);

#endif
