#include "pipeline/travel.h"

#include <stdlib.h>
#include <string.h>

#include "base/checked.h"
#include "comm/agree.h"

/* One exchange: requests to every rank and from every rank, batch of them at most each. */
typedef struct traffic {
    const travel *t;
    int ranks;
    int64_t batch;
    int *send_count, *send_begin, *receive_count, *receive_begin; /* [ranks] */
    int64_t *asked, *wanted;  /* [ranks * batch] voxel numbers: sent, received */
    int64_t *slot;            /* [ranks * batch] where the answers to asked belong, in voxels */
    char *answers, *answered; /* [ranks * batch] voxels: sent, received */
    int64_t next;             /* the point to look at next */
} traffic;

static vxs_status traffic_begin(traffic *x, const travel *t) {
    *x = (traffic){.t = t, .ranks = (int)t->job->plan->ranks, .batch = t->job->plan->batch};
    const size_t all = (size_t)(x->batch * x->ranks), bytes = dtype_bytes(t->job->op->src_dtype);
    x->send_count = calloc((size_t)x->ranks * 4, sizeof *x->send_count);
    x->asked = malloc(all * 3 * sizeof *x->asked);
    x->answers = malloc(all * 2 * bytes);
    CHECK(x->send_count && x->asked && x->answers, VXS_IO, "out of memory for %zu voxels under way", all);
    x->send_begin = x->send_count + x->ranks;
    x->receive_count = x->send_begin + x->ranks;
    x->receive_begin = x->receive_count + x->ranks;
    x->wanted = x->asked + all;
    x->slot = x->wanted + all;
    x->answered = x->answers + all * bytes;
    return VXS_OK;
}

static void traffic_end(traffic *x) {
    free(x->send_count);
    free(x->asked);
    free(x->answers);
}

/* The number of a voxel of one channel: d, h, w, row-major, behind those of the channels before. */
static int64_t voxel_number(const travel *t, const int64_t dhw[3]) {
    const int64_t *in = t->job->op->in;
    const int64_t channel = t->n * in[AXIS_C] + t->c;
    return ((channel * in[AXIS_D] + dhw[0]) * in[AXIS_H] + dhw[1]) * in[AXIS_W] + dhw[2];
}

/* Ask for point i's voxels that lie in this pass's blocks; false when a rank's batch is full: nothing asked.
 */
static bool ask(traffic *x, int64_t pass, int64_t i) {
    const sample_taps *tap = &x->t->taps[i];
    int holders[8], count = 0;
    for (int k = 0; k < 8; k++) {
        if (!(tap->mask >> k & 1))
            continue;
        const int64_t at[3] = {tap->first[0] + (k >> 2), tap->first[1] + (k >> 1 & 1),
                               tap->first[2] + (k & 1)};
        const int64_t block = gather_plan_block_of(x->t->job->plan, at);
        if (block / x->ranks != pass)
            continue;
        const int holder = (int)(block % x->ranks);
        if (x->send_count[holder] == x->batch) {
            while (count > 0) /* the point as a whole waits for the next exchange */
                x->send_count[holders[--count]]--;
            return false;
        }
        const int64_t place = (int64_t)holder * x->batch + x->send_count[holder]++;
        x->asked[place] = voxel_number(x->t, at);
        x->slot[place] = i * 8 + k;
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
    const travel *t = x->t;
    const size_t bytes = dtype_bytes(t->job->op->src_dtype);
    const int64_t *in = t->job->op->in;
    for (int r = 0; r < x->ranks; r++)
        for (int k = 0; k < x->receive_count[r]; k++) {
            const int64_t place = x->receive_begin[r] + k;
            int64_t rest = x->wanted[place], at[AXES];
            for (int a = AXIS_W; a >= AXIS_N; a--) {
                at[a] = rest % in[a];
                rest /= in[a];
            }
            memcpy(x->answers + (size_t)place * bytes, box_view_at(block, bytes, at), bytes);
        }
}

/* Counts that hold bytes; both messages of a rank lie batch voxels apart. */
static void exchange_requests(traffic *x) {
    MPI_Comm comm = x->t->job->comm;
    MPI_Alltoall(x->send_count, 1, MPI_INT, x->receive_count, 1, MPI_INT, comm);
    for (int r = 0; r < x->ranks; r++)
        x->send_begin[r] = x->receive_begin[r] = r * (int)x->batch;
    MPI_Alltoallv(x->asked, x->send_count, x->send_begin, MPI_INT64_T, x->wanted, x->receive_count,
                  x->receive_begin, MPI_INT64_T, comm);
}

static void exchange_answers(traffic *x) {
    const size_t bytes = dtype_bytes(x->t->job->op->src_dtype);
    MPI_Datatype voxel;
    MPI_Type_contiguous((int)bytes, MPI_BYTE, &voxel);
    MPI_Type_commit(&voxel);
    MPI_Alltoallv(x->answers, x->receive_count, x->receive_begin, voxel, x->answered, x->send_count,
                  x->send_begin, voxel, x->t->job->comm);
    MPI_Type_free(&voxel);
    for (int r = 0; r < x->ranks; r++)
        for (int k = 0; k < x->send_count[r]; k++) {
            const int64_t place = x->send_begin[r] + k;
            memcpy((char *)x->t->voxels + (size_t)x->slot[place] * bytes, x->answered + (size_t)place * bytes,
                   bytes);
        }
}

/* Whether any rank has more to ask, and whether all is well. */
static bool any(MPI_Comm comm, bool mine) {
    int flag = mine, all = 0;
    MPI_Allreduce(&flag, &all, 1, MPI_INT, MPI_MAX, comm);
    return all != 0;
}

/* One pass over channel (n, c) of the input, for those ranks that want it: take says whether this one does.
 */
static vxs_status run_pass(traffic *x, int64_t pass, int64_t n, int64_t c, bool take, vxs_status status) {
    const travel *t = x->t;
    const size_t bytes = dtype_bytes(t->job->op->src_dtype);
    int rank;
    MPI_Comm_rank(t->job->comm, &rank);
    const box where = gather_plan_block(t->job->plan, pass, rank, n, c);
    const box_view block = box_view_packed(t->held, &where);
    bool read = false;
    x->next = take ? 0 : t->points;
    do {
        double begin = MPI_Wtime();
        ask_all(x, pass);
        exchange_requests(x);
        int64_t wanted = 0;
        for (int r = 0; r < x->ranks; r++)
            wanted += x->receive_count[r];
        t->times->exchange += MPI_Wtime() - begin;
        begin = MPI_Wtime();
        if (wanted > 0 && !read && status == VXS_OK) {
            status = volume_read(t->job->in, &where, &block);
            t->times->read_bytes += box_voxels(&where) * (int64_t)bytes;
            read = true;
        }
        t->times->read += MPI_Wtime() - begin;
        begin = MPI_Wtime();
        if (status == VXS_OK)
            answer(x, &block);
        exchange_answers(x);
        t->times->ghost_bytes += wanted * (int64_t)bytes;
        t->times->exchange += MPI_Wtime() - begin;
    } while (any(t->job->comm, x->next < t->points));
    return status;
}

vxs_status travel_run(const travel *t) {
    traffic x;
    vxs_status status = comm_agree(t->job->comm, traffic_begin(&x, t));
    if (status == VXS_OK) {
        const int64_t *in = t->job->op->in;
        /* Ranks may want different channels: one after the other, those that nobody wants left out. */
        for (int64_t channel = 0; channel < in[AXIS_N] * in[AXIS_C]; channel++) {
            const bool mine = t->points > 0 && channel == t->n * in[AXIS_C] + t->c;
            if (!any(t->job->comm, mine))
                continue;
            for (int64_t pass = 0; pass < t->job->plan->passes; pass++)
                status = run_pass(&x, pass, channel / in[AXIS_C], channel % in[AXIS_C], mine, status);
        }
        status = comm_agree(t->job->comm, status);
    }
    traffic_end(&x);
    return status;
}
