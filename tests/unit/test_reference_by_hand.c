/* The oracle against results worked out by hand, where PyTorch has no answer or a different one. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <float.h>
#include <math.h>
#include <string.h>

#include "reference/reference.h"

#define COUNT(array) ((int64_t)(sizeof(array) / sizeof *(array)))

/* Resample a line along one axis (0 d, 1 h, 2 w). */
static int resample_line(vxs_mode mode, int axis, const void *src, vxs_dtype src_dtype, int64_t in, void *dst,
                         vxs_dtype dst_dtype, int64_t out) {
    int64_t in_shape[5] = {1, 1, 1, 1, 1}, out_dhw[3] = {1, 1, 1};
    in_shape[axis + 2] = in;
    out_dhw[axis] = out;
    vxs_resample_options options = {.mode = mode};
    return reference_resample(src, src_dtype, in_shape, dst, dst_dtype, out_dhw, &options);
}

static void exact_nearest_takes_the_upper_voxel_of_a_tie_and_torch_rounds_as_it_does(void **state) {
    (void)state;
    static const struct {
        int64_t in, out, i, exact, torch;
    } ties[] = {{2, 41, 20, 1, 0},
                {2, 25, 12, 1, 1},
                {4, 82, 20, 1, 0},
                {2, 1, 0, 1, 1},
                {4, 2, 0, 1, 1},
                {4, 2, 1, 3, 3},
                {1, 7, 6, 0, 0},
                {7, 7, 3, 3, 3},
                {107, 53, 52, 105, 105},
                {1008, 1007, 503, 504, 503},
                {8190, 8191, 4095, 4095, 4095}};
    for (int64_t t = 0; t < COUNT(ties); t++) {
        int64_t in = ties[t].in, out = ties[t].out, i = ties[t].i;
        assert_int_equal(reference_nearest_index(VXS_COORDS_EXACT, false, in, out, i), ties[t].exact);
        assert_int_equal(reference_nearest_index(VXS_COORDS_TORCH, false, in, out, i), ties[t].torch);
        assert_int_equal(reference_nearest_index(VXS_COORDS_AUTO, false, in, out, i), ties[t].torch);
    }
}

/* Same-size copies show it: exact is the identity, float32 coordinates are not above 2^23. */
static void auto_nearest_is_torchs_up_to_2_to_the_23_and_exact_above(void **state) {
    (void)state;
    const int64_t limit = INT64_C(1) << 23, above = limit + 3;
    assert_int_equal(reference_nearest_index(VXS_COORDS_TORCH, false, above, above, limit + 1), limit + 2);
    assert_int_equal(reference_nearest_index(VXS_COORDS_AUTO, false, above, above, limit + 1), limit + 1);
    assert_int_equal(reference_nearest_index(VXS_COORDS_EXACT, false, limit, 6, 0), 699050);
    for (int64_t i = 0; i < limit - 1; i += 997)
        assert_int_equal(reference_nearest_index(VXS_COORDS_AUTO, false, limit, limit - 1, i),
                         reference_nearest_index(VXS_COORDS_TORCH, false, limit, limit - 1, i));
}

static void aligned_nearest_2_to_83_changes_voxel_at_the_middle_half_up(void **state) {
    (void)state;
    for (int coords = 0; coords < VXS_COORDS_KINDS; coords++) {
        for (int64_t i = 0; i < 83; i++)
            assert_int_equal(reference_nearest_index((vxs_coords)coords, true, 2, 83, i), i >= 41);
        assert_int_equal(reference_nearest_index((vxs_coords)coords, true, 9, 1, 0), 0);
        assert_int_equal(reference_nearest_index((vxs_coords)coords, true, 9, 2, 1), 8);
    }
}

static void taps_of_axes_of_2_to_the_40_are_exact(void **state) {
    (void)state;
    const int64_t n = INT64_C(1) << 40;
    assert_int_equal(reference_nearest_index(VXS_COORDS_AUTO, false, n, n / 2, n / 2 - 1), n - 1);
    assert_int_equal(reference_nearest_index(VXS_COORDS_AUTO, true, n, n - 1, n - 2), n - 1);
    reference_linear taps = reference_linear_taps(VXS_COORDS_AUTO, false, false, n, 2 * n, 2 * n - 4);
    assert_int_equal(taps.i0, n - 3);
    assert_true(taps.l1 == 0.75 && taps.l0 == 0.25);
    taps = reference_linear_taps(VXS_COORDS_AUTO, true, false, n, 2 * n - 1, 2 * n - 3);
    assert_int_equal(taps.i0, n - 2);
    assert_int_equal(taps.i1, n - 1);
    assert_true(taps.l1 == 0.5);
    reference_window window = reference_area_window(n, 3, 1);
    assert_int_equal(window.start, n / 3);
    assert_int_equal(window.end, 2 * n / 3 + 1);
    window = reference_area_window(n, n, n - 1);
    assert_int_equal(window.start, n - 1);
    assert_int_equal(window.end, n);
}

static void linear_taps_clamp_to_the_edge_voxels(void **state) {
    (void)state;
    for (int coords = 0; coords < VXS_COORDS_KINDS; coords++)
        for (int wide = 0; wide < 2; wide++) {
            reference_linear first = reference_linear_taps((vxs_coords)coords, false, wide, 2, 4, 0);
            reference_linear last = reference_linear_taps((vxs_coords)coords, false, wide, 2, 4, 3);
            assert_true(first.i0 == 0 && first.i1 == 1 && first.l0 == 1 && first.l1 == 0);
            assert_true(last.i0 == 1 && last.i1 == 1 && last.l0 == 0.75 && last.l1 == 0.25);
            reference_linear one = reference_linear_taps((vxs_coords)coords, true, wide, 5, 1, 0);
            assert_true(one.i0 == 0 && one.l0 == 1 && one.l1 == 0);
        }
}

static void integer_means_round_half_to_even_in_linear_and_area(void **state) {
    (void)state;
    static const int16_t src[] = {0, 1, 1, 2, -1, 0, -2, -1, 3, 4, -3, -4};
    static const int16_t expected[] = {0, 2, 0, -2, 4, -4};
    for (int axis = 0; axis < 3; axis++)
        for (int mode = VXS_LINEAR; mode <= VXS_AREA; mode++) {
            int16_t dst[6];
            assert_int_equal(resample_line((vxs_mode)mode, axis, src, VXS_INT16, 12, dst, VXS_INT16, 6),
                             VXS_OK);
            assert_memory_equal(dst, expected, sizeof dst);
        }
}

static void values_saturate_at_the_ends_of_the_output_dtype(void **state) {
    (void)state;
    static const double src[] = {-1e300, -129,  -128.5, -0.5, 0.5,      1.5,      2.5,
                                 254.5,  255.5, 1e300,  NAN,  INFINITY, -INFINITY};
    static const uint8_t u8[] = {0, 0, 0, 0, 0, 2, 2, 254, 255, 255, 0, 255, 0};
    static const int8_t i8[] = {-128, -128, -128, 0, 0, 2, 2, 127, 127, 127, 0, 127, -128};
    static const uint64_t u64[] = {0, 0, 0, 0, 0, 2, 2, 254, 256, UINT64_MAX, 0, UINT64_MAX, 0};
    static const int64_t i64[] = {INT64_MIN, -129, -128,      0, 0,         2,        2,
                                  254,       256,  INT64_MAX, 0, INT64_MAX, INT64_MIN};
    const int64_t n = COUNT(src);
    uint64_t got[COUNT(src)];
    for (int m = 0; m < 2; m++) {
        vxs_mode mode = m ? VXS_AREA : VXS_NEAREST;
        resample_line(mode, 2, src, VXS_FLOAT64, n, got, VXS_UINT8, n);
        assert_memory_equal(got, u8, sizeof u8);
        resample_line(mode, 2, src, VXS_FLOAT64, n, got, VXS_INT8, n);
        assert_memory_equal(got, i8, sizeof i8);
        resample_line(mode, 2, src, VXS_FLOAT64, n, got, VXS_UINT64, n);
        assert_memory_equal(got, u64, sizeof u64);
        resample_line(mode, 2, src, VXS_FLOAT64, n, got, VXS_INT64, n);
        assert_memory_equal(got, i64, sizeof i64);
    }
    resample_line(VXS_LINEAR, 2, src, VXS_FLOAT64, n, got, VXS_UINT8, n);
    assert_memory_equal(got, u8, sizeof u8);
}

static void integers_convert_to_integers_and_floats_with_one_rounding(void **state) {
    (void)state;
    static const int64_t src[] = {INT64_MIN, -1, 70000, INT64_MAX,
                                  (INT64_C(1) << 60) + (INT64_C(1) << 36) + 1};
    static const uint16_t u16[] = {0, 0, 65535, 65535, 65535};
    static const float f32[] = {-0x1p63f, -1, 70000, 0x1p63f, 0x1.000002p60f};
    uint16_t whole[5];
    float real[5];
    resample_line(VXS_NEAREST, 2, src, VXS_INT64, 5, whole, VXS_UINT16, 5);
    assert_memory_equal(whole, u16, sizeof u16);
    resample_line(VXS_NEAREST, 2, src, VXS_INT64, 5, real, VXS_FLOAT32, 5);
    assert_memory_equal(real, f32, sizeof f32);
}

static void float_outputs_keep_the_precision_of_the_computation(void **state) {
    (void)state;
    static const uint8_t src[] = {0, 1, 1, 255, 254, 254};
    double dst[2];
    assert_int_equal(resample_line(VXS_AREA, 2, src, VXS_UINT8, 6, dst, VXS_FLOAT64, 2), VXS_OK);
    assert_true(dst[0] == 2.0 / 3 && dst[1] == 763.0 / 3);
    static const float pair[] = {0, 1};
    assert_int_equal(resample_line(VXS_LINEAR, 2, pair, VXS_FLOAT32, 2, dst, VXS_FLOAT64, 1), VXS_OK);
    assert_true(dst[0] == 0.5);
    double tenths[20];
    assert_int_equal(resample_line(VXS_LINEAR, 2, pair, VXS_FLOAT32, 2, tenths, VXS_FLOAT64, 20), VXS_OK);
    assert_true(tenths[6] ==
                (double)0.15f); /* (2*6+1)*2-20 = 6 of 40: the weight is rounded once to float32 */
}

static void half_and_bool_are_copied_as_bits_and_converted_by_value(void **state) {
    (void)state;
    static const uint16_t half[] = {0x0000, 0x3c00, 0xc100, 0x7bff, 0x0001, 0x7c00, 0xfc00, 0x7e01, 0x0400};
    static const double values[] = {0, 1, -2.5, 65504, 0x1p-24, INFINITY, -INFINITY, NAN, 0x1p-14};
    static const int16_t i16[] = {0, 1, -2, 32767, 0, 32767, -32768, 0, 0};
    uint16_t copy[9];
    int16_t whole[9];
    double real[9];
    resample_line(VXS_NEAREST, 0, half, VXS_FLOAT16, 9, copy, VXS_FLOAT16, 9);
    assert_memory_equal(copy, half, sizeof half);
    resample_line(VXS_NEAREST, 0, half, VXS_FLOAT16, 9, whole, VXS_INT16, 9);
    assert_memory_equal(whole, i16, sizeof i16);
    resample_line(VXS_NEAREST, 0, half, VXS_FLOAT16, 9, real, VXS_FLOAT64, 9);
    for (int i = 0; i < 9; i++)
        assert_true(real[i] == values[i] || (isnan(real[i]) && isnan(values[i])));
    static const uint8_t truth[] = {0, 1, 1};
    float number[3];
    resample_line(VXS_NEAREST, 1, truth, VXS_BOOL, 3, number, VXS_FLOAT32, 3);
    assert_true(number[0] == 0 && number[1] == 1 && number[2] == 1);
}

/* (2,3,4) -> (1,3,2): h keeps its size, so one bad row stays one row; d and w take means of pairs. */
static void nan_and_inf_stay_in_their_row_on_an_axis_that_keeps_its_size(void **state) {
    (void)state;
    static const int64_t in[5] = {1, 1, 2, 3, 4}, out[3] = {1, 3, 2};
    float src[24], dst[6];
    for (int k = 0; k < 24; k++)
        src[k] = k / 4 % 3 == 1 ? (k % 4 < 2 ? NAN : INFINITY) : 1;
    assert_int_equal(reference_resample(src, VXS_FLOAT32, in, dst, VXS_FLOAT32, out, NULL), VXS_OK);
    for (int k = 0; k < 6; k++) {
        bool bad = k / 2 == 1;
        assert_true(bad ? (k % 2 ? isinf(dst[k]) : isnan(dst[k])) : dst[k] == 1);
    }
}

static void identity_keeps_every_value_and_the_sign_of_zero(void **state) {
    (void)state;
    static const float src[] = {-0.0f, 0, INFINITY, -INFINITY, FLT_MAX, 0x1p-149f, 1, -FLT_MIN};
    for (int mode = 0; mode < VXS_MODES; mode++)
        for (int axis = 0; axis < 3; axis++) {
            float dst[COUNT(src)];
            resample_line((vxs_mode)mode, axis, src, VXS_FLOAT32, COUNT(src), dst, VXS_FLOAT32, COUNT(src));
            assert_memory_equal(dst, src, sizeof src);
        }
}

static void area_sums_of_uint64_pass_2_to_the_64_without_loss(void **state) {
    (void)state;
    static const uint64_t src[] = {UINT64_MAX, UINT64_MAX, UINT64_MAX, UINT64_MAX - 1, 1, 0, 5, 6};
    static const uint64_t expected[] = {UINT64_MAX, UINT64_MAX - 1, 0, 6};
    uint64_t dst[4];
    assert_int_equal(resample_line(VXS_AREA, 2, src, VXS_UINT64, 8, dst, VXS_UINT64, 4), VXS_OK);
    assert_memory_equal(dst, expected, sizeof dst);
    static const int64_t least[] = {INT64_MIN, INT64_MIN, INT64_MIN + 3};
    int64_t mean;
    assert_int_equal(resample_line(VXS_AREA, 0, least, VXS_INT64, 3, &mean, VXS_INT64, 1), VXS_OK);
    assert_true(mean == INT64_MIN + 1);
}

static void a_nan_spoils_the_area_windows_that_hold_it_and_no_other(void **state) {
    (void)state;
    static const double src[] = {1, 2, 3, NAN, 5, 6, 7};
    double dst[3];
    assert_int_equal(resample_line(VXS_AREA, 1, src, VXS_FLOAT64, 7, dst, VXS_FLOAT64, 3), VXS_OK);
    assert_true(dst[0] == 2 && isnan(dst[1]) && dst[2] == 6); /* windows 0..3, 2..5, 4..7 */
}

static void area_counts_ones_lost_beside_2_to_the_24_in_float32_sums(void **state) {
    (void)state;
    static const float src[] = {0x1p24f, 1, 1, 1, 1, 1, 1, 1};
    float dst;
    assert_int_equal(resample_line(VXS_AREA, 2, src, VXS_FLOAT32, 8, &dst, VXS_FLOAT32, 1), VXS_OK);
    assert_true(dst == 2097152.875f);
}

static void subnormals_survive_and_float32_overflows_only_where_the_value_does(void **state) {
    (void)state;
    static const float tiny[] = {0x1p-149f, 0x1p-148f, 0x1.8p-148f, 0x1p-147f}, big[] = {FLT_MAX, FLT_MAX};
    static const double huge[] = {1e300, -1e300, 0x1.fffffefp127, 0x1.ffffffp127};
    float dst[4], halves[2];
    resample_line(VXS_AREA, 2, tiny, VXS_FLOAT32, 4, halves, VXS_FLOAT32, 2);
    assert_true(halves[0] == 0x1p-148f && halves[1] == 0x1p-147f); /* 1.5 and 3.5 units, halves to even */
    resample_line(VXS_AREA, 2, big, VXS_FLOAT32, 2, dst, VXS_FLOAT32, 1);
    assert_true(dst[0] == FLT_MAX);
    resample_line(VXS_LINEAR, 2, big, VXS_FLOAT32, 2, dst, VXS_FLOAT32, 1);
    assert_true(dst[0] == FLT_MAX);
    resample_line(VXS_NEAREST, 2, huge, VXS_FLOAT64, 4, dst, VXS_FLOAT32, 4);
    assert_true(dst[0] == INFINITY && dst[1] == -INFINITY && dst[2] == FLT_MAX && dst[3] == INFINITY);
}

static void impossible_requests_are_refused_and_leave_the_output_alone(void **state) {
    (void)state;
    static const struct {
        vxs_resample_options options;
        vxs_dtype src, dst;
        int64_t in, out;
    } bad[] = {{{VXS_AREA, VXS_COORDS_AUTO, 1}, VXS_FLOAT32, VXS_FLOAT32, 2, 2},
               {{VXS_LINEAR, VXS_COORDS_AUTO, 0}, VXS_INT64, VXS_INT64, 2, 2},
               {{VXS_LINEAR, VXS_COORDS_AUTO, 0}, VXS_FLOAT64, VXS_UINT64, 2, 2},
               {{VXS_LINEAR, VXS_COORDS_AUTO, 0}, VXS_FLOAT16, VXS_FLOAT16, 2, 2},
               {{VXS_AREA, VXS_COORDS_AUTO, 0}, VXS_BOOL, VXS_BOOL, 2, 2},
               {{VXS_NEAREST, VXS_COORDS_AUTO, 0}, VXS_UINT8, VXS_BOOL, 2, 2},
               {{VXS_NEAREST, VXS_COORDS_AUTO, 0}, VXS_UINT8, VXS_UINT8, 0, 2},
               {{VXS_NEAREST, VXS_COORDS_AUTO, 0}, VXS_UINT8, VXS_UINT8, 2, 0}};
    for (int64_t b = 0; b < COUNT(bad); b++) {
        const double src[2] = {0, 0}, untouched[2] = {7, 7};
        double dst[2] = {7, 7};
        int64_t in[5] = {1, 1, 1, 1, bad[b].in}, out[3] = {1, 1, bad[b].out};
        assert_int_equal(reference_resample(src, bad[b].src, in, dst, bad[b].dst, out, &bad[b].options),
                         VXS_USAGE);
        assert_memory_equal(dst, untouched, sizeof dst);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(exact_nearest_takes_the_upper_voxel_of_a_tie_and_torch_rounds_as_it_does),
        cmocka_unit_test(auto_nearest_is_torchs_up_to_2_to_the_23_and_exact_above),
        cmocka_unit_test(aligned_nearest_2_to_83_changes_voxel_at_the_middle_half_up),
        cmocka_unit_test(taps_of_axes_of_2_to_the_40_are_exact),
        cmocka_unit_test(linear_taps_clamp_to_the_edge_voxels),
        cmocka_unit_test(integer_means_round_half_to_even_in_linear_and_area),
        cmocka_unit_test(values_saturate_at_the_ends_of_the_output_dtype),
        cmocka_unit_test(integers_convert_to_integers_and_floats_with_one_rounding),
        cmocka_unit_test(float_outputs_keep_the_precision_of_the_computation),
        cmocka_unit_test(half_and_bool_are_copied_as_bits_and_converted_by_value),
        cmocka_unit_test(nan_and_inf_stay_in_their_row_on_an_axis_that_keeps_its_size),
        cmocka_unit_test(identity_keeps_every_value_and_the_sign_of_zero),
        cmocka_unit_test(area_sums_of_uint64_pass_2_to_the_64_without_loss),
        cmocka_unit_test(a_nan_spoils_the_area_windows_that_hold_it_and_no_other),
        cmocka_unit_test(area_counts_ones_lost_beside_2_to_the_24_in_float32_sums),
        cmocka_unit_test(subnormals_survive_and_float32_overflows_only_where_the_value_does),
        cmocka_unit_test(impossible_requests_are_refused_and_leave_the_output_alone),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
