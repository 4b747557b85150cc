/* The inner state of gather_run, and what its two paths share. Private to gather*.c. */
#ifndef PIPELINE_GATHER_STATE_H
#define PIPELINE_GATHER_STATE_H

#include "pipeline/gather.h"
#include "pipeline/travel.h"

enum { BOUNDS = 64 /* boxes of outputs whose bounds are kept */ };

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

/* The first failure of this rank counts. */
void gather_note(engine *g, vxs_status status);

/* Tell the sink how far the round is; part: of what is under way. Who gives up reads and computes no more,
 * but takes part in all messages, so that no other rank hangs. */
void gather_tell_step(engine *g, double part);

/* ---- gather_local.c: what needs no other rank ---- */

/* Whether every part of the box of outputs, cut as often as need be, finds its input small enough. */
bool gather_is_local(engine *g, const box *b);

/* Compute a box of outputs, in as many parts as need be. out: of what is under way, of which b is a part. */
void gather_compute_local(engine *g, const box *b, const box_view *out);

#endif
