#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/checked.h"
#include "partition/tiles.h"
#include "pipeline/job_operator.h"
#include "pipeline/verify_plan.h"
#include "pipeline/warning.h"

/* The part of the budget that may go into decoding chunks on several threads. */
enum { READ_SHARE = 8 };

static vxs_status plan_whole(resolved_job *job, int ranks, int threads, int64_t memory) {
    box whole = box_of_shape(job->out.shape);
    job->threads = threads;
    job->memory = memory;
    job->read_threads = volume_read_threads(&job->in, threads, memory / READ_SHARE);
    tiles_choose(job->out.shape, job->out.chunk, (int64_t)dtype_bytes(job->out.dtype), job->tile);
    job->engine->prepare(job);
    const vxs_status status = job->engine->plan(job, &whole, ranks, &job->plan);
    if (status == VXS_OK || job->read_threads <= 1)
        return status;
    job->read_threads = 1; /* their buffers are in the way: a refusal must name what is enough for one */
    job->engine->prepare(job);
    return job->engine->plan(job, &whole, ranks, &job->plan);
}

vxs_status job_plan(resolved_job *job, int ranks, int threads, int64_t memory) {
    job->reserve = verify_reserve(job);
    const vxs_status status = plan_whole(job, ranks, threads, max_i64(memory - job->reserve, 1));
    if (status == VXS_USAGE && job->reserve > 0 && job->plan.memory_bytes > 0)
        return status_fail(status,
                           "a memory budget of %lld bytes per rank is too small for this volume on %d ranks, "
                           "with --verify: it takes at least --memory %lld",
                           (long long)memory, ranks,
                           (long long)saturating_add(job->plan.memory_bytes, job->reserve));
    return status;
}

vxs_status job_plan_region(const resolved_job *job, const box *region, int ranks, engine_plan *plan) {
    return job->engine->plan(job, region, ranks, plan);
}

/* ---- what the plan tells ---- */

static void describe_points(const resolved_job *job, vxs_report *r) {
    const volume_info *points = &job->points;
    if (!job->kind->points)
        return;
    snprintf(r->points, sizeof r->points, "%s", points->file);
    snprintf(r->points_dataset, sizeof r->points_dataset, "%s", points->dataset);
    r->points_dtype = points->dtype;
    memcpy(r->points_shape, points->shape, sizeof r->points_shape);
}

static void describe_volumes(const resolved_job *job, vxs_report *r) {
    snprintf(r->input, sizeof r->input, "%s", job->in.file);
    snprintf(r->input_dataset, sizeof r->input_dataset, "%s", job->in.dataset);
    snprintf(r->output, sizeof r->output, "%s", job->out_file);
    snprintf(r->output_dataset, sizeof r->output_dataset, "%s", job->out_dataset);
    r->axes = job->in.axes;
    r->input_bytes = (int64_t)dtype_bytes(job->in.dtype);
    r->output_bytes = (int64_t)dtype_bytes(job->out.dtype);
    for (int a = 0; a < AXES; a++) {
        r->in_shape[a] = job->in.shape[a];
        r->out_shape[a] = job->out.shape[a];
        r->in_chunk[a] = job->in.chunk[a];
        r->out_chunk[a] = job->out.chunked ? job->out.chunk[a] : 0;
        r->tile[a] = job->tile[a];
        r->input_bytes = saturating_mul(r->input_bytes, job->in.shape[a]);
        r->output_bytes = saturating_mul(r->output_bytes, job->out.shape[a]);
    }
    r->in_dtype = job->in.dtype;
    r->out_dtype = job->out.dtype;
    r->has_spacing = job->has_spacing && job->out.has_spacing;
    memcpy(r->in_spacing, job->in_spacing, sizeof r->in_spacing);
    memcpy(r->out_spacing, job->out.spacing, sizeof r->out_spacing);
    snprintf(r->in_filters, sizeof r->in_filters, "%s", job->in.filters);
    static const char *const texts[] = {"", "", "gzip", "shuffle, gzip"};
    if (job->out.filter == VOLUME_FILTER_SAME)
        snprintf(r->out_filters, sizeof r->out_filters, "%s", job->in.filters);
    else if (job->out.filter != VOLUME_FILTER_NONE)
        snprintf(r->out_filters, sizeof r->out_filters, "%s %d", texts[job->out.filter], job->out.gzip_level);
}

static void warn_of_filters(const resolved_job *job, vxs_report *r) {
    size_t used = strlen(r->warnings);
    if (job->replaces_filters)
        snprintf(
            r->warnings + used, sizeof r->warnings - used,
            "the output is compressed by %s, not by the input's filters (%s): some of these leave a chunk "
            "that does not shrink as it is, which HDF5 can't record in a parallel write; --filter gives "
            "others, or none\n",
            r->out_filters, r->in_filters);
}

static void warn_of_spacing(const resolved_job *job, vxs_report *r) {
    size_t used = strlen(r->warnings);
    if (!job->has_spacing && job->in.spacing_fault[0])
        snprintf(
            r->warnings + used, sizeof r->warnings - used,
            "the output gets no voxel spacing: the input's attribute element_size_um %s; --input-spacing "
            "d,h,w gives it\n",
            job->in.spacing_fault);
}

/* ---- reading again and again, for want of memory ---- */

enum { OFTEN = 4, SELDOM = 2, BISECTIONS = 6 };

/* Bytes of input that the job would read with another budget. other and scratch are overwritten. */
static int64_t read_with(const resolved_job *job, int ranks, int64_t memory, resolved_job *other,
                         vxs_report *scratch) {
    *other = *job;
    if (job_plan(other, ranks, job->threads, memory) != VXS_OK)
        return INT64_MAX;
    *scratch = (vxs_report){0};
    other->engine->describe(other, scratch);
    return scratch->planned_read_bytes;
}

/* A budget, not far from the least one, with which it reads no more than most bytes; -1 without. */
static int64_t budget_to_read(const resolved_job *job, int ranks, int64_t most, int64_t limit,
                              resolved_job *other, vxs_report *scratch) {
    int64_t low = job->memory + job->reserve, high = low;
    do {
        low = high;
        high = saturating_mul(high, 2);
    } while (high < limit && read_with(job, ranks, high, other, scratch) > most);
    if (high >= limit)
        return -1;
    for (int i = 0; i < BISECTIONS; i++) {
        const int64_t middle = low + (high - low) / 2;
        if (read_with(job, ranks, middle, other, scratch) > most)
            low = middle;
        else
            high = middle;
    }
    return high;
}

static void warn_of_reads(const resolved_job *job, int ranks, vxs_report *r) {
    static const int64_t unlimited = (int64_t)1 << 56;
    const int64_t once = r->needed_bytes > 0 ? r->needed_bytes : r->input_bytes;
    if (r->planned_read_bytes / OFTEN <= once)
        return;
    resolved_job *other = malloc(sizeof *other);
    vxs_report *scratch = malloc(sizeof *scratch);
    if (other && scratch) {
        const int64_t least = read_with(job, ranks, unlimited, other, scratch);
        const int64_t budget =
            r->planned_read_bytes / OFTEN <= least
                ? -1
                : budget_to_read(job, ranks, saturating_mul(least, SELDOM), unlimited, other, scratch);
        if (budget > 0)
            warning_add(r->warnings, sizeof r->warnings,
                        "with so little memory the input is read %.0f times: --memory %lld reads it %d times "
                        "at most\n",
                        (double)r->planned_read_bytes / (double)least, (long long)budget, SELDOM);
    }
    free(scratch);
    free(other);
}

void job_describe(const resolved_job *job, int ranks, vxs_report *r) {
    describe_volumes(job, r);
    warn_of_filters(job, r);
    warn_of_spacing(job, r);
    r->op = job->options->op;
    r->resample = job->options->resample;
    r->label = job->options->label;
    r->sample = job->options->sample;
    memcpy(r->matrix, job->map, sizeof r->matrix);
    describe_points(job, r);
    r->ranks = ranks;
    r->threads = job->threads;
    r->epochs = job->plan.epochs;
    r->rounds = job->plan.epochs * job->plan.rounds;
    r->memory_budget = job->memory + job->reserve;
    r->memory_planned = job->plan.memory_bytes;
    job->engine->describe(job, r);
    warn_of_reads(job, ranks, r);
}
