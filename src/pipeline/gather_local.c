/* The local path: a rank reads the bounding box of its outputs' taps itself. */
#include "base/checked.h"
#include "pipeline/gather_state.h"

enum {
    LEAST_CUT = 512, /* outputs: a part of so few whose box does not fit is scattered */
    STEP_READ = 256 << 20,
    STEP_COMPUTE = 64 << 20 /* bytes between two looks at whether to give the round up */
};

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
static bool part_is_local(engine *g, const box *b) {
    const box need = needed(g, b);
    if (fits(g, &need))
        return true;
    if (box_voxels(b) <= LEAST_CUT)
        return false;
    box half[2];
    cut(g, b, half);
    return part_is_local(g, &half[0]) && part_is_local(g, &half[1]);
}

/* Of several n and c; any channel stands for all. */
bool gather_is_local(engine *g, const box *b) {
    box one = *b;
    one.axis[AXIS_C].end = one.axis[AXIS_C].begin + 1;
    for (int64_t n = b->axis[AXIS_N].begin; n < b->axis[AXIS_N].end; n++) {
        one.axis[AXIS_N] = (range){n, n + 1};
        if (!part_is_local(g, &one))
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
        gather_note(g, volume_read(g->job->in, &layer, &part));
        g->times->read_bytes += gather_fetched_bytes(g->job->plan, &layer);
        gather_tell_step(g, 0);
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
        gather_tell_step(g, (double)g->computed / (double)whole);
    }
}

void gather_compute_local(engine *g, const box *b, const box_view *out) {
    if (box_is_empty(b) || g->status != VXS_OK)
        return;
    const double begin = MPI_Wtime();
    const box need = needed(g, b);
    g->times->compute += MPI_Wtime() - begin;
    if (!fits(g, &need)) {
        box half[2];
        cut(g, b, half);
        gather_compute_local(g, &half[0], out);
        gather_compute_local(g, &half[1], out);
        return;
    }
    hold(g, &need);
    if (g->status != VXS_OK)
        return;
    const box_view empty = {.where = {{{0, 0}}}};
    compute_held(g, b, box_is_empty(&need) ? &empty : &g->held, out);
}
