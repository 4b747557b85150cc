#include "operators/label.h"

#include "base/checked.h"
#include "kernels/label.h"

vxs_status label_check_dtype(vxs_dtype src, vxs_dtype dst) {
    CHECK(dtype_is_valid(src) && dtype_is_valid(dst), VXS_USAGE, "dtype out of range: %d to %d", (int)src,
          (int)dst);
    CHECK(dtype_class_of(dst) == DTYPE_I || dtype_class_of(dst) == DTYPE_F, VXS_USAGE,
          "labels can't be stored as %s: only as integers and floats of 32 or 64 bits", dtype_name(dst));
    return VXS_OK;
}

vxs_status label_operator_init(label_operator *op, const vxs_label_options *options, vxs_dtype src_dtype,
                               vxs_dtype dst_dtype, const int64_t in[AXES], const int64_t out[AXES]) {
    *op = (label_operator){.src_dtype = src_dtype, .dst_dtype = dst_dtype};
    if (options)
        op->options = *options;
    TRY(label_check_dtype(src_dtype, dst_dtype));
    for (int a = 0; a < AXES; a++) {
        CHECK(in[a] == out[a] && in[a] >= 1, VXS_USAGE,
              "labels have the input's shape, of at least 1 along each axis: input has %lld, output has %lld",
              (long long)in[a], (long long)out[a]);
        op->shape[a] = in[a];
    }
    return VXS_OK;
}

int64_t label_operator_scratch_bytes(int threads) {
    return label_scratch_bytes(threads);
}

void label_compute(const label_operator *op, const box_view *in, const box_view *out, int threads,
                   void *scratch) {
    const label_kernel kernel = {.src_dtype = op->src_dtype,
                                 .dst_dtype = op->dst_dtype,
                                 .minimum_label = op->options.minimum_label != 0,
                                 .shape = {op->shape[AXIS_D], op->shape[AXIS_H], op->shape[AXIS_W]},
                                 .threads = threads,
                                 .scratch = scratch};
    label_kernel_run(&kernel, in, out);
}

/* ---- for the stream engine ---- */

static range stream_source(const void *self, int axis, range outputs) {
    const label_operator *op = self;
    if (range_size(outputs) == 0)
        return (range){0, 0};
    return (range){max_i64(outputs.begin - 1, 0), min_i64(outputs.end + 1, op->shape[AXIS_D + axis])};
}

static int64_t stream_prepared_bytes(const void *self, const int64_t out_extent[3]) {
    (void)self, (void)out_extent;
    return 0;
}

static int64_t stream_scratch_bytes(const void *self, int64_t src_w, int threads) {
    (void)self, (void)src_w;
    return label_scratch_bytes(threads);
}

static vxs_status stream_prepare(const void *self, const box *out, void **prepared) {
    (void)self, (void)out;
    *prepared = NULL;
    return VXS_OK;
}

static void stream_compute(const void *self, const void *prepared, const box_view *in, const box_view *out,
                           int threads, void *scratch) {
    (void)prepared;
    label_compute(self, in, out, threads, scratch);
}

static void stream_release(void *prepared) {
    (void)prepared;
}

stream_operator label_stream(const label_operator *op) {
    return (stream_operator){.self = op,
                             .max_taps_d = min_i64(op->shape[AXIS_D], 3),
                             .source = stream_source,
                             .prepared_bytes = stream_prepared_bytes,
                             .scratch_bytes = stream_scratch_bytes,
                             .prepare = stream_prepare,
                             .compute = stream_compute,
                             .release = stream_release};
}
