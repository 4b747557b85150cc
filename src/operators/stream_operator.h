/*
 * What the stream engine asks of an operator: which input an output range needs, what that costs, and the
 * computation. For operators whose need is known per axis before any data are seen (resample, label). Local.
 */
#ifndef OPERATORS_STREAM_OPERATOR_H
#define OPERATORS_STREAM_OPERATOR_H

#include "base/box.h"
#include "base/status.h"

typedef struct stream_operator {
    const void *self;   /* the operator's own description, borrowed; first argument of all below */
    int64_t max_taps_d; /* input planes that one output plane can need */
    /* The input range that outputs need, axis 0..2 = d, h, w; both ends never fall as the outputs' do. */
    range (*source)(const void *self, int axis, range outputs);
    /* Bytes that prepare allocates for an output box of such an extent. */
    int64_t (*prepared_bytes)(const void *self, const int64_t out_extent[3]);
    /* Bytes of scratch, 64-byte aligned, for input views src_w voxels wide. */
    int64_t (*scratch_bytes)(const void *self, int64_t src_w, int threads);
    /* Whatever serves all parts of an output box (tap tables); to be released. */
    vxs_status (*prepare)(const void *self, const box *out, void **prepared);
    /* The voxels out->where from in, which holds what they need. Can't fail. */
    void (*compute)(const void *self, const void *prepared, const box_view *in, const box_view *out,
                    int threads, void *scratch);
    void (*release)(void *prepared); /* NULL is legal */
} stream_operator;

#endif
