#include "pipeline/job.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/checked.h"
#include "pipeline/job_operator.h"

enum { DEFAULT_CHUNK = 64, REPLACING_GZIP_LEVEL = 4 };
static const char *const axis_names[3] = {"d", "h", "w"};

vxs_status job_probe_input(const vxs_job *options, volume_info *in) {
    char file[VOLUME_PATH_BYTES], dataset[VOLUME_NAME_BYTES];
    CHECK(options->input && options->output, VXS_USAGE, "a job needs an input and an output file");
    TRY(volume_split_name(options->input, file, dataset));
    return volume_probe(file, dataset, in);
}

/* ---- names ---- */

static vxs_status name_beside(const resolved_job *job, const char *ending, char path[VOLUME_PATH_BYTES]) {
    int length = snprintf(path, VOLUME_PATH_BYTES, "%s%s", job->out_file, ending);
    CHECK(length > 0 && length < VOLUME_PATH_BYTES, VXS_USAGE, "the output path is too long: '%s'",
          job->out_file);
    return VXS_OK;
}

static vxs_status resolve_names(resolved_job *job) {
    char dataset[VOLUME_NAME_BYTES];
    TRY(volume_split_name(job->options->output, job->out_file, dataset));
    if (dataset[0] == '\0')
        snprintf(job->out_dataset, sizeof job->out_dataset, "%s", job->in.dataset);
    else
        snprintf(job->out_dataset, sizeof job->out_dataset, "%s%.*s", dataset[0] == '/' ? "" : "/",
                 VOLUME_NAME_BYTES - 2, dataset);
    TRY(name_beside(job, ".partial", job->partial));
    TRY(name_beside(job, ".partial.journal", job->journal));
    TRY(name_beside(job, ".lock", job->lock));
    return VXS_OK;
}

/* ---- sizes ---- */

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

static vxs_status resolve_shape(resolved_job *job) {
    const vxs_job *o = job->options;
    TRY(resolve_spacing(job));
    if (o->sizing == VXS_BY_SCALE && !job->kind->keeps_shape)
        TRY(check_positive(o->scale, "--scale"));
    if (o->sizing == VXS_BY_SPACING && !job->kind->keeps_shape) {
        TRY(check_positive(o->spacing, "--spacing"));
        CHECK(job->has_spacing, VXS_USAGE,
              "--spacing needs the voxel spacing of '%s', %s%s: give --input-spacing d,h,w", job->in.dataset,
              job->in.spacing_fault[0] ? "whose attribute element_size_um "
                                       : "which has no attribute element_size_um",
              job->in.spacing_fault);
    }
    job->out.axes = job->in.axes;
    for (int a = 0; a < AXIS_D; a++)
        job->out.shape[a] = job->in.shape[a];
    int64_t bytes = (int64_t)dtype_bytes(job->out.dtype);
    for (int axis = 0; axis < 3; axis++)
        if (job->kind->keeps_shape)
            job->out.shape[AXIS_D + axis] = job->in.shape[AXIS_D + axis];
        else
            TRY(resolve_axis(job, axis));
    for (int a = 0; a < AXES; a++)
        CHECK(checked_mul(bytes, job->out.shape[a], &bytes), VXS_USAGE,
              "an output of %lld x %lld x %lld voxels has more than 2^63 bytes",
              (long long)job->out.shape[AXIS_D], (long long)job->out.shape[AXIS_H],
              (long long)job->out.shape[AXIS_W]);
    return VXS_OK;
}

/* old*in/out, and between the centres of the corners with align_corners. */
static void resolve_out_spacing(resolved_job *job) {
    job->out.has_spacing = job->has_spacing;
    for (int axis = 0; axis < 3; axis++) {
        int64_t in = job->in.shape[AXIS_D + axis], out = job->out.shape[AXIS_D + axis];
        bool corners = job->options->resample.align_corners && out > 1 && in > 1;
        double ratio = corners ? (double)(in - 1) / (double)(out - 1) : (double)in / (double)out;
        job->out.spacing[axis] = job->in_spacing[axis] * ratio;
    }
}

/* ---- storage ---- */

static void chunk_like_input(resolved_job *job) {
    job->out.chunked = job->in.layout == VOLUME_CHUNKED;
    for (int a = 0; a < AXES; a++)
        job->out.chunk[a] = min_i64(job->in.chunk[a], job->out.shape[a]);
}

static void chunk_by_default(resolved_job *job) {
    job->out.chunked = true;
    for (int a = 0; a < AXES; a++)
        job->out.chunk[a] = a < AXIS_D ? 1 : min_i64(DEFAULT_CHUNK, job->out.shape[a]);
}

static vxs_status chunk_as_given(resolved_job *job) {
    const vxs_job *o = job->options;
    CHECK(o->chunk_axes == 3 || o->chunk_axes == job->in.axes, VXS_USAGE,
          "--chunk has %d numbers; give 3 (d,h,w) or %d, one per axis of '%s'", o->chunk_axes, job->in.axes,
          job->in.dataset);
    chunk_like_input(job);
    for (int a = 0; a < AXIS_D; a++)
        job->out.chunk[a] = job->out.chunked ? job->out.chunk[a] : 1;
    job->out.chunked = true;
    for (int i = 0; i < o->chunk_axes; i++) {
        CHECK(o->chunk[i] >= 1, VXS_USAGE, "--chunk has %lld, must be at least 1", (long long)o->chunk[i]);
        int a = AXES - o->chunk_axes + i;
        job->out.chunk[a] = min_i64(o->chunk[i], job->out.shape[a]);
    }
    return VXS_OK;
}

static vxs_status check_chunk_bytes(const resolved_job *job) {
    int64_t bytes = (int64_t)dtype_bytes(job->out.dtype);
    for (int a = 0; a < AXES; a++)
        bytes = saturating_mul(bytes, job->out.chunk[a]);
    CHECK(!job->out.chunked || bytes < (int64_t)1 << 32, VXS_USAGE,
          "output chunks of %lld x %lld x %lld voxels have 4 GiB or more, which HDF5 can't store: give a "
          "smaller --chunk",
          (long long)job->out.chunk[AXIS_D], (long long)job->out.chunk[AXIS_H],
          (long long)job->out.chunk[AXIS_W]);
    return VXS_OK;
}

/* HDF5 1.10 loses what a filter refuses (volume/create.c). */
static void replace_refusing_filters(resolved_job *job) {
    job->replaces_filters = job->out.chunked && job->out.filter == VOLUME_FILTER_SAME && job->in.filtered &&
                            job->in.filters_may_refuse;
    if (!job->replaces_filters)
        return;
    job->out.filter = VOLUME_FILTER_SHUFFLE_GZIP;
    job->out.gzip_level = REPLACING_GZIP_LEVEL;
}

static vxs_status resolve_storage(resolved_job *job) {
    static const volume_filter filters[] = {
        [VXS_FILTER_SAME] = VOLUME_FILTER_SAME,
        [VXS_FILTER_NONE] = VOLUME_FILTER_NONE,
        [VXS_FILTER_GZIP] = VOLUME_FILTER_GZIP,
        [VXS_FILTER_SHUFFLE_GZIP] = VOLUME_FILTER_SHUFFLE_GZIP,
    };
    const vxs_job *o = job->options;
    CHECK((unsigned)o->filter <= VXS_FILTER_SHUFFLE_GZIP, VXS_USAGE, "unknown filter: %d", (int)o->filter);
    bool compress = o->filter == VXS_FILTER_GZIP || o->filter == VXS_FILTER_SHUFFLE_GZIP;
    job->out.filter = filters[o->filter];
    job->out.gzip_level = o->gzip_level;
    CHECK(!compress || (o->gzip_level >= 1 && o->gzip_level <= 9), VXS_USAGE,
          "gzip level %d: must be 1 (fast) to 9 (small)", o->gzip_level);
    CHECK(!compress || o->chunking != VXS_CHUNK_NONE, VXS_USAGE,
          "--filter needs a chunked output: HDF5 compresses chunk by chunk, so leave out --chunk none");
    if (o->chunking == VXS_CHUNK_GIVEN)
        TRY(chunk_as_given(job));
    else if (o->chunking == VXS_CHUNK_SAME && !(compress && job->in.layout != VOLUME_CHUNKED))
        chunk_like_input(job);
    else if (o->chunking == VXS_CHUNK_SAME)
        chunk_by_default(job);
    replace_refusing_filters(job);
    if (!job->out.chunked || (job->out.filter == VOLUME_FILTER_SAME && !job->in.filtered))
        job->out.filter = VOLUME_FILTER_NONE;
    return check_chunk_bytes(job);
}

vxs_status job_resolve(resolved_job *job, const vxs_job *options, const volume_info *in) {
    CHECK((unsigned)options->op < VXS_OPERATORS, VXS_USAGE, "unknown operator: %d", (int)options->op);
    *job = (resolved_job){.options = options, .in = *in, .kind = job_operator_of(options->op)};
    job->engine = job->kind->engine;
    TRY(resolve_names(job));
    job->out.dataset = job->out_dataset;
    job->out.dtype = options->has_dtype ? options->dtype : job->kind->default_dtype(in->dtype);
    TRY(job->kind->check_dtypes(options, in->dtype, job->out.dtype));
    TRY(resolve_shape(job));
    resolve_out_spacing(job);
    TRY(resolve_storage(job));
    return job->kind->init(job);
}

void job_parameters(const resolved_job *job, char *text, size_t bytes) {
    job->kind->parameters(job, text, bytes);
}

static void list_numbers(const int64_t *numbers, char text[128]) {
    size_t used = 0;
    for (int a = 0; a < AXES; a++)
        used += (size_t)snprintf(text + used, 128 - used, a ? ",%lld" : "%lld", (long long)numbers[a]);
}

vxs_status job_head(const resolved_job *job, char *text, size_t bytes) {
    char parameters[512], chunk[128], tile[128];
    job_parameters(job, parameters, sizeof parameters);
    list_numbers(job->out.chunk, chunk);
    list_numbers(job->tile, tile);
    int length = snprintf(text, bytes,
                          "voxslab=%s\ninput=%s\ninput_dataset=%s\ninput_bytes=%lld\ninput_mtime_ns=%lld\n"
                          "output_dataset=%s\nparameters=%s\nspacing=%.17g,%.17g,%.17g\n"
                          "chunk=%s\nfilter=%d level %d\ntile=%s\n",
                          vxs_version(), job->in.file, job->in.dataset, (long long)job->in.file_bytes,
                          (long long)job->in.file_mtime_ns, job->out_dataset, parameters, job->out.spacing[0],
                          job->out.spacing[1], job->out.spacing[2], job->out.chunked ? chunk : "none",
                          (int)job->out.filter, job->out.gzip_level, tile);
    CHECK(length > 0 && (size_t)length < bytes, VXS_INTERNAL, "the journal's head takes more than %zu bytes",
          bytes);
    return VXS_OK;
}
