/*
 * Two volumes of one shape read side by side, each voxel once: boxes on a fixed grid, dealt to ranks in runs.
 * Whole chunks of both wherever the memory allows. Pure integers, the same on every rank. Local.
 */
#ifndef PARTITION_SCAN_PLAN_H
#define PARTITION_SCAN_PLAN_H

#include "base/box.h"
#include "base/status.h"

typedef struct scan_side {
    const int64_t *chunk; /* [AXES]; 1 along every axis for what is not chunked */
    int64_t voxel_bytes;
    int64_t (*read_overhead)(const void *context, int64_t bytes); /* of a read of so many bytes */
    const void *context;
} scan_side;

typedef struct scan_plan {
    int64_t shape[AXES], box[AXES]; /* voxels; boxes at the far ends are smaller */
    int64_t count[AXES], boxes;
    int64_t memory_bytes; /* of a rank: both boxes, and what reading takes */
} scan_plan;

/* VXS_USAGE when budget_bytes are too few, with the number that would do. */
vxs_status scan_plan_make(scan_plan *plan, const int64_t shape[AXES], const scan_side sides[2], int64_t ranks,
                          int64_t budget_bytes);

/* The boxes of a rank, by number. */
range scan_plan_run(const scan_plan *plan, int64_t rank, int64_t ranks);
box scan_plan_box(const scan_plan *plan, int64_t number);

#endif
