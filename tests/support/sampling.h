/* Sampling jobs for tests: maps of every kind, and what the oracle makes of them. */
#ifndef SUPPORT_SAMPLING_H
#define SUPPORT_SAMPLING_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/checked.h"
#include "operators/sample.h"
#include "reference/sample.h"
#include "support/files.h"
#include "support/ranks.h"

typedef enum map_shape {
    IDENTITY,
    QUARTER_TURN,
    SHEAR,
    SMOOTH,
    RANDOM,
    OUTSIDE,
    ALL_NAN,
    WARP,
    MAPS
} map_shape;
static const char *const map_names[MAPS] = {"identity", "quarter turn", "shear",   "smooth",
                                            "random",   "outside",      "all NaN", "warp"};

typedef struct sample_test {
    vxs_dtype dtype;
    vxs_sample_options options;
    map_shape map;
    int64_t in[AXES], in_chunk[AXES], out[AXES], out_chunk[AXES];
    int gzip;
    void *input, *expected; /* whole, on every rank */
    void *points;           /* float32 grid or field, or 12 numbers */
    int64_t points_shape[AXES];
} sample_test;

static inline int64_t product(const int64_t shape[AXES]) {
    int64_t n = 1;
    for (int a = 0; a < AXES; a++)
        n *= shape[a];
    return n;
}

static inline double noise(int64_t k) {
    uint64_t z = (uint64_t)k * UINT64_C(0x9E3779B97F4A7C15);
    z = (z ^ (z >> 30)) * UINT64_C(0xBF58476D1CE4E5B9);
    return (double)(z >> 11) * 0x1p-53;
}

/* Component x, y or z (0, 1, 2) of a grid point, as a coordinate of -1..1. */
static inline double grid_value(const sample_test *t, const int64_t dhw[3], int component, int64_t k) {
    const int axis = 2 - component;
    const double centre = (2 * (double)dhw[axis] + 1) / (double)t->out[AXIS_D + axis] - 1;
    switch (t->map) {
    case RANDOM: {
        const double v = 2.4 * noise(k) - 1.2;
        return k / 3 % 4 ? v : round(v * 64) / 64; /* half way between voxels, where an axis has 128 */
    }
    case OUTSIDE:
        return 5 + noise(k);
    case ALL_NAN:
        return NAN;
    case SMOOTH:
        return centre + 0.1 * sin(0.3 * (double)(dhw[0] + 2 * dhw[1] + 3 * dhw[2]) + component);
    default:
        return centre;
    }
}

static inline void make_points(sample_test *t) {
    static const double turn[12] = {1, 0, 0, 2, 0, 0, 1, 1, 0, -1, 0, 40.5};
    static const double shear[12] = {1, 0, 0, 0.25, 0, 2.5, 0, -1, 1, 0, 1, -3.5};
    const bool affine = t->map == QUARTER_TURN || t->map == SHEAR;
    for (int a = 0; a < 3; a++)
        t->points_shape[1 + a] = affine           ? 1
                                 : t->map == WARP ? div_ceil(t->out[AXIS_D + a], 2)
                                                  : t->out[AXIS_D + a];
    t->points_shape[0] = affine || t->map == WARP || t->map == SMOOTH ? 1 : t->in[AXIS_N];
    t->points_shape[4] = affine ? 12 : 3;
    t->points = malloc((size_t)product(t->points_shape) * 8);
    assert_non_null(t->points);
    if (affine) {
        memcpy(t->points, t->map == SHEAR ? shear : turn, sizeof turn);
        return;
    }
    for (int64_t k = 0; k < product(t->points_shape); k++) {
        const int64_t *s = t->points_shape, voxel = k / 3;
        const int64_t dhw[3] = {voxel / s[3] / s[2] % s[1], voxel / s[3] % s[2], voxel % s[3]};
        ((float *)t->points)[k] =
            (float)(t->map == WARP ? 9 * noise(k) : grid_value(t, dhw, (int)(k % 3), k));
    }
}

/* As a physical field has it that lies at origin 0 with the input's spacing. */
static inline void set_field(sample_operator *op, const sample_test *t) {
    static const double spacing[3] = {1, 2, 0.5}, scale[3] = {1, 0.5, 2};
    double step[3], shift[3];
    for (int a = 0; a < 3; a++) {
        const double of_output = spacing[a] * ((double)t->points_shape[1 + a] / (double)t->out[AXIS_D + a]);
        step[a] = of_output / spacing[a];
        shift[a] = (of_output - spacing[a]) / 2 / spacing[a];
    }
    assert_int_equal(sample_operator_set_field(op, VXS_FLOAT32, t->points_shape, scale), VXS_OK);
    assert_int_equal(sample_operator_set_place(op, step, shift), VXS_OK);
}

static inline sample_operator operator_of(const sample_test *t) {
    sample_operator op;
    assert_int_equal(sample_operator_init(&op, &t->options, t->dtype, t->dtype, t->in, t->out), VXS_OK);
    if (t->map == QUARTER_TURN || t->map == SHEAR)
        assert_int_equal(sample_operator_set_matrix(&op, t->points), VXS_OK);
    else if (t->map == WARP)
        set_field(&op, t);
    else
        assert_int_equal(sample_operator_set_grid(&op, VXS_FLOAT32, t->points_shape), VXS_OK);
    return op;
}

static inline void compute_expected(sample_test *t) {
    const sample_operator op = operator_of(t);
    static const reference_map_kind kinds[] = {
        [SAMPLE_GRID] = REFERENCE_GRID, [SAMPLE_AFFINE] = REFERENCE_AFFINE, [SAMPLE_WARP] = REFERENCE_WARP};
    reference_map map = {.kind = kinds[op.kind],
                         .dtype = op.kind == SAMPLE_AFFINE ? VXS_FLOAT64 : VXS_FLOAT32,
                         .data = t->points,
                         .batches = t->points_shape[0]};
    for (int a = 0; a < 3; a++) {
        map.field[a] = t->points_shape[1 + a];
        map.scale[a] = op.scale[a];
        map.step[a] = op.step[a];
        map.shift[a] = op.shift[a];
    }
    t->expected = malloc((size_t)product(t->out) * 8);
    assert_non_null(t->expected);
    assert_int_equal(reference_sample(t->input, t->dtype, t->in, &map, t->expected, t->dtype, t->out + AXIS_D,
                                      &t->options),
                     0);
}

/* Filtered chunks of several sizes; points travel only where memory is very short. */
static const sample_test sampling_base = {.dtype = VXS_UINT16,
                                          .options = {VXS_LINEAR, VXS_ZEROS, 0},
                                          .in = {1, 2, 41, 48, 53},
                                          .in_chunk = {1, 1, 7, 16, 8},
                                          .out = {1, 2, 17, 13, 23},
                                          .out_chunk = {1, 1, 4, 5, 8},
                                          .gzip = 1};

/* All zero: contiguous. */
static inline void write_volume(const char *path, const int64_t shape[AXES], const int64_t chunk[AXES],
                                vxs_dtype dtype, int gzip, const void *data) {
    test_file file = {.dtype = dtype, .axes = AXES, .gzip = gzip, .spacing = {1, 2, 0.5}};
    memcpy(file.shape, shape, sizeof file.shape);
    memcpy(file.chunk, chunk, sizeof file.chunk);
    unlink(path);
    test_write(path, &file, data);
}

/* Input and points, in memory and on disk, and what the oracle makes of them. Collective. */
static inline void sampling_begin(sample_test *t) {
    const int64_t whole[AXES] = {0};
    int64_t points_chunk[AXES] = {1, 3, 4, 6, 3};
    t->input = malloc((size_t)product(t->in) * 8);
    assert_non_null(t->input);
    test_fill(t->dtype, t->input, (size_t)product(t->in));
    make_points(t);
    compute_expected(t);
    for (int a = 0; a < AXES; a++)
        points_chunk[a] = min_i64(points_chunk[a], t->points_shape[a]);
    if (world_rank == 0) {
        const bool chunked = t->map % 2 == 0;
        write_volume(in_path, t->in, t->in_chunk, t->dtype, t->in_chunk[AXIS_W] ? t->gzip : 0, t->input);
        write_volume(points_path, t->points_shape, chunked ? points_chunk : whole, VXS_FLOAT32, chunked,
                     t->points);
    }
    everywhere(true);
}

static inline void sampling_end(sample_test *t) {
    free(t->input);
    free(t->points);
    free(t->expected);
    everywhere(true);
}

/* The first voxel of OUT that differs from what is expected, -1 if none does; on rank 0, -1 on the others. */
static inline int64_t sampling_difference(const sample_test *t) {
    if (world_rank != 0)
        return -1;
    test_file file = {.dtype = t->dtype};
    char *got = test_read(out_path, &file);
    const size_t bytes = dtype_bytes(t->dtype);
    int64_t k = 0;
    while (got && k < product(t->out) &&
           memcmp(got + (size_t)k * bytes, (char *)t->expected + (size_t)k * bytes, bytes) == 0)
        k++;
    free(got);
    return k < product(t->out) ? k : -1;
}

#endif
