/*
 * The label operator: for each voxel the neighbour that its value falls to most steeply (SEMANTICS: label).
 * The output has the input's shape; an output plane needs one more input plane on each side. Boxes are
 * global, axes N, C, D, H, W; leading ones are independent. All functions are local.
 */
#ifndef OPERATORS_LABEL_H
#define OPERATORS_LABEL_H

#include "base/box.h"
#include "base/dtype.h"
#include "operators/stream_operator.h"

typedef struct label_operator {
    vxs_label_options options;
    vxs_dtype src_dtype, dst_dtype;
    int64_t shape[AXES];
} label_operator;

/* VXS_USAGE when labels of src can't be stored as dst. */
vxs_status label_check_dtype(vxs_dtype src, vxs_dtype dst);

/* in, out: normalised shapes. options NULL: as the original is written. VXS_USAGE when the shapes differ, a
 * size is below 1, or the labels can't be stored as dst_dtype. */
vxs_status label_operator_init(label_operator *op, const vxs_label_options *options, vxs_dtype src_dtype,
                               vxs_dtype dst_dtype, const int64_t in[AXES], const int64_t out[AXES]);

int64_t label_operator_scratch_bytes(int threads);

/* Compute the voxels out->where from in, which holds them and all their neighbours within the volume.
 * scratch: label_operator_scratch_bytes(), 64-byte aligned. Can't fail. */
void label_compute(const label_operator *op, const box_view *in, const box_view *out, int threads,
                   void *scratch);

/* The same for the stream engine. Borrows op. */
stream_operator label_stream(const label_operator *op);

#endif
