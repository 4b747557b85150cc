/* vxs_grid_sample, vxs_affine and vxs_warp: views of any stride, defaults, and what they refuse. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>

#include <cmocka.h>

#include "reference/sample.h"
#include "unit/sample_data.h"

enum {
    N = 2,
    C = 3,
    D = 5,
    H = 6,
    W = 7,
    OD = 4,
    OH = 3,
    OW = 9,
    IN = N * C * D * H * W,
    OUT = N * C * OD * OH * OW
};

static const vxs_dtype dtypes[] = {VXS_UINT8,  VXS_INT8,  VXS_UINT16,  VXS_INT16,
                                   VXS_UINT32, VXS_INT32, VXS_FLOAT32, VXS_FLOAT64};

static vxs_view view_of(void *data, vxs_dtype dtype, int axes, int64_t a, int64_t b, int64_t c, int64_t d,
                        int64_t e) {
    const int64_t shape[] = {a, b, c, d, e};
    vxs_view v = {.data = data, .dtype = dtype, .axes = axes};
    for (int i = 0; i < axes; i++)
        v.shape[i] = shape[i];
    return v;
}

/* Row-major strides, times step; with step < 0 the data begin at the last voxel. */
static void spread(vxs_view *v, int64_t step, int64_t voxels) {
    int64_t stride = step;
    for (int a = v->axes - 1; a >= 0; a--) {
        v->stride[a] = stride;
        stride *= v->shape[a];
    }
    if (step < 0)
        v->data = (char *)v->data + (voxels - 1) * -step * (int64_t)dtype_bytes(v->dtype);
}

/* Copies packed voxels to where the view has them, or back. */
static void move(const vxs_view *v, char *packed, int64_t voxels, int64_t step, bool out) {
    const size_t bytes = dtype_bytes(v->dtype);
    for (int64_t k = 0; k < voxels; k++) {
        char *there = (char *)v->data + k * step * (int64_t)bytes;
        char *here = packed + (size_t)k * bytes;
        memcpy(out ? here : there, out ? there : here, bytes);
    }
}

static void views_of_any_stride_give_the_oracles_voxels(void **state) {
    (void)state;
    static const int64_t steps[] = {1, 2, -1, -3};
    static char input[IN * 8], apart[IN * 24], result[OUT * 24], packed[OUT * 8], expected[OUT * 8];
    static float grid[N * OD * OH * OW * 3], grid_apart[2 * N * OD * OH * OW * 3];
    for (int k = 0; k < N * OD * OH * OW * 3; k++)
        grid[k] = (float)((double)(sample_bits((uint64_t)k) >> 11) * 0x1p-53 * 2.6 - 1.3);
    for (int d = 0; d < 8; d++)
        for (int i = 0; i < 16; i++) {
            const int64_t step = steps[i % 4], grid_step = i % 2 + 1;
            const vxs_sample_options options = {i & 8 ? VXS_NEAREST : VXS_LINEAR, (vxs_padding)(i % 4), 7};
            vxs_view src = view_of(apart, dtypes[d], 5, N, C, D, H, W),
                     dst = view_of(result, dtypes[d], 5, N, C, OD, OH, OW);
            vxs_view points = view_of(grid_apart, VXS_FLOAT32, 5, N, OD, OH, OW, 3);
            for (int64_t k = 0; k < IN; k++)
                sample_store(input, dtypes[d], k, false);
            spread(&src, step, IN);
            spread(&dst, steps[(i + 1) % 4], OUT);
            spread(&points, grid_step, N * OD * OH * OW * 3);
            move(&src, input, IN, step, false);
            move(&points, (char *)grid, N * OD * OH * OW * 3, grid_step, false);
            assert_int_equal(vxs_grid_sample(&src, &points, &dst, &options), VXS_OK);
            move(&dst, packed, OUT, steps[(i + 1) % 4], true);
            const reference_map map = {
                .kind = REFERENCE_GRID, .dtype = VXS_FLOAT32, .data = grid, .batches = N};
            const int64_t in[] = {N, C, D, H, W}, out[] = {OD, OH, OW};
            assert_int_equal(reference_sample(input, dtypes[d], in, &map, expected, dtypes[d], out, &options),
                             0);
            assert_int_equal(sample_difference(packed, expected, dtypes[d], OUT, true), -1);
        }
}

static void no_options_are_linear_and_zeros(void **state) {
    (void)state;
    float src[2] = {10, 20}, grid[3] = {1, 0, 0}, dst[1] = {-1};
    vxs_view s = view_of(src, VXS_FLOAT32, 3, 1, 1, 2, 0, 0), o = view_of(dst, VXS_FLOAT32, 3, 1, 1, 1, 0, 0);
    vxs_view g = view_of(grid, VXS_FLOAT32, 4, 1, 1, 1, 3, 0);
    assert_int_equal(vxs_grid_sample(&s, &g, &o, NULL), VXS_OK);
    assert_true(dst[0] == 10); /* half of 20 */
}

static void an_affine_moves_voxels_where_its_matrix_says(void **state) {
    (void)state;
    uint8_t src[6] = {1, 2, 3, 4, 5, 6}, dst[6];
    vxs_view s = view_of(src, VXS_UINT8, 3, 1, 2, 3, 0, 0), o = view_of(dst, VXS_UINT8, 3, 1, 3, 2, 0, 0);
    const double transpose[12] = {1, 0, 0, 0, 0, 0, 1, 0, 0, 1, 0, 0};
    assert_int_equal(vxs_affine(&s, &o, transpose, NULL), VXS_OK);
    assert_memory_equal(dst, ((uint8_t[]){1, 4, 2, 5, 3, 6}), 6);
}

static void a_warp_moves_by_voxels_in_x_y_z_order(void **state) {
    (void)state;
    uint8_t src[6] = {1, 2, 3, 4, 5, 6}, dst[6];
    double field[3] = {1, 0, 0};
    vxs_view s = view_of(src, VXS_UINT8, 3, 1, 2, 3, 0, 0), o = view_of(dst, VXS_UINT8, 3, 1, 2, 3, 0, 0);
    vxs_view f = view_of(field, VXS_FLOAT64, 4, 1, 1, 1, 3, 0);
    assert_int_equal(vxs_warp(&s, &f, &o, NULL), VXS_OK);
    assert_memory_equal(dst, ((uint8_t[]){2, 3, 0, 5, 6, 0}), 6);
}

static void refused(vxs_status status, const char *because) {
    assert_int_equal(status, VXS_USAGE);
    if (!strstr(vxs_message(), because))
        fail_msg("'%s' does not say '%s'", vxs_message(), because);
}

static void what_does_not_fit_is_refused_in_words(void **state) {
    (void)state;
    static float data[1000], result[1000];
    double matrix[12] = {NAN};
    vxs_view s = view_of(data, VXS_FLOAT32, 3, 4, 4, 4, 0, 0),
             o = view_of(result, VXS_FLOAT32, 3, 2, 2, 2, 0, 0);
    vxs_view g = view_of(data, VXS_FLOAT32, 4, 2, 2, 2, 3, 0), bad = g;
    bad.dtype = VXS_INT32;
    refused(vxs_grid_sample(&s, &bad, &o, NULL), "need float32 or float64");
    bad = view_of(data, VXS_FLOAT32, 4, 2, 2, 2, 2, 0);
    refused(vxs_grid_sample(&s, &bad, &o, NULL), "need 3: x, y, z");
    bad = view_of(data, VXS_FLOAT32, 4, 2, 2, 3, 3, 0);
    refused(vxs_grid_sample(&s, &bad, &o, NULL), "they must agree");
    bad = view_of(data, VXS_FLOAT32, 5, 2, 2, 2, 2, 3);
    refused(vxs_grid_sample(&s, &bad, &o, NULL), "a batch of 2");
    bad = view_of(data, VXS_FLOAT32, 3, 2, 2, 3, 0, 0);
    refused(vxs_grid_sample(&s, &bad, &o, NULL), "need (d,h,w,3)");
    bad = view_of(data, VXS_FLOAT32, 4, 3, 2, 2, 3, 0);
    refused(vxs_warp(&s, &bad, &o, NULL), "not finer");
    refused(vxs_affine(&s, &o, matrix, NULL), "must be finite");
    refused(vxs_grid_sample(&s, &g, &o, &(vxs_sample_options){VXS_AREA, VXS_ZEROS, 0}), "nearest or linear");
    refused(vxs_grid_sample(&s, &g, &o, &(vxs_sample_options){VXS_LINEAR, (vxs_padding)9, 0}),
            "padding out of range");
    s.dtype = o.dtype = VXS_BOOL;
    refused(vxs_grid_sample(&s, &g, &o, &(vxs_sample_options){VXS_NEAREST, VXS_CONSTANT, 1}),
            "can't be filled");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(views_of_any_stride_give_the_oracles_voxels),
        cmocka_unit_test(no_options_are_linear_and_zeros),
        cmocka_unit_test(an_affine_moves_voxels_where_its_matrix_says),
        cmocka_unit_test(a_warp_moves_by_voxels_in_x_y_z_order),
        cmocka_unit_test(what_does_not_fit_is_refused_in_words),
    };
    return cmocka_run_group_tests_name("sample_api", tests, NULL, NULL);
}
