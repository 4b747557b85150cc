/* An output verified within a budget: room for a part of what is stored, beside the job computed again. */
#ifndef PIPELINE_VERIFY_PLAN_H
#define PIPELINE_VERIFY_PLAN_H

#include "pipeline/job.h"

typedef struct verify_room {
    int64_t voxels; /* of the buffer that what is stored is read into; a whole chunk if it passes filters */
    int64_t bytes;  /* of it, and of reading into it */
} verify_room;

/*
 * Plan a job that only compares, and the room beside it. What a job was planned with suffices to verify what
 * it wrote, if it was told (vxs_job's verify). Where memory is short, stored is told to be read without
 * buffers for whole chunks that pass no filters. VXS_USAGE with the number that would do. Local.
 */
vxs_status verify_plan(resolved_job *job, volume_info *stored, int ranks, int threads, int64_t memory,
                       verify_room *room);

/* What job_plan leaves free, so that the output can be verified with the same memory. Where it passes no
 * filters that is 0: what writing takes is enough. Local. */
int64_t verify_reserve(const resolved_job *job);

#endif
