/*
 * What the engines have in common: whom they give the output of a round to, and what it took.
 */
#ifndef PIPELINE_ROUNDS_H
#define PIPELINE_ROUNDS_H

#include "base/box.h"
#include "base/status.h"

/* Where the output of a round goes: into a file, say, or into a comparison with one. */
typedef struct round_sink {
    /* Take where, which view holds and no other rank has a voxel of; the view may be overwritten. Collective:
     * all ranks call it equally often, with an empty box where they have nothing left. Fails on all ranks
     * alike, or does not return. */
    vxs_status (*take)(void *context, const box *where, const box_view *view);
    /* After each round, once all of it is taken. Collective; anything but VXS_OK, on all ranks alike, ends
     * the run with it. epoch: that the round belongs to; round: its number in it. */
    vxs_status (*done)(void *context, int64_t epoch, int64_t round);
    /* Between the steps of this rank through the input of a round; part: how much of it lies behind, 0 to 1.
     * Anything but VXS_OK gives the round up, and so the run, with that status on all ranks. Local. May be
     * NULL. */
    vxs_status (*step)(void *context, double part);
    void *context;
} round_sink;

/* Seconds and bytes of this rank. */
typedef struct round_times {
    double read, exchange, compute, write;
    int64_t read_bytes, ghost_bytes, written_bytes;
    int64_t piece_bytes;      /* output sent to the rank that writes a shared tile */
    int64_t travelled_points; /* of scattered grids: outputs whose voxels came from other ranks' blocks */
} round_times;

#endif
