/* By one half along w, and along d and h or not. */
#include "kernels/engine_rows.h"

/* So many rows of outputs on from at. */
static halve_block block_at(const worker *k, const int64_t at[AXES], int64_t rows) {
    const job *j = k->job;
    const tap_table *d = j->kernel->axis[0], *h = j->kernel->axis[1];
    const int64_t ed = entry(d, at[AXIS_D]), eh = entry(h, at[AXIS_H]);
    const int64_t planes = d->last[ed] - d->first[ed] + 1, lines = h->last[eh] - h->first[eh] + 1;
    return (halve_block){.src = source(k, d->first[ed], h->first[eh]),
                         .step_d = j->src_step[0],
                         .step_h = j->src_step[1],
                         .planes = (int)planes,
                         .lines = (int)lines,
                         .rows = rows,
                         .outputs = k->strip.outputs,
                         .src_step = lines * j->src_step[1],
                         .dst_step = j->dst->stride[AXIS_H] * j->dst_bytes};
}

void halve_row(worker *k, const int64_t at[AXES]) {
    halve_block b = block_at(k, at, 1);
    b.along = true;
    engine_prefetch_next(k, at);
    k->job->halve(out_begin(k, at), &b);
    out_end(k, at);
}

void halve_rows(worker *k, int64_t at[AXES]) {
    const halve_block b = block_at(k, at, k->end_h - at[AXIS_H]);
    k->job->halve(target(k, at), &b);
    at[AXIS_H] = k->end_h;
}
