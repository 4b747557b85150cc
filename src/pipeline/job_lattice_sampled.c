/* Where the voxels of a sampled output lie: the grid's lattice, the field's, or what options say. */
#include <math.h>
#include <string.h>

#include "base/checked.h"
#include "pipeline/job_lattice.h"

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

static bool is_given_size(const vxs_job *o) {
    return o->size[0] != 0 || o->size[1] != 0 || o->size[2] != 0;
}

/* As --size has it, or else as --spacing does, or else the input's. */
static vxs_status resolve_given_shape(resolved_job *job) {
    const vxs_job *o = job->options;
    const bool sized = is_given_size(o);
    for (int axis = 0; axis < 3; axis++) {
        const int64_t in = job->in.shape[AXIS_D + axis];
        int64_t *out = &job->out.shape[AXIS_D + axis];
        *out = sized ? o->size[axis] : in;
        CHECK(*out >= 1, VXS_USAGE, "--size along %s is %lld, must be at least 1", lattice_axis_names[axis],
              (long long)*out);
        if (!sized && is_given(o->spacing))
            TRY(lattice_size(round((double)in * job->in_spacing[axis] / o->spacing[axis]), axis, out));
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
        TRY(lattice_check_spacing(job));
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

/* ---- fields ---- */

/* Of a physical field that tells where it lies: its extent, edge to edge, in as many voxels as asked for. */
static vxs_status lie_in_field(resolved_job *job) {
    const vxs_job *o = job->options;
    const volume_info *field = &job->points;
    CHECK(!o->has_origin, VXS_USAGE,
          "--origin: the displacement field '%s' tells by element_size_um where it lies, and so the output "
          "does",
          field->dataset);
    job->out.has_spacing = job->out.has_origin = true;
    for (int axis = 0; axis < 3; axis++) {
        const double voxels = (double)field->shape[1 + axis], spacing = field->spacing[axis];
        const double origin = field->has_origin ? field->origin[axis] : 0;
        int64_t *out = &job->out.shape[AXIS_D + axis];
        *out = is_given_size(o) ? o->size[axis] : field->shape[1 + axis];
        CHECK(*out >= 1, VXS_USAGE, "--size along %s is %lld, must be at least 1", lattice_axis_names[axis],
              (long long)*out);
        if (!is_given_size(o) && is_given(o->spacing))
            TRY(lattice_size(round(voxels * spacing / o->spacing[axis]), axis, out));
        job->out.spacing[axis] = spacing * (voxels / (double)*out);
        job->out.origin[axis] = origin + (job->out.spacing[axis] - spacing) / 2;
    }
    return VXS_OK;
}

/* Where the input's voxels lie, as many as asked for, unless options say where. */
static vxs_status lie_as_given(resolved_job *job) {
    const vxs_job *o = job->options;
    const volume_info *field = &job->points;
    TRY(resolve_given_shape(job));
    for (int axis = 0; axis < 3; axis++)
        CHECK(is_given_size(o) || is_given(o->spacing) ||
                  field->shape[1 + axis] == job->in.shape[AXIS_D + axis],
              VXS_USAGE,
              "the displacement field has %lld voxels along %s, the input %lld: --size D,H,W says how large "
              "the output is that the field covers",
              (long long)field->shape[1 + axis], lattice_axis_names[axis],
              (long long)job->in.shape[AXIS_D + axis]);
    if (is_given(o->spacing))
        memcpy(job->out.spacing, o->spacing, sizeof job->out.spacing);
    if (o->has_origin)
        memcpy(job->out.origin, o->origin, sizeof job->out.origin);
    job->out.has_origin = job->out.has_origin || o->has_origin;
    return VXS_OK;
}

vxs_status job_lattice_of_field(resolved_job *job) {
    const vxs_job *o = job->options;
    const volume_info *field = &job->points;
    TRY(check_physical(job));
    CHECK(field->axes >= 4, VXS_USAGE, "the displacement field '%s' has %d axes, need (D,H,W,3)",
          field->dataset, field->axes);
    CHECK(o->physical || !(is_given(o->spacing) || o->has_origin), VXS_USAGE,
          "--spacing and --origin of a warp go with --coordinates physical: in voxels the output lies where "
          "the input does");
    if (is_given(o->spacing))
        TRY(lattice_check_spacing(job));
    TRY(o->physical && field->has_spacing ? lie_in_field(job) : lie_as_given(job));
    memset(job->map, 0, sizeof job->map);
    for (int axis = 0; axis < 3; axis++) {
        const double spacing = job->in_spacing[axis];
        job->map[4 * axis + axis] = o->physical ? job->out.spacing[axis] / spacing : 1;
        job->map[4 * axis + 3] = o->physical ? (job->out.origin[axis] - job->in_origin[axis]) / spacing : 0;
    }
    return VXS_OK;
}
