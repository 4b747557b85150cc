/*
 * The sliding window of one rank in one epoch: the input planes in memory. Planes arrive in order along d:
 * first the ghosts that earlier parts own, then what this rank reads step by step (its neighbours' rows and
 * columns coming as messages), at last the early planes, which were read first because later parts need them.
 *
 * Two buffers, each with room in front for the planes that outputs still need when the window moves on:
 *     stream  [carried | ghosts or one step]        tail  [carried | early planes]
 */
#ifndef PIPELINE_WINDOW_H
#define PIPELINE_WINDOW_H

#include "exchange/exchange.h"
#include "pipeline/stream.h"

/* Told how far a read of the window is, as a plane; anything but VXS_OK gives it up, and becomes its status.
 */
typedef struct window_pulse {
    vxs_status (*tell)(void *context, double plane);
    void *context;
} window_pulse;

typedef struct window {
    window_pulse pulse; /* to be set before window_begin */
    const stream_job *job;
    const epoch *e;
    int part[3];
    void *stream_buffer, *tail_buffer;
    box_view stream, tail; /* of the buffers; along d from their first carried plane */
    range ghosts, own, early;
    int64_t next; /* the first owned plane not yet passed */
    bool took_ghosts, took_tail;
    const box_view *held_in; /* the buffer that holds the window now, NULL before the first advance */
    range held;              /* its planes along d, carried ones included */
    exchange ghosts_in, early_planes, step;
    round_times *times;
    vxs_status status; /* the first failure on this rank; messages go on, so that no other rank hangs */
} window;

/* Begin an epoch: post receives, read the early planes, send them. The buffers hold
 * plan->stream_planes and plan->tail_planes. Ranks of the epoch only; failures stay in
 * w->status, which begins as status. */
void window_begin(window *w, const stream_job *job, const epoch *e, const int part[3], void *stream_buffer,
                  void *tail_buffer, vxs_status status, round_times *times);

/* Move on: the planes from keep on are kept, the next ones arrive. */
void window_advance(window *w, int64_t keep);

/* Let messages move on while we compute. */
void window_progress(window *w);

/* Wait for what is under way, and free. */
void window_end(window *w);

#endif
