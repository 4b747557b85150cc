#include "pipeline/gather.h"

#include <stdlib.h>
#include <string.h>

#include "base/buffer.h"
#include "base/checked.h"
#include "comm/agree.h"
#include "pipeline/travel.h"

enum { LEAST_CUT = 512 }; /* outputs: a part of so few whose box does not fit is scattered */

/* What one rank allocates, once, for all rounds. */
typedef struct buffers {
    void *points, *out, *room;
} buffers;

typedef struct engine {
    const gather_job *job;
    round_times *times;
    buffers memory;
    travel_room travelling;
    int rank;
    box piece; /* of this round; empty when this rank has none */
    sample_tables tables;
    sample_kernel kernel;
    box_view held;     /* the input in memory.room; empty where */
    vxs_status status; /* the first failure of this rank */
} engine;

static void note(engine *g, vxs_status status) {
    if (g->status == VXS_OK)
        g->status = status;
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

/* The input that a box of outputs needs, by whole chunks; of its own channels alone where the others of these
 * chunks do not fit. */
static box needed(const engine *g, const box *out) {
    const gather_shape *s = g->job->plan->shape;
    box b = sample_kernel_bounds(&g->kernel, out);
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
static bool is_local(const engine *g, const box *b) {
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
static bool all_local(const engine *g, const box *b) {
    box one = *b;
    one.axis[AXIS_C].end = one.axis[AXIS_C].begin + 1;
    for (int64_t n = b->axis[AXIS_N].begin; n < b->axis[AXIS_N].end; n++) {
        one.axis[AXIS_N] = (range){n, n + 1};
        if (!is_local(g, &one))
            return false;
    }
    return true;
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
    const vxs_status status = volume_read(g->job->in, need, &g->held);
    note(g, status);
    if (status != VXS_OK)
        g->held.where = (box){{{0, 0}}};
    g->times->read += MPI_Wtime() - begin;
    g->times->read_bytes += gather_fetched_bytes(g->job->plan, need);
}

/* A part of a view. */
static box_view part_of(const box_view *whole, const box *where, size_t bytes) {
    box_view part = *whole;
    int64_t first[AXES];
    for (int a = 0; a < AXES; a++)
        first[a] = where->axis[a].begin;
    part.data = box_view_at(whole, bytes, first);
    part.where = *where;
    return part;
}

/* A box of outputs, in as many parts as need be. */
static void compute_local(engine *g, const box *b, const box_view *out) {
    if (box_is_empty(b) || g->status != VXS_OK)
        return;
    double begin = MPI_Wtime();
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
    begin = MPI_Wtime();
    const box_view to = part_of(out, b, (size_t)g->job->plan->shape->out_voxel_bytes);
    const box_view empty = {.where = {{{0, 0}}}};
    sample_kernel_run(&g->kernel, box_is_empty(&need) ? &empty : &g->held, &to);
    g->times->compute += MPI_Wtime() - begin;
}

/* ---- the scattered path ---- */

/* One channel of a part of this rank's piece, or of nobody's: collective. */
static vxs_status compute_scattered(engine *g, const box *b, const box_view *out, bool mine) {
    travel t = {.job = g->job, .times = g->times, .room = &g->travelling};
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
    const box_view to = part_of(out, b, (size_t)g->job->plan->shape->out_voxel_bytes);
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
    if (working && !scattered)
        compute_local(g, b, out);
    if (!any(g, scattered))
        return VXS_OK;
    for (int64_t i = 0; i < g->job->plan->piece[AXIS_C]; i++) {
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
    if (mine_is_local)
        compute_local(g, &where, &view);
    for (int64_t i = 0; scattered && i < gather_plan_parts(p); i++) {
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

vxs_status gather_run(const gather_job *job, round_times *times) {
    engine g = {.job = job, .times = times, .status = VXS_OK};
    MPI_Comm_rank(job->comm, &g.rank);
    vxs_status status = comm_agree(job->comm, allocate(job->plan, &g.memory));
    if (status == VXS_OK)
        g.travelling = travel_room_of(job->plan, g.memory.room);
    for (int64_t round = 0; round < job->plan->rounds && status == VXS_OK; round++) {
        status = do_round(&g, round);
        sample_tables_free(&g.tables);
    }
    release(&g.memory);
    return status;
}
