/* The installed single-node calls of voxslab.h that sample points. */
#include <voxslab/voxslab.h>

#include "base/status.h"
#include "operators/sample.h"
#include "operators/views.h"

static vxs_status begin(sample_operator *op, const vxs_view *src, const vxs_view *dst,
                        const vxs_sample_options *options, box_view *from, box_view *to) {
    int64_t in[AXES], out[AXES];
    status_set_message("");
    TRY(view_check("src", src));
    TRY(view_check("dst", dst));
    CHECK(src->axes == dst->axes, VXS_USAGE, "src has %d axes and dst %d: they must agree", src->axes,
          dst->axes);
    *from = view_normalise(src, in);
    *to = view_normalise(dst, out);
    return sample_operator_init(op, options, src->dtype, dst->dtype, in, out);
}

static vxs_status points_view(const char *name, const vxs_view *view, box_view *points, int64_t shape[AXES]) {
    TRY(view_check(name, view));
    CHECK(view->axes >= 4, VXS_USAGE, "%s has %d axes, need (d,h,w,3)", name, view->axes);
    *points = view_normalise(view, shape);
    return VXS_OK;
}

static vxs_status run(const sample_operator *op, const box_view *points, const box_view *from,
                      const box_view *to) {
    sample_tables tables;
    const int threads = vxs_get_num_threads();
    TRY(sample_tables_build(op, &to->where, threads, &tables));
    sample_kernel kernel = sample_operator_kernel(op, points, &tables, threads);
    sample_kernel_run(&kernel, from, to);
    sample_tables_free(&tables);
    return VXS_OK;
}

vxs_status vxs_grid_sample(const vxs_view *src, const vxs_view *grid, const vxs_view *dst,
                           const vxs_sample_options *options) {
    sample_operator op;
    box_view from, to, points;
    int64_t shape[AXES];
    TRY(begin(&op, src, dst, options, &from, &to));
    TRY(points_view("grid", grid, &points, shape));
    TRY(sample_operator_set_grid(&op, grid->dtype, shape));
    return run(&op, &points, &from, &to);
}

vxs_status vxs_affine(const vxs_view *src, const vxs_view *dst, const double matrix[12],
                      const vxs_sample_options *options) {
    sample_operator op;
    box_view from, to;
    TRY(begin(&op, src, dst, options, &from, &to));
    CHECK(matrix, VXS_USAGE, "matrix has no data");
    TRY(sample_operator_set_matrix(&op, matrix));
    return run(&op, NULL, &from, &to);
}

vxs_status vxs_warp(const vxs_view *src, const vxs_view *field, const vxs_view *dst,
                    const vxs_sample_options *options) {
    const double voxels[3] = {1, 1, 1};
    sample_operator op;
    box_view from, to, points;
    int64_t shape[AXES];
    TRY(begin(&op, src, dst, options, &from, &to));
    TRY(points_view("field", field, &points, shape));
    TRY(sample_operator_set_field(&op, field->dtype, shape, voxels));
    return run(&op, &points, &from, &to);
}
