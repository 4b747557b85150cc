/* The inner state of sample_kernel_run, and what its two ways share: tiles of any points, and rows of outputs
 * that share d and h. Private to kernels/. */
#ifndef KERNELS_SAMPLING_H
#define KERNELS_SAMPLING_H

#include "kernels/points.h"
#include "kernels/rows.h"

/* Of one thread at a time: more where there are enough for many threads */
enum { BLOCK_ROWS = 64, FEW_ROWS = 64 * BLOCK_ROWS, FEWER_ROWS = 8 };
enum { WIDEST = 8 /* bytes of an element */ };
enum { PRODUCTS = 4 /* of a block: rows repeat so many places between voxels, or all are taken for new */ };

/* What is computed, the same for all threads. */
typedef struct sampling {
    const sample_kernel *kernel;
    const box_view *src, *dst;
    const point_functions *points;
    const row_functions *rows;
    size_t src_bytes, dst_bytes;
    point_source source; /* but for the channel's data */
    bool src_empty;
    bool by_row;                   /* sampling_rows */
    bool is_large;                 /* what is touched does not stay in the caches */
    bool stream;                   /* outputs go past them, and leave the room to the source */
    _Alignas(8) char fill[WIDEST]; /* a voxel of src's dtype */
    int64_t blocks, block_rows;
} sampling;

/* A row of outputs that share d and h. */
typedef struct shared_row {
    point_place place[2]; /* d, h */
    int flags;            /* of both */
    int kind;             /* rows of a kind have the same weights; if there are kinds */
    int64_t offset[2];    /* along d, h, of its first source row: elements; or not held */
    int64_t together;     /* so many rows from here on lie between the same source rows */
} shared_row;

/* A block of such rows. A thread keeps it from block to block: where rows lie along an axis often repeats. */
typedef struct row_block {
    const sampling *s;
    range rows;       /* of outputs */
    bool w_moves;     /* from row to row */
    const void *data; /* the source of the first channel */
    shared_row row[BLOCK_ROWS];
    struct {
        int64_t plane;
        range rows; /* empty: none */
    } placed[2];    /* what row[].place is of */
    int kinds;
    const shared_row *of_kind[PRODUCTS];
    _Alignas(64) row_products products[PRODUCTS];      /* of a tile of points */
    _Alignas(64) double blended[ROWS_AT_ONCE][POINTS]; /* of the blend's type */
} row_block;

/* sample_kernel_run, point by point; and for kernels that resample. */
void sampling_points(const sample_kernel *kernel, const box_view *src, const box_view *dst);
void sampling_resampled(const sample_kernel *kernel, const box_view *src, const box_view *dst);

/* The source's first held voxel of n and c of at. */
const void *sampling_channel(const sampling *s, const int64_t at[AXES]);

/* Points whose fast value may not be the exact one: all with a fill; else those at an edge that got a NaN,
 * perhaps from a voxel that is none of their taps. row: of the blend's type; at: the first point's output. */
void sampling_correct_edges(void *row, points *p, const sampling *s, const point_source *from,
                            const int64_t at[AXES]);

/* From the blend's type to the output's. */
void sampling_linear_end(void *to, const void *row, const points *p, const sampling *s);

/* Outputs that have been computed apart, to where they belong. */
void sampling_put(const sampling *s, void *out, const void *row, int64_t count);

/* Whether rows of outputs share d and h, and there is a way for such. */
bool sampling_goes_by_row(const sampling *s);

/* An empty block. */
void sampling_rows_begin(row_block *b, const sampling *s);

/* These rows, at most BLOCK_ROWS, of n and d of at, all channels. */
void sampling_rows(row_block *b, points *p, int64_t at[AXES], range rows);

#endif
