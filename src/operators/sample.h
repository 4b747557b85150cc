/*
 * The sampling operators: grid_sample, affine and warp. One map from output voxels to input coordinates and
 * the kernel. Used alike by the single-node calls and by the distributed pipeline. Boxes are global, axes
 * N, C, D, H, W. All functions are local.
 */
#ifndef OPERATORS_SAMPLE_H
#define OPERATORS_SAMPLE_H

#include "kernels/sample.h"

typedef struct sample_operator {
    vxs_sample_options options;
    sample_map_kind kind;
    vxs_dtype src_dtype, dst_dtype, map_dtype;
    int64_t in[AXES], out[AXES];
    bool shared;              /* one grid for every n */
    double matrix[12];        /* affine */
    double scale[3];          /* warp: of displacements, d, h, w */
    double step[3], shift[3]; /* warp: from output to input voxels, where nothing is displaced */
    axis_map axis[3];         /* warp: from output to field; a matrix that resamples: from output to input */
    bool resamples;           /* affine: resampling each axis gives the same values */
} sample_operator;

/* What all three share. options NULL: linear, zeros. in, out: normalised shapes. VXS_USAGE when the dtypes do
 * not go with the mode, a size is below 1, leading axes differ, an option is out of range, or the dtype has
 * no constant. kind is still to be set, by one of the next three. */
vxs_status sample_operator_init(sample_operator *op, const vxs_sample_options *options, vxs_dtype src_dtype,
                                vxs_dtype dst_dtype, const int64_t in[AXES], const int64_t out[AXES]);

/* grid: axes N, D', H', W', 3; N is the input's, or 1 for all. VXS_USAGE unless it fits the output. */
vxs_status sample_operator_set_grid(sample_operator *op, vxs_dtype dtype, const int64_t shape[AXES]);

/* [3][4], from output to input voxels; VXS_USAGE unless all is finite. */
vxs_status sample_operator_set_matrix(sample_operator *op, const double matrix[12]);

/* field: axes 1, d, h, w, 3, on no axis finer than the output. scale: displacements to input voxels, d, h, w.
 */
vxs_status sample_operator_set_field(sample_operator *op, vxs_dtype dtype, const int64_t shape[AXES],
                                     const double scale[3]);

/* Of a warp: output voxel i lies at the input's step * i + shift; without, at i. VXS_USAGE unless finite. */
vxs_status sample_operator_set_place(sample_operator *op, const double step[3], const double shift[3]);

/* The voxels of the grid or field, in its own axes, that an output box needs; empty for an affine map. */
box sample_operator_points(const sample_operator *op, const box *out);

/* Tap tables of a warp or a matrix that resamples, for an output box; empty for the other maps. */
typedef struct sample_tables {
    tap_table axis[3];
    void *scratch; /* of a matrix that resamples */
} sample_tables;

/* Bytes for each output along an axis, and for any number of them. */
int64_t sample_tables_output_bytes(const sample_operator *op);
int64_t sample_scratch_bytes(const sample_operator *op, int threads);

/* For kernels of so many threads. */
vxs_status sample_tables_build(const sample_operator *op, const box *out, int threads, sample_tables *tables);

/* Legal on zeroed tables. */
void sample_tables_free(sample_tables *tables);

/* The kernel for output boxes whose points the view holds (NULL: affine) and the tables serve. Borrows them.
 */
sample_kernel sample_operator_kernel(const sample_operator *op, const box_view *points,
                                     const sample_tables *tables, int threads);

#endif
