#include "pipeline/gather.h"

#include <stdlib.h>
#include <string.h>

#include "base/buffer.h"
#include "base/checked.h"
#include "comm/agree.h"
#include "pipeline/travel.h"

enum {
    LEAST_CUT = 512, /* outputs: a part of so few whose box does not fit is scattered */
    STEP_READ = 256 << 20,
    STEP_COMPUTE = 64 << 20, /* bytes between two looks at whether to give the round up */
    BOUNDS = 64              /* boxes of outputs whose bounds are kept */
};

/* What one rank allocates, once, for all rounds. */
typedef struct buffers {
    void *points, *out, *room;
} buffers;

/* The bounds of the last boxes of outputs, which are asked for again for each step towards them. */
typedef struct known_bounds {
    int64_t count; /* of all, this round; the last BOUNDS are here */
    box out[BOUNDS], bounds[BOUNDS];
} known_bounds;

typedef struct engine {
    const gather_job *job;
    round_times *times;
    buffers memory;
    travel_room travelling;
    int rank;
    box piece; /* of this round; empty when this rank has none */
    sample_tables tables;
    sample_kernel kernel;
    box_view held; /* the input in memory.room; empty where */
    known_bounds known;
    double before, share, told; /* of the round: what lies behind, what is under way, what the sink knows */
    int64_t computed;           /* outputs of the channels under way */
    vxs_status status;          /* the first failure of this rank */
} engine;

static void note(engine *g, vxs_status status) {
    if (g->status == VXS_OK)
        g->status = status;
}

/* Tell the sink how far the round is; part: of what is under way. Who gives up reads and computes no more,
 * but takes part in all messages, so that no other rank hangs. */
static void tell_step(engine *g, double part) {
    const round_sink *sink = g->job->sink;
    const double so_far = g->before + g->share * part;
    g->told = so_far > g->told ? so_far : g->told;
    if (sink->step && g->status == VXS_OK)
        note(g, sink->step(sink->context, g->told));
}

/* Between the calls of a read. */
static vxs_status go_on_reading(void *context, double part) {
    engine *g = context;
    (void)part;
    tell_step(g, 0);
    return g->status;
}

static vxs_status allocate(const gather_plan *p, buffers *b) {
    *b = (buffers){0};
    TRY(buffer_allocate(&b->points, max_i64(gather_plan_points_bytes(p), 1), "the grid of a piece"));
    TRY(buffer_allocate(&b->out, max_i64(gather_plan_out_bytes(p), 1), "the output of a piece"));
    return buffer_allocate(&b->room, max_i64(p->room_bytes, 1), "input");
}

static void release(buffers *b) {
    free(b->points);
    free(b->out);
    free(b->room);
}

/* ---- the local path ---- */

static bool fits(const engine *g, const box *b) {
    const gather_plan *p = g->job->plan;
    return saturating_mul(box_voxels(b), p->shape->in_voxel_bytes) <= p->room_bytes;
}

static bool boxes_are_equal(const box *a, const box *b) {
    bool equal = true;
    for (int i = 0; i < AXES; i++)
        equal = equal && a->axis[i].begin == b->axis[i].begin && a->axis[i].end == b->axis[i].end;
    return equal;
}

/* sample_kernel_bounds, which no channel changes. */
static box bounds_of(engine *g, const box *out) {
    known_bounds *known = &g->known;
    box any = *out;
    any.axis[AXIS_C] = (range){0, 1};
    int64_t i = 0, kept = min_i64(known->count, BOUNDS);
    while (i < kept && !boxes_are_equal(&known->out[i], &any))
        i++;
    if (i == kept) {
        i = known->count++ % BOUNDS;
        known->out[i] = any;
        known->bounds[i] = sample_kernel_bounds(&g->kernel, &any);
    }
    box b = known->bounds[i];
    b.axis[AXIS_C] = out->axis[AXIS_C];
    return b;
}

/* The input that a box of outputs needs, by whole chunks; of its own channels alone where the others of these
 * chunks do not fit. */
static box needed(engine *g, const box *out) {
    const gather_shape *s = g->job->plan->shape;
    box b = bounds_of(g, out);
    if (box_is_empty(&b))
        return (box){{{0, 0}}};
    for (int a = AXIS_D; a < AXES; a++)
        b.axis[a] = range_align(b.axis[a], s->in_chunk[a], s->in[a]);
    box whole = b;
    for (int a = AXIS_N; a <= AXIS_C; a++)
        whole.axis[a] = range_align(b.axis[a], s->in_chunk[a], s->in[a]);
    return fits(g, &whole) ? whole : b;
}

/* In two: batches first, then channels, where chunks end if they can, then the longest axis. */
static void cut(const engine *g, const box *b, box halves[2]) {
    int axis = AXIS_D;
    for (int a = AXIS_H; a < AXES; a++)
        if (range_size(b->axis[a]) > range_size(b->axis[axis]))
            axis = a;
    for (int a = AXIS_C; a >= AXIS_N; a--)
        if (range_size(b->axis[a]) > 1)
            axis = a;
    const range r = b->axis[axis];
    int64_t at = r.begin + range_size(r) / 2;
    if (axis <= AXIS_C) {
        const int64_t chunk_end = round_down(at, g->job->plan->shape->in_chunk[axis]);
        at = chunk_end > r.begin ? chunk_end : at;
    }
    halves[0] = halves[1] = *b;
    halves[0].axis[axis].end = halves[1].axis[axis].begin = at;
}

/* Whether every part of the box of one n and c, cut as often as need be, finds its input small enough. */
static bool is_local(engine *g, const box *b) {
    const box need = needed(g, b);
    if (fits(g, &need))
        return true;
    if (box_voxels(b) <= LEAST_CUT)
        return false;
    box half[2];
    cut(g, b, half);
    return is_local(g, &half[0]) && is_local(g, &half[1]);
}

/* The same of a box of several; any channel stands for all. */
static bool all_local(engine *g, const box *b) {
    box one = *b;
    one.axis[AXIS_C].end = one.axis[AXIS_C].begin + 1;
    for (int64_t n = b->axis[AXIS_N].begin; n < b->axis[AXIS_N].end; n++) {
        one.axis[AXIS_N] = (range){n, n + 1};
        if (!is_local(g, &one))
            return false;
    }
    return true;
}

/* By layers of whole chunks, so that a stop need not wait for all. */
static void read_held(engine *g) {
    const gather_shape *s = g->job->plan->shape;
    const box *need = &g->held.where;
    const range d = need->axis[AXIS_D];
    const int64_t plane = box_voxels(need) / range_size(d) * s->in_voxel_bytes, chunk = s->in_chunk[AXIS_D];
    const int64_t planes = max_i64(round_down(STEP_READ / max_i64(plane, 1), chunk), chunk);
    box layer = *need;
    for (int64_t at = d.begin; at < d.end && g->status == VXS_OK; at = layer.axis[AXIS_D].end) {
        layer.axis[AXIS_D] = (range){at, min_i64(at + planes, d.end)};
        const box_view part = box_view_part(&g->held, &layer, (size_t)s->in_voxel_bytes);
        note(g, volume_read(g->job->in, &layer, &part));
        g->times->read_bytes += gather_fetched_bytes(g->job->plan, &layer);
        tell_step(g, 0);
    }
}

/* Have the input in memory, unless it is there already. */
static void hold(engine *g, const box *need) {
    bool there = true;
    for (int a = 0; a < AXES; a++)
        there = there && range_contains(g->held.where.axis[a], need->axis[a]);
    if (there || box_is_empty(need))
        return;
    const double begin = MPI_Wtime();
    g->held = box_view_packed(g->memory.room, need);
    read_held(g);
    if (g->status != VXS_OK)
        g->held.where = (box){{{0, 0}}};
    g->times->read += MPI_Wtime() - begin;
}

/* A few planes at a time. whole: what is under way, of which b is a part. */
static void compute_held(engine *g, const box *b, const box_view *src, const box_view *out) {
    const int64_t bytes = g->job->plan->shape->out_voxel_bytes,
                  plane = box_voxels(b) / range_size(b->axis[AXIS_D]);
    const int64_t planes = max_i64(STEP_COMPUTE / max_i64(plane * bytes, 1), 1),
                  whole = box_voxels(&out->where);
    box some = *b;
    for (int64_t at = b->axis[AXIS_D].begin; at < b->axis[AXIS_D].end && g->status == VXS_OK;
         at = some.axis[AXIS_D].end) {
        const double begin = MPI_Wtime();
        some.axis[AXIS_D] = (range){at, min_i64(at + planes, b->axis[AXIS_D].end)};
        const box_view to = box_view_part(out, &some, (size_t)bytes);
        sample_kernel_run(&g->kernel, src, &to);
        g->times->compute += MPI_Wtime() - begin;
        g->computed += box_voxels(&some);
        tell_step(g, (double)g->computed / (double)whole);
    }
}

/* A box of outputs, in as many parts as need be. */
static void compute_local(engine *g, const box *b, const box_view *out) {
    if (box_is_empty(b) || g->status != VXS_OK)
        return;
    const double begin = MPI_Wtime();
    const box need = needed(g, b);
    g->times->compute += MPI_Wtime() - begin;
    if (!fits(g, &need)) {
        box half[2];
        cut(g, b, half);
        compute_local(g, &half[0], out);
        compute_local(g, &half[1], out);
        return;
    }
    hold(g, &need);
    if (g->status != VXS_OK)
        return;
    const box_view empty = {.where = {{{0, 0}}}};
    compute_held(g, b, box_is_empty(&need) ? &empty : &g->held, out);
}

/* ---- the scattered path ---- */

static vxs_status travel_step(void *context, double part) {
    engine *g = context;
    tell_step(g, part);
    return g->status;
}

/* One channel of a part of this rank's piece, or of nobody's: collective. */
static vxs_status compute_scattered(engine *g, const box *b, const box_view *out, bool mine) {
    travel t = {.job = g->job, .times = g->times, .room = &g->travelling, .step = travel_step, .context = g};
    g->held.where = (box){{{0, 0}}}; /* the room is wanted */
    double begin = MPI_Wtime();
    if (mine) {
        t.n = b->axis[AXIS_N].begin;
        t.c = b->axis[AXIS_C].begin;
        t.points = box_voxels(b);
        sample_kernel_taps(&g->kernel, b, g->travelling.taps);
        g->times->travelled_points += t.points;
    }
    g->times->compute += MPI_Wtime() - begin;
    TRY(travel_run(&t));
    if (!mine)
        return VXS_OK;
    begin = MPI_Wtime();
    const box_view to = box_view_part(out, b, (size_t)g->job->plan->shape->out_voxel_bytes);
    sample_kernel_finish(&g->kernel, g->travelling.voxels, &to);
    g->times->compute += MPI_Wtime() - begin;
    return VXS_OK;
}

static bool any(const engine *g, bool mine) {
    int flag = mine, all = 0;
    MPI_Allreduce(&flag, &all, 1, MPI_INT, MPI_MAX, g->job->comm);
    return all != 0;
}

/* The channels of a part, each as it can be. Collective. */
static vxs_status do_part(engine *g, const box *b, const box_view *out) {
    const bool working = !box_is_empty(b) && g->status == VXS_OK;
    const bool scattered = working && !all_local(g, b);
    const int64_t channels = g->job->plan->piece[AXIS_C];
    const double before = g->before, share = g->share;
    if (working && !scattered)
        compute_local(g, b, out);
    TRY(comm_agree(g->job->comm, g->status));
    if (!any(g, scattered))
        return VXS_OK;
    g->share = share / (double)channels;
    for (int64_t i = 0; i < channels; i++) {
        g->before = before + (double)i * g->share;
        box one = *b;
        one.axis[AXIS_C] = (range){b->axis[AXIS_C].begin + i, b->axis[AXIS_C].begin + i + 1};
        TRY(compute_scattered(g, &one, out, scattered && i < range_size(b->axis[AXIS_C])));
    }
    return VXS_OK;
}

/* ---- rounds ---- */

static void read_points(engine *g) {
    const gather_job *job = g->job;
    const double begin = MPI_Wtime();
    const box where = sample_operator_points(job->op, &g->piece);
    box_view points = box_view_packed(g->memory.points, &where);
    if (job->points && !box_is_empty(&where)) {
        note(g, volume_read(job->points, &where, &points));
        g->times->read_bytes += box_voxels(&where) * (int64_t)dtype_bytes(job->op->map_dtype);
    }
    if (g->status == VXS_OK)
        note(g, sample_tables_build(job->op, &g->piece, job->threads, &g->tables));
    g->kernel = sample_operator_kernel(job->op, &points, &g->tables, job->threads);
    g->times->read += MPI_Wtime() - begin;
}

static vxs_status hand_over(engine *g, const box *where, const box_view *view) {
    const round_sink *sink = g->job->sink;
    const double begin = MPI_Wtime();
    TRY(comm_agree(g->job->comm, g->status));
    TRY(sink->take(sink->context, where, view));
    g->times->written_bytes += box_voxels(where) * g->job->plan->shape->out_voxel_bytes;
    g->times->write += MPI_Wtime() - begin;
    return VXS_OK;
}

/* Some channels of all ranks' pieces: computed, then handed over together. scattered: some part of some
 * rank's piece is. */
static vxs_status do_channels(engine *g, int64_t index, bool mine_is_local, bool scattered) {
    const gather_plan *p = g->job->plan;
    const box where = gather_plan_channels(p, &g->piece, index);
    const box_view view = box_view_packed(g->memory.out, &where);
    const double share = 1.0 / (double)p->pieces[AXIS_C], parts = (double)gather_plan_parts(p);
    g->before = (double)index * share;
    g->share = share;
    g->computed = 0;
    if (mine_is_local)
        compute_local(g, &where, &view);
    for (int64_t i = 0; scattered && i < gather_plan_parts(p); i++) {
        g->before = ((double)index + (double)i / parts) * share;
        g->share = share / parts;
        box part = gather_plan_part(p, &where, i);
        if (mine_is_local)
            part = (box){{{0, 0}}};
        TRY(do_part(g, &part, &view));
    }
    return hand_over(g, &where, &view);
}

static vxs_status do_round(engine *g, int64_t round) {
    const gather_plan *p = g->job->plan;
    g->piece = gather_plan_piece(p, round, g->rank);
    g->known.count = 0;
    g->told = 0;
    bool local = true;
    if (!box_is_empty(&g->piece)) {
        read_points(g);
        local = g->status != VXS_OK || all_local(g, &g->piece);
    }
    TRY(comm_agree(g->job->comm, g->status));
    const bool scattered = any(g, !local);
    for (int64_t index = 0; index < p->pieces[AXIS_C]; index++)
        TRY(do_channels(g, index, local, scattered));
    return g->job->sink->done(g->job->sink->context, 0, round);
}

static void ask(const gather_job *job, const volume_pulse *pulse) {
    volume_ask(job->in, pulse);
    if (job->points)
        volume_ask(job->points, pulse);
}

vxs_status gather_run(const gather_job *job, round_times *times) {
    engine g = {.job = job, .times = times, .status = VXS_OK};
    const volume_pulse pulse = {go_on_reading, &g};
    ask(job, &pulse);
    MPI_Comm_rank(job->comm, &g.rank);
    vxs_status status = comm_agree(job->comm, allocate(job->plan, &g.memory));
    if (status == VXS_OK)
        g.travelling = travel_room_of(job->plan, g.memory.room);
    for (int64_t round = 0; round < job->plan->rounds && status == VXS_OK; round++) {
        status = do_round(&g, round);
        sample_tables_free(&g.tables);
    }
    release(&g.memory);
    ask(job, NULL);
    return status;
}
