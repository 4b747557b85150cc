/* Where the voxels of the output lie: its shape, spacing and origin. */
#include <math.h>
#include <string.h>

#include "base/checked.h"
#include "pipeline/job_lattice.h"

const char *const lattice_axis_names[3] = {"d", "h", "w"};

vxs_status lattice_size(double size, int axis, int64_t *out) {
    CHECK(size < 9.2e18, VXS_USAGE, "the output would have %g voxels along %s: more than 2^63", size,
          lattice_axis_names[axis]);
    *out = size < 1 ? 1 : (int64_t)size;
    return VXS_OK;
}

vxs_status lattice_check_positive(const double values[3], const char *what) {
    for (int i = 0; i < 3; i++)
        CHECK(isfinite(values[i]) && values[i] > 0, VXS_USAGE, "%s along %s is %g, must be a positive number",
              what, lattice_axis_names[i], values[i]);
    return VXS_OK;
}

static vxs_status resolve_spacing(resolved_job *job) {
    const vxs_job *o = job->options;
    bool given = o->input_spacing[0] != 0 || o->input_spacing[1] != 0 || o->input_spacing[2] != 0;
    if (given)
        TRY(lattice_check_positive(o->input_spacing, "--input-spacing"));
    job->has_spacing = given || job->in.has_spacing;
    memcpy(job->in_spacing, given ? o->input_spacing : job->in.spacing, sizeof job->in_spacing);
    return VXS_OK;
}

static vxs_status resolve_axis(resolved_job *job, int axis) {
    const vxs_job *o = job->options;
    int64_t in = job->in.shape[AXIS_D + axis], *out = &job->out.shape[AXIS_D + axis];
    switch (o->sizing) {
    case VXS_BY_SIZE:
        CHECK(o->size[axis] >= 1, VXS_USAGE, "--size along %s is %lld, must be at least 1",
              lattice_axis_names[axis], (long long)o->size[axis]);
        *out = o->size[axis];
        return VXS_OK;
    case VXS_BY_SCALE:
        return lattice_size(floor((double)in * o->scale[axis]), axis, out);
    case VXS_BY_SPACING:
        return lattice_size(round((double)in * job->in_spacing[axis] / o->spacing[axis]), axis, out);
    }
    return status_fail(VXS_USAGE, "unknown way of sizing: %d", (int)o->sizing);
}

vxs_status lattice_check_spacing(const resolved_job *job) {
    TRY(lattice_check_positive(job->options->spacing, "--spacing"));
    CHECK(job->has_spacing, VXS_USAGE,
          "--spacing needs the voxel spacing of '%s', %s%s: give --input-spacing d,h,w", job->in.dataset,
          job->in.spacing_fault[0] ? "whose attribute element_size_um "
                                   : "which has no attribute element_size_um",
          job->in.spacing_fault);
    return VXS_OK;
}

static vxs_status resolve_shape(resolved_job *job) {
    const vxs_job *o = job->options;
    if (o->sizing == VXS_BY_SCALE)
        TRY(lattice_check_positive(o->scale, "--scale"));
    if (o->sizing == VXS_BY_SPACING)
        TRY(lattice_check_spacing(job));
    for (int axis = 0; axis < 3; axis++)
        TRY(resolve_axis(job, axis));
    return VXS_OK;
}

/* Spacing: old*in/out, and between the centres of the corners with align_corners. */
static void resolve_out_spacing(resolved_job *job) {
    for (int axis = 0; axis < 3; axis++) {
        int64_t in = job->in.shape[AXIS_D + axis], out = job->out.shape[AXIS_D + axis];
        bool corners = job->options->resample.align_corners && out > 1 && in > 1;
        double ratio = corners ? (double)(in - 1) / (double)(out - 1) : (double)in / (double)out;
        job->out.spacing[axis] = job->in_spacing[axis] * ratio;
        job->out.origin[axis] = job->in_origin[axis];
        if (!job->options->resample.align_corners) /* the edges coincide, the first centres do not */
            job->out.origin[axis] += (job->out.spacing[axis] - job->in_spacing[axis]) / 2;
    }
}

vxs_status job_lattice_resampled(resolved_job *job) {
    TRY(resolve_shape(job));
    resolve_out_spacing(job);
    job->out.has_origin = job->out.has_origin && job->has_spacing;
    return VXS_OK;
}

vxs_status job_lattice_same(resolved_job *job) {
    memcpy(job->out.shape, job->in.shape, sizeof job->out.shape);
    return VXS_OK;
}

/* ---- all ---- */

static vxs_status resolve_origin(resolved_job *job) {
    const vxs_job *o = job->options;
    const double *origin = o->has_input_origin ? o->input_origin : job->in.origin;
    for (int axis = 0; axis < 3; axis++)
        CHECK(isfinite(origin[axis]) && isfinite(o->origin[axis]), VXS_USAGE,
              "an origin along %s is not a finite number", lattice_axis_names[axis]);
    job->has_origin = o->has_input_origin || job->in.has_origin;
    if (job->has_origin)
        memcpy(job->in_origin, origin, sizeof job->in_origin);
    return VXS_OK;
}

vxs_status job_lattice_resolve(resolved_job *job) {
    TRY(resolve_spacing(job));
    TRY(resolve_origin(job));
    job->out.axes = job->in.axes;
    memcpy(job->out.shape, job->in.shape, sizeof job->out.shape);
    job->out.has_spacing = job->has_spacing;
    job->out.has_origin = job->has_origin;
    memcpy(job->out.spacing, job->in_spacing, sizeof job->out.spacing);
    memcpy(job->out.origin, job->in_origin, sizeof job->out.origin);
    TRY(job->kind->lattice(job));
    int64_t bytes = (int64_t)dtype_bytes(job->out.dtype);
    for (int a = 0; a < AXES; a++)
        CHECK(checked_mul(bytes, job->out.shape[a], &bytes), VXS_USAGE,
              "an output of %lld x %lld x %lld voxels has more than 2^63 bytes",
              (long long)job->out.shape[AXIS_D], (long long)job->out.shape[AXIS_H],
              (long long)job->out.shape[AXIS_W]);
    return VXS_OK;
}
