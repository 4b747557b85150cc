/* The separable engine's inner state: one job, and one worker per thread. Private to kernels/. */
#ifndef KERNELS_ENGINE_H
#define KERNELS_ENGINE_H

#include <stdbool.h>

#include "kernels/resample.h"
#include "kernels/rows.h"

enum {
    ROW_VOXELS = 4096,   /* of a combined row: with its ring it stays in the second-level cache */
    STRIP_OUTPUTS = 4096 /* along w, computed from one row */
};

typedef struct worker worker;

/* What is computed, the same for all threads. */
typedef struct job {
    const resample_kernel *kernel;
    const row_functions *rows;
    const blend_functions *blend; /* of the accumulator, as is area */
    const area_functions *area;
    const box_view *src, *dst;
    int64_t src_bytes, dst_bytes; /* of an element */
    int64_t src_step[3];          /* bytes from one source voxel to the next along d, h, w */
    int64_t cache_bytes;          /* that count */
    bool stream;                  /* the output is too large to stay in the caches: write past them */
    halve_fn *halve;              /* of halve_row and halve_rows */
    accumulator acc;
    vxs_dtype blended;      /* the accumulator's type, of blends */
    int64_t row_voxels;     /* of a worker's buffers */
    int64_t span_max;       /* source voxels along w that one strip may span */
    int64_t strip_outputs;  /* outputs of a strip */
    int64_t strips, blocks; /* along w and h */
    int64_t block_rows;
    bool early;                                     /* the source is to be asked for ahead of its use */
    bool apart;                                     /* and source rows of output rows may lie apart */
    void (*block)(worker *k, int64_t at[AXES]);     /* compute the strip's outputs of rows at .. end_h */
    void (*row)(worker *k, const int64_t at[AXES]); /* of one row, for each_row */
} job;

/* One thread's buffers and what they hold. */
struct worker {
    const job *job;
    strip strip;
    range outputs;         /* of the strip, global */
    int64_t src_w;         /* its first source voxel, global */
    int64_t src_origin;    /* bytes from the source's data to voxel d=0, h=0, w=src_w of this n and c */
    int64_t line_share;    /* early_lines.share of a source row */
    int64_t end_h;         /* of the rows in hand */
    int64_t dst_origin;    /* bytes from the output's data to row h=0 of this plane, at the strip */
    int32_t *first, *last; /* [STRIP_OUTPUTS] */
    void *lower, *upper;   /* [STRIP_OUTPUTS] */
    int32_t *line_output;  /* [STRIP_OUTPUTS / 2 + 2] of strip.picks, as is line_at */
    uint8_t *line_at;
    void *out_row,
        *medium_row; /* [STRIP_OUTPUTS] outputs on their way to a strided row, or to another dtype */
    void *row;       /* [row_voxels] combined along d and h */
    void *ring[2];   /* [row_voxels] combined along d, of source rows ring_h */
    int64_t ring_h[2];
    int64_t held;            /* bytes at the begin of out_row that wait for the rest of their cache line */
    const void *copied_from; /* the source row that copied_to holds, for rows that repeat */
    const void *copied_to;
};

/* Bytes of one worker's buffers. */
int64_t worker_bytes(int64_t row_voxels, int64_t strip_outputs);

void worker_init(worker *k, const job *j, void *scratch);

/* Prepare for outputs.begin and as many more of outputs as the buffers allow; returns what is prepared. */
range worker_prepare(worker *k, range outputs);

/* Fill strip.picks, for rows of voxels of so many bytes that begin at addresses like that one; rows elsewhere
 * can be picked so too, but then lines are none of the cache's. */
void worker_plan_picks(worker *k, const void *row, int64_t bytes);

/* Find the strip in the views: n, c, d and w of at. */
void worker_locate(worker *k, const int64_t at[AXES]);

/* Forget combined rows: the plane has changed. */
void worker_new_plane(worker *k);

/* For job.block. */
void copy_rows(worker *k, int64_t at[AXES]);
void halve_rows(worker *k, int64_t at[AXES]);
void area_rows(worker *k, int64_t at[AXES]);
void each_row(worker *k, int64_t at[AXES]);

/* For job.row. */
void blend_row(worker *k, const int64_t at[AXES]);
void area_row(worker *k, const int64_t at[AXES]);
void halve_row(worker *k, const int64_t at[AXES]);

#endif
