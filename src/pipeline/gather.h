/*
 * The gather engine: for operators whose input boxes are known from data alone (grid_sample, affine, warp).
 * Pieces of output are dealt to ranks. A rank reads a piece's grid, finds the bounding box of its actual
 * taps, reads that by whole chunks and computes; a piece whose box does not fit the memory is cut. When even
 * a small part's box does not fit, its points travel: the ranks hold the input block by block, and every rank
 * asks the holders for the voxels it needs. The same values either way.
 */
#ifndef PIPELINE_GATHER_H
#define PIPELINE_GATHER_H

#include <mpi.h>

#include "operators/sample.h"
#include "partition/gather_plan.h"
#include "pipeline/rounds.h"
#include "volume/volume.h"

typedef struct gather_job {
    MPI_Comm comm;
    const sample_operator *op;
    const gather_plan *plan;
    volume *in, *points; /* points: the grid or field, NULL for an affine map */
    int threads;
    const round_sink *sink;
} gather_job;

/* Run all rounds of the plan. Collective; fails on all ranks alike. times is added to. */
vxs_status gather_run(const gather_job *job, round_times *times);

#endif
