/* Verifying, in its parts: a job told by its provenance is the same job; tiles are drawn fairly. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "partition/tile_sample.h"
#include "pipeline/job_operator.h"
#include "pipeline/job_recall.h"

/* ---- jobs ---- */

static volume_info volume_of(vxs_dtype dtype, int axes, const int64_t shape[AXES]) {
    volume_info info = {.axes = axes, .dtype = dtype, .layout = VOLUME_CONTIGUOUS, .has_spacing = true};
    snprintf(info.file, sizeof info.file, "/in.h5");
    snprintf(info.dataset, sizeof info.dataset, "/raw");
    for (int a = 0; a < AXES; a++) {
        info.shape[a] = shape[a];
        info.read_chunk[a] = 1;
    }
    for (int a = 0; a < 3; a++)
        info.spacing[a] = 0.3 * (a + 1);
    return info;
}

static job_inputs inputs_of(vxs_dtype dtype) {
    job_inputs inputs = {.in = volume_of(dtype, 4, (int64_t[]){1, 2, 30, 40, 50}),
                         .points = volume_of(VXS_FLOAT64, 4, (int64_t[]){1, 9, 10, 11, 3})};
    return inputs;
}

/* The parameters that job leaves are those of the job that they tell. */
static void check_round_trip(vxs_job options, vxs_dtype dtype) {
    const job_inputs inputs = inputs_of(dtype);
    resolved_job *first = calloc(1, sizeof *first), *second = calloc(1, sizeof *second);
    recalled_job recalled;
    char parameters[JOB_PARAMETERS_BYTES], cut_up[JOB_PARAMETERS_BYTES], again[JOB_PARAMETERS_BYTES];
    options.input = "/in.h5";
    options.output = "/out.h5";
    options.points = "/points.h5";
    if (job_resolve(first, &options, &inputs) != VXS_OK)
        fail_msg("%s", status_message());
    job_parameters(first, parameters, sizeof parameters);
    strcpy(cut_up, parameters);
    if (job_recall(cut_up, &recalled) != VXS_OK)
        fail_msg("'%s': %s", parameters, status_message());
    recalled.options.input = "/in.h5";
    recalled.options.output = "/out.h5";
    if (job_resolve_recalled(second, &recalled, &inputs) != VXS_OK)
        fail_msg("'%s': %s", parameters, status_message());
    job_parameters(second, again, sizeof again);
    assert_string_equal(parameters, again);
    assert_int_equal(recalled.options.op, options.op);
    assert_memory_equal(first->out.shape, second->out.shape, sizeof first->out.shape);
    assert_int_equal(first->out.dtype, second->out.dtype);
    if (first->kind->points || options.op == VXS_OP_AFFINE) {
        assert_memory_equal(first->operator.sample.matrix, second->operator.sample.matrix,
                            sizeof first->operator.sample.matrix);
        assert_memory_equal(first->operator.sample.scale, second->operator.sample.scale,
                            sizeof first->operator.sample.scale);
    }
    assert_memory_equal(first->bad_voxel, second->bad_voxel, VOXEL_BYTES);
    free(first);
    free(second);
}

static void resampling_and_labels_are_recalled(void **state) {
    (void)state;
    for (int mode = 0; mode < VXS_MODES; mode++)
        for (int coords = 0; coords < VXS_COORDS_KINDS; coords++)
            check_round_trip((vxs_job){.op = VXS_OP_RESAMPLE,
                                       .sizing = VXS_BY_SCALE,
                                       .scale = {0.37, 1.9, 1},
                                       .resample = {(vxs_mode)mode, (vxs_coords)coords, mode == VXS_LINEAR},
                                       .has_dtype = 1,
                                       .dtype = VXS_FLOAT64},
                             VXS_UINT16);
    check_round_trip((vxs_job){.op = VXS_OP_LABEL, .label = {1}, .skip_bad_chunks = "-3"}, VXS_INT16);
    check_round_trip((vxs_job){.op = VXS_OP_LABEL, .has_dtype = 1, .dtype = VXS_INT32}, VXS_FLOAT16);
}

static void maps_grids_and_fields_are_recalled_to_the_bit(void **state) {
    (void)state;
    const double third = 1.0 / 3;
    const vxs_job affine = {.op = VXS_OP_AFFINE,
                            .sample = {VXS_LINEAR, VXS_CONSTANT, third},
                            .matrix = {third, 0.1, 0.2, -7, 0, 1.1, 0, third, 0.01, 0, 0.9, 1e-9},
                            .physical = 1,
                            .inverse = 1,
                            .unit = 0.7};
    check_round_trip(affine, VXS_FLOAT32);
    for (int padding = 0; padding < VXS_PADDINGS; padding++) {
        const vxs_sample_options sample = {padding % 2 ? VXS_NEAREST : VXS_LINEAR, (vxs_padding)padding, 2};
        check_round_trip((vxs_job){.op = VXS_OP_GRID_SAMPLE, .sample = sample}, VXS_UINT8);
        check_round_trip(
            (vxs_job){.op = VXS_OP_WARP, .sample = sample, .size = {30, 41, 50}, .physical = 1, .unit = 1.7},
            VXS_UINT8);
        check_round_trip((vxs_job){.op = VXS_OP_WARP, .sample = sample, .size = {9, 10, 11}}, VXS_UINT8);
    }
}

static void what_is_not_understood_is_refused(void **state) {
    (void)state;
    static const char *const texts[] = {"mode=cubic-ish", "colour=red",       "size=1,2",
                                        "mode",           "operator=sharpen", "mode=linear align_corners=2",
                                        "matrix=1,2,3",   "dtype=uint12"};
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        char text[JOB_PARAMETERS_BYTES];
        recalled_job job;
        snprintf(text, sizeof text, "%s", texts[i]);
        assert_int_equal(job_recall(text, &job), VXS_BAD_INPUT);
    }
}

/* ---- tiles ---- */

static int64_t left_out(const tile_set *set) {
    return set->tiles - tile_set_members(set);
}

static void as_many_tiles_are_drawn_as_were_asked_for(void **state) {
    (void)state;
    tile_set set;
    assert_int_equal(tile_set_create(&set, (int64_t[]){1, 2, 30, 41, 50}, (int64_t[]){1, 1, 4, 5, 6}),
                     VXS_OK);
    const int64_t wanted[] = {0, 1, 7, 600, set.tiles - 1, set.tiles, INT64_MAX};
    for (int i = 0; i < 7; i++)
        for (uint64_t seed = 0; seed < 20; seed++) {
            box *boxes;
            int64_t count, voxels = 0;
            tile_set_leave_sample(&set, wanted[i], seed);
            assert_int_equal(left_out(&set), wanted[i] < set.tiles ? wanted[i] : set.tiles);
            assert_int_equal(tile_set_missing(&set, &boxes, &count), VXS_OK);
            for (int64_t b = 0; b < count; b++)
                voxels += box_voxels(&boxes[b]);
            assert_int_equal(voxels, 2 * 30 * 41 * 50 - tile_set_voxels(&set));
            free(boxes);
        }
    tile_set_destroy(&set);
}

/* 400 seeds draw 5 of 20 tiles: each tile is drawn 100 times, give or take four standard deviations. */
static void every_tile_has_the_same_chance(void **state) {
    (void)state;
    tile_set set;
    int drawn[20] = {0};
    assert_int_equal(tile_set_create(&set, (int64_t[]){1, 1, 1, 1, 20}, (int64_t[]){1, 1, 1, 1, 1}), VXS_OK);
    for (uint64_t seed = 0; seed < 400; seed++) {
        tile_set_leave_sample(&set, 5, seed);
        for (int64_t i = 0; i < 20; i++)
            drawn[i] += !tile_set_has(&set, (int64_t[]){0, 0, 0, 0, i});
    }
    for (int i = 0; i < 20; i++)
        assert_in_range(drawn[i], 65, 135);
    tile_set_destroy(&set);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(resampling_and_labels_are_recalled),
        cmocka_unit_test(maps_grids_and_fields_are_recalled_to_the_bit),
        cmocka_unit_test(what_is_not_understood_is_refused),
        cmocka_unit_test(as_many_tiles_are_drawn_as_were_asked_for),
        cmocka_unit_test(every_tile_has_the_same_chance),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
