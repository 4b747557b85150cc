#include "pipeline/travel.h"

#include <stdlib.h>
#include <string.h>

#include "base/checked.h"
#include "comm/agree.h"

/* One exchange: requests to the ranks of a group, and from those to whom this rank is in it. */
typedef struct traffic {
    const travel *t;
    const gather_plan *plan;
    int rank, ranks;
    int *send_count, *send_begin, *receive_count, *receive_begin; /* [ranks] */
    int64_t first;     /* of the group: the distance from this rank */
    int64_t next;      /* the point to look at next */
    vxs_status status; /* the first failure of this rank */
} traffic;

static char *carve(char **free_room, int64_t bytes) {
    char *begin = *free_room;
    *free_room += round_up(bytes, 64);
    return begin;
}

travel_room travel_room_of(const gather_plan *p, void *room) {
    const int64_t requests = p->group * p->batch, taps = gather_plan_taps(p);
    char *rest = room;
    travel_room r;
    r.block = carve(&rest, gather_plan_block_bytes(p));
    r.taps = (void *)carve(&rest, taps * (int64_t)sizeof *r.taps);
    r.voxels = carve(&rest, taps * GATHER_TAPS * p->shape->in_voxel_bytes * p->channels);
    r.asked = (void *)rest;
    r.wanted = r.asked + requests;
    r.slot = r.wanted + requests;
    r.answers = (char *)(r.slot + requests);
    r.answered = r.answers + (int64_t)sizeof(int64_t) * requests * p->channels;
    return r;
}

static vxs_status traffic_begin(traffic *x, const travel *t) {
    *x = (traffic){.t = t, .plan = t->job->plan};
    MPI_Comm_rank(t->job->comm, &x->rank);
    MPI_Comm_size(t->job->comm, &x->ranks);
    x->send_count = calloc((size_t)x->ranks * 4, sizeof *x->send_count);
    CHECK(x->send_count, VXS_IO, "out of memory for messages to %d ranks", x->ranks);
    x->send_begin = x->send_count + x->ranks;
    x->receive_count = x->send_begin + x->ranks;
    x->receive_begin = x->receive_count + x->ranks;
    return VXS_OK;
}

/* Of an answer: a voxel of each channel. */
static size_t answer_bytes(const traffic *x) {
    return (size_t)range_size(x->t->c) * dtype_bytes(x->t->job->op->src_dtype);
}

/* The number of a voxel of one channel: d, h, w, row-major. */
static int64_t voxel_number(const int64_t in[AXES], const int64_t dhw[3]) {
    return (dhw[0] * in[AXIS_H] + dhw[1]) * in[AXIS_W] + dhw[2];
}

/* The place of a rank in the group under way, counted from the asking rank on; -1: not in it. */
static int64_t place_in_group(const traffic *x, int from, int to) {
    const int64_t distance = (to - from + x->ranks) % x->ranks - x->first;
    return distance >= 0 && distance < x->plan->group ? distance : -1;
}

/* Ask for point i's voxels that this group holds in this pass; false when a rank's batch is full: nothing
 * asked. */
static bool ask(traffic *x, int64_t pass, int64_t i) {
    const sample_taps *tap = &x->t->room->taps[i];
    int holders[GATHER_TAPS], count = 0;
    for (int k = 0; k < GATHER_TAPS; k++) {
        if (!(tap->mask >> k & 1))
            continue;
        const int64_t at[3] = {tap->first[0] + (k >> 2), tap->first[1] + (k >> 1 & 1),
                               tap->first[2] + (k & 1)};
        const int64_t block = gather_plan_block_of(x->plan, at);
        const int holder = (int)(block % x->ranks);
        const int64_t place = block / x->ranks == pass ? place_in_group(x, x->rank, holder) : -1;
        if (place < 0)
            continue;
        if (x->send_count[holder] == x->plan->batch) {
            while (count > 0) /* the point as a whole waits for the next exchange */
                x->send_count[holders[--count]]--;
            return false;
        }
        const int64_t request = place * x->plan->batch + x->send_count[holder]++;
        x->t->room->asked[request] = voxel_number(x->t->job->op->in, at);
        x->t->room->slot[request] = i * GATHER_TAPS + k;
        holders[count++] = holder;
    }
    return true;
}

static void ask_all(traffic *x, int64_t pass) {
    memset(x->send_count, 0, (size_t)x->ranks * sizeof *x->send_count);
    while (x->next < x->t->points && ask(x, pass, x->next))
        x->next++;
}

/* Copy the voxels that others want out of the block. */
static void answer(traffic *x, const box_view *block) {
    const travel_room *room = x->t->room;
    const size_t bytes = dtype_bytes(x->t->job->op->src_dtype);
    const int64_t *in = x->t->job->op->in, channels = range_size(x->t->c);
    const ptrdiff_t to_next = block->stride[AXIS_C] * (ptrdiff_t)bytes;
    for (int r = 0; r < x->ranks; r++)
        for (int k = 0; k < x->receive_count[r]; k++) {
            const int64_t request = x->receive_begin[r] + k, voxel = room->wanted[request];
            const int64_t at[AXES] = {block->where.axis[AXIS_N].begin, block->where.axis[AXIS_C].begin,
                                      voxel / in[AXIS_W] / in[AXIS_H], voxel / in[AXIS_W] % in[AXIS_H],
                                      voxel % in[AXIS_W]};
            const char *from = box_view_at(block, bytes, at);
            char *to = room->answers + (size_t)request * answer_bytes(x);
            for (int64_t c = 0; c < channels; c++)
                memcpy(to + c * (ptrdiff_t)bytes, from + c * to_next, bytes);
        }
}

/* Both messages of a rank lie a batch apart, by its place in the group. */
static void exchange_requests(traffic *x) {
    MPI_Comm comm = x->t->job->comm;
    MPI_Alltoall(x->send_count, 1, MPI_INT, x->receive_count, 1, MPI_INT, comm);
    for (int r = 0; r < x->ranks; r++) {
        const int64_t to = place_in_group(x, x->rank, r), from = place_in_group(x, r, x->rank);
        x->send_begin[r] = (int)(max_i64(to, 0) * x->plan->batch);
        x->receive_begin[r] = (int)(max_i64(from, 0) * x->plan->batch);
    }
    MPI_Alltoallv(x->t->room->asked, x->send_count, x->send_begin, MPI_INT64_T, x->t->room->wanted,
                  x->receive_count, x->receive_begin, MPI_INT64_T, comm);
}

/* Answers to where they belong, channel by channel. */
static void sort_answers(traffic *x) {
    const travel_room *room = x->t->room;
    const size_t bytes = dtype_bytes(x->t->job->op->src_dtype);
    const int64_t channels = range_size(x->t->c), to_next = x->t->points * GATHER_TAPS * (int64_t)bytes;
    for (int r = 0; r < x->ranks; r++)
        for (int k = 0; k < x->send_count[r]; k++) {
            const int64_t request = x->send_begin[r] + k;
            const char *from = room->answered + (size_t)request * answer_bytes(x);
            char *to = (char *)room->voxels + (size_t)room->slot[request] * bytes;
            for (int64_t c = 0; c < channels; c++)
                memcpy(to + c * to_next, from + c * (int64_t)bytes, bytes);
        }
}

static void exchange_answers(traffic *x) {
    const travel_room *room = x->t->room;
    MPI_Datatype voxels;
    MPI_Type_contiguous((int)answer_bytes(x), MPI_BYTE, &voxels);
    MPI_Type_commit(&voxels);
    MPI_Alltoallv(room->answers, x->receive_count, x->receive_begin, voxels, room->answered, x->send_count,
                  x->send_begin, voxels, x->t->job->comm);
    MPI_Type_free(&voxels);
    sort_answers(x);
}

/* How the ranks go on after an exchange: the greatest wish counts. */
enum { NEXT_GROUP, SAME_GROUP, GIVE_UP };

static int agree_on_next(const traffic *x) {
    int mine = x->status != VXS_OK ? GIVE_UP : x->next < x->t->points ? SAME_GROUP : NEXT_GROUP, all = 0;
    MPI_Allreduce(&mine, &all, 1, MPI_INT, MPI_MAX, x->t->job->comm);
    return all;
}

/* Who fails or gives up still takes part in the exchange under way. */
static void tell_step(traffic *x, int64_t pass) {
    const int64_t groups = div_ceil(x->ranks, x->plan->group);
    const double of_group = x->t->points > 0 ? (double)x->next / (double)x->t->points : 1;
    const double done = (double)(pass * groups + x->first / x->plan->group) + of_group;
    if (x->status == VXS_OK)
        x->status = x->t->step(x->t->context, done / (double)(x->plan->passes * groups));
}

/* What this rank holds in a pass, read when the first request for it comes. */
typedef struct held_block {
    box_view view;
    bool read;
} held_block;

static void read_block(traffic *x, held_block *held) {
    const travel *t = x->t;
    const double begin = MPI_Wtime();
    x->status = volume_read(t->job->in, &held->view.where, &held->view);
    held->read = true;
    t->times->read_bytes += gather_fetched_bytes(t->job->plan, &held->view.where);
    t->times->read += MPI_Wtime() - begin;
}

/* Requests and answers of one group of ranks until nobody has more to ask of it, or the ranks give up. */
static int run_group(traffic *x, int64_t pass, held_block *held, bool take) {
    const travel *t = x->t;
    int next = SAME_GROUP;
    x->next = take ? 0 : t->points;
    while (next == SAME_GROUP) {
        double begin = MPI_Wtime();
        ask_all(x, pass);
        exchange_requests(x);
        t->times->exchange += MPI_Wtime() - begin;
        int64_t wanted = 0;
        for (int r = 0; r < x->ranks; r++)
            wanted += x->receive_count[r];
        if (wanted > 0 && !held->read)
            read_block(x, held);
        begin = MPI_Wtime();
        if (x->status == VXS_OK)
            answer(x, &held->view);
        exchange_answers(x);
        t->times->ghost_bytes += wanted * (int64_t)answer_bytes(x);
        t->times->exchange += MPI_Wtime() - begin;
        tell_step(x, pass);
        next = agree_on_next(x);
    }
    return next;
}

/* All passes over n of the input; take: this rank wants it. */
static vxs_status run_passes(traffic *x, int64_t n, bool take) {
    for (int64_t pass = 0; pass < x->plan->passes; pass++) {
        const box where = gather_plan_block(x->plan, pass, x->rank, n, x->t->c);
        held_block held = {.view = box_view_packed(x->t->room->block, &where)};
        for (x->first = 0; x->first < x->ranks; x->first += x->plan->group)
            if (run_group(x, pass, &held, take) == GIVE_UP)
                return x->status;
    }
    return VXS_OK;
}

/* Ranks may want different n: one after the other, those that nobody wants left out. */
vxs_status travel_run(const travel *t) {
    traffic x;
    vxs_status status = comm_agree(t->job->comm, traffic_begin(&x, t));
    for (int64_t done = -1; status == VXS_OK;) {
        int64_t wanted = t->points > 0 && t->n > done ? t->n : INT64_MAX, n = INT64_MAX;
        MPI_Allreduce(&wanted, &n, 1, MPI_INT64_T, MPI_MIN, t->job->comm);
        if (n == INT64_MAX)
            break;
        status = comm_agree(t->job->comm, run_passes(&x, n, wanted == n));
        done = n;
    }
    free(x.send_count);
    return status;
}
