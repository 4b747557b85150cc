/* The oracle's cubic splines against SciPy (tests/golden/cubic_cases.txt), and by hand. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "reference/golden.h"
#include "reference/reference.h"
#include "unit/sample_data.h"

static const vxs_resample_options half_pixel = {VXS_CUBIC, VXS_COORDS_AUTO, 0};

static double largest_input(const golden_case *c) {
    double largest = 0;
    for (int64_t k = 0; k < golden_input_voxels(c); k++)
        largest = fmax(largest, fabs(golden_voxel(c->data, k)));
    return largest;
}

/* The largest difference of the result in double, relative to max|x|. */
static double largest_error(const golden_case *c, vxs_dtype src_dtype) {
    void *src = golden_input(c, src_dtype);
    double *got = malloc((size_t)c->count * sizeof *got), worst = 0;
    assert_int_equal(
        reference_resample(src, src_dtype, c->in_shape, got, VXS_FLOAT64, c->out_dhw, &c->options), VXS_OK);
    for (int64_t k = 0; k < c->count; k++) {
        const double error = fabs(got[k] - ((const double *)c->expected)[k]);
        worst = error <= worst ? worst : error; /* NaN counts */
    }
    free(src);
    free(got);
    return worst / largest_input(c);
}

static void check_golden(vxs_dtype src_dtype, double allowed) {
    golden_set golden;
    const char *wrong = golden_load(GOLDEN_DIR, "cubic_cases.txt", &golden);
    if (wrong)
        fail_msg("%s", wrong);
    double worst = 0;
    for (int i = 0; i < golden.count; i++) {
        const double error = largest_error(&golden.cases[i], src_dtype);
        if (!(error <= allowed))
            fail_msg("%s: differs by %g of max|x|, allowed %g", golden.cases[i].name, error, allowed);
        worst = fmax(worst, error);
    }
    print_message("%d cases of %d shapes, worst %g of max|x|\n", golden.count, golden.shapes, worst);
    golden_free(&golden);
}

static void cubic_of_float32_is_scipys_within_1e_9_before_the_cast(void **state) {
    (void)state;
    check_golden(VXS_FLOAT32, 1e-9);
}

static void cubic_of_float64_is_scipys_within_1e_14(void **state) {
    (void)state;
    check_golden(VXS_FLOAT64, 1e-14);
}

/* What the prefilter's far ends would add, for voxels of +-1: alternating, the worst of a line, and random.
 */
static void what_float32_leaves_out_is_below_1e_9(void **state) {
    (void)state;
    enum { SIDE = 64, OUT = 67 };
    static double x[SIDE * SIDE * SIDE], y[2][OUT * OUT * OUT];
    static const int64_t in[3] = {SIDE, SIDE, SIDE}, out[3] = {OUT, OUT, OUT};
    for (int random = 0; random < 2; random++) {
        uint64_t seed = 7;
        for (int k = 0; k < SIDE * SIDE * SIDE; k++) {
            const int at = random ? (int)sample_between(&seed, 0, 1) : k + k / SIDE + k / SIDE / SIDE;
            x[k] = at % 2 ? -1 : 1;
        }
        for (int wide = 0; wide < 2; wide++)
            assert_int_equal(reference_cubic_volume(x, y[wide], false, wide, in, out), VXS_OK);
        double worst = 0;
        for (int k = 0; k < OUT * OUT * OUT; k++)
            worst = fmax(worst, fabs(y[0][k] - y[1][k]));
        assert_true(worst < 1e-9);
        assert_true(worst > 1e-13); /* they are two filters */
    }
}

/* One line along an axis. */
static void resample_line(int axis, const void *src, vxs_dtype src_dtype, int64_t n, void *dst,
                          vxs_dtype dst_dtype, int64_t m) {
    int64_t in[5] = {1, 1, 1, 1, 1}, out[3] = {1, 1, 1};
    in[2 + axis] = n;
    out[axis] = m;
    assert_int_equal(reference_resample(src, src_dtype, in, dst, dst_dtype, out, &half_pixel), VXS_OK);
}

static void a_constant_line_stays_constant_at_every_size(void **state) {
    (void)state;
    double src[300], dst[300];
    for (int k = 0; k < 300; k++)
        src[k] = 3;
    for (int axis = 0; axis < 3; axis++)
        for (int n = 1; n <= 150; n += n < 16 || n == 63 || n == 64 ? 1 : 47 - 31 * (n > 63))
            for (int m = 1; m <= 300; m += 71) {
                resample_line(axis, src, VXS_FLOAT64, n, dst, VXS_FLOAT64, m);
                const double allowed = 1e-13 + 6 * pow(0.268, 2 * n); /* SciPy's own error on short lines */
                for (int k = 0; k < m; k++)
                    if (!(fabs(dst[k] - 3) < allowed))
                        fail_msg("axis %d, %d to %d: voxel %d is off by %g", axis, n, m, k, dst[k] - 3);
            }
}

static void a_straight_line_stays_straight_far_from_its_ends(void **state) {
    (void)state;
    double src[200], dst[300];
    for (int k = 0; k < 200; k++)
        src[k] = k;
    for (int axis = 0; axis < 3; axis++) {
        resample_line(axis, src, VXS_FLOAT64, 200, dst, VXS_FLOAT64, 300);
        for (int k = 75; k < 225; k++)
            assert_true(fabs(dst[k] - ((k + 0.5) * 2 / 3 - 0.5)) < 1e-11);
    }
}

/* As long as the voxels alternate, the spline is the cubic through them: at half way, 0 by symmetry. */
static void alternating_voxels_meet_at_zero_half_way(void **state) {
    (void)state;
    double src[256], dst[128];
    for (int k = 0; k < 256; k++)
        src[k] = k % 2 ? -1 : 1;
    for (int axis = 0; axis < 3; axis++) {
        resample_line(axis, src, VXS_FLOAT64, 256, dst, VXS_FLOAT64, 128);
        for (int k = 40; k < 88; k++)
            assert_true(fabs(dst[k]) < 1e-14);
    }
}

static void overshoot_saturates_in_integers_and_stays_in_floats(void **state) {
    (void)state;
    uint8_t src[80], bytes[240];
    float wide[240], least = 0, most = 0;
    for (int k = 0; k < 80; k++)
        src[k] = k / 8 % 2 ? 255 : 0;
    for (int axis = 0; axis < 3; axis++) {
        resample_line(axis, src, VXS_UINT8, 80, bytes, VXS_UINT8, 240);
        resample_line(axis, src, VXS_UINT8, 80, wide, VXS_FLOAT32, 240);
        for (int k = 0; k < 240; k++) {
            least = fminf(least, wide[k]);
            most = fmaxf(most, wide[k]);
            assert_int_equal(bytes[k], wide[k] < 0 ? 0 : wide[k] > 255 ? 255 : (int)rintf(wide[k]));
        }
    }
    assert_true(least < -20 && most > 275);
}

/* A NaN reaches as far as the band, or as its block and the recursions' reach, not over the whole line. */
static void a_nan_spreads_over_its_surroundings_only(void **state) {
    (void)state;
    double src[400], dst[600];
    for (int k = 0; k < 400; k++)
        src[k] = k == 200 ? NAN : sin(k);
    for (int axis = 0; axis < 3; axis++) {
        resample_line(axis, src, VXS_FLOAT64, 400, dst, VXS_FLOAT64, 600);
        for (int k = 0; k < 600; k++) {
            const double away = fabs((k + 0.5) * 2 / 3 - 0.5 - 200);
            if (away < 20)
                assert_true(isnan(dst[k]));
            if (away > 64)
                assert_false(isnan(dst[k]));
        }
    }
}

static void an_impulse_rings_symmetrically(void **state) {
    (void)state;
    double src[257] = {0}, dst[771];
    src[128] = 1;
    for (int axis = 0; axis < 3; axis++) {
        resample_line(axis, src, VXS_FLOAT64, 257, dst, VXS_FLOAT64, 771);
        assert_true(fabs(dst[385] - 1) < 1e-13); /* the voxel itself */
        for (int k = 0; k < 60; k++)
            assert_true(fabs(dst[385 - k] - dst[385 + k]) < 1e-13);
        assert_true(fabs(dst[388]) < 1e-13); /* its neighbours */
    }
}

static void an_axis_that_keeps_its_size_is_copied(void **state) {
    (void)state;
    float src[70], dst[70];
    for (int k = 0; k < 70; k++)
        src[k] = k == 9 ? NAN : k == 30 ? INFINITY : (float)k / 7;
    for (int axis = 0; axis < 3; axis++) {
        resample_line(axis, src, VXS_FLOAT32, 70, dst, VXS_FLOAT32, 70);
        assert_memory_equal(dst, src, sizeof src);
    }
}

static void sixty_four_bit_integers_are_refused(void **state) {
    (void)state;
    const int64_t in[5] = {1, 1, 1, 1, 4}, out[3] = {1, 1, 2};
    int64_t src[4] = {0}, dst[2];
    assert_int_equal(reference_resample(src, VXS_INT64, in, dst, VXS_INT64, out, &half_pixel), VXS_USAGE);
    assert_int_equal(reference_resample(src, VXS_FLOAT64, in, dst, VXS_UINT64, out, &half_pixel), VXS_USAGE);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(cubic_of_float32_is_scipys_within_1e_9_before_the_cast),
        cmocka_unit_test(cubic_of_float64_is_scipys_within_1e_14),
        cmocka_unit_test(what_float32_leaves_out_is_below_1e_9),
        cmocka_unit_test(a_constant_line_stays_constant_at_every_size),
        cmocka_unit_test(a_straight_line_stays_straight_far_from_its_ends),
        cmocka_unit_test(alternating_voxels_meet_at_zero_half_way),
        cmocka_unit_test(overshoot_saturates_in_integers_and_stays_in_floats),
        cmocka_unit_test(a_nan_spreads_over_its_surroundings_only),
        cmocka_unit_test(an_impulse_rings_symmetrically),
        cmocka_unit_test(an_axis_that_keeps_its_size_is_copied),
        cmocka_unit_test(sixty_four_bit_integers_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
