#include "pipeline/stream.h"

#include <math.h>
#include <stdlib.h>

#include "base/buffer.h"
#include "base/checked.h"
#include "comm/agree.h"
#include "pipeline/window.h"

enum {
    STEP_COMPUTE = 64 << 20, /* bytes between two looks at whether to give the round up */
    TOUCH_STEP = 4096        /* no page is smaller */
};

/* What one rank allocates, once, for all epochs of a plan. */
typedef struct buffers {
    void *stream, *tail, *round, *scratch;
} buffers;

typedef struct engine {
    const stream_job *job;
    round_times *times;
    buffers memory;
    int64_t epoch_index;
    epoch e, pass; /* pass: the epoch as the pass under way sees it */
    int64_t pass_index;
    range source;    /* planes that the output under way needs; empty before */
    double computed; /* how much of it is, 0 to 1 */
    int part[3];
    bool working;   /* this rank has a part in the epoch */
    void *prepared; /* the operator's, for the epoch's box */
    window input;
    exchange pieces;   /* of shared tiles */
    vxs_status status; /* the first failure of this rank */
} engine;

/* Input planes are read by one thread; their pages are to lie near those that compute from them, which take
 * planes in the same order. */
static void touch_first(char *memory, int64_t bytes, int threads) {
#pragma omp parallel for num_threads(threads) if (threads > 1) schedule(static)
    for (int64_t b = 0; b < (threads > 1 ? bytes : 0); b += TOUCH_STEP)
        memory[b] = 0;
}

static vxs_status allocate(const stream_job *job, buffers *b) {
    const region_plan *p = job->plan;
    int64_t plane = region_plan_in_plane_bytes(p);
    *b = (buffers){0};
    TRY(buffer_allocate(&b->stream, plane * p->stream_planes, "the input window"));
    touch_first(b->stream, plane * p->stream_planes, job->threads);
    TRY(buffer_allocate(&b->tail, plane * p->tail_planes, "the early planes"));
    TRY(buffer_allocate(&b->round, region_plan_round_bytes(p), "the output of a round"));
    return buffer_allocate(&b->scratch, job->op->scratch_bytes(job->op->self, p->hull[1], job->threads),
                           "the kernel's rows");
}

static void release(buffers *b) {
    free(b->stream);
    free(b->tail);
    free(b->round);
    free(b->scratch);
}

/* ---- computing ---- */

static range source_of(const engine *g, range outputs) {
    return g->e.shape->source(g->e.shape->context, 0, outputs);
}

/* As many output planes from first on as the window holds all taps of. */
static int64_t computable_until(const engine *g, int64_t first, int64_t end) {
    if (g->input.held_in == NULL)
        return first;
    int64_t low = first,
            high = end; /* all before low are computable, none from high on, but for low == end */
    while (low < high) {
        int64_t middle = low + (high - low) / 2;
        if (source_of(g, (range){middle, middle + 1}).end <= g->input.held.end)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

static void compute_planes(engine *g, const box_view *round_view, range planes) {
    box where = round_view->where;
    where.axis[AXIS_D] = planes;
    const box_view dst = box_view_part(round_view, &where, (size_t)g->e.shape->out_voxel_bytes);
    double begin = MPI_Wtime();
    const stream_operator *op = g->job->op;
    op->compute(op->self, g->prepared, g->input.held_in, &dst, g->job->threads, g->memory.scratch);
    g->times->compute += MPI_Wtime() - begin;
}

/* What the pass computes of a round. */
static box_view view_of_pass(const engine *g, const box_view *round_view) {
    const box pass = epoch_out_box(&g->pass, g->part);
    const box where = box_intersect(&round_view->where, &pass);
    return box_view_part(round_view, &where, (size_t)g->e.shape->out_voxel_bytes);
}

/* Tell the sink how far the round is, when the window has come to that plane. Reading and computing count
 * alike. */
static vxs_status tell_plane(void *context, double plane) {
    engine *g = context;
    const round_sink *sink = g->job->sink;
    const double behind = (plane - (double)g->source.begin) / (double)max_i64(1, range_size(g->source));
    const double read = range_size(g->source) == 0 ? 0 : fmax(0, fmin(behind, 1));
    if (!sink->step)
        return VXS_OK;
    return sink->step(sink->context, ((double)g->pass_index + (read + g->computed) / 2) /
                                         (double)region_plan_passes(g->job->plan));
}

/* Who gives up reads and computes no more, but messages go on, so that no other rank hangs. */
static void tell_step(engine *g) {
    if (g->input.held_in != NULL && g->input.status == VXS_OK)
        g->input.status = tell_plane(g, (double)g->input.held.end);
}

/* As many planes at a time as are soon done. */
static int64_t planes_at_a_time(const box_view *view) {
    const int64_t plane = view->stride[AXIS_D] * 8;
    return max_i64(1, STEP_COMPUTE / max_i64(1, plane));
}

/* Step through the input until the view's planes are done. */
static void compute_view(engine *g, const box_view *round_view) {
    const range planes = round_view->where.axis[AXIS_D];
    const int64_t most = planes_at_a_time(round_view);
    int64_t next = planes.begin;
    g->source = source_of(g, planes);
    g->computed = 0;
    while (next < planes.end) {
        int64_t until = min_i64(computable_until(g, next, planes.end), next + most);
        if (until == next) {
            window_advance(&g->input, source_of(g, (range){next, next + 1}).begin);
        } else {
            if (g->input.status == VXS_OK)
                compute_planes(g, round_view, (range){next, until});
            window_progress(&g->input);
            next = until;
            g->computed = (double)(next - planes.begin) / (double)range_size(planes);
        }
        tell_step(g);
    }
}

/* ---- output ---- */

static vxs_status hand_over_round(engine *g, const box_view *round_view) {
    const round_sink *sink = g->job->sink;
    double begin = MPI_Wtime();
    for (int64_t i = 0; i < region_plan_pieces(g->job->plan); i++) {
        box piece = region_plan_piece(g->job->plan, &round_view->where, i);
        TRY(sink->take(sink->context, &piece, round_view));
        g->times->written_bytes += box_voxels(&piece) * g->e.shape->out_voxel_bytes;
    }
    g->times->write += MPI_Wtime() - begin;
    return VXS_OK;
}

/* ---- rounds ---- */

static box round_of(const engine *g, box b, int64_t round) {
    b.axis[AXIS_D] = region_plan_round(g->job->plan, b.axis[AXIS_D], round);
    return b;
}

/* The box that this rank writes in a round; empty when it has nothing left, or another writes for it. */
static box written_box(const engine *g, int64_t round) {
    return g->working ? round_of(g, epoch_write_box(&g->e, g->part), round) : (box){{{0, 0}}};
}

/* The buffer of a round: of all that this rank writes, or else of its share. */
static box_view round_view(const engine *g, int64_t round) {
    box where = written_box(g, round);
    if (box_is_empty(&where) && g->working)
        where = round_of(g, epoch_out_box(&g->e, g->part), round);
    return box_view_packed(g->memory.round, &where);
}

typedef struct piece_posting {
    exchange *x;
    const box_view *view;
    bool receives;
} piece_posting;

static void post_piece(const message *m, void *context) {
    piece_posting *p = context;
    (p->receives ? exchange_begin_receive : exchange_begin_send)(p->x, p->view, m);
}

/* Whoever writes receives, which begins before it computes; the others send what they have computed. */
static void begin_pieces(engine *g, const box_view *view, int64_t round, bool receives) {
    box write = written_box(g, round);
    piece_posting p = {&g->pieces, view, receives};
    if (g->working && receives == !box_is_empty(&write))
        epoch_visit_pieces(&g->e, g->part, view->where.axis[AXIS_D], post_piece, &p);
}

static void compute_round(engine *g, int64_t round) {
    box_view whole = round_view(g, round);
    if (box_is_empty(&whole.where))
        return;
    box_view mine = view_of_pass(g, &whole);
    compute_view(g, &mine);
    g->status = g->input.status;
}

static vxs_status finish_round(engine *g, int64_t round) {
    box_view view = round_view(g, round);
    begin_pieces(g, &view, round, false);
    double begin = MPI_Wtime();
    vxs_status traded = exchange_end(&g->pieces);
    g->times->exchange += MPI_Wtime() - begin;
    TRY(comm_agree(g->job->comm, g->status != VXS_OK ? g->status : traded));
    box where = written_box(g, round);
    if (box_is_empty(&where))
        view.where = where;
    TRY(hand_over_round(g, &view));
    return g->job->sink->done(g->job->sink->context, g->epoch_index, round);
}

/* ---- epochs ---- */

static vxs_status begin_epoch(engine *g, int64_t index) {
    int rank;
    MPI_Comm_rank(g->job->comm, &rank);
    g->epoch_index = index;
    g->e = region_plan_epoch(g->job->plan, index);
    g->working = epoch_part_of_rank(&g->e, rank, g->part);
    vxs_status status = VXS_OK;
    if (g->working) {
        box out = epoch_out_box(&g->e, g->part);
        status = g->job->op->prepare(g->job->op->self, &out, &g->prepared);
    }
    return comm_agree(g->job->comm, status); /* from here on, messages count on every rank */
}

/* All rounds of one pass. Where there are several passes there is one round, and the last pass completes it.
 */
static vxs_status run_pass(engine *g, int64_t pass) {
    const region_plan *plan = g->job->plan;
    vxs_status status = VXS_OK;
    g->pass = region_plan_pass(plan, &g->e, pass);
    g->pass_index = pass;
    g->source = (range){0, 0};
    g->computed = 0;
    g->input.pulse = (window_pulse){tell_plane, g};
    if (g->working)
        window_begin(&g->input, g->job, &g->pass, g->part, g->memory.stream, g->memory.tail, g->status,
                     g->times);
    bool last = pass == region_plan_passes(plan) - 1;
    for (int64_t round = 0; round < region_plan_rounds(plan) && status == VXS_OK; round++) {
        box_view view = round_view(g, round);
        if (last)
            begin_pieces(g, &view, round, true);
        compute_round(g, round);
        if (last)
            status = finish_round(g, round);
    }
    if (g->working)
        window_end(&g->input);
    return status;
}

static vxs_status run_epoch(engine *g, int64_t index) {
    g->prepared = NULL;
    vxs_status status = begin_epoch(g, index);
    for (int64_t pass = 0; pass < region_plan_passes(g->job->plan) && status == VXS_OK; pass++)
        status = run_pass(g, pass);
    g->job->op->release(g->prepared);
    return status;
}

vxs_status stream_run(const stream_job *job, round_times *times) {
    engine g = {.job = job, .times = times, .status = VXS_OK};
    exchange_init(&g.pieces, job->comm, (size_t)job->plan->shape->out_voxel_bytes, EXCHANGE_OUTPUT);
    vxs_status status = comm_agree(job->comm, allocate(job, &g.memory));
    for (int64_t i = 0; i < region_plan_epochs(job->plan) && status == VXS_OK; i++)
        status = run_epoch(&g, i);
    times->piece_bytes = g.pieces.sent_bytes;
    exchange_free(&g.pieces);
    release(&g.memory);
    return status;
}
