/*
 * The gather engine: for operators whose input boxes are known from data alone (grid_sample, affine, warp).
 * Pieces of output are dealt to ranks. A rank reads a piece's grid, finds the bounding box of its actual
 * taps, reads that by whole chunks and computes; a piece whose box does not fit the memory is cut. When even
 * a small part's box does not fit, its points travel: the ranks hold the input block by block, and every rank
 * asks the holders for the voxels it needs. The same values either way.
 */
#ifndef PIPELINE_GATHER_H
#define PIPELINE_GATHER_H

#include "operators/sample.h"
#include "partition/gather_plan.h"
#include "pipeline/stream.h"

typedef struct gather_job {
    MPI_Comm comm;
    const sample_operator *op;
    const gather_plan *plan;
    volume *in, *points, *out; /* points: the grid or field, NULL for an affine map */
    int threads;
    void (*round_done)(void *context); /* on every rank, after each round; may be NULL */
    void *context;
} gather_job;

/* Run all rounds. Collective; fails on all ranks alike, except that a failed collective write ends the
 * program (MPI_Abort). times is added to; travelled, if not NULL, gets the points of this rank that
 * travelled. */
vxs_status gather_run(const gather_job *job, stream_times *times, int64_t *travelled);

#endif
