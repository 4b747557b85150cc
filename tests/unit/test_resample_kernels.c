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

/* One job: a whole volume in, a whole volume out, and what the oracle says. */
typedef struct trial {
    vxs_resample_options options;
    vxs_dtype src, dst;
    int64_t in[AXES], out[AXES];
    bool special;
    int64_t shift; /* bytes, from a cache line's begin to the input */
    void *input, *output, *expected;
    int64_t voxels;
} trial;

static int64_t product(const int64_t shape[AXES]) {
    int64_t n = 1;
    for (int a = 0; a < AXES; a++)
        n *= shape[a];
    return n;
}

static bool is_legal(const trial *t) {
    return dtype_check_mode(t->src, t->dst, t->options.mode) == VXS_OK &&
           !(t->options.mode == VXS_AREA && t->options.align_corners);
}

static void trial_begin(trial *t) {
    int64_t voxels = product(t->in);
    t->voxels = product(t->out);
    t->input = malloc((size_t)voxels * 8);
    t->output = malloc((size_t)t->voxels * 8);
    t->expected = malloc((size_t)t->voxels * 8);
    memset(t->output, 0xA5, (size_t)t->voxels * 8);
    for (int64_t k = 0; k < voxels; k++)
        sample_store(t->input, t->src, k, t->special);
    assert_int_equal(
        reference_resample(t->input, t->src, t->in, t->expected, t->dst, t->out + AXIS_D, &t->options), 0);
}

static void trial_end(trial *t, const char *what) {
    bool nan_alike = t->options.mode != VXS_NEAREST || t->src != t->dst;
    int64_t k = sample_difference(t->output, t->expected, t->dst, t->voxels, nan_alike);
    if (k >= 0) {
        uint64_t got = 0, want = 0;
        memcpy(&got, (char *)t->output + k * (int64_t)dtype_bytes(t->dst), dtype_bytes(t->dst));
        memcpy(&want, (char *)t->expected + k * (int64_t)dtype_bytes(t->dst), dtype_bytes(t->dst));
        fail_msg("%s: %s, %s, align %d, %s to %s, (%d,%d,%d,%d,%d) to (%d,%d,%d): voxel %d is %llx, not %llx",
                 what, mode_name(t->options.mode), coords_name(t->options.coords), t->options.align_corners,
                 dtype_name(t->src), dtype_name(t->dst), (int)t->in[0], (int)t->in[1], (int)t->in[2],
                 (int)t->in[3], (int)t->in[4], (int)t->out[2], (int)t->out[3], (int)t->out[4], (int)k,
                 (unsigned long long)got, (unsigned long long)want);
    }
    free(t->input);
    free(t->output);
    free(t->expected);
}

/* Computes the box of the output from just the input it needs, packed into memory of its own. */
static void compute_box(const trial *t, const resample_operator *op, const box *out_box, int threads) {
    box in_all = box_of_shape(t->in), out_all = box_of_shape(t->out);
    box need = resample_operator_input(op, out_box);
    size_t bytes = dtype_bytes(t->src);
    void *memory = NULL, *scratch = NULL;
    assert_int_equal(posix_memalign(&memory, 64, (size_t)(t->shift + box_voxels(&need) * (int64_t)bytes)), 0);
    void *packed = (char *)memory + t->shift;
    box_view in_view = box_view_packed(t->input, &in_all), part = box_view_packed(packed, &need);
    box_view_copy(&in_view, &part, &need, bytes);
    box_view out_view = box_view_packed(t->output, &out_all);
    int64_t first[AXES];
    for (int a = 0; a < AXES; a++)
        first[a] = out_box->axis[a].begin;
    out_view.data = box_view_at(&out_view, dtype_bytes(t->dst), first);
    out_view.where = *out_box;
    resample_tables tables;
    assert_int_equal(resample_tables_build(op, out_box, &tables), VXS_OK);
    int64_t scratch_bytes = resample_operator_scratch_bytes(op, range_size(need.axis[AXIS_W]), threads);
    assert_int_equal(posix_memalign(&scratch, 64, (size_t)scratch_bytes), 0);
    const resample_kernel kernel = {.src_dtype = t->src,
                                    .dst_dtype = t->dst,
                                    .axis = {&tables.axis[0], &tables.axis[1], &tables.axis[2]},
                                    .threads = threads,
                                    .cache_bytes = t->voxels % 2, /* 1: past the caches */
                                    .scratch = scratch};
    resample_kernel_run(&kernel, &part, &out_view);
    free(scratch);
    resample_tables_free(&tables);
    free(memory);
}

static resample_operator operator_of(const trial *t) {
    resample_operator op;
    assert_int_equal(resample_operator_init(&op, &t->options, t->src, t->dst, t->in, t->out), VXS_OK);
    return op;
}

static void check_whole(trial t, int threads) {
    if (!is_legal(&t))
        return;
    trial_begin(&t);
    resample_operator op = operator_of(&t);
    box all = box_of_shape(t.out);
    compute_box(&t, &op, &all, threads);
    trial_end(&t, "whole");
}

/* Cuts the output into boxes of random sizes and computes each alone. */
static void check_boxes(trial t, uint64_t *seed) {
    if (!is_legal(&t))
        return;
    trial_begin(&t);
    resample_operator op = operator_of(&t);
    int64_t cut[AXES], count[AXES], boxes = 1;
    box all = box_of_shape(t.out), b = {0};
    for (int a = 0; a < AXES; a++) {
        cut[a] = sample_between(seed, 1, t.out[a]);
        boxes *= count[a] = div_ceil(t.out[a], cut[a]);
    }
    for (int64_t k = 0; k < boxes; k++) {
        int64_t rest = k;
        for (int a = AXES - 1; a >= 0; a--) {
            int64_t begin = rest % count[a] * cut[a];
            rest /= count[a];
            b.axis[a] = (range){begin, begin + cut[a]};
        }
        b = box_intersect(&b, &all);
        compute_box(&t, &op, &b, 1 + (int)(k % 3));
    }
    trial_end(&t, "boxes");
}

/* A random axis: small, prime, 1 to many, many to 1, unchanged, by two, by three. */
static void random_axis(uint64_t *seed, int64_t most, int64_t *in, int64_t *out) {
    int64_t a = sample_between(seed, 1, most), b = sample_between(seed, 1, most);
    int64_t kinds[][2] = {{a, b},     {1, b}, {a, 1}, {a, a},  {2 * a, a}, {a, 2 * a},
                          {3 * a, a}, {7, 3}, {3, 7}, {13, 5}, {8 * a, a}, {4 * a, a}};
    int64_t *kind = kinds[sample_between(seed, 0, (int64_t)(sizeof kinds / sizeof *kinds) - 1)];
    *in = kind[0];
    *out = kind[1];
}

static void random_shapes(trial *t, uint64_t *seed) {
    t->in[AXIS_N] = t->out[AXIS_N] = sample_between(seed, 1, 2);
    t->in[AXIS_C] = t->out[AXIS_C] = sample_between(seed, 1, 2);
    for (int a = AXIS_D; a < AXES; a++)
        random_axis(seed, a == AXIS_W ? 23 : 7, &t->in[a], &t->out[a]);
}

/* Every mode, rule and alignment of a pair of dtypes on some shapes. */
static void sweep(vxs_dtype src, vxs_dtype dst, int shapes, bool boxes) {
    uint64_t seed = (uint64_t)src * 1000 + dst * 10;
    for (int mode = 0; mode < VXS_MODES; mode++)
        for (int coords = 0; coords < VXS_COORDS_KINDS; coords++)
            for (int align = 0; align < 2; align++)
                for (int i = 0; i < shapes; i++) {
                    trial t = {.options = {(vxs_mode)mode, (vxs_coords)coords, align},
                               .src = src,
                               .dst = dst,
                               .special = i & 1};
                    random_shapes(&t, &seed);
                    if (boxes)
                        check_boxes(t, &seed);
                    else
                        check_whole(t, 1 + i % 4);
                }
}

static void every_dtype_mode_and_rule_equals_the_oracle_to_the_byte(void **state) {
    (void)state;
    for (int src = 0; src < VXS_DTYPES; src++)
        sweep((vxs_dtype)src, (vxs_dtype)src, 24, false);
}

static void converting_while_resampling_equals_the_oracle_to_the_byte(void **state) {
    (void)state;
    for (int src = 0; src < VXS_DTYPES; src++)
        for (int dst = 0; dst < VXS_DTYPES; dst++)
            if (src != dst)
                sweep((vxs_dtype)src, (vxs_dtype)dst, 4, false);
}

static void boxes_computed_alone_make_the_whole(void **state) {
    (void)state;
    for (int src = 0; src < VXS_DTYPES; src++)
        sweep((vxs_dtype)src, (vxs_dtype)src, 8, true);
}

static void check_row(vxs_dtype dtype, vxs_mode mode, int64_t in_w, int64_t out_w) {
    trial t = {.options = {mode, VXS_COORDS_AUTO, 0}, .src = dtype, .dst = dtype};
    const int64_t in[AXES] = {1, 1, 2, 3, in_w}, out[AXES] = {1, 1, 1, 2, out_w};
    memcpy(t.in, in, sizeof in);
    memcpy(t.out, out, sizeof out);
    check_whole(t, 2);
}

static void rows_longer_than_every_buffer_equal_the_oracle(void **state) {
    (void)state;
    static const int64_t widths[][2] = {{20011, 10007}, {20000, 10000}, {5000, 20011}, {16384, 5461},
                                        {30011, 7},     {4096, 4096},   {4097, 4096},  {8192, 8192},
                                        {1, 9001},      {9001, 1},      {8193, 2},     {50021, 499}};
    static const vxs_dtype dtypes[] = {VXS_UINT8, VXS_INT16, VXS_UINT32, VXS_INT64, VXS_FLOAT32, VXS_FLOAT64};
    for (size_t d = 0; d < sizeof dtypes / sizeof *dtypes; d++)
        for (size_t i = 0; i < sizeof widths / sizeof *widths; i++)
            for (int mode = 0; mode < VXS_MODES; mode++)
                check_row(dtypes[d], (vxs_mode)mode, widths[i][0], widths[i][1]);
}

/* Several groups of outputs, and the rest of one, that vectors pick their taps for; and ratios too large. */
static void taps_that_lie_close_equal_the_oracle(void **state) {
    (void)state;
    static const int64_t widths[][2] = {{512, 171}, {171, 512}, {130, 67}, {300, 97}, {233, 62},
                                        {258, 129}, {259, 129}, {140, 29}, {97, 300}, {200, 199}};
    for (int dtype = 0; dtype < VXS_DTYPES; dtype++)
        for (size_t i = 0; i < sizeof widths / sizeof *widths; i++)
            for (int mode = 0; mode < VXS_MODES; mode++) {
                trial t = {.options = {(vxs_mode)mode, VXS_COORDS_AUTO, 0},
                           .src = (vxs_dtype)dtype,
                           .dst = (vxs_dtype)dtype,
                           .in = {1, 1, 8, 11, widths[i][0]},
                           .out = {1, 1, 3, 1 + 2 * (int64_t)(i % 3), widths[i][1]},
                           .special = i & 1};
                check_whole(t, 1 + (int)(i % 2));
            }
}

/* Rows that lie in one cache line and rows across two, as they are taken in turns, in planes that repeat:
 * what is remembered of one kind must not be taken for what the other has left. */
static void rows_at_every_place_in_a_cache_line_equal_the_oracle(void **state) {
    (void)state;
    for (int dtype = 0; dtype < VXS_DTYPES; dtype++) {
        const int64_t bytes = (int64_t)dtype_bytes((vxs_dtype)dtype), out_w = 24 / bytes + 1;
        for (int64_t shift = 0; shift < 64; shift += bytes)
            for (int mode = 0; mode < VXS_MODES; mode++) {
                trial t = {.options = {(vxs_mode)mode, VXS_COORDS_AUTO, 0},
                           .src = (vxs_dtype)dtype,
                           .dst = (vxs_dtype)dtype,
                           .shift = shift,
                           .in = {1, 1, 1, 3, 2 * out_w},
                           .out = {1, 1, 3, 3, out_w}};
                check_whole(t, 1);
            }
    }
}

/* Inf - Inf is another NaN than NAN on x86: whichever it was, NAN is what is written. */
static void check_nans(const trial *t) {
    const float nan32 = NAN;
    const double nan64 = NAN;
    for (int64_t k = 0; k < t->voxels; k++) {
        const float *f = (const float *)t->output + k;
        const double *d = (const double *)t->output + k;
        if (t->dst == VXS_FLOAT32 && isnan(*f))
            assert_memory_equal(f, &nan32, sizeof *f);
        if (t->dst == VXS_FLOAT64 && isnan(*d))
            assert_memory_equal(d, &nan64, sizeof *d);
    }
}

/* Along w, and along d and h or not; in vectors, behind them, in blocks of rows and past the caches. */
static void halves_of_every_shape_equal_the_oracle(void **state) {
    (void)state;
    static const int64_t widths[] = {1, 15, 16, 17, 40, 99, 600};
    for (int dtype = 0; dtype < VXS_DTYPES; dtype++)
        for (int shape = 0; shape < 4 * (int)(sizeof widths / sizeof *widths); shape++)
            for (int mode = VXS_LINEAR; mode <= VXS_AREA; mode++) {
                const int64_t w = widths[shape / 4], d = 1 + shape % 2, h = 1 + shape / 2 % 2;
                trial t = {.options = {(vxs_mode)mode, VXS_COORDS_AUTO, 0},
                           .src = (vxs_dtype)dtype,
                           .dst = (vxs_dtype)dtype,
                           .shift = shape % 3 * 8,
                           .in = {1, 1, 3 * d, 3 * h, 2 * w},
                           .out = {1, 1, 3, 3, w},
                           .special = true};
                if (!is_legal(&t))
                    continue;
                trial_begin(&t);
                const resample_operator op = operator_of(&t);
                const box all = box_of_shape(t.out);
                compute_box(&t, &op, &all, 1 + shape % 2);
                check_nans(&t);
                trial_end(&t, "half");
            }
}

/* More than the caches next to a core hold: there rows are asked for ahead of their use. */
static void sources_that_are_asked_for_early_equal_the_oracle(void **state) {
    (void)state;
    static const vxs_dtype dtypes[] = {VXS_UINT8, VXS_UINT16, VXS_FLOAT32};
    static const vxs_mode modes[] = {VXS_NEAREST, VXS_LINEAR, VXS_AREA};
    for (size_t d = 0; d < sizeof dtypes / sizeof *dtypes; d++)
        for (size_t m = 0; m < sizeof modes / sizeof *modes; m++)
            for (int by = 2; by <= 3; by++) {
                const int64_t h = (1 << 18) / (500 * (int64_t)dtype_bytes(dtypes[d])) * 2 + 22;
                const trial t = {.options = {modes[m], VXS_COORDS_AUTO, 0},
                                 .src = dtypes[d],
                                 .dst = dtypes[d],
                                 .in = {1, 1, 4, h, 1000},
                                 .out = {1, 1, 2, by == 2 ? h / 2 : h / 3 - 1, 1000 / by}};
                check_whole(t, by);
            }
}

/* One window over a whole volume: the first half holds one byte pattern, the rest has its last bit flipped,
 * and one voxel may be nudged: an exact tie, and the closest to a tie that there is. */
static void check_window(vxs_dtype dtype, vxs_dtype dst, const int64_t dhw[3], int byte, int nudge) {
    trial t = {.options = {VXS_AREA, VXS_COORDS_AUTO, 0}, .src = dtype, .dst = dst};
    const int64_t in[AXES] = {1, 1, dhw[0], dhw[1], dhw[2]}, out[AXES] = {1, 1, 1, 1, 1};
    memcpy(t.in, in, sizeof in);
    memcpy(t.out, out, sizeof out);
    trial_begin(&t);
    const size_t bytes = dtype_bytes(dtype), voxels = (size_t)product(in);
    memset(t.input, byte, voxels * bytes);
    for (size_t k = voxels / 2; k < voxels && nudge != 0; k++)
        ((unsigned char *)t.input)[k * bytes] ^= 1; /* little-endian: the lowest bit */
    if (nudge >= 2)                                 /* below, or above the tie */
        ((unsigned char *)t.input)[nudge == 2 ? 0 : (voxels - 1) * bytes] ^= 1;
    reference_resample(t.input, dtype, t.in, t.expected, dst, t.out + AXIS_D, &t.options);
    resample_operator op = operator_of(&t);
    box all = box_of_shape(t.out);
    compute_box(&t, &op, &all, 1);
    trial_end(&t, "window");
}

/* Sizes on either side of every bound between accumulators. */
static void area_of_extreme_integers_neither_overflows_nor_misses_a_tie(void **state) {
    (void)state;
    static const int64_t sizes[][3] = {{2, 2, 2},    {16, 32, 34}, {33, 33, 18},
                                       {32, 48, 33}, {64, 64, 63}, {64, 128, 257}};
    for (int dtype = VXS_UINT8; dtype <= VXS_INT64; dtype++)
        for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++)
            for (int byte = 0x7F; byte <= 0xFF; byte += byte == 0x7F ? 1 : 0x7F)
                for (int nudge = 0; nudge < 4; nudge++)
                    check_window((vxs_dtype)dtype, byte == 0x80 ? VXS_FLOAT64 : (vxs_dtype)dtype, sizes[i],
                                 byte, nudge);
}

/* The instruction set is the best, or the one that VOXSLAB_ISA names. */
int main(void) {
    if (isa_check() != VXS_OK) {
        printf("skipped: %s\n", status_message());
        return 77;
    }
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_dtype_mode_and_rule_equals_the_oracle_to_the_byte),
        cmocka_unit_test(converting_while_resampling_equals_the_oracle_to_the_byte),
        cmocka_unit_test(boxes_computed_alone_make_the_whole),
        cmocka_unit_test(rows_longer_than_every_buffer_equal_the_oracle),
        cmocka_unit_test(taps_that_lie_close_equal_the_oracle),
        cmocka_unit_test(rows_at_every_place_in_a_cache_line_equal_the_oracle),
        cmocka_unit_test(halves_of_every_shape_equal_the_oracle),
        cmocka_unit_test(sources_that_are_asked_for_early_equal_the_oracle),
        cmocka_unit_test(area_of_extreme_integers_neither_overflows_nor_misses_a_tie),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
