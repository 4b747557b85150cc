/*
 * The stream engine: owned slabs and ghosts. Works off one region's epochs in rounds: input streams through a
 * sliding window of planes, output leaves for the sink. For operators whose input ranges are known in
 * closed form (resample, label).
 *
 * A rank reads, computes and writes in turn. Only computing could go on beside the other two, for one thread
 * makes all HDF5 and MPI calls; it is 5 to 8 % of a run from and to a disk, 3 to 4 % where files are
 * deflated, 7 to 20 % in memory, where all cores are busy anyway, and would cost a second window and output.
 * Twice as many ranks as cores, which overlap of themselves, are no faster. What does overlap: messages with
 * computing, and, on several threads, fetching chunks with decoding them.
 */
#ifndef PIPELINE_STREAM_H
#define PIPELINE_STREAM_H

#include <mpi.h>

#include "operators/stream_operator.h"
#include "partition/plan.h"
#include "pipeline/rounds.h"
#include "volume/volume.h"

typedef struct stream_job {
    MPI_Comm comm;
    const stream_operator *op;
    const region_plan *plan;
    volume *in;
    int threads;
    const round_sink *sink;
} stream_job;

/* Run all epochs of the plan. Collective; fails on all ranks alike. times is added to. */
vxs_status stream_run(const stream_job *job, round_times *times);

#endif
