#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>
#include <voxslab/voxslab.h>

#include "reference/reference.h"
#include "unit/sample_data.h"

/* d, h, w from and to: one where sizes have little in common, and halves, which have ways of their own. */
static const int64_t sizes[][2][3] = {
    {{5, 7, 12}, {3, 11, 6}}, {{4, 6, 16}, {2, 3, 8}}, {{4, 6, 16}, {4, 3, 8}}};
enum { SIZES = sizeof sizes / sizeof *sizes, MOST = 5 * 7 * 12 /* voxels */ };

static vxs_view view3(void *data, vxs_dtype dtype, int64_t d, int64_t h, int64_t w) {
    return (vxs_view){.data = data, .dtype = dtype, .axes = 3, .shape = {d, h, w}};
}

static void linear_of_a_ramp_by_one_half_is_worked_out_by_hand(void **state) {
    (void)state;
    float src[8] = {0, 1, 2, 3, 4, 5, 6, 7}, dst[4];
    vxs_view in = view3(src, VXS_FLOAT32, 1, 1, 8), out = view3(dst, VXS_FLOAT32, 1, 1, 4);
    assert_int_equal(vxs_resample(&in, &out, NULL), VXS_OK);
    const float want[4] = {0.5f, 2.5f, 4.5f, 6.5f};
    assert_memory_equal(dst, want, sizeof want);
    assert_string_equal(vxs_message(), "");
}

static void area_of_integers_rounds_half_to_even(void **state) {
    (void)state;
    int16_t src[8] = {0, 1, 1, 2, -1, 0, -1, -2}, dst[4];
    vxs_view in = view3(src, VXS_INT16, 1, 1, 8), out = view3(dst, VXS_INT16, 1, 1, 4);
    const vxs_resample_options area = {VXS_AREA, VXS_COORDS_AUTO, 0};
    assert_int_equal(vxs_resample(&in, &out, &area), VXS_OK);
    const int16_t want[4] = {0, 2, 0, -2};
    assert_memory_equal(dst, want, sizeof want);
}

static void an_identity_keeps_nan_and_inf_where_they_are(void **state) {
    (void)state;
    float src[6] = {NAN, INFINITY, 1, -INFINITY, -0.0f, 2}, dst[6];
    vxs_view in = view3(src, VXS_FLOAT32, 1, 2, 3), out = view3(dst, VXS_FLOAT32, 1, 2, 3);
    for (int mode = 0; mode < VXS_MODES; mode++) {
        const vxs_resample_options options = {(vxs_mode)mode, VXS_COORDS_AUTO, 0};
        assert_int_equal(vxs_resample(&in, &out, &options), VXS_OK);
        assert_memory_equal(dst, src, sizeof src);
    }
}

static void a_nan_stays_in_its_own_area_window(void **state) {
    (void)state;
    double src[6] = {1, 3, NAN, 4, 5, 7}, dst[3];
    vxs_view in = view3(src, VXS_FLOAT64, 1, 1, 6), out = view3(dst, VXS_FLOAT64, 1, 1, 3);
    const vxs_resample_options area = {VXS_AREA, VXS_COORDS_AUTO, 0};
    assert_int_equal(vxs_resample(&in, &out, &area), VXS_OK);
    assert_true(dst[0] == 2 && isnan(dst[1]) && dst[2] == 6);
}

static void floats_saturate_into_integers_and_nan_becomes_0(void **state) {
    (void)state;
    float src[8] = {NAN, INFINITY, -INFINITY, 254.5f, 255.5f, -0.5f, 2.5f, 3.5f};
    uint8_t dst[8];
    vxs_view in = view3(src, VXS_FLOAT32, 1, 1, 8), out = view3(dst, VXS_UINT8, 1, 1, 8);
    const vxs_resample_options nearest = {VXS_NEAREST, VXS_COORDS_AUTO, 0};
    assert_int_equal(vxs_resample(&in, &out, &nearest), VXS_OK);
    const uint8_t want[8] = {0, 255, 0, 254, 255, 0, 2, 4};
    assert_memory_equal(dst, want, sizeof want);
}

/* How a volume may lie in memory: order of its axes from slowest to fastest, which run backwards, gaps. */
typedef struct arrangement {
    int order[3], backwards[3];
    int64_t gap;
} arrangement;

static const arrangement arrangements[] = {
    {{0, 1, 2}, {0, 0, 0}, 1}, {{0, 1, 2}, {1, 0, 0}, 1}, {{0, 1, 2}, {0, 0, 1}, 1},
    {{0, 1, 2}, {1, 1, 1}, 3}, {{2, 1, 0}, {0, 0, 0}, 1}, {{1, 2, 0}, {0, 1, 0}, 2},
    {{0, 2, 1}, {0, 0, 0}, 1}, {{0, 1, 2}, {0, 0, 0}, 5},
};
enum { ARRANGEMENTS = sizeof arrangements / sizeof *arrangements };

/* A strided view within memory of at least gap * voxels elements. */
static vxs_view arranged(void *memory, vxs_dtype dtype, const int64_t shape[3], const arrangement *how) {
    vxs_view v = view3(memory, dtype, shape[0], shape[1], shape[2]);
    int64_t step = how->gap, offset = 0;
    for (int k = 2; k >= 0; k--) {
        int a = how->order[k];
        v.stride[a] = how->backwards[a] ? -step : step;
        offset += how->backwards[a] ? step * (shape[a] - 1) : 0;
        step *= shape[a];
    }
    v.data = (char *)memory + offset * (int64_t)(dtype == VXS_FLOAT64 ? 8 : dtype == VXS_UINT8 ? 1 : 4);
    return v;
}

static void copy_voxels(const vxs_view *v, char *packed, size_t bytes, int into_view) {
    for (int64_t d = 0; d < v->shape[0]; d++)
        for (int64_t h = 0; h < v->shape[1]; h++)
            for (int64_t w = 0; w < v->shape[2]; w++, packed += bytes) {
                char *at = (char *)v->data +
                           (d * v->stride[0] + h * v->stride[1] + w * v->stride[2]) * (int64_t)bytes;
                memcpy(into_view ? at : packed, into_view ? packed : at, bytes);
            }
}

static void check_arrangement(vxs_mode mode, vxs_dtype dtype, size_t bytes, const int64_t size[2][3],
                              int from, int to) {
    const int64_t in[5] = {1, 1, size[0][0], size[0][1], size[0][2]}, *out = size[1];
    const int64_t voxels = out[0] * out[1] * out[2];
    static char packed[8 * MOST], src[40 * MOST], dst[40 * MOST], got[8 * MOST], want[8 * MOST];
    for (int64_t k = 0; k < MOST; k++)
        sample_store(packed, dtype, k, false);
    memset(dst, 0x5A, sizeof dst);
    vxs_view v = arranged(src, dtype, in + 2, &arrangements[from]);
    vxs_view u = arranged(dst, dtype, out, &arrangements[to]);
    copy_voxels(&v, packed, bytes, 1);
    const vxs_resample_options options = {mode, VXS_COORDS_AUTO, 0};
    assert_int_equal(reference_resample(packed, dtype, in, want, dtype, out, &options), VXS_OK);
    assert_int_equal(vxs_resample(&v, &u, &options), VXS_OK);
    copy_voxels(&u, got, bytes, 0);
    assert_memory_equal(got, want, (size_t)voxels * bytes);
    int64_t touched = 0;
    for (int64_t k = 0; k < (int64_t)sizeof dst / (int64_t)bytes; k++)
        for (size_t b = 0; b < bytes; b++)
            if (dst[k * (int64_t)bytes + (int64_t)b] != 0x5A) {
                touched++;
                break;
            }
    assert_true(touched <= voxels);
}

static void any_strides_give_the_voxels_of_packed_memory_and_touch_no_others(void **state) {
    (void)state;
    for (int from = 0; from < ARRANGEMENTS; from++)
        for (int to = 0; to < ARRANGEMENTS; to++)
            for (int mode = 0; mode < VXS_MODES; mode++)
                for (int i = 0; i < SIZES; i++) {
                    check_arrangement((vxs_mode)mode, VXS_FLOAT32, 4, sizes[i], from, to);
                    check_arrangement((vxs_mode)mode, VXS_UINT8, 1, sizes[i], from, to);
                    check_arrangement((vxs_mode)mode, VXS_FLOAT64, 8, sizes[i], from, to);
                }
}

static void leading_axes_are_independent(void **state) {
    (void)state;
    uint8_t src[2 * 3 * 8], dst[2 * 3 * 4], want[2 * 3 * 4];
    for (int k = 0; k < 48; k++)
        src[k] = (uint8_t)(k * 37);
    vxs_view in = {.data = src, .dtype = VXS_UINT8, .axes = 5, .shape = {2, 3, 1, 2, 4}};
    vxs_view out = {.data = dst, .dtype = VXS_UINT8, .axes = 5, .shape = {2, 3, 1, 2, 2}};
    const int64_t out_dhw[3] = {1, 2, 2};
    assert_int_equal(reference_resample(src, VXS_UINT8, in.shape, want, VXS_UINT8, out_dhw, NULL), VXS_OK);
    assert_int_equal(vxs_resample(&in, &out, NULL), VXS_OK);
    assert_memory_equal(dst, want, sizeof want);
}

static void every_thread_count_gives_the_same_bytes(void **state) {
    (void)state;
    enum { SIDE = 24, OUT = 31 };
    static float src[SIDE * SIDE * SIDE], one[OUT * OUT * OUT], many[OUT * OUT * OUT];
    for (int64_t k = 0; k < SIDE * SIDE * SIDE; k++)
        sample_store(src, VXS_FLOAT32, k, true);
    vxs_view in = view3(src, VXS_FLOAT32, SIDE, SIDE, SIDE), out = view3(one, VXS_FLOAT32, OUT, OUT, OUT);
    for (int mode = 0; mode < VXS_MODES; mode++) {
        const vxs_resample_options options = {(vxs_mode)mode, VXS_COORDS_AUTO, 0};
        vxs_set_num_threads(1);
        out.data = one;
        assert_int_equal(vxs_resample(&in, &out, &options), VXS_OK);
        static const int threads[] = {2, 3, 4, 5, 64, 65, 200};
        for (size_t i = 0; i < sizeof threads / sizeof *threads; i++) {
            vxs_set_num_threads(threads[i]);
            out.data = many;
            memset(many, 0, sizeof many);
            assert_int_equal(vxs_resample(&in, &out, &options), VXS_OK);
            assert_memory_equal(one, many, sizeof one);
        }
    }
    vxs_set_num_threads(0);
}

static void thread_counts_are_kept_and_0_restores_the_default(void **state) {
    (void)state;
    int before = vxs_get_num_threads();
    assert_true(before >= 1);
    vxs_set_num_threads(3);
    assert_int_equal(vxs_get_num_threads(), 3);
    vxs_set_num_threads(0);
    assert_int_equal(vxs_get_num_threads(), before);
    assert_string_equal(vxs_version(), VXS_VERSION);
}

static void expect_refusal(const vxs_view *src, const vxs_view *dst, const vxs_resample_options *options,
                           const char *words) {
    assert_int_equal(vxs_resample(src, dst, options), VXS_USAGE);
    if (!strstr(vxs_message(), words))
        fail_msg("'%s' does not say '%s'", vxs_message(), words);
}

static void unusable_views_are_refused_and_dst_stays_untouched(void **state) {
    (void)state;
    uint8_t a[64] = {1}, b[64] = {7};
    const vxs_view src = view3(a, VXS_UINT8, 2, 2, 2), dst = view3(b, VXS_UINT8, 1, 1, 1);
    vxs_view bad = src;
    bad.data = NULL;
    expect_refusal(&bad, &dst, NULL, "src has no data");
    expect_refusal(&src, NULL, NULL, "dst has no data");
    bad = src;
    bad.axes = 2;
    expect_refusal(&bad, &dst, NULL, "2 axes, need 3 to 5");
    bad.axes = 4;
    bad.shape[3] = 2;
    expect_refusal(&bad, &dst, NULL, "must agree");
    bad = src;
    bad.shape[1] = 0;
    expect_refusal(&bad, &dst, NULL, "sizes start at 1");
    bad = src;
    bad.dtype = VXS_DTYPES;
    expect_refusal(&bad, &dst, NULL, "dtype");
    bad = src;
    bad.shape[0] = bad.shape[1] = bad.shape[2] = INT64_C(1) << 22;
    expect_refusal(&bad, &dst, NULL, "larger than");
    bad = src;
    bad.stride[0] = INT64_MIN;
    expect_refusal(&bad, &dst, NULL, "larger than");
    const vxs_view lead = {.data = a, .dtype = VXS_UINT8, .axes = 4, .shape = {2, 1, 1, 1}};
    const vxs_view other = {.data = b, .dtype = VXS_UINT8, .axes = 4, .shape = {3, 1, 1, 1}};
    expect_refusal(&lead, &other, NULL, "leading axes");
    const vxs_resample_options corners = {VXS_AREA, VXS_COORDS_AUTO, 1};
    expect_refusal(&src, &dst, &corners, "align_corners");
    const vxs_view wide = view3(a, VXS_INT64, 2, 2, 2);
    expect_refusal(&wide, &wide, NULL, "int64");
    assert_int_equal(b[0], 7);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(linear_of_a_ramp_by_one_half_is_worked_out_by_hand),
        cmocka_unit_test(area_of_integers_rounds_half_to_even),
        cmocka_unit_test(an_identity_keeps_nan_and_inf_where_they_are),
        cmocka_unit_test(a_nan_stays_in_its_own_area_window),
        cmocka_unit_test(floats_saturate_into_integers_and_nan_becomes_0),
        cmocka_unit_test(any_strides_give_the_voxels_of_packed_memory_and_touch_no_others),
        cmocka_unit_test(leading_axes_are_independent),
        cmocka_unit_test(every_thread_count_gives_the_same_bytes),
        cmocka_unit_test(thread_counts_are_kept_and_0_restores_the_default),
        cmocka_unit_test(unusable_views_are_refused_and_dst_stays_untouched),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
