/*
 * The stream engine: owned slabs and ghosts. Works off one region's epochs in rounds: input streams through a
 * sliding window of planes, output leaves for the sink. For operators whose input ranges are known in
 * closed form (resample, label).
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
