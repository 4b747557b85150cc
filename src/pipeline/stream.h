/*
 * The stream engine: owned slabs and ghosts. Works off one region's epochs in rounds: input streams through a
 * sliding window of planes, output leaves in collective writes. For operators whose input ranges are known in
 * closed form (resample, label).
 */
#ifndef PIPELINE_STREAM_H
#define PIPELINE_STREAM_H

#include <mpi.h>

#include "operators/stream_operator.h"
#include "partition/plan.h"
#include "volume/volume.h"

/* Seconds and bytes of this rank. */
typedef struct stream_times {
    double read, exchange, compute, write;
    int64_t read_bytes, ghost_bytes, written_bytes;
    int64_t piece_bytes; /* output sent to the rank that writes a shared tile */
} stream_times;

typedef struct stream_job {
    MPI_Comm comm;
    const stream_operator *op;
    const region_plan *plan;
    volume *in, *out;
    int threads;
    /* On every rank, after each round; anything but VXS_OK, on all ranks alike, ends the run with it. */
    vxs_status (*round_done)(void *context, int64_t epoch_index, int64_t round);
    void (*write_failed)(void *context); /* on the rank where it did, with the message set; must not return */
    void *context;
} stream_job;

/*
 * Run all epochs of the plan. Collective; fails on all ranks alike, except that a failed collective write
 * must end the program (the others hang in it). times is added to.
 */
vxs_status stream_run(const stream_job *job, stream_times *times);

#endif
