/* Sampling jobs of unit/sample_trial.h, whole and in boxes, against the oracle bit by bit. */
#ifndef UNIT_SAMPLE_CHECK_H
#define UNIT_SAMPLE_CHECK_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "base/checked.h"
#include "operators/sample.h"
#include "reference/sample.h"
#include "unit/sample_trial.h"

static reference_map oracle_map(const trial *t) {
    static const reference_map_kind kinds[] = {
        [SAMPLE_GRID] = REFERENCE_GRID, [SAMPLE_AFFINE] = REFERENCE_AFFINE, [SAMPLE_WARP] = REFERENCE_WARP};
    reference_map map = {
        .kind = kinds[t->kind], .dtype = t->map, .data = t->map_data, .batches = t->points[0]};
    for (int a = 0; a < 3; a++) {
        map.field[a] = t->points[1 + a];
        map.scale[a] = t->scale[a];
        map.step[a] = t->step[a];
        map.shift[a] = t->shift[a];
    }
    return map;
}

static void trial_begin(trial *t, uint64_t *seed) {
    int64_t voxels = product(t->in), outputs = product(t->out);
    t->input = malloc((size_t)voxels * 8);
    t->map_data = malloc((size_t)(product(t->points) + 12) * 8);
    t->output = malloc((size_t)outputs * 8);
    t->expected = malloc((size_t)outputs * 8);
    assert_true(t->input && t->map_data && t->output && t->expected);
    memset(t->output, 0xA5, (size_t)outputs * 8);
    for (int64_t k = 0; k < voxels; k++)
        if (t->infinite_h > 0 && k / t->in[AXIS_W] % t->in[AXIS_H] == t->infinite_h)
            store_real(t->input, t->src, k, INFINITY);
        else
            sample_store(t->input, t->src, k, t->special);
    fill_map(t, seed);
    const reference_map map = oracle_map(t);
    assert_int_equal(
        reference_sample(t->input, t->src, t->in, &map, t->expected, t->dst, t->out + AXIS_D, &t->options),
        0);
}

static void trial_end(trial *t, const char *what) {
    bool nan_alike = t->options.mode != VXS_NEAREST || t->src != t->dst;
    int64_t k = sample_difference(t->output, t->expected, t->dst, product(t->out), nan_alike);
    if (k >= 0) {
        uint64_t got = 0, want = 0;
        memcpy(&got, (char *)t->output + k * (int64_t)dtype_bytes(t->dst), dtype_bytes(t->dst));
        memcpy(&want, (char *)t->expected + k * (int64_t)dtype_bytes(t->dst), dtype_bytes(t->dst));
        fail_msg("%s: map %d of %s, %s, %s, fill %g, %s to %s, (%d,%d,%d,%d,%d) to (%d,%d,%d): voxel %d is "
                 "%llx, not %llx",
                 what, (int)t->kind, dtype_name(t->map), mode_name(t->options.mode),
                 padding_name(t->options.padding), t->options.fill, dtype_name(t->src), dtype_name(t->dst),
                 (int)t->in[0], (int)t->in[1], (int)t->in[2], (int)t->in[3], (int)t->in[4], (int)t->out[2],
                 (int)t->out[3], (int)t->out[4], (int)k, (unsigned long long)got, (unsigned long long)want);
    }
    free(t->input);
    free(t->map_data);
    free(t->output);
    free(t->expected);
}

static sample_operator operator_of(const trial *t) {
    sample_operator op;
    assert_int_equal(sample_operator_init(&op, &t->options, t->src, t->dst, t->in, t->out), VXS_OK);
    if (t->kind == SAMPLE_GRID)
        assert_int_equal(sample_operator_set_grid(&op, t->map, t->points), VXS_OK);
    else if (t->kind == SAMPLE_AFFINE)
        assert_int_equal(sample_operator_set_matrix(&op, t->map_data), VXS_OK);
    else
        assert_int_equal(sample_operator_set_field(&op, t->map, t->points, t->scale), VXS_OK);
    if (t->kind == SAMPLE_WARP && (t->step[0] != 1 || t->shift[0] != 0)) /* else it is so without */
        assert_int_equal(sample_operator_set_place(&op, t->step, t->shift), VXS_OK);
    return op;
}

/* A box of a whole volume, in memory of its own, for free(): what lies outside can't be read unnoticed. */
static box_view cut_out(void *whole, const int64_t shape[AXES], const box *where, size_t bytes) {
    box all = box_of_shape(shape);
    box_view from = box_view_packed(whole, &all), part;
    part = box_view_packed(malloc((size_t)max_i64(box_voxels(where), 1) * bytes), where);
    assert_non_null(part.data);
    box_view_copy(&from, &part, where, bytes);
    return part;
}

/* Computes a box of the output from just the input and the points that it needs. */
static void compute_box(const trial *t, const box *out_box, int threads) {
    const sample_operator op = operator_of(t);
    box points_box = sample_operator_points(&op, out_box);
    box_view points = cut_out(t->map_data, t->points, &points_box, dtype_bytes(t->map));
    sample_tables tables;
    assert_int_equal(sample_tables_build(&op, out_box, threads, &tables), VXS_OK);
    sample_kernel kernel = sample_operator_kernel(&op, &points, &tables, threads);
    kernel.cache_bytes = threads == 2; /* 1: no output is too small to be written past the caches */
    box need = sample_kernel_bounds(&kernel, out_box);
    box_view src = cut_out(t->input, t->in, &need, dtype_bytes(t->src));
    box all = box_of_shape(t->out);
    box_view dst = box_view_packed(t->output, &all);
    int64_t first[AXES];
    for (int a = 0; a < AXES; a++)
        first[a] = out_box->axis[a].begin;
    dst.data = box_view_at(&dst, dtype_bytes(t->dst), first);
    dst.where = *out_box;
    sample_kernel_run(&kernel, &src, &dst);
    sample_tables_free(&tables);
    free(points.data);
    free(src.data);
}

static void check_whole(trial t, uint64_t *seed, int threads) {
    trial_begin(&t, seed);
    box all = box_of_shape(t.out);
    compute_box(&t, &all, threads);
    trial_end(&t, "whole");
}

static void check_boxes(trial t, uint64_t *seed) {
    trial_begin(&t, seed);
    int64_t cut[AXES], count[AXES], boxes = 1;
    for (int a = 0; a < AXES; a++) {
        cut[a] = sample_between(seed, 1, t.out[a]);
        boxes *= count[a] = div_ceil(t.out[a], cut[a]);
    }
    for (int64_t k = 0; k < boxes; k++) {
        int64_t rest = k;
        box b;
        for (int a = 0; a < AXES; a++) {
            b.axis[a] = (range){rest % count[a] * cut[a], min_i64((rest % count[a] + 1) * cut[a], t.out[a])};
            rest /= count[a];
        }
        compute_box(&t, &b, 1 + (int)(k % 3));
    }
    trial_end(&t, "in boxes");
}

#endif
