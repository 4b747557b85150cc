/* Voxels on request: how the points of scattered grids get theirs. */
#ifndef PIPELINE_TRAVEL_H
#define PIPELINE_TRAVEL_H

#include "pipeline/gather.h"

/* How the plan's room is used while points travel; borrowed pieces of it. */
typedef struct travel_room {
    sample_taps *taps;        /* [gather_plan_taps] */
    void *voxels;             /* [channels][points][8] of src's dtype, filled where the taps' masks say */
    void *block;              /* gather_plan_block_bytes */
    int64_t *asked, *wanted;  /* [group * batch] voxel numbers: sent, received */
    int64_t *slot;            /* [group * batch] where the answers to asked belong, in voxels */
    char *answers, *answered; /* [group * batch][channels] voxels: sent, received */
} travel_room;

/* room: plan->room_bytes, 64-byte aligned. */
travel_room travel_room_of(const gather_plan *plan, void *room);

/* What one rank wants of some channels of the input. */
typedef struct travel {
    const gather_job *job;
    round_times *times;
    const travel_room *room; /* its taps are set */
    int64_t n;               /* of the input */
    range c;                 /* gather_plan_together: the same on all ranks */
    int64_t points;          /* taps; 0 on ranks that want nothing */
    /* Between exchanges; part: how much of it lies behind. Anything but VXS_OK gives up, on all
     * ranks alike. Local. */
    vxs_status (*step)(void *context, double part);
    void *context;
} travel;

/* Fill room->voxels. Every rank holds blocks for all others, whatever it wants itself; each block that
 * anybody asks for is read once. Collective, of whatever n. Fails alike. */
vxs_status travel_run(const travel *t);

#endif
