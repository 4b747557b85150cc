/* Voxels on request: how the points of scattered grids get theirs. */
#ifndef PIPELINE_TRAVEL_H
#define PIPELINE_TRAVEL_H

#include "pipeline/gather.h"

/* What one rank wants of one channel of the input. */
typedef struct travel {
    const gather_job *job;
    stream_times *times;
    int64_t n, c;            /* of the input */
    int64_t points;          /* 0 on ranks that want nothing */
    const sample_taps *taps; /* [points] */
    void *voxels;            /* [points][8] of src's dtype, filled where taps' masks say */
    void *held;              /* plan->held_bytes: room for a block */
} travel;

/* Fill voxels. Every rank holds blocks for all others, whatever it wants itself; each block that anybody asks
 * for is read once. Collective: all ranks give the same number of calls, of whatever n and c. Fails alike. */
vxs_status travel_run(const travel *t);

#endif
