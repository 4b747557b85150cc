#include "operators/resample.h"

#include <stdlib.h>
#include <string.h>

#include "base/checked.h"
#include "kernels/resample.h"

vxs_status resample_operator_init(resample_operator *op, const vxs_resample_options *options,
                                  vxs_dtype src_dtype, vxs_dtype dst_dtype, const int64_t in[AXES],
                                  const int64_t out[AXES]) {
    const vxs_resample_options linear = {VXS_LINEAR, VXS_COORDS_AUTO, 0};
    *op = (resample_operator){
        .options = options ? *options : linear, .src_dtype = src_dtype, .dst_dtype = dst_dtype};
    TRY(dtype_check_mode(src_dtype, dst_dtype, op->options.mode));
    for (int a = AXIS_N; a <= AXIS_C; a++)
        CHECK(in[a] == out[a] && in[a] >= 1, VXS_USAGE,
              "leading axes are not resampled: input has %lld, output has %lld", (long long)in[a],
              (long long)out[a]);
    for (int a = 0; a < 3; a++)
        TRY(axis_map_init(&op->axis[a], &op->options, src_dtype, in[AXIS_D + a], out[AXIS_D + a]));
    axis_maps_settle(op->axis);
    return VXS_OK;
}

box resample_operator_input(const resample_operator *op, const box *out) {
    box in = *out;
    if (box_is_empty(out)) {
        memset(&in, 0, sizeof in);
        return in;
    }
    for (int a = 0; a < 3; a++)
        in.axis[AXIS_D + a] = axis_map_source(&op->axis[a], out->axis[AXIS_D + a]);
    return in;
}

int64_t resample_tables_bytes(const resample_operator *op, const box *out) {
    int64_t bytes = 0;
    for (int a = 0; a < 3; a++)
        bytes = saturating_add(bytes, tap_table_bytes(&op->axis[a], range_size(out->axis[AXIS_D + a])));
    return bytes;
}

vxs_status resample_tables_build(const resample_operator *op, const box *out, resample_tables *tables) {
    memset(tables, 0, sizeof *tables);
    for (int a = 0; a < 3; a++) {
        vxs_status status = tap_table_build(&tables->axis[a], &op->axis[a], out->axis[AXIS_D + a]);
        if (status != VXS_OK) {
            resample_tables_free(tables);
            return status;
        }
    }
    return VXS_OK;
}

void resample_tables_free(resample_tables *tables) {
    for (int a = 0; a < 3; a++)
        tap_table_free(&tables->axis[a]);
}

int64_t resample_operator_scratch_bytes(const resample_operator *op, int64_t src_w, int threads) {
    return resample_scratch_bytes(op->src_dtype, op->axis, src_w, threads);
}

void resample_compute(const resample_operator *op, const resample_tables *tables, const box_view *in,
                      const box_view *out, int threads, void *scratch) {
    resample_kernel kernel = {.src_dtype = op->src_dtype,
                              .dst_dtype = op->dst_dtype,
                              .axis = {&tables->axis[0], &tables->axis[1], &tables->axis[2]},
                              .threads = threads,
                              .scratch = scratch};
    resample_kernel_run(&kernel, in, out);
}

/* ---- for the stream engine ---- */

static range stream_source(const void *self, int axis, range outputs) {
    const resample_operator *op = self;
    return axis_map_source(&op->axis[axis], outputs);
}

static int64_t stream_prepared_bytes(const void *self, const int64_t out_extent[3]) {
    const resample_operator *op = self;
    int64_t bytes = sizeof(resample_tables);
    for (int a = 0; a < 3; a++)
        bytes = saturating_add(bytes, tap_table_bytes(&op->axis[a], out_extent[a]));
    return bytes;
}

static int64_t stream_scratch_bytes(const void *self, int64_t src_w, int threads) {
    return resample_operator_scratch_bytes(self, src_w, threads);
}

static void stream_release(void *prepared) {
    if (prepared)
        resample_tables_free(prepared);
    free(prepared);
}

static vxs_status stream_prepare(const void *self, const box *out, void **prepared) {
    resample_tables *tables = calloc(1, sizeof *tables);
    *prepared = tables;
    CHECK(tables, VXS_IO, "out of memory: %zu bytes for tap tables", sizeof *tables);
    vxs_status status = resample_tables_build(self, out, tables);
    if (status != VXS_OK) {
        stream_release(tables);
        *prepared = NULL;
    }
    return status;
}

static void stream_compute(const void *self, const void *prepared, const box_view *in, const box_view *out,
                           int threads, void *scratch) {
    resample_compute(self, prepared, in, out, threads, scratch);
}

stream_operator resample_stream(const resample_operator *op) {
    return (stream_operator){.self = op,
                             .max_taps_d = axis_map_max_taps(&op->axis[0]),
                             .source = stream_source,
                             .prepared_bytes = stream_prepared_bytes,
                             .scratch_bytes = stream_scratch_bytes,
                             .prepare = stream_prepare,
                             .compute = stream_compute,
                             .release = stream_release};
}
