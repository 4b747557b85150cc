/*
 * How a region of a sampling job's output is worked off: pieces of output that are dealt to ranks, and blocks
 * of input that are held while points travel. Pure integers, the same on every rank. Local.
 *
 * A rank's memory: a piece with its points, and a room, which holds either the input that the piece needs or,
 * while points travel, a block of input, where a part of the piece finds its voxels, and what is under way.
 */
#ifndef PARTITION_GATHER_PLAN_H
#define PARTITION_GATHER_PLAN_H

#include "base/box.h"
#include "base/status.h"

/* What is the same for the whole job. */
typedef struct gather_shape {
    int64_t in[AXES], out[AXES];
    int64_t in_chunk[AXES]; /* 1 along every axis for input that is not chunked */
    bool in_filtered;       /* a chunk is read whole or not at all */
    int64_t tile[AXES];     /* pieces are whole tiles */
    int64_t in_voxel_bytes, out_voxel_bytes;
    int64_t point_bytes;   /* of a voxel of the grid or field: 12 or 24, 0 for an affine map */
    int64_t table_bytes;   /* of the map's tables, per output along each axis */
    int64_t scratch_bytes; /* of the kernel, whatever the piece */
    bool coarse;           /* a field: a voxel more on every side of a piece */
    bool batched;          /* a grid for each n */
    /* Of a read or collective write of so many bytes: what HDF5 and MPI take besides. */
    int64_t (*read_overhead)(const void *context, int64_t bytes);
    int64_t (*point_overhead)(const void *context, int64_t bytes);
    int64_t (*write_overhead)(const void *context, int64_t bytes);
    const void *context;
} gather_shape;

/* Bytes of memory that each output voxel of a part costs while its points travel: where its taps are; and the
 * eight voxels, of each channel that travels with it. */
enum { GATHER_TAPS = 8, GATHER_TAPS_BYTES = 32 };

/* Bytes that each voxel asked for takes while under way: its number on both sides, where the answer belongs,
 * and the answer of so many channels on both sides. */
int64_t gather_request_bytes(int64_t channels);

typedef struct gather_plan {
    const gather_shape *shape;
    box region;
    int64_t ranks;
    int64_t piece[AXES];  /* a rank's output of a round; c: handed over at a time */
    int64_t pieces[AXES]; /* along each axis; c: one after the other in a round, on one grid */
    int64_t rounds;
    int64_t room_bytes; /* for input */
    int64_t channels;   /* that travel together: of filtered chunks that span them as many as fit */
    int64_t part[3];    /* d, h, w: outputs of one n whose points travel at a time */
    int64_t block[3];   /* d, h, w: input that a rank holds while points travel */
    int64_t blocks[3];
    int64_t passes; /* over the channels of the input that travel together, by all ranks together */
    int64_t group;  /* ranks that a rank asks at a time, counted from itself on */
    int64_t batch;  /* voxels that it asks each of them for at a time */
    int64_t memory_bytes;
} gather_plan;

/* The largest pieces, parts and blocks that fit budget_bytes. VXS_USAGE when the smallest do not, with the
 * number that would do in the message and in plan->memory_bytes. */
vxs_status gather_plan_make(gather_plan *plan, const gather_shape *shape, const box *region, int64_t ranks,
                            int64_t budget_bytes);

/* The piece of a rank in a round, all channels of it; empty when none is left. */
box gather_plan_piece(const gather_plan *plan, int64_t round, int64_t rank);

/* The channels number index of all pieces, and of these, or the rest of them, the first that travel together.
 */
range gather_plan_channels(const gather_plan *plan, int64_t index);
range gather_plan_together(const gather_plan *plan, range channels);

/* Parts of a piece whose points travel one after the other: the same number for all ranks, and part number
 * index of a piece, of one n; empty past its end. */
int64_t gather_plan_parts(const gather_plan *plan);
box gather_plan_part(const gather_plan *plan, const box *piece, int64_t index);

/* The block of n and some channels that a rank holds in a pass; empty when none is left. */
box gather_plan_block(const gather_plan *plan, int64_t pass, int64_t rank, int64_t n, range c);

/* The number of the block with that voxel: pass * ranks + rank. */
int64_t gather_plan_block_of(const gather_plan *plan, const int64_t dhw[3]);

/* What reading a box of the input takes off the disk: whole chunks where they are filtered. */
int64_t gather_fetched_bytes(const gather_plan *plan, const box *read);

/* Bytes of the buffers, for whoever allocates them. */
int64_t gather_plan_points_bytes(const gather_plan *plan);
int64_t gather_plan_out_bytes(const gather_plan *plan);
int64_t gather_plan_block_bytes(const gather_plan *plan);
int64_t gather_plan_taps(const gather_plan *plan); /* output voxels of a part */

#endif
