/* Where rows of outputs come from and go to, for the engine's kinds of job. Private to kernels/. */
#ifndef KERNELS_ENGINE_ROWS_H
#define KERNELS_ENGINE_ROWS_H

#include "base/checked.h"
#include "kernels/engine.h"

/* The entry of an output in one axis's table. */
static inline int64_t entry(const tap_table *t, int64_t output) {
    return output - t->outputs.begin;
}

/* The source voxel d, h at the strip's first voxel along w. */
static inline const char *source(const worker *k, int64_t d, int64_t h) {
    const job *j = k->job;
    return (const char *)j->src->data + (k->src_origin + d * j->src_step[0] + h * j->src_step[1]);
}

static inline char *target(const worker *k, const int64_t at[AXES]) {
    const job *j = k->job;
    return (char *)j->dst->data + (k->dst_origin + at[AXIS_H] * j->dst->stride[AXIS_H] * j->dst_bytes);
}

/*
 * Where a row of outputs is computed: in place, or in scratch when the output's voxels are apart, or when
 * they go past the caches. There only whole lines leave; what is left of the last one is held for the next
 * row.
 */
void *out_begin(const worker *k, const int64_t at[AXES]);
void out_end(worker *k, const int64_t at[AXES]);

/* Ask for source rows of an output row to come. */
void engine_prefetch_next(const worker *k, const int64_t at[AXES]);

/* Whether so many lines, of rows that lie apart, are to be asked for that those needed now would wait behind
 * them; those of the first half of the lines along h, or of the second. */
bool engine_is_crowd(const worker *k, const int64_t at[AXES]);
void engine_ask_half(const worker *k, const int64_t at[AXES], bool second);

/* What is to be asked for while an output row is finished: of a crowd, the rows of an output row to come; of
 * the next one, the source rows that this one has not read, of so many planes. No runs: nothing. */
early_lines engine_early_row(const worker *k, const int64_t at[AXES]);
early_lines engine_early_planes(const worker *k, const int64_t at[AXES], int64_t planes);

#endif
