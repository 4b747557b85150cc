/*
 * The resample operator: three axis maps and the kernel. Used alike by the single-node call and by the
 * distributed pipeline. Boxes are global, axes N, C, D, H, W; the last three are resampled, and a leading
 * index of the output is the same index of the input. All functions are local.
 */
#ifndef OPERATORS_RESAMPLE_H
#define OPERATORS_RESAMPLE_H

#include "base/box.h"
#include "geometry/axis_map.h"
#include "operators/stream_operator.h"

typedef struct resample_operator {
    vxs_resample_options options;
    vxs_dtype src_dtype, dst_dtype;
    axis_map axis[3]; /* d, h, w */
} resample_operator;

/* in, out: normalised shapes. options NULL: linear. VXS_USAGE when the dtypes do not go with the mode, a size
 * is below 1, leading axes differ, or an option is out of range. */
vxs_status resample_operator_init(resample_operator *op, const vxs_resample_options *options,
                                  vxs_dtype src_dtype, vxs_dtype dst_dtype, const int64_t in[AXES],
                                  const int64_t out[AXES]);

/* The smallest input box that an output box needs; O(1). Empty for an empty one. */
box resample_operator_input(const resample_operator *op, const box *out);

/* Tap tables of an output box; they serve every box within it. */
typedef struct resample_tables {
    tap_table axis[3];
} resample_tables;

/* Bytes that resample_tables_build allocates. */
int64_t resample_tables_bytes(const resample_operator *op, const box *out);

/* VXS_IO when memory is short; the tables are then empty. */
vxs_status resample_tables_build(const resample_operator *op, const box *out, resample_tables *tables);

/* Legal on zeroed tables. */
void resample_tables_free(resample_tables *tables);

/* Bytes of scratch that resample_compute needs when the input view is src_w voxels wide; more for more. */
int64_t resample_operator_scratch_bytes(const resample_operator *op, int64_t src_w, int threads);

/* Compute the voxels out->where from in, which holds resample_operator_input(op, &out->where) or more.
 * scratch: resample_operator_scratch_bytes(), 64-byte aligned. Can't fail. */
void resample_compute(const resample_operator *op, const resample_tables *tables, const box_view *in,
                      const box_view *out, int threads, void *scratch);

/* The same for the stream engine. Borrows op. */
stream_operator resample_stream(const resample_operator *op);

#endif
