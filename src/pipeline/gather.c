#include "pipeline/gather.h"

#include <stdlib.h>

#include "base/buffer.h"
#include "base/checked.h"
#include "comm/agree.h"
#include "pipeline/gather_state.h"

void gather_note(engine *g, vxs_status status) {
    if (g->status == VXS_OK)
        g->status = status;
}

void gather_tell_step(engine *g, double part) {
    const round_sink *sink = g->job->sink;
    const double so_far = g->before + g->share * part;
    g->told = so_far > g->told ? so_far : g->told;
    if (sink->step && g->status == VXS_OK)
        gather_note(g, sink->step(sink->context, g->told));
}

/* Between the calls of a read. */
static vxs_status go_on_reading(void *context, double part) {
    engine *g = context;
    (void)part;
    gather_tell_step(g, 0);
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

/* ---- the scattered path ---- */

static vxs_status travel_step(void *context, double part) {
    engine *g = context;
    gather_tell_step(g, part);
    return g->status;
}

/* Channels of outputs whose voxels have come. */
static void finish_scattered(engine *g, const box *b, const box_view *out) {
    const double begin = MPI_Wtime();
    const gather_shape *s = g->job->plan->shape;
    box one = *b;
    one.axis[AXIS_C].end = one.axis[AXIS_C].begin + 1;
    const int64_t voxels_bytes = box_voxels(&one) * GATHER_TAPS * s->in_voxel_bytes;
    const char *voxels = g->travelling.voxels;
    for (; one.axis[AXIS_C].begin < b->axis[AXIS_C].end; voxels += voxels_bytes) {
        const box_view to = box_view_part(out, &one, (size_t)s->out_voxel_bytes);
        sample_kernel_finish(&g->kernel, voxels, &to);
        one.axis[AXIS_C].begin = one.axis[AXIS_C].end++;
    }
    g->times->compute += MPI_Wtime() - begin;
}

/* Channels c, which travel together, of a part of this rank's piece, or of nobody's: collective. */
static vxs_status compute_scattered(engine *g, const box *part, range c, const box_view *out, bool mine) {
    travel t = {
        .job = g->job, .times = g->times, .room = &g->travelling, .c = c, .step = travel_step, .context = g};
    box b = *part;
    b.axis[AXIS_C] = c;
    g->held.where = (box){{{0, 0}}}; /* the room is wanted */
    const double begin = MPI_Wtime();
    if (mine) {
        t.n = b.axis[AXIS_N].begin;
        t.points = box_voxels(&b) / range_size(c);
        sample_kernel_taps(&g->kernel, &b, g->travelling.taps);
        g->times->travelled_points += box_voxels(&b);
    }
    g->times->compute += MPI_Wtime() - begin;
    TRY(travel_run(&t));
    if (mine)
        finish_scattered(g, &b, out);
    return VXS_OK;
}

static bool any(const engine *g, bool mine) {
    int flag = mine, all = 0;
    MPI_Allreduce(&flag, &all, 1, MPI_INT, MPI_MAX, g->job->comm);
    return all != 0;
}

/* Channels c of a part, as it can be. Collective. */
static vxs_status do_part(engine *g, const box *b, range c, const box_view *out) {
    const bool working = !box_is_empty(b) && g->status == VXS_OK;
    const bool scattered = working && !gather_is_local(g, b);
    const double before = g->before, share = g->share / (double)range_size(c);
    if (working && !scattered)
        gather_compute_local(g, b, out);
    TRY(comm_agree(g->job->comm, g->status));
    if (!any(g, scattered))
        return VXS_OK;
    for (range rest = c; rest.begin < c.end;) {
        const range together = gather_plan_together(g->job->plan, rest);
        g->before = before + (double)(rest.begin - c.begin) * share;
        g->share = share * (double)range_size(together);
        TRY(compute_scattered(g, b, together, out, scattered));
        rest.begin = together.end;
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
        gather_note(g, volume_read(job->points, &where, &points));
        g->times->read_bytes += box_voxels(&where) * (int64_t)dtype_bytes(job->op->map_dtype);
    }
    if (g->status == VXS_OK)
        gather_note(g, sample_tables_build(job->op, &g->piece, job->threads, &g->tables));
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
    const range channels = gather_plan_channels(p, index);
    box where = g->piece;
    if (!box_is_empty(&where))
        where.axis[AXIS_C] = channels;
    const box_view view = box_view_packed(g->memory.out, &where);
    const double share = 1.0 / (double)p->pieces[AXIS_C], parts = (double)gather_plan_parts(p);
    g->before = (double)index * share;
    g->share = share;
    g->computed = 0;
    if (mine_is_local)
        gather_compute_local(g, &where, &view);
    for (int64_t i = 0; scattered && i < gather_plan_parts(p); i++) {
        g->before = ((double)index + (double)i / parts) * share;
        g->share = share / parts;
        box part = gather_plan_part(p, &where, i);
        if (mine_is_local)
            part = (box){{{0, 0}}};
        TRY(do_part(g, &part, channels, &view));
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
        local = g->status != VXS_OK || gather_is_local(g, &g->piece);
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
