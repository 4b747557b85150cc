/*
 * The engines as a job sees them: how a region of the output is planned, run and recorded. stream: owned
 * slabs and ghosts, for input ranges known in closed form. gather: boxes known only from data. Plans are the
 * same on every rank.
 */
#ifndef PIPELINE_ENGINE_H
#define PIPELINE_ENGINE_H

#include <mpi.h>

#include <voxslab/voxslab_mpi.h>

#include "partition/gather_plan.h"
#include "partition/plan.h"
#include "partition/tile_set.h"
#include "pipeline/rounds.h"
#include "volume/volume.h"

struct resolved_job;

/* How a region of the output is worked off, whichever engine does. It may point into the job. */
typedef struct engine_plan {
    union {
        region_plan stream;
        gather_plan gather;
    };
    int64_t epochs, rounds; /* rounds of each epoch */
    int64_t memory_bytes;   /* of the rank that needs most */
} engine_plan;

/* What a run has at hand; borrowed. */
typedef struct engine_run {
    MPI_Comm comm;
    const engine_plan *plan;
    volume *in, *points; /* points: NULL without */
    const round_sink *sink;
} engine_run;

typedef int part_visit(const vxs_plan_part *part, void *context);

/* All functions but run are local. */
typedef struct job_engine {
    /* What follows from threads, budget and tiles, once these stand in the job. */
    void (*prepare)(struct resolved_job *job);
    /* Plan a region, cut at tiles. VXS_USAGE when job->memory is too little, with what would do in the
     * message and in plan->memory_bytes. */
    vxs_status (*plan)(const struct resolved_job *job, const box *region, int ranks, engine_plan *plan);
    /* Add what all ranks together put out in a round. */
    void (*add_round)(const engine_plan *plan, int64_t epoch_index, int64_t round, tile_set *done);
    /* Work off the region. Collective; fails on all ranks alike. times is added to. */
    vxs_status (*run)(const struct resolved_job *job, const engine_run *run, round_times *times);
    /* What the report says of job->plan: grid, bytes, warnings. */
    void (*describe)(const struct resolved_job *job, vxs_report *report);
    /* The parts of job->plan, for --dry-run; until visit returns non-zero. */
    void (*visit)(const struct resolved_job *job, part_visit *visit, void *context);
} job_engine;

extern const job_engine stream_engine, gather_engine;

#endif
