/*
 * How a box of tiles still to do is worked off: which ranks grid, how many epochs, how many planes a step and
 * tile layers a round, and what memory that takes. A fresh run has one such region, the whole output; a
 * resumed one has what is left. Found by the same search on every rank, from numbers that all of them have.
 * Local.
 */
#ifndef PARTITION_PLAN_H
#define PARTITION_PLAN_H

#include "base/status.h"
#include "partition/epoch.h"

/* What the rooms above and beside know about memory; bytes per rank. */
typedef struct stream_costs {
    int64_t (*read_overhead)(const void *context, int64_t bytes);  /* of a read of so many bytes */
    int64_t (*write_overhead)(const void *context, int64_t bytes); /* of a collective write */
    int64_t (*compute_bytes)(const void *context, const int64_t out_extent[3],
                             int64_t src_w); /* tables, scratch */
    int64_t write_call_bytes;                /* the most that one collective write may carry */
    const void *context;
} stream_costs;

typedef struct region_plan {
    const stream_shape *shape;
    box region;
    int64_t lead_block[2]; /* n, c indices of one epoch */
    int64_t strips[2];     /* epochs along h and w, cut at tiles */
    int64_t
        passes[2];           /* 1; or the passes along h and w over an epoch's input: every rank keeps its box
                              * whole,     all tile layers in one round, while its window is cut finer than a tile */
    int parts[3], shares[3]; /* as in an epoch */
    int64_t step_planes;     /* input planes of a step */
    int64_t round_layers;    /* tile layers of a round */
    int64_t piece[AXES];     /* the most voxels along each axis that one collective write carries */
    /* Upper bounds over all ranks and epochs: */
    int64_t stream_planes;  /* planes of the buffer that input streams through, carried ones included */
    int64_t carry_planes;   /* of these, in front: kept from the step before */
    int64_t tail_planes;    /* planes of the buffer for early planes, carried ones included; 0 without any */
    int64_t hull[2], src_w; /* rows and columns of a plane in memory; the widest source row */
    int64_t out_extent[3];  /* of one rank's box */
    int64_t round_planes;   /* output planes of a round */
    int64_t memory_bytes;
    int64_t read_once_bytes; /* 0; or, where the leading axes go by the output's tiles and cut through input
                              * chunks, so that these are read again, the budget that would do without */
} region_plan;

/*
 * Find the plan with the fewest epochs that fits budget_bytes: h is cut first, then w, then tiles are
 * computed in passes; then steps and rounds are made as long as is useful. VXS_USAGE when nothing fits, with
 * the number that would do in the message and in plan->memory_bytes.
 */
vxs_status region_plan_make(region_plan *plan, const stream_shape *shape, const stream_costs *costs,
                            const box *region, int64_t ranks, int64_t budget_bytes);

int64_t region_plan_epochs(const region_plan *plan);
epoch region_plan_epoch(const region_plan *plan, int64_t index);

/* An epoch as one of its passes sees it. */
int64_t region_plan_passes(const region_plan *plan);
epoch region_plan_pass(const region_plan *plan, const epoch *e, int64_t pass);

/* All that is read one after another along h or w (axis 1, 2), strips times passes: an epoch in a pass, of
 * which only that axis counts. */
int64_t region_plan_cuts(const region_plan *plan, int axis);
epoch region_plan_cut(const region_plan *plan, int axis, int64_t cut);

/* Rounds of any epoch of the plan: the same for all ranks; the last may be empty on some. */
int64_t region_plan_rounds(const region_plan *plan);

/* The output planes of a round, of those that a part computes or writes; empty past their end. */
range region_plan_round(const region_plan *plan, range planes, int64_t round);

/* Collective writes of one round: the same number on all ranks. Piece number index of a round's box, cut at
 * chunks; empty past its end. */
int64_t region_plan_pieces(const region_plan *plan);
box region_plan_piece(const region_plan *plan, const box *round_box, int64_t index);

/* Bytes of the buffers, for whoever allocates them. */
int64_t region_plan_in_plane_bytes(const region_plan *plan);
int64_t region_plan_round_bytes(const region_plan *plan);

#endif
