/* The oracle of grid_sample, affine and warp against PyTorch, SciPy and SimpleITK, and by hand. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <float.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "reference/sample_golden.h"

static sample_set golden;

static int load_golden(void **state) {
    (void)state;
    const char *wrong = sample_golden_load(GOLDEN_DIR, &golden);
    if (wrong)
        print_error("%s\n", wrong);
    return wrong ? -1 : 0;
}

static int free_golden(void **state) {
    (void)state;
    sample_golden_free(&golden);
    return 0;
}

static double at(const void *values, vxs_dtype dtype, int64_t k) {
    return dtype == VXS_FLOAT32 ? (double)((const float *)values)[k] : ((const double *)values)[k];
}

/* How many voxels of a case were compared. */
static int check_case(const sample_case *c) {
    void *src = sample_golden_input(c), *dst = malloc((size_t)c->count * sizeof(double));
    assert_true(src && dst);
    assert_int_equal(
        reference_sample(src, c->src_dtype, c->in_shape, &c->map, dst, c->src_dtype, c->out_dhw, &c->options),
        VXS_OK);
    int compared = 0;
    for (int64_t k = 0; k < c->count; k++) {
        double got = at(dst, c->src_dtype, k), want = at(c->expected, c->src_dtype, k);
        if (isnan(want) && c->tolerance > 0)
            continue;
        compared++;
        if (!(fabs(got - want) <= c->tolerance || (isnan(got) && isnan(want))))
            fail_msg("%s: voxel %d is %.17g, not %.17g", c->name, (int)k, got, want);
    }
    free(src);
    free(dst);
    return compared;
}

static void check_kind(reference_map_kind kind, int least) {
    int compared = 0;
    for (int i = 0; i < golden.count; i++)
        if (golden.cases[i].map.kind == kind)
            compared += check_case(&golden.cases[i]);
    assert_true(compared >= least);
}

static void grid_sample_is_pytorchs_to_the_bit(void **state) {
    (void)state;
    check_kind(REFERENCE_GRID, 5000);
}

static void affine_is_scipys_and_itks(void **state) {
    (void)state;
    check_kind(REFERENCE_AFFINE, 5000);
}

static void warp_is_itks(void **state) {
    (void)state;
    check_kind(REFERENCE_WARP, 400);
}

/* One point (x, 0, 0) of a row of n voxels 10, 20, ..., as float32. */
static float sample_row(int64_t n, float x, vxs_mode mode, vxs_padding padding, double fill) {
    float src[64], dst = -1, grid[3] = {x, 0, 0};
    for (int i = 0; i < n; i++)
        src[i] = 10.0f * (float)(i + 1);
    const int64_t in[5] = {1, 1, 1, 1, n}, out[3] = {1, 1, 1};
    reference_map map = {.kind = REFERENCE_GRID, .dtype = VXS_FLOAT32, .data = grid, .batches = 1};
    vxs_sample_options options = {mode, padding, fill};
    assert_int_equal(reference_sample(src, VXS_FLOAT32, in, &map, &dst, VXS_FLOAT32, out, &options), VXS_OK);
    return dst;
}

/* SEMANTICS' table; overflow: 3e38 * 4. */
static void coordinates_without_a_place_follow_the_table(void **state) {
    (void)state;
    static const struct {
        float x;
        float border, reflection;
    } rows[] = {{NAN, 40, 40}, {INFINITY, 40, 40}, {-INFINITY, 10, 40}, {3e38f, 40, 40}, {-3e38f, 10, 40}};
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        for (int mode = VXS_NEAREST; mode <= VXS_LINEAR; mode++) {
            assert_true(sample_row(4, rows[i].x, (vxs_mode)mode, VXS_ZEROS, 7) == 0);
            assert_true(sample_row(4, rows[i].x, (vxs_mode)mode, VXS_CONSTANT, 7) == 7);
            assert_true(sample_row(4, rows[i].x, (vxs_mode)mode, VXS_BORDER, 7) == rows[i].border);
            assert_true(sample_row(4, rows[i].x, (vxs_mode)mode, VXS_REFLECTION, 7) == rows[i].reflection);
        }
}

static void points_far_outside_are_the_fill_itself(void **state) {
    (void)state;
    static const float far[] = {40, -40, 1e10f, -1e10f, 2, -2};
    for (size_t i = 0; i < sizeof far / sizeof *far; i++) {
        assert_true(sample_row(4, far[i], VXS_LINEAR, VXS_CONSTANT, 0.1) == 0.1f);
        assert_true(sample_row(4, far[i], VXS_NEAREST, VXS_CONSTANT, 0.1) == 0.1f);
    }
}

static void a_constant_blends_half_at_the_face(void **state) {
    (void)state;
    float ones[8], dst, grid[3] = {1, 0, 0};
    for (int i = 0; i < 8; i++)
        ones[i] = 1;
    const int64_t in[5] = {1, 1, 2, 2, 2}, out[3] = {1, 1, 1};
    reference_map map = {.kind = REFERENCE_GRID, .dtype = VXS_FLOAT32, .data = grid, .batches = 1};
    vxs_sample_options options = {VXS_LINEAR, VXS_CONSTANT, 9};
    assert_int_equal(reference_sample(ones, VXS_FLOAT32, in, &map, &dst, VXS_FLOAT32, out, &options), VXS_OK);
    assert_true(dst == 5);
}

static void ties_of_nearest_go_to_even(void **state) {
    (void)state;
    for (int k = 0; k < 7; k++) { /* u = k + 1/2 in 8 voxels */
        float x = (2 * ((float)k + 0.5f) + 1) / 8 - 1;
        int even = k % 2 ? k + 1 : k;
        assert_true(sample_row(8, x, VXS_NEAREST, VXS_ZEROS, 0) == 10.0f * (float)(even + 1));
    }
    assert_true(sample_row(8, -1, VXS_NEAREST, VXS_ZEROS, 0) == 10); /* u = -1/2 -> 0 */
    assert_true(sample_row(8, 1, VXS_NEAREST, VXS_ZEROS, 0) == 0);   /* u = 7 1/2 -> 8, outside */
}

static void an_integer_fill_is_rounded_and_clamped(void **state) {
    (void)state;
    static const struct {
        double fill;
        uint8_t expected;
    } rows[] = {{NAN, 0}, {300, 255}, {-3, 0}, {2.5, 2}, {3.5, 4}, {INFINITY, 255}};
    uint8_t src = 77, dst;
    float grid[3] = {9, 0, 0};
    const int64_t in[5] = {1, 1, 1, 1, 1}, out[3] = {1, 1, 1};
    reference_map map = {.kind = REFERENCE_GRID, .dtype = VXS_FLOAT32, .data = grid, .batches = 1};
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        for (int mode = VXS_NEAREST; mode <= VXS_LINEAR; mode++) {
            vxs_sample_options options = {(vxs_mode)mode, VXS_CONSTANT, rows[i].fill};
            assert_int_equal(reference_sample(&src, VXS_UINT8, in, &map, &dst, VXS_UINT8, out, &options),
                             VXS_OK);
            assert_int_equal(dst, rows[i].expected);
        }
}

static void a_coarse_field_is_stretched_over_the_output(void **state) {
    (void)state;
    double src[8], dst[4], field[6] = {1, 0, 0, 3, 0, 0};
    for (int i = 0; i < 8; i++)
        src[i] = i;
    const int64_t in[5] = {1, 1, 1, 1, 8}, out[3] = {1, 1, 4};
    reference_map map = {.kind = REFERENCE_WARP,
                         .dtype = VXS_FLOAT64,
                         .data = field,
                         .field = {1, 1, 2},
                         .scale = {1, 1, 1},
                         .step = {1, 1, 1}};
    vxs_sample_options options = {VXS_LINEAR, VXS_BORDER, 0};
    assert_int_equal(reference_sample(src, VXS_FLOAT64, in, &map, dst, VXS_FLOAT64, out, &options), VXS_OK);
    static const double expected[] = {0 + 1, 1 + 1.5, 2 + 2.5, 3 + 3};
    for (int i = 0; i < 4; i++)
        assert_true(dst[i] == expected[i]);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(grid_sample_is_pytorchs_to_the_bit),
        cmocka_unit_test(affine_is_scipys_and_itks),
        cmocka_unit_test(warp_is_itks),
        cmocka_unit_test(coordinates_without_a_place_follow_the_table),
        cmocka_unit_test(points_far_outside_are_the_fill_itself),
        cmocka_unit_test(a_constant_blends_half_at_the_face),
        cmocka_unit_test(ties_of_nearest_go_to_even),
        cmocka_unit_test(an_integer_fill_is_rounded_and_clamped),
        cmocka_unit_test(a_coarse_field_is_stretched_over_the_output),
    };
    return cmocka_run_group_tests_name("sample_reference", tests, load_golden, free_golden);
}
