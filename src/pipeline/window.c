#include "pipeline/window.h"

#include <assert.h>

#include "base/checked.h"

static void note(window *w, vxs_status status) {
    if (w->status == VXS_OK)
        w->status = status;
}

/* A view of a buffer of planes, whose slot number carry_planes is the plane first. */
static box_view planes_view(const window *w, void *buffer, int64_t first, int64_t planes) {
    const region_plan *plan = w->job->plan;
    box where = w->e->region;
    where.axis[AXIS_D] = (range){first - plan->carry_planes, first - plan->carry_planes + planes};
    where.axis[AXIS_H] = epoch_hull_range(w->e, 1, w->part[1]);
    where.axis[AXIS_W] = epoch_hull_range(w->e, 2, w->part[2]);
    return box_view_packed(buffer, &where);
}

typedef struct reading {
    const window *w;
    range run;
} reading;

static vxs_status tell_part(void *context, double part) {
    const reading *r = context;
    return r->w->pulse.tell(r->w->pulse.context, (double)r->run.begin + part * (double)range_size(r->run));
}

static void read_step(window *w, const box_view *into, range step) {
    box where = epoch_own_box(w->e, w->part);
    reading under_way = {.w = w};
    const volume_pulse pulse = {tell_part, &under_way};
    double begin = MPI_Wtime();
    volume_ask(w->job->in, &pulse);
    for (range run = epoch_next_run(w->e, step, step.begin); range_size(run) > 0;
         run = epoch_next_run(w->e, step, run.end)) {
        where.axis[AXIS_D] = run;
        if (box_is_empty(&where) || w->status != VXS_OK)
            break;
        under_way.run = run;
        note(w, volume_read(w->job->in, &where, into));
        box fetched = epoch_fetched_box(w->e, &where);
        w->times->read_bytes += box_voxels(&fetched) * w->e->shape->in_voxel_bytes;
    }
    volume_ask(w->job->in, NULL);
    w->times->read += MPI_Wtime() - begin;
}

typedef struct posting {
    exchange *x;
    const box_view *view;
} posting;

static void post_send(const message *m, void *context) {
    posting *p = context;
    exchange_begin_send(p->x, p->view, m);
}

static void post_receive(const message *m, void *context) {
    posting *p = context;
    exchange_begin_receive(p->x, p->view, m);
}

static void end_exchange(window *w, exchange *x) {
    double begin = MPI_Wtime();
    note(w, exchange_end(x));
    w->times->exchange += MPI_Wtime() - begin;
}

/* Read planes into a view, and trade what is missing of them with the parts beside. */
static void read_and_trade(window *w, exchange *x, const box_view *into, range planes) {
    posting p = {x, into};
    epoch_visit_receives(w->e, w->part, planes, post_receive, &p);
    read_step(w, into, planes);
    epoch_visit_sends(w->e, w->part, planes, post_send, &p);
}

void window_begin(window *w, const stream_job *job, const epoch *e, const int part[3], void *stream_buffer,
                  void *tail_buffer, vxs_status status, round_times *times) {
    *w = (window){.pulse = w->pulse,
                  .job = job,
                  .e = e,
                  .times = times,
                  .stream_buffer = stream_buffer,
                  .tail_buffer = tail_buffer,
                  .status = status};
    for (int axis = 0; axis < 3; axis++)
        w->part[axis] = part[axis];
    exchange *all[] = {&w->ghosts_in, &w->early_planes, &w->step};
    for (int i = 0; i < 3; i++)
        exchange_init(all[i], job->comm, (size_t)e->shape->in_voxel_bytes, EXCHANGE_INPUT);
    w->ghosts = epoch_ghost_range(e, part[0]);
    w->own = epoch_own_range(e, 0, part[0]);
    w->early = epoch_early_range(e, part[0]);
    w->next = w->own.begin;
    w->took_ghosts = range_size(w->ghosts) == 0;
    w->took_tail = range_size(w->early) == 0;
    if (!w->took_ghosts) {
        w->stream = planes_view(w, stream_buffer, w->ghosts.begin, job->plan->stream_planes);
        posting p = {&w->ghosts_in, &w->stream};
        epoch_visit_receives(e, part, w->ghosts, post_receive, &p);
    }
    if (!w->took_tail) {
        w->tail = planes_view(w, tail_buffer, w->early.begin, job->plan->tail_planes);
        read_and_trade(w, &w->early_planes, &w->tail, w->early);
    }
}

/* The held planes from keep on go in front of plane first of a view, which may lie in the same buffer. */
static void carry(window *w, const box_view *into, int64_t keep, int64_t first) {
    range kept = {max_i64(keep, w->held.begin), w->held.end};
    w->held.begin = first;
    if (w->held_in == NULL || range_size(kept) == 0)
        return;
    assert(kept.end == first && range_size(kept) <= w->job->plan->carry_planes);
    box where = into->where;
    where.axis[AXIS_D] = kept;
    if (w->status == VXS_OK) /* else nobody computes from them */
        box_view_copy(w->held_in, into, &where, (size_t)w->e->shape->in_voxel_bytes);
    w->held.begin = kept.begin;
}

static void take_ghosts(window *w) {
    end_exchange(w, &w->ghosts_in);
    w->took_ghosts = true;
    w->held_in = &w->stream;
    w->held = w->ghosts;
}

static void take_step(window *w, range step, int64_t keep) {
    end_exchange(w, &w->step);
    box_view moved = planes_view(w, w->stream_buffer, step.begin, w->job->plan->stream_planes);
    carry(w, &moved, keep, step.begin);
    w->stream = moved;
    w->held_in = &w->stream;
    w->held.end = step.end;
    w->next = step.end;
    read_and_trade(w, &w->step, &w->stream, step);
    end_exchange(w, &w->step);
}

static void take_tail(window *w, int64_t keep) {
    end_exchange(w, &w->early_planes);
    carry(w, &w->tail, keep, w->early.begin);
    w->took_tail = true;
    w->held_in = &w->tail;
    w->held.end = w->early.end;
    w->next = w->early.end;
}

void window_advance(window *w, int64_t keep) {
    if (!w->took_ghosts) {
        take_ghosts(w);
        return;
    }
    range step = epoch_next_step(w->e, w->next, w->early.begin);
    if (range_size(step) > 0) {
        take_step(w, step, keep);
        return;
    }
    assert(!w->took_tail);
    take_tail(w, keep);
}

void window_progress(window *w) {
    exchange_progress(&w->early_planes);
}

void window_end(window *w) {
    exchange *all[] = {&w->ghosts_in, &w->early_planes, &w->step};
    for (int i = 0; i < 3; i++) {
        end_exchange(w, all[i]);
        w->times->ghost_bytes += all[i]->sent_bytes;
        exchange_free(all[i]);
    }
}
