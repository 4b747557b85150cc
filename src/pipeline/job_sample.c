/* Jobs that sample points: grid-sample, affine and warp. */
#include <float.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/checked.h"
#include "pipeline/job_operator.h"

/* ---- options ---- */

/* Of the integer dtypes that can be filled. */
static const struct {
    vxs_dtype dtype;
    double least, most;
} limits[] = {{VXS_UINT8, 0, UINT8_MAX},
              {VXS_INT8, INT8_MIN, INT8_MAX},
              {VXS_UINT16, 0, UINT16_MAX},
              {VXS_INT16, INT16_MIN, INT16_MAX},
              {VXS_UINT32, 0, UINT32_MAX},
              {VXS_INT32, INT32_MIN, INT32_MAX},
              {VXS_UINT64, 0, 0x1.fffffffffffffp63},
              {VXS_INT64, -0x1p63, 0x1.fffffffffffffp62}};

static vxs_status check_fill(double fill, vxs_dtype in) {
    for (size_t i = 0; i < sizeof limits / sizeof *limits; i++)
        CHECK(limits[i].dtype != in || (fill >= limits[i].least && fill <= limits[i].most), VXS_USAGE,
              "--fill %g does not fit the input's %s: give %.17g to %.17g", fill, dtype_name(in),
              limits[i].least, limits[i].most);
    CHECK(in != VXS_FLOAT32 || !isfinite(fill) || fabs(fill) <= (double)FLT_MAX, VXS_USAGE,
          "--fill %g does not fit the input's float32: give at most %g", fill, (double)FLT_MAX);
    return VXS_OK;
}

vxs_status job_sample_check_dtypes(const vxs_job *options, vxs_dtype in, vxs_dtype out) {
    const vxs_sample_options *o = &options->sample;
    CHECK(o->mode == VXS_NEAREST || o->mode == VXS_LINEAR, VXS_USAGE,
          "points are sampled with mode nearest or linear, not %s", mode_name(o->mode));
    TRY(dtype_check_mode(in, out, o->mode));
    return o->padding == VXS_CONSTANT ? check_fill(o->fill, in) : VXS_OK;
}

/* ---- the operator ---- */

/* Of a displacement: to voxels of the input. */
static void resolve_scale(const resolved_job *job, double scale[3]) {
    const vxs_job *o = job->options;
    for (int a = 0; a < 3; a++)
        scale[a] = o->physical ? (o->unit > 0 ? o->unit : 1) / job->in_spacing[a] : 1;
}

vxs_status job_sample_init(resolved_job *job) {
    sample_operator *op = &job->operator.sample;
    const volume_info *points = &job->points;
    double scale[3], step[3], shift[3];
    TRY(sample_operator_init(op, &job->options->sample, job->in.dtype, job->out.dtype, job->in.shape,
                             job->out.shape));
    switch (job->options->op) {
    case VXS_OP_GRID_SAMPLE:
        return sample_operator_set_grid(op, points->dtype, points->shape);
    case VXS_OP_AFFINE:
        return sample_operator_set_matrix(op, job->map);
    default:
        resolve_scale(job, scale);
        TRY(sample_operator_set_field(op, points->dtype, points->shape, scale));
        for (int a = 0; a < 3; a++) {
            step[a] = job->map[4 * a + a];
            shift[a] = job->map[4 * a + 3];
        }
        return sample_operator_set_place(op, step, shift);
    }
}

/* ---- provenance ---- */

static size_t add_numbers(char *text, size_t bytes, const char *name, const double *numbers, int count) {
    size_t used = (size_t)snprintf(text, bytes, " %s=", name);
    for (int i = 0; i < count && used < bytes; i++)
        used += (size_t)snprintf(text + used, bytes - used, i ? ",%.17g" : "%.17g", numbers[i]);
    return used;
}

static bool is_same_place(const sample_operator *op) {
    bool same = true;
    for (int a = 0; a < 3; a++)
        same = same && op->step[a] == 1 && op->shift[a] == 0;
    return same;
}

void job_sample_parameters(const resolved_job *job, char *text, size_t bytes) {
    const vxs_sample_options *o = &job->options->sample;
    const sample_operator *op = &job->operator.sample;
    static const char *const names[] = {
        [SAMPLE_GRID] = "grid-sample", [SAMPLE_AFFINE] = "affine", [SAMPLE_WARP] = "warp"};
    size_t used = (size_t)snprintf(text, bytes, "operator=%s mode=%s padding=%s size=%lld,%lld,%lld dtype=%s",
                                   names[op->kind], mode_name(o->mode), padding_name(o->padding),
                                   (long long)job->out.shape[AXIS_D], (long long)job->out.shape[AXIS_H],
                                   (long long)job->out.shape[AXIS_W], dtype_name(job->out.dtype));
    if (o->padding == VXS_CONSTANT)
        used += add_numbers(text + used, bytes - used, "fill", &o->fill, 1);
    if (op->kind == SAMPLE_AFFINE)
        add_numbers(text + used, bytes - used, "matrix", op->matrix, 12);
    if (op->kind != SAMPLE_WARP)
        return;
    used += add_numbers(text + used, bytes - used, "scale", op->scale, 3);
    if (!is_same_place(op)) {
        used += add_numbers(text + used, bytes - used, "step", op->step, 3);
        add_numbers(text + used, bytes - used, "shift", op->shift, 3);
    }
}
