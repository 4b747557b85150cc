#include <stdio.h>
#include <string.h>

#include "base/checked.h"
#include "partition/tiles.h"
#include "pipeline/job.h"
#include "pipeline/stream.h"

static int64_t read_overhead(const void *context, int64_t bytes) {
    const resolved_job *job = context;
    return volume_read_overhead(&job->in, bytes);
}

static int64_t write_overhead(const void *context, int64_t bytes) {
    const resolved_job *job = context;
    return volume_write_overhead(&job->out, &job->in, bytes);
}

static int64_t compute_bytes(const void *context, const int64_t out_extent[3], int64_t src_w) {
    const resolved_job *job = context;
    return saturating_add(job->op.prepared_bytes(job->op.self, out_extent),
                          job->op.scratch_bytes(job->op.self, src_w, job->threads));
}

static void fill_shape(resolved_job *job) {
    stream_shape *s = &job->shape;
    *s = (stream_shape){.in_filtered = job->in.filtered,
                        .in_voxel_bytes = (int64_t)dtype_bytes(job->in.dtype),
                        .out_voxel_bytes = (int64_t)dtype_bytes(job->out.dtype),
                        .max_taps_d = job->op.max_taps_d,
                        .source = job->op.source,
                        .context = job->op.self};
    memcpy(s->in, job->in.shape, sizeof s->in);
    memcpy(s->out, job->out.shape, sizeof s->out);
    bool in_chunked = job->in.layout == VOLUME_CHUNKED;
    for (int a = 0; a < AXES; a++)
        s->in_chunk[a] = in_chunked ? job->in.chunk[a] : 1;
    tiles_choose(s->out, job->out.chunk, s->out_voxel_bytes, s->tile);
    memcpy(s->write_unit, job->out.chunked ? job->out.chunk : s->tile, sizeof s->write_unit);
}

static box whole_output(const resolved_job *job) {
    return box_of_shape(job->out.shape);
}

vxs_status job_plan(resolved_job *job, int ranks, int threads, int64_t memory) {
    bool filtered = volume_spec_is_filtered(&job->out, &job->in);
    job->threads = threads;
    job->memory = memory;
    job->costs = (stream_costs){.read_overhead = read_overhead,
                                .write_overhead = write_overhead,
                                .compute_bytes = compute_bytes,
                                .write_call_bytes = filtered ? VOLUME_FILTERED_CALL_BYTES : VOLUME_CALL_BYTES,
                                .context = job};
    fill_shape(job);
    box region = whole_output(job);
    return region_plan_make(&job->plan, &job->shape, &job->costs, &region, ranks, memory);
}

/* ---- what the plan tells ---- */

enum { MOST_COUNTED = 1 << 24 };

/* Input voxels along an axis that some tap touches, each counted once; of very long axes, those between the
 * first and the last. */
static int64_t touched(const resolved_job *job, int axis) {
    int64_t in = job->in.shape[AXIS_D + axis], out = job->out.shape[AXIS_D + axis];
    const stream_operator *op = &job->op;
    if (out >= in || out > MOST_COUNTED)
        return range_size(op->source(op->self, axis, (range){0, out}));
    int64_t count = 0, seen = 0;
    for (int64_t i = 0; i < out; i++) {
        range taps = op->source(op->self, axis, (range){i, i + 1});
        count += max_i64(0, taps.end - max_i64(taps.begin, seen));
        seen = max_i64(seen, taps.end);
    }
    return count;
}

/* Length of a range read along an axis of a volume, in voxels taken off the disk. */
static int64_t fetched(const epoch *e, int volume_axis, range read) {
    box b = e->region;
    b.axis[volume_axis] = read;
    b = epoch_fetched_box(e, &b);
    return range_size(b.axis[volume_axis]);
}

/* Planes that a part reads along d: runs of needed planes. */
static int64_t planes_read(const epoch *e, int part_d) {
    range own = epoch_own_range(e, 0, part_d);
    int64_t planes = 0;
    for (range run = epoch_next_run(e, own, own.begin); range_size(run) > 0;
         run = epoch_next_run(e, own, run.end))
        planes += fetched(e, AXIS_D, run);
    return planes;
}

/* Voxels along the leading axes that are read, over all epochs. */
static int64_t leading_read(const region_plan *p) {
    int64_t sum = 0, step = p->strips[0] * p->strips[1];
    for (int64_t i = 0; i < region_plan_epochs(p); i += step) {
        epoch e = region_plan_epoch(p, i);
        sum += fetched(&e, AXIS_N, e.region.axis[AXIS_N]) * fetched(&e, AXIS_C, e.region.axis[AXIS_C]);
    }
    return sum;
}

typedef struct axis_sums {
    int64_t read, needed, kept, ghosts;
} axis_sums;

static void add_parts(const epoch *e, int axis, axis_sums *sums) {
    for (int part = 0; part < e->parts[axis]; part++) {
        range own = epoch_own_range(e, axis, part), need = epoch_need_range(e, axis, part);
        sums->read += axis == 0 ? planes_read(e, part) : fetched(e, AXIS_D + axis, own);
        sums->needed += range_size(need);
        sums->kept += axis == 0 ? epoch_traded_planes(e, part) : range_size(range_intersect(own, need));
        sums->ghosts += axis == 0 ? range_size(epoch_ghost_range(e, part)) : 0;
    }
}

/* Bytes of all ranks and epochs: products of sums along the axes, nothing is listed rank by rank. */
static void describe_totals(const resolved_job *job, vxs_report *r) {
    const region_plan *p = &job->plan;
    axis_sums d = {0}, h = {0}, w = {0};
    epoch e = region_plan_epoch(p, 0);
    add_parts(&e, 0, &d);
    for (int64_t i = 0; i < region_plan_cuts(p, 1); i++) {
        e = region_plan_cut(p, 1, i);
        add_parts(&e, 1, &h);
    }
    for (int64_t i = 0; i < region_plan_cuts(p, 2); i++) {
        e = region_plan_cut(p, 2, i);
        add_parts(&e, 2, &w);
    }
    int64_t volumes =
        saturating_mul(job->shape.in_voxel_bytes, job->in.shape[AXIS_N] * job->in.shape[AXIS_C]);
    r->planned_read_bytes = saturating_mul(job->shape.in_voxel_bytes * leading_read(p),
                                           saturating_mul(d.read, saturating_mul(h.read, w.read)));
    int64_t needed = saturating_mul(h.needed, w.needed), kept = saturating_mul(h.kept, w.kept);
    int64_t ghosts = saturating_add(saturating_mul(d.ghosts, needed), saturating_mul(d.kept, needed - kept));
    r->planned_ghost_bytes = saturating_mul(volumes, ghosts);
    r->needed_bytes = volumes;
    for (int axis = 0; axis < 3; axis++)
        r->needed_bytes = saturating_mul(r->needed_bytes, touched(job, axis));
}

static void describe_volumes(const resolved_job *job, vxs_report *r) {
    snprintf(r->input, sizeof r->input, "%s", job->in.file);
    snprintf(r->input_dataset, sizeof r->input_dataset, "%s", job->in.dataset);
    snprintf(r->output, sizeof r->output, "%s", job->out_file);
    snprintf(r->output_dataset, sizeof r->output_dataset, "%s", job->out_dataset);
    r->axes = job->in.axes;
    r->input_bytes = job->shape.in_voxel_bytes;
    r->output_bytes = job->shape.out_voxel_bytes;
    for (int a = 0; a < AXES; a++) {
        r->in_shape[a] = job->in.shape[a];
        r->out_shape[a] = job->out.shape[a];
        r->in_chunk[a] = job->in.chunk[a];
        r->out_chunk[a] = job->out.chunked ? job->out.chunk[a] : 0;
        r->tile[a] = job->shape.tile[a];
        r->input_bytes = saturating_mul(r->input_bytes, job->in.shape[a]);
        r->output_bytes = saturating_mul(r->output_bytes, job->out.shape[a]);
    }
    r->in_dtype = job->in.dtype;
    r->out_dtype = job->out.dtype;
    r->has_spacing = job->has_spacing;
    memcpy(r->in_spacing, job->in_spacing, sizeof r->in_spacing);
    memcpy(r->out_spacing, job->out.spacing, sizeof r->out_spacing);
    snprintf(r->in_filters, sizeof r->in_filters, "%s", job->in.filters);
    static const char *const texts[] = {"", "", "gzip", "shuffle, gzip"};
    if (job->out.filter == VOLUME_FILTER_SAME)
        snprintf(r->out_filters, sizeof r->out_filters, "%s", job->in.filters);
    else if (job->out.filter != VOLUME_FILTER_NONE)
        snprintf(r->out_filters, sizeof r->out_filters, "%s %d", texts[job->out.filter], job->out.gzip_level);
}

void job_describe(const resolved_job *job, int ranks, vxs_report *r) {
    describe_volumes(job, r);
    r->op = job->options->op;
    r->resample = job->options->resample;
    r->label = job->options->label;
    r->ranks = ranks;
    r->threads = job->threads;
    for (int axis = 0; axis < 3; axis++)
        r->grid[axis] = job->plan.parts[axis];
    r->epochs = region_plan_epochs(&job->plan);
    r->rounds = r->epochs * region_plan_rounds(&job->plan);
    r->memory_budget = job->memory;
    r->memory_planned = job->plan.memory_bytes;
    describe_totals(job, r);
}
