#include "pipeline/gather.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/checked.h"
#include "comm/agree.h"
#include "pipeline/travel.h"

enum { LEAST_CUT = 512 }; /* outputs: a part of so few whose box does not fit is scattered */

/* What one rank allocates, once, for all rounds. */
typedef struct buffers {
    void *points, *out, *held, *voxels;
    sample_taps *taps;
} buffers;

typedef struct engine {
    const gather_job *job;
    stream_times *times;
    buffers memory;
    int rank;
    box piece; /* of this round; empty when this rank has none */
    sample_tables tables;
    sample_kernel kernel;
    box_view held; /* what is in memory.held; empty where */
    int64_t travelled;
    vxs_status status; /* the first failure of this rank */
} engine;

static void note(engine *g, vxs_status status) {
    if (g->status == VXS_OK)
        g->status = status;
}

static vxs_status allocate_one(void **memory, int64_t bytes, const char *what) {
    *memory = NULL;
    CHECK(bytes < INT64_MAX - 64, VXS_USAGE, "%s would take more than 2^63 bytes", what);
    *memory = aligned_alloc(64, (size_t)round_up(max_i64(bytes, 1), 64));
    CHECK(*memory, VXS_IO, "out of memory: %lld bytes for %s; use more nodes or a smaller --memory",
          (long long)bytes, what);
    return VXS_OK;
}

static vxs_status allocate(const gather_job *job, buffers *b) {
    const gather_plan *p = job->plan;
    const gather_shape *s = p->shape;
    const int64_t *piece = p->piece, voxels = piece[AXIS_D] * piece[AXIS_H] * piece[AXIS_W];
    const int64_t points = (piece[AXIS_D] + 2) * (piece[AXIS_H] + 2) * (piece[AXIS_W] + 2);
    *b = (buffers){0};
    TRY(allocate_one(&b->points, points * s->point_bytes, "the grid of a piece"));
    TRY(allocate_one(&b->out, voxels * piece[AXIS_C] * s->out_voxel_bytes, "the output of a piece"));
    TRY(allocate_one(&b->held, p->held_bytes, "input"));
    TRY(allocate_one(&b->voxels, voxels * 8 * s->in_voxel_bytes, "gathered voxels"));
    return allocate_one((void **)&b->taps, voxels * (int64_t)sizeof *b->taps, "the taps of a piece");
}

static void release(buffers *b) {
    free(b->points);
    free(b->out);
    free(b->held);
    free(b->voxels);
    free(b->taps);
}

/* ---- the local path ---- */

/* The input that a box of outputs needs, by whole chunks along d, h and w, of channel c. */
static box needed(const engine *g, const box *out, int64_t c) {
    const gather_shape *s = g->job->plan->shape;
    box b = sample_kernel_bounds(&g->kernel, out);
    b.axis[AXIS_C] = (range){c, c + 1};
    if (box_is_empty(&b))
        return (box){{{0, 0}}};
    for (int a = AXIS_D; a < AXES; a++)
        b.axis[a] = range_align(b.axis[a], s->in_chunk[a], s->in[a]);
    return b;
}

static bool fits(const engine *g, const box *b) {
    return saturating_mul(box_voxels(b), g->job->plan->shape->in_voxel_bytes) <= g->job->plan->held_bytes;
}

/* In two, along its longest axis. */
static void cut(const box *b, box halves[2]) {
    int longest = AXIS_D;
    for (int a = AXIS_H; a < AXES; a++)
        if (range_size(b->axis[a]) > range_size(b->axis[longest]))
            longest = a;
    const range r = b->axis[longest];
    halves[0] = halves[1] = *b;
    halves[0].axis[longest].end = halves[1].axis[longest].begin = r.begin + range_size(r) / 2;
}

static int64_t plane_voxels(const box *b) {
    return range_size(b->axis[AXIS_D]) * range_size(b->axis[AXIS_H]) * range_size(b->axis[AXIS_W]);
}

/* Whether every part of the box, cut as often as need be, finds its input small enough. */
static bool is_local(const engine *g, const box *b) {
    const box need = needed(g, b, 0);
    if (fits(g, &need))
        return true;
    if (plane_voxels(b) <= LEAST_CUT)
        return false;
    box half[2];
    cut(b, half);
    return is_local(g, &half[0]) && is_local(g, &half[1]);
}

/* Have the input in memory, unless it is there already. */
static void hold(engine *g, const box *need) {
    bool there = true;
    for (int a = 0; a < AXES; a++)
        there = there && range_contains(g->held.where.axis[a], need->axis[a]);
    if (there || box_is_empty(need))
        return;
    const double begin = MPI_Wtime();
    g->held = box_view_packed(g->memory.held, need);
    const vxs_status status = volume_read(g->job->in, need, &g->held);
    note(g, status);
    if (status != VXS_OK)
        g->held.where = (box){{{0, 0}}};
    g->times->read += MPI_Wtime() - begin;
    g->times->read_bytes += box_voxels(need) * g->job->plan->shape->in_voxel_bytes;
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

/* One channel of a box of outputs, in as many parts as need be. */
static void compute_local(engine *g, const box *b, const box_view *out) {
    const box need = needed(g, b, b->axis[AXIS_C].begin);
    if (!fits(g, &need)) {
        box half[2];
        cut(b, half);
        compute_local(g, &half[0], out);
        compute_local(g, &half[1], out);
        return;
    }
    hold(g, &need);
    if (g->status != VXS_OK)
        return;
    const double begin = MPI_Wtime();
    const box_view to = part_of(out, b, (size_t)g->job->plan->shape->out_voxel_bytes);
    const box_view empty = {.where = {{{0, 0}}}};
    sample_kernel_run(&g->kernel, box_is_empty(&need) ? &empty : &g->held, &to);
    g->times->compute += MPI_Wtime() - begin;
}

/* ---- the scattered path ---- */

/* One channel of this rank's piece, or of nobody's: collective. */
static vxs_status compute_scattered(engine *g, const box *b, const box_view *out, bool mine) {
    travel t = {.job = g->job,
                .times = g->times,
                .taps = g->memory.taps,
                .voxels = g->memory.voxels,
                .held = g->memory.held};
    g->held.where = (box){{{0, 0}}}; /* the room is wanted */
    if (mine) {
        t.n = b->axis[AXIS_N].begin;
        t.c = b->axis[AXIS_C].begin;
        t.points = plane_voxels(b);
        sample_kernel_taps(&g->kernel, b, g->memory.taps);
        g->travelled += t.points;
    }
    TRY(travel_run(&t));
    if (!mine)
        return VXS_OK;
    const double begin = MPI_Wtime();
    const box_view to = part_of(out, b, (size_t)g->job->plan->shape->out_voxel_bytes);
    sample_kernel_finish(&g->kernel, g->memory.voxels, &to);
    g->times->compute += MPI_Wtime() - begin;
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
        note(g, sample_tables_build(job->op, &g->piece, &g->tables));
    g->kernel = sample_operator_kernel(job->op, &points, &g->tables, job->threads);
    g->times->read += MPI_Wtime() - begin;
}

/* The other ranks may wait inside the collective for ever: only ending the program frees them. */
static void write_piece(engine *g, const box *where, const box_view *view) {
    const double begin = MPI_Wtime();
    if (volume_write(g->job->out, where, view) != VXS_OK) {
        fprintf(stderr, "voxslab: rank %d: %s\n", g->rank, status_message());
        fflush(stderr);
        MPI_Abort(g->job->comm, VXS_IO);
    }
    g->times->written_bytes += box_voxels(where) * g->job->plan->shape->out_voxel_bytes;
    g->times->write += MPI_Wtime() - begin;
}

/* Some channels of all ranks' pieces: computed, then written together. scattered: this rank's piece is;
 * any: some rank's is. */
static vxs_status do_channels(engine *g, int64_t part, bool scattered, bool any) {
    const gather_plan *p = g->job->plan;
    const box where = gather_plan_channels(p, &g->piece, part);
    const box_view view = box_view_packed(g->memory.out, &where);
    const bool working = !box_is_empty(&where);
    for (int64_t i = 0; i < p->piece[AXIS_C]; i++) {
        box one = where;
        one.axis[AXIS_C] = (range){where.axis[AXIS_C].begin + i, where.axis[AXIS_C].begin + i + 1};
        const bool mine = working && i < range_size(where.axis[AXIS_C]);
        if (mine && !scattered && g->status == VXS_OK)
            compute_local(g, &one, &view);
        if (any)
            TRY(compute_scattered(g, &one, &view, mine && scattered));
    }
    TRY(comm_agree(g->job->comm, g->status));
    write_piece(g, &where, &view);
    return VXS_OK;
}

static vxs_status do_round(engine *g, int64_t round) {
    const gather_plan *p = g->job->plan;
    g->piece = gather_plan_piece(p, round, g->rank);
    int scattered = 0, any = 0;
    if (!box_is_empty(&g->piece)) {
        read_points(g);
        scattered = g->status == VXS_OK && !is_local(g, &g->piece);
    }
    TRY(comm_agree(g->job->comm, g->status));
    MPI_Allreduce(&scattered, &any, 1, MPI_INT, MPI_MAX, g->job->comm);
    for (int64_t part = 0; part < p->pieces[AXIS_C]; part++)
        TRY(do_channels(g, part, scattered, any));
    if (g->job->round_done)
        g->job->round_done(g->job->context);
    return VXS_OK;
}

vxs_status gather_run(const gather_job *job, stream_times *times, int64_t *travelled) {
    engine g = {.job = job, .times = times, .status = VXS_OK};
    MPI_Comm_rank(job->comm, &g.rank);
    vxs_status status = comm_agree(job->comm, allocate(job, &g.memory));
    for (int64_t round = 0; round < job->plan->rounds && status == VXS_OK; round++) {
        status = do_round(&g, round);
        sample_tables_free(&g.tables);
    }
    release(&g.memory);
    if (travelled)
        *travelled = g.travelled;
    return status;
}
