#include "pipeline/job.h"

#include <stdio.h>
#include <string.h>

#include "base/checked.h"
#include "pipeline/job_operator.h"

enum { DEFAULT_CHUNK = 64, REPLACING_GZIP_LEVEL = 4 };

static vxs_status probe(const char *name, volume_info *info) {
    char file[VOLUME_PATH_BYTES], dataset[VOLUME_NAME_BYTES];
    TRY(volume_split_name(name, file, dataset));
    return volume_probe(file, dataset, info);
}

vxs_status job_probe_inputs(const vxs_job *options, job_inputs *inputs) {
    CHECK((unsigned)options->op < VXS_OPERATORS, VXS_USAGE, "unknown operator: %d", (int)options->op);
    CHECK(options->input && options->output, VXS_USAGE, "a job needs an input and an output file");
    const char *points = job_operator_of(options->op)->points;
    CHECK(!points || options->points, VXS_USAGE, "this job needs a %s", points);
    TRY(probe(options->input, &inputs->in));
    return points ? probe(options->points, &inputs->points) : VXS_OK;
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
    TRY(name_beside(job, ".partial.bad_chunks", job->bad_chunks));
    TRY(name_beside(job, ".lock", job->lock));
    return VXS_OK;
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

static vxs_status fill_of_bad_chunks(const char *text, vxs_dtype dtype, unsigned char voxel[VOXEL_BYTES]) {
    char reason[STATUS_MESSAGE_BYTES];
    vxs_status status = voxel_from_text(text, dtype, voxel);
    if (status == VXS_OK)
        return VXS_OK;
    snprintf(reason, sizeof reason, "%s", status_message());
    return status_fail(status, "--skip-bad-chunks: %s", reason);
}

vxs_status job_resolve(resolved_job *job, const vxs_job *options, const job_inputs *inputs) {
    const volume_info *in = &inputs->in;
    *job = (resolved_job){
        .options = options, .in = *in, .points = inputs->points, .kind = job_operator_of(options->op)};
    job->engine = job->kind->engine;
    TRY(resolve_names(job));
    job->out.dataset = job->out_dataset;
    job->out.dtype = options->has_dtype ? options->dtype : job->kind->default_dtype(in->dtype);
    TRY(job->kind->check_dtypes(options, in->dtype, job->out.dtype));
    if (options->skip_bad_chunks)
        TRY(fill_of_bad_chunks(options->skip_bad_chunks, in->dtype, job->bad_voxel));
    TRY(job_lattice_resolve(job));
    TRY(resolve_storage(job));
    return job->kind->init(job);
}

void job_parameters(const resolved_job *job, char *text, size_t bytes) {
    job->kind->parameters(job, text, bytes);
    const size_t used = strlen(text);
    if (job->options->skip_bad_chunks)
        snprintf(text + used, bytes - used, " skip_bad_chunks=%s", job->options->skip_bad_chunks);
}

static vxs_status points_head(const resolved_job *job, char *text, size_t bytes) {
    const volume_info *p = &job->points;
    text[0] = '\0';
    if (!job->kind->points)
        return VXS_OK;
    int length =
        snprintf(text, bytes, "%s=%s\n%s_dataset=%s\n%s_bytes=%lld\n%s_mtime_ns=%lld\n%s_sources=%lld\n",
                 job->kind->points, p->file, job->kind->points, p->dataset, job->kind->points,
                 (long long)p->file_bytes, job->kind->points, (long long)p->file_mtime_ns, job->kind->points,
                 (long long)p->sources_stamp);
    CHECK(length > 0 && (size_t)length < bytes, VXS_INTERNAL, "the journal's head takes more than %zu bytes",
          bytes);
    return VXS_OK;
}

static void list_numbers(const int64_t *numbers, char text[128]) {
    size_t used = 0;
    for (int a = 0; a < AXES; a++)
        used += (size_t)snprintf(text + used, 128 - used, a ? ",%lld" : "%lld", (long long)numbers[a]);
}

vxs_status job_head(const resolved_job *job, char *text, size_t bytes) {
    char parameters[JOB_PARAMETERS_BYTES], chunk[128], tile[128];
    job_parameters(job, parameters, sizeof parameters);
    list_numbers(job->out.chunk, chunk);
    list_numbers(job->tile, tile);
    int length = snprintf(text, bytes,
                          "voxslab=%s\ninput=%s\ninput_dataset=%s\ninput_bytes=%lld\ninput_mtime_ns=%lld\n"
                          "input_sources=%lld\n"
                          "output_dataset=%s\nparameters=%s\nspacing=%.17g,%.17g,%.17g\n"
                          "origin=%.17g,%.17g,%.17g\nchunk=%s\nfilter=%d level %d\ntile=%s\n",
                          vxs_version(), job->in.file, job->in.dataset, (long long)job->in.file_bytes,
                          (long long)job->in.file_mtime_ns, (long long)job->in.sources_stamp,
                          job->out_dataset, parameters, job->out.spacing[0], job->out.spacing[1],
                          job->out.spacing[2], job->out.origin[0], job->out.origin[1], job->out.origin[2],
                          job->out.chunked ? chunk : "none", (int)job->out.filter, job->out.gzip_level, tile);
    CHECK(length > 0 && (size_t)length < bytes, VXS_INTERNAL, "the journal's head takes more than %zu bytes",
          bytes);
    return points_head(job, text + length, bytes - (size_t)length);
}
