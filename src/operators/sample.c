#include "operators/sample.h"

#include <float.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/checked.h"
#include "kernels/resample.h"

vxs_status sample_operator_init(sample_operator *op, const vxs_sample_options *options, vxs_dtype src_dtype,
                                vxs_dtype dst_dtype, const int64_t in[AXES], const int64_t out[AXES]) {
    const vxs_sample_options linear = {VXS_LINEAR, VXS_ZEROS, 0};
    *op = (sample_operator){.options = options ? *options : linear,
                            .src_dtype = src_dtype,
                            .dst_dtype = dst_dtype,
                            .map_dtype = VXS_FLOAT64};
    memcpy(op->in, in, sizeof op->in);
    memcpy(op->out, out, sizeof op->out);
    CHECK(op->options.mode == VXS_NEAREST || op->options.mode == VXS_LINEAR, VXS_USAGE,
          "points are sampled with mode nearest or linear, not %s", mode_name(op->options.mode));
    CHECK((unsigned)op->options.padding < VXS_PADDINGS, VXS_USAGE, "padding out of range: %d",
          (int)op->options.padding);
    TRY(dtype_check_mode(src_dtype, dst_dtype, op->options.mode));
    const dtype_class class = dtype_class_of(src_dtype);
    CHECK(op->options.padding != VXS_CONSTANT || class == DTYPE_I || class == DTYPE_F, VXS_USAGE,
          "%s data can't be filled with a constant: use padding zeros, border or reflection",
          dtype_name(src_dtype));
    for (int a = 0; a < AXES; a++)
        CHECK(in[a] >= 1 && out[a] >= 1, VXS_USAGE, "can't sample %lld voxels to %lld: sizes start at 1",
              (long long)in[a], (long long)out[a]);
    for (int a = AXIS_N; a <= AXIS_C; a++)
        CHECK(in[a] == out[a], VXS_USAGE, "leading axes are not sampled: input has %lld, output has %lld",
              (long long)in[a], (long long)out[a]);
    return VXS_OK;
}

static vxs_status check_points(const char *what, vxs_dtype dtype, const int64_t shape[AXES]) {
    CHECK(dtype == VXS_FLOAT32 || dtype == VXS_FLOAT64, VXS_USAGE, "the %s is %s, need float32 or float64",
          what, dtype_name(dtype));
    CHECK(shape[AXIS_W] == 3, VXS_USAGE, "the last axis of the %s has %lld components, need 3: x, y, z", what,
          (long long)shape[AXIS_W]);
    return VXS_OK;
}

vxs_status sample_operator_set_grid(sample_operator *op, vxs_dtype dtype, const int64_t shape[AXES]) {
    TRY(check_points("grid", dtype, shape));
    CHECK(shape[0] == 1 || shape[0] == op->in[AXIS_N], VXS_USAGE,
          "the grid has a batch of %lld, the input one of %lld: they must agree", (long long)shape[0],
          (long long)op->in[AXIS_N]);
    for (int a = 0; a < 3; a++)
        CHECK(shape[1 + a] == op->out[AXIS_D + a], VXS_USAGE,
              "the grid is (%lld,%lld,%lld), the output (%lld,%lld,%lld): they must agree",
              (long long)shape[1], (long long)shape[2], (long long)shape[3], (long long)op->out[AXIS_D],
              (long long)op->out[AXIS_H], (long long)op->out[AXIS_W]);
    op->kind = SAMPLE_GRID;
    op->map_dtype = dtype;
    op->shared = shape[0] == 1;
    return VXS_OK;
}

/* The map of an axis on which the matrix does what linear resampling to some size does. */
static bool resampled_axis(const sample_operator *op, int a, axis_map *map) {
    const vxs_resample_options linear = {VXS_LINEAR, VXS_COORDS_EXACT, 0};
    const double *row = op->matrix + 4 * a, step = row[a], in = (double)op->in[AXIS_D + a], out = in / step;
    for (int other = 0; other < 3; other++)
        if (other != a && row[other] != 0)
            return false;
    return step > 0 && out >= 1 && out <= 0x1p30 && out == floor(out) && in / out == step &&
           row[3] == 0.5 * step - 0.5 &&
           axis_map_init(map, &linear, op->src_dtype, op->in[AXIS_D + a], (int64_t)out) == VXS_OK;
}

/*
 * Whether an affine map may go axis by axis, which is faster but adds in another order: only integers whose
 * weights are multiples of small powers of 1/2, so that double holds every product and sum exactly.
 */
static bool resamples(sample_operator *op) {
    enum { MOST_BITS = 12 };
    int bits = 8 * (int)dtype_bytes(op->src_dtype);
    bool fits = op->options.mode == VXS_LINEAR && dtype_class_of(op->src_dtype) == DTYPE_I;
    for (int a = 0; a < 3 && fits; a++) {
        fits = resampled_axis(op, a, &op->axis[a]);
        const int of_axis = fits ? axis_map_weight_bits(&op->axis[a]) : -1;
        fits = of_axis >= 0 && of_axis <= MOST_BITS && (bits += of_axis) <= DBL_MANT_DIG;
    }
    return fits;
}

vxs_status sample_operator_set_matrix(sample_operator *op, const double matrix[12]) {
    for (int i = 0; i < 12; i++)
        CHECK(isfinite(matrix[i]), VXS_USAGE, "number %d of the matrix is %g: all must be finite", i + 1,
              matrix[i]);
    op->kind = SAMPLE_AFFINE;
    memcpy(op->matrix, matrix, sizeof op->matrix);
    op->resamples = resamples(op);
    return VXS_OK;
}

vxs_status sample_operator_set_field(sample_operator *op, vxs_dtype dtype, const int64_t shape[AXES],
                                     const double scale[3]) {
    static const char names[] = "dhw";
    const vxs_resample_options linear = {VXS_LINEAR, VXS_COORDS_EXACT, 0};
    TRY(check_points("displacement field", dtype, shape));
    CHECK(shape[0] == 1, VXS_USAGE,
          "the displacement field has a batch of %lld: one field serves all volumes", (long long)shape[0]);
    for (int a = 0; a < 3; a++) {
        CHECK(
            shape[1 + a] <= op->out[AXIS_D + a], VXS_USAGE,
            "the displacement field has %lld voxels along %c, the output %lld: it may be coarser, not finer",
            (long long)shape[1 + a], names[a], (long long)op->out[AXIS_D + a]);
        CHECK(isfinite(scale[a]), VXS_USAGE, "displacements can't be scaled by %g", scale[a]);
        TRY(axis_map_init(&op->axis[a], &linear, VXS_FLOAT64, shape[1 + a], op->out[AXIS_D + a]));
        op->scale[a] = scale[a];
        op->step[a] = 1;
        op->shift[a] = 0;
    }
    op->kind = SAMPLE_WARP;
    op->map_dtype = dtype;
    return VXS_OK;
}

vxs_status sample_operator_set_place(sample_operator *op, const double step[3], const double shift[3]) {
    for (int a = 0; a < 3; a++) {
        CHECK(isfinite(step[a]) && isfinite(shift[a]), VXS_USAGE,
              "the output can't lie at %g * voxel + %g of the input", step[a], shift[a]);
        op->step[a] = step[a];
        op->shift[a] = shift[a];
    }
    return VXS_OK;
}

box sample_operator_points(const sample_operator *op, const box *out) {
    box b = {{{0, 0}}};
    if (op->kind == SAMPLE_AFFINE || box_is_empty(out))
        return b;
    b.axis[0] = op->kind == SAMPLE_WARP || op->shared ? (range){0, 1} : out->axis[AXIS_N];
    for (int a = 0; a < 3; a++)
        b.axis[1 + a] = op->kind == SAMPLE_WARP ? axis_map_source(&op->axis[a], out->axis[AXIS_D + a])
                                                : out->axis[AXIS_D + a];
    b.axis[4] = (range){0, 3};
    return b;
}

static bool has_tables(const sample_operator *op) {
    return op->kind == SAMPLE_WARP || op->resamples;
}

int64_t sample_tables_output_bytes(const sample_operator *op) {
    int64_t bytes = 0;
    for (int a = 0; a < 3 && has_tables(op); a++)
        bytes = max_i64(bytes, tap_table_bytes(&op->axis[a], 1));
    return bytes;
}

int64_t sample_scratch_bytes(const sample_operator *op, int threads) {
    return op->resamples ? resample_scratch_bytes(op->src_dtype, op->axis, op->in[AXIS_W], threads) : 0;
}

vxs_status sample_tables_build(const sample_operator *op, const box *out, int threads,
                               sample_tables *tables) {
    vxs_status status = VXS_OK;
    memset(tables, 0, sizeof *tables);
    for (int a = 0; a < 3 && has_tables(op) && status == VXS_OK; a++)
        status = tap_table_build(&tables->axis[a], &op->axis[a], out->axis[AXIS_D + a]);
    const int64_t bytes = sample_scratch_bytes(op, threads);
    if (status == VXS_OK && bytes > 0) {
        tables->scratch = aligned_alloc(64, (size_t)round_up(bytes, 64));
        if (!tables->scratch)
            status = status_fail(VXS_IO, "no memory for %lld bytes of scratch", (long long)bytes);
    }
    if (status != VXS_OK)
        sample_tables_free(tables);
    return status;
}

void sample_tables_free(sample_tables *tables) {
    for (int a = 0; a < 3; a++)
        tap_table_free(&tables->axis[a]);
    free(tables->scratch);
    tables->scratch = NULL;
}

sample_kernel sample_operator_kernel(const sample_operator *op, const box_view *points,
                                     const sample_tables *tables, int threads) {
    sample_kernel kernel = {.options = op->options,
                            .src_dtype = op->src_dtype,
                            .dst_dtype = op->dst_dtype,
                            .map = {.kind = op->kind, .dtype = op->map_dtype, .shared = op->shared},
                            .threads = threads,
                            .resamples = op->resamples,
                            .scratch = tables->scratch};
    if (points)
        kernel.map.points = *points;
    memcpy(kernel.in, op->in + AXIS_D, sizeof kernel.in);
    memcpy(kernel.map.matrix, op->matrix, sizeof op->matrix);
    memcpy(kernel.map.scale, op->scale, sizeof op->scale);
    memcpy(kernel.map.step, op->step, sizeof op->step);
    memcpy(kernel.map.shift, op->shift, sizeof op->shift);
    for (int a = 0; a < 3; a++)
        kernel.map.axis[a] = &tables->axis[a];
    return kernel;
}
