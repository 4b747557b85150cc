/*
 * How a sampling job is worked off: pieces of output that are dealt to ranks, and blocks of input that are
 * held while points travel. Pure integers, the same on every rank. Local.
 */
#ifndef PARTITION_GATHER_PLAN_H
#define PARTITION_GATHER_PLAN_H

#include "base/box.h"
#include "base/status.h"

/* What is the same for the whole job. */
typedef struct gather_shape {
    int64_t in[AXES], out[AXES];
    int64_t in_chunk[AXES];   /* 1 along every axis for input that is not chunked */
    int64_t write_unit[AXES]; /* output chunks, or tiles without them: no collective write cuts through one */
    int64_t in_voxel_bytes, out_voxel_bytes;
    int64_t point_bytes; /* of the map, per output voxel: 12 or 24 for a grid or field, 0 for an affine map */
    /* Of a read or collective write of so many bytes: what HDF5 and MPI take besides. */
    int64_t (*read_overhead)(const void *context, int64_t bytes);
    int64_t (*point_overhead)(const void *context, int64_t bytes);
    int64_t (*write_overhead)(const void *context, int64_t bytes);
    const void *context;
} gather_shape;

typedef struct gather_plan {
    const gather_shape *shape;
    int64_t ranks;
    int64_t piece[AXES];  /* a rank's output of a round; n: 1 */
    int64_t pieces[AXES]; /* along each axis; c: written one after the other in a round, on one grid */
    int64_t rounds;
    int64_t held_bytes; /* of input in memory: a bounding box, or a block */
    int64_t block[3];   /* d, h, w: input that a rank holds while points travel */
    int64_t blocks[3];
    int64_t passes; /* over one channel of the input, by all ranks together */
    int64_t batch;  /* voxels that a rank asks any other for at a time */
    int64_t memory_bytes;
} gather_plan;

/* Bytes of memory that each output voxel of a piece costs while its points travel: where its taps are, and
 * the eight voxels. */
int64_t gather_voxel_bytes(const gather_shape *shape);

/* The largest pieces and blocks that fit budget_bytes. VXS_USAGE when the smallest do not, with the number
 * that would do. */
vxs_status gather_plan_make(gather_plan *plan, const gather_shape *shape, int64_t ranks,
                            int64_t budget_bytes);

/* The piece of a rank in a round, all channels of it; empty when none is left. */
box gather_plan_piece(const gather_plan *plan, int64_t round, int64_t rank);

/* That piece's channels number part. */
box gather_plan_channels(const gather_plan *plan, const box *piece, int64_t part);

/* The block of one channel that a rank holds in a pass, its d, h, w; empty when none is left. */
box gather_plan_block(const gather_plan *plan, int64_t pass, int64_t rank, int64_t n, int64_t c);

/* The number of the block with that voxel: pass * ranks + rank. */
int64_t gather_plan_block_of(const gather_plan *plan, const int64_t dhw[3]);

#endif
