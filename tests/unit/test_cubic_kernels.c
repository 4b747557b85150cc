/* The cubic kernel against the oracle where its tiles, blocks and forms meet. Smaller sizes and all dtypes:
 * test_resample_kernels. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "base/box.h"
#include "base/checked.h"
#include "kernels/isa.h"
#include "kernels/resample.h"
#include "operators/resample.h"
#include "reference/reference.h"
#include "unit/sample_data.h"

typedef struct trial {
    vxs_dtype src, dst;
    int align;
    int64_t in[AXES], out[AXES];
    bool past_caches;
    void *input, *output, *expected;
} trial;

static int64_t product(const int64_t shape[AXES]) {
    return shape[0] * shape[1] * shape[2] * shape[3] * shape[4];
}

static trial trial_of(vxs_dtype src, vxs_dtype dst, int align, const int64_t in[3], const int64_t out[3]) {
    trial t = {.src = src, .dst = dst, .align = align, .in = {1, 1}, .out = {1, 1}};
    memcpy(t.in + 2, in, 3 * sizeof *in);
    memcpy(t.out + 2, out, 3 * sizeof *out);
    t.input = malloc((size_t)product(t.in) * 8);
    assert_int_equal(posix_memalign(&t.output, 64, (size_t)product(t.out) * 8), 0);
    t.expected = malloc((size_t)product(t.out) * 8);
    for (int64_t k = 0; k < product(t.in); k++)
        sample_store(t.input, src, k, false);
    return t;
}

static vxs_resample_options options_of(const trial *t) {
    return (vxs_resample_options){VXS_CUBIC, VXS_COORDS_AUTO, t->align};
}

static void expect(trial *t) {
    const vxs_resample_options options = options_of(t);
    memset(t->output, 0xA5, (size_t)product(t->out) * 8);
    assert_int_equal(reference_resample(t->input, t->src, t->in, t->expected, t->dst, t->out + 2, &options),
                     0);
}

static void compare(const trial *t, const char *what) {
    const int64_t k = sample_difference(t->output, t->expected, t->dst, product(t->out), true);
    if (k >= 0)
        fail_msg("%s: %s to %s, align %d, (%d,%d,%d) to (%d,%d,%d): voxel %d differs", what,
                 dtype_name(t->src), dtype_name(t->dst), t->align, (int)t->in[2], (int)t->in[3],
                 (int)t->in[4], (int)t->out[2], (int)t->out[3], (int)t->out[4], (int)k);
}

static void trial_free(trial *t) {
    free(t->input);
    free(t->output);
    free(t->expected);
}

/* One box of the output from no more than the input it needs. */
static void compute_box(const trial *t, const box *out_box, int threads) {
    const vxs_resample_options options = options_of(t);
    resample_operator op;
    assert_int_equal(resample_operator_init(&op, &options, t->src, t->dst, t->in, t->out), VXS_OK);
    const box in_all = box_of_shape(t->in), out_all = box_of_shape(t->out);
    const box need = resample_operator_input(&op, out_box);
    const size_t bytes = dtype_bytes(t->src);
    void *packed = malloc((size_t)box_voxels(&need) * bytes), *scratch = NULL;
    const box_view in_view = box_view_packed(t->input, &in_all), part = box_view_packed(packed, &need);
    box_view_copy(&in_view, &part, &need, bytes);
    box_view out_view = box_view_packed(t->output, &out_all);
    int64_t first[AXES];
    for (int a = 0; a < AXES; a++)
        first[a] = out_box->axis[a].begin;
    out_view.data = box_view_at(&out_view, dtype_bytes(t->dst), first);
    out_view.where = *out_box;
    resample_tables tables;
    assert_int_equal(resample_tables_build(&op, out_box, &tables), VXS_OK);
    const int64_t size = resample_operator_scratch_bytes(&op, range_size(need.axis[AXIS_W]), threads);
    assert_int_equal(posix_memalign(&scratch, 64, (size_t)size), 0);
    memset(scratch, 0xFF, (size_t)size); /* NaN everywhere */
    const resample_kernel kernel = {.src_dtype = t->src,
                                    .dst_dtype = t->dst,
                                    .axis = {&tables.axis[0], &tables.axis[1], &tables.axis[2]},
                                    .threads = threads,
                                    .cache_bytes = t->past_caches,
                                    .scratch = scratch};
    resample_kernel_run(&kernel, &part, &out_view);
    free(scratch);
    resample_tables_free(&tables);
    free(packed);
}

static void check_whole(trial *t, int threads, const char *what) {
    const box all = box_of_shape(t->out);
    expect(t);
    compute_box(t, &all, threads);
    compare(t, what);
}

static const struct {
    int64_t in[3], out[3];
} shapes[] = {
    {{20, 64, 65}, {10, 80, 97}},  {{40, 128, 80}, {25, 160, 48}}, {{9, 97, 96}, {12, 65, 33}},
    {{3, 500, 70}, {2, 700, 35}},  {{2, 66, 1000}, {3, 33, 900}},  {{2, 900, 3}, {2, 31, 3}},
    {{2, 3, 1500}, {1, 4, 40}},    {{300, 4, 5}, {7, 3, 5}},       {{5, 70, 70}, {40, 70, 70}},
    {{70, 70, 64}, {70, 100, 64}}, {{16, 66, 130}, {16, 66, 100}}, {{4, 100, 100}, {5, 25, 24}},
    {{12, 64, 64}, {12, 65, 64}},  {{1, 65, 96}, {1, 1, 129}},     {{2, 450, 449}, {2, 449, 450}},
    {{600, 2, 64}, {3, 2, 300}},   {{6, 70, 72}, {9, 105, 144}},   {{3, 90, 130}, {2, 50, 272}},
    {{3, 40, 300}, {4, 70, 176}},
};
enum { SHAPES = sizeof shapes / sizeof *shapes };

static void volumes_of_all_forms_equal_the_oracle_to_the_byte(void **state) {
    (void)state;
    static const vxs_dtype dtypes[][2] = {{VXS_FLOAT32, VXS_FLOAT32},
                                          {VXS_FLOAT64, VXS_FLOAT64},
                                          {VXS_UINT8, VXS_UINT8},
                                          {VXS_INT16, VXS_FLOAT32}};
    for (int i = 0; i < SHAPES; i++)
        for (int d = 0; d < 4; d++) {
            trial t = trial_of(dtypes[d][0], dtypes[d][1], (i + d) % 2, shapes[i].in, shapes[i].out);
            t.past_caches = d == 0;
            check_whole(&t, 1 + (i + d) % 5, "whole");
            trial_free(&t);
        }
}

static void boxes_computed_alone_make_the_whole(void **state) {
    (void)state;
    uint64_t seed = 5;
    for (int i = 0; i < SHAPES; i++) {
        const vxs_dtype src = i % 2 ? VXS_FLOAT64 : VXS_UINT16;
        trial t =
            trial_of(src, i % 4 < 2 ? VXS_FLOAT64 : VXS_FLOAT32, i / 2 % 2, shapes[i].in, shapes[i].out);
        t.past_caches = i % 4 == 2;
        expect(&t);
        int64_t cut[3], begin[3];
        for (int a = 0; a < 3; a++)
            cut[a] = sample_between(&seed, (t.out[2 + a] + 3) / 4, t.out[2 + a]);
        for (begin[0] = 0; begin[0] < t.out[2]; begin[0] += cut[0])
            for (begin[1] = 0; begin[1] < t.out[3]; begin[1] += cut[1])
                for (begin[2] = 0; begin[2] < t.out[4]; begin[2] += cut[2]) {
                    box b = box_of_shape(t.out);
                    for (int a = 0; a < 3; a++)
                        b.axis[2 + a] = (range){begin[a], min_i64(begin[a] + cut[a], t.out[2 + a])};
                    compute_box(&t, &b, 1 + (int)(begin[2] % 3));
                }
        compare(&t, "boxes");
        trial_free(&t);
    }
}

/* A NaN in every voxel of a line, one after the other, along each axis. */
static void a_nan_and_an_infinity_reach_what_they_reach_in_the_oracle(void **state) {
    (void)state;
    static const int64_t in[3] = {40, 70, 100}, out[3] = {20, 90, 140};
    for (int axis = 0; axis < 3; axis++)
        for (int64_t v = 0; v < in[axis]; v += 13) {
            trial t = trial_of(VXS_FLOAT32, VXS_FLOAT32, 0, in, out);
            int64_t at[3] = {11, 35, 64};
            at[axis] = v;
            ((float *)t.input)[(at[0] * in[1] + at[1]) * in[2] + at[2]] = v % 2 ? NAN : INFINITY;
            check_whole(&t, 2, "a NaN");
            trial_free(&t);
        }
}

static void a_line_of_nan_stays_within_its_surroundings(void **state) {
    (void)state;
    static const int64_t in[3] = {50, 100, 100}, out[3] = {75, 150, 150};
    trial t = trial_of(VXS_FLOAT32, VXS_FLOAT32, 0, in, out);
    for (int64_t w = 0; w < in[2]; w++)
        ((float *)t.input)[(40 * in[1] + 90) * in[2] + w] = NAN;
    check_whole(&t, 2, "a line of NaN");
    const float *got = t.output;
    assert_true(isnan(got[(60 * 150 + 135) * 150 + 75]));
    for (int64_t k = 0; k < 20 * 150 * 150; k++)
        assert_false(isnan(got[k])); /* planes below 13.3 are out of its reach */
    trial_free(&t);
}

static void extremes_overshoot_and_saturate_as_in_the_oracle(void **state) {
    (void)state;
    static const int64_t in[3] = {20, 66, 80}, out[3] = {30, 99, 120};
    for (int step = 1; step < 6; step += 4) {
        trial t = trial_of(VXS_UINT8, VXS_UINT8, 0, in, out);
        for (int64_t k = 0; k < product(t.in); k++) /* 0 and 255, each voxel or each fifth along w */
            ((uint8_t *)t.input)[k] = k / step % 2 ? 255 : 0;
        check_whole(&t, 1, "0 and 255");
        trial_free(&t);
        trial f = trial_of(VXS_FLOAT32, VXS_FLOAT32, 1, in, out);
        for (int64_t k = 0; k < product(f.in); k++)
            ((float *)f.input)[k] = k / step % 2 ? -1 : 1;
        check_whole(&f, 3, "alternating");
        trial_free(&f);
    }
}

/* Views with any strides: every second voxel of a larger one, backwards. */
static void strided_views_give_what_packed_ones_give(void **state) {
    (void)state;
    static const int64_t in[3] = {6, 70, 40}, out[3] = {5, 50, 66};
    trial t = trial_of(VXS_FLOAT32, VXS_FLOAT32, 0, in, out);
    expect(&t);
    float *src = calloc(2 * 6 * 70 * 40, sizeof *src), *dst = calloc(3 * 5 * 50 * 66, sizeof *dst);
    for (int64_t k = 0; k < 6 * 70 * 40; k++)
        src[2 * (6 * 70 * 40 - 1 - k)] = ((float *)t.input)[k];
    vxs_view from = {.data = src + 2 * (6 * 70 * 40 - 1),
                     .dtype = VXS_FLOAT32,
                     .axes = 3,
                     .shape = {6, 70, 40},
                     .stride = {-2 * 70 * 40, -2 * 40, -2}};
    vxs_view to = {.data = dst,
                   .dtype = VXS_FLOAT32,
                   .axes = 3,
                   .shape = {5, 50, 66},
                   .stride = {3 * 50 * 66, 3 * 66, 3}};
    const vxs_resample_options options = options_of(&t);
    assert_int_equal(vxs_resample(&from, &to, &options), VXS_OK);
    for (int64_t k = 0; k < 5 * 50 * 66; k++) {
        ((float *)t.output)[k] = dst[3 * k];
        assert_true(dst[3 * k + 1] == 0 && dst[3 * k + 2] == 0);
    }
    compare(&t, "strided");
    free(src);
    free(dst);
    trial_free(&t);
}

/* The four taps of an output and what the prefilter reaches beyond them: nothing of whole blocks or tiles. */
static void an_output_reads_its_reach_and_two_voxels_on_either_side(void **state) {
    (void)state;
    static const struct {
        int64_t in, out;
        vxs_dtype dtype;
        int reach;
    } axes[] = {{200, 150, VXS_FLOAT32, 19}, {200, 150, VXS_FLOAT64, 31}, {200, 700, VXS_UINT8, 19},
                {200, 20, VXS_INT16, 16},    {200, 20, VXS_FLOAT64, 28},  {60, 90, VXS_FLOAT32, 16}};
    const vxs_resample_options options = {VXS_CUBIC, VXS_COORDS_AUTO, 0};
    for (size_t k = 0; k < sizeof axes / sizeof *axes; k++) {
        const int64_t n = axes[k].in, m = axes[k].out;
        const int64_t in[AXES] = {1, 1, n, n, n}, out[AXES] = {1, 1, m, m, m};
        resample_operator op;
        assert_int_equal(resample_operator_init(&op, &options, axes[k].dtype, axes[k].dtype, in, out),
                         VXS_OK);
        for (int64_t i = 0; i < m; i++) {
            const box one = {{{0, 1}, {0, 1}, {i, i + 1}, {i, i + 1}, {i, i + 1}}};
            const box need = resample_operator_input(&op, &one);
            const int64_t below = ((2 * i + 1) * n + m) / (2 * m) - 1; /* floor((i + 1/2) * n/m - 1/2) */
            for (int a = AXIS_D; a <= AXIS_W; a++) {
                assert_int_equal(need.axis[a].begin, max_i64(below - 1 - axes[k].reach, 0));
                assert_int_equal(need.axis[a].end, min_i64(below + 3 + axes[k].reach, n));
            }
        }
    }
}

/* The instruction set is the best, or the one that VOXSLAB_ISA names. */
int main(void) {
    if (isa_check() != VXS_OK) {
        printf("skipped: %s\n", status_message());
        return 77;
    }
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_output_reads_its_reach_and_two_voxels_on_either_side),
        cmocka_unit_test(volumes_of_all_forms_equal_the_oracle_to_the_byte),
        cmocka_unit_test(boxes_computed_alone_make_the_whole),
        cmocka_unit_test(a_nan_and_an_infinity_reach_what_they_reach_in_the_oracle),
        cmocka_unit_test(a_line_of_nan_stays_within_its_surroundings),
        cmocka_unit_test(extremes_overshoot_and_saturate_as_in_the_oracle),
        cmocka_unit_test(strided_views_give_what_packed_ones_give),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
