/* Where the voxels of the output lie: its shape, spacing and origin. */
#include <math.h>
#include <string.h>

#include "base/checked.h"
#include "pipeline/job.h"
#include "pipeline/job_operator.h"

static const char *const axis_names[3] = {"d", "h", "w"};

static vxs_status size_from_double(double size, int axis, int64_t *out) {
    CHECK(size < 9.2e18, VXS_USAGE, "the output would have %g voxels along %s: more than 2^63", size,
          axis_names[axis]);
    *out = size < 1 ? 1 : (int64_t)size;
    return VXS_OK;
}

static vxs_status check_positive(const double values[3], const char *what) {
    for (int i = 0; i < 3; i++)
        CHECK(isfinite(values[i]) && values[i] > 0, VXS_USAGE, "%s along %s is %g, must be a positive number",
              what, axis_names[i], values[i]);
    return VXS_OK;
}

static vxs_status resolve_spacing(resolved_job *job) {
    const vxs_job *o = job->options;
    bool given = o->input_spacing[0] != 0 || o->input_spacing[1] != 0 || o->input_spacing[2] != 0;
    if (given)
        TRY(check_positive(o->input_spacing, "--input-spacing"));
    job->has_spacing = given || job->in.has_spacing;
    memcpy(job->in_spacing, given ? o->input_spacing : job->in.spacing, sizeof job->in_spacing);
    return VXS_OK;
}

static vxs_status resolve_axis(resolved_job *job, int axis) {
    const vxs_job *o = job->options;
    int64_t in = job->in.shape[AXIS_D + axis], *out = &job->out.shape[AXIS_D + axis];
    switch (o->sizing) {
    case VXS_BY_SIZE:
        CHECK(o->size[axis] >= 1, VXS_USAGE, "--size along %s is %lld, must be at least 1", axis_names[axis],
              (long long)o->size[axis]);
        *out = o->size[axis];
        return VXS_OK;
    case VXS_BY_SCALE:
        return size_from_double(floor((double)in * o->scale[axis]), axis, out);
    case VXS_BY_SPACING:
        return size_from_double(round((double)in * job->in_spacing[axis] / o->spacing[axis]), axis, out);
    }
    return status_fail(VXS_USAGE, "unknown way of sizing: %d", (int)o->sizing);
}

static vxs_status check_out_spacing(const resolved_job *job) {
    TRY(check_positive(job->options->spacing, "--spacing"));
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
        TRY(check_positive(o->scale, "--scale"));
    if (o->sizing == VXS_BY_SPACING)
        TRY(check_out_spacing(job));
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

/* ---- sampled volumes ---- */

/* The grid's, whatever the input's is. */
vxs_status job_lattice_of_grid(resolved_job *job) {
    const volume_info *grid = &job->points;
    CHECK(grid->axes >= 4, VXS_USAGE, "the grid '%s' has %d axes, need (D,H,W,3) or (N,D,H,W,3)",
          grid->dataset, grid->axes);
    for (int axis = 0; axis < 3; axis++)
        job->out.shape[AXIS_D + axis] = grid->shape[1 + axis];
    job->out.has_spacing = grid->has_spacing;
    job->out.has_origin = grid->has_origin;
    memcpy(job->out.spacing, grid->spacing, sizeof job->out.spacing);
    memcpy(job->out.origin, grid->origin, sizeof job->out.origin);
    return VXS_OK;
}

static bool is_given(const double three[3]) {
    return three[0] != 0 || three[1] != 0 || three[2] != 0;
}

/* As --size has it, or else as --spacing does, or else the input's. */
static vxs_status resolve_given_shape(resolved_job *job) {
    const vxs_job *o = job->options;
    const bool sized = o->size[0] != 0 || o->size[1] != 0 || o->size[2] != 0;
    for (int axis = 0; axis < 3; axis++) {
        const int64_t in = job->in.shape[AXIS_D + axis];
        int64_t *out = &job->out.shape[AXIS_D + axis];
        *out = sized ? o->size[axis] : in;
        CHECK(*out >= 1, VXS_USAGE, "--size along %s is %lld, must be at least 1", axis_names[axis],
              (long long)*out);
        if (!sized && is_given(o->spacing))
            TRY(size_from_double(round((double)in * job->in_spacing[axis] / o->spacing[axis]), axis, out));
    }
    return VXS_OK;
}

/* How far a step of one voxel along an axis of the output goes in the input. */
static double step_length(const resolved_job *job, int axis) {
    double sum = 0;
    for (int r = 0; r < 3; r++) {
        const double along = job->map[4 * r + axis] * job->in_spacing[r];
        sum += along * along;
    }
    return sqrt(sum);
}

static vxs_status check_physical(const resolved_job *job) {
    CHECK(!job->options->physical || job->has_spacing, VXS_USAGE,
          "physical coordinates need the voxel spacing of '%s', which has no attribute element_size_um: give "
          "--input-spacing d,h,w",
          job->in.dataset);
    CHECK(job->options->unit >= 0 && isfinite(job->options->unit), VXS_USAGE,
          "a unit of %g micrometres: must be a positive number", job->options->unit);
    return VXS_OK;
}

/* The map as it was given, from output to input: its inverse if asked for, lengths in micrometres. */
static vxs_status resolve_given_map(const resolved_job *job, double m[12]) {
    const vxs_job *o = job->options;
    for (int i = 0; i < 12; i++)
        CHECK(isfinite(o->matrix[i]), VXS_USAGE, "number %d of the matrix is %g: all must be finite", i + 1,
              o->matrix[i]);
    memcpy(m, o->matrix, 12 * sizeof *m);
    for (int r = 0; r < 3 && o->physical && o->unit > 0; r++)
        m[4 * r + 3] *= o->unit;
    if (!o->inverse)
        return VXS_OK;
    const double given[12] = {m[0], m[1], m[2], m[3], m[4], m[5], m[6], m[7], m[8], m[9], m[10], m[11]};
    return affine_invert(given, m);
}

vxs_status job_lattice_of_affine(resolved_job *job) {
    const vxs_job *o = job->options;
    volume_spec *out = &job->out;
    double given[12];
    TRY(check_physical(job));
    if (is_given(o->spacing))
        TRY(check_out_spacing(job));
    TRY(resolve_given_shape(job));
    TRY(resolve_given_map(job, given));
    if (o->has_origin) /* else, in voxels, nothing tells where the output lies */
        memcpy(out->origin, o->origin, sizeof out->origin);
    out->has_origin = o->has_origin || (o->physical && out->has_origin);
    if (is_given(o->spacing))
        memcpy(out->spacing, o->spacing, sizeof out->spacing);
    memcpy(job->map, given, sizeof job->map);
    lattice in, to;
    memcpy(in.origin, job->in_origin, sizeof in.origin);
    memcpy(in.spacing, job->in_spacing, sizeof in.spacing);
    memcpy(to.origin, out->origin, sizeof to.origin);
    memcpy(to.spacing, out->spacing, sizeof to.spacing);
    if (o->physical)
        affine_to_voxels(given, &in, &to, job->map);
    for (int axis = 0; axis < 3 && !o->physical && !is_given(o->spacing); axis++)
        out->spacing[axis] = step_length(job, axis);
    return VXS_OK;
}

/* The output's voxels lie where the input's do, as many as asked for. */
vxs_status job_lattice_of_field(resolved_job *job) {
    const vxs_job *o = job->options;
    const volume_info *field = &job->points;
    TRY(check_physical(job));
    CHECK(field->axes >= 4, VXS_USAGE, "the displacement field '%s' has %d axes, need (D,H,W,3)",
          field->dataset, field->axes);
    TRY(resolve_given_shape(job));
    for (int axis = 0; axis < 3; axis++)
        CHECK(o->size[0] != 0 || field->shape[1 + axis] == job->in.shape[AXIS_D + axis], VXS_USAGE,
              "the displacement field has %lld voxels along %s, the input %lld: --size D,H,W says how large "
              "the output is that the field covers",
              (long long)field->shape[1 + axis], axis_names[axis], (long long)job->in.shape[AXIS_D + axis]);
    return VXS_OK;
}

/* ---- all ---- */

static vxs_status resolve_origin(resolved_job *job) {
    const vxs_job *o = job->options;
    const double *origin = o->has_input_origin ? o->input_origin : job->in.origin;
    for (int axis = 0; axis < 3; axis++)
        CHECK(isfinite(origin[axis]) && isfinite(o->origin[axis]), VXS_USAGE,
              "an origin along %s is not a finite number", axis_names[axis]);
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
