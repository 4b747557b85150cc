/* Comparing: the exact sum, what is found in boxes, and the boxes that ranks read. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <float.h>
#include <math.h>

#include "base/checked.h"
#include "kernels/compare.h"
#include "partition/scan_plan.h"

/* ---- the exact sum ---- */

static double mean_of(const double *values, int count, int64_t of) {
    exact_sum sum = {{0}, 0};
    for (int i = 0; i < count; i++)
        exact_sum_add(&sum, values[i]);
    return exact_sum_mean(&sum, of);
}

static void small_values_survive_beside_great_ones(void **state) {
    (void)state;
    assert_true(mean_of((double[]){1e300, 0x1p-1074}, 2, 1) == 1e300);
    assert_true(mean_of((double[]){0x1p53, 1, 1}, 3, 1) == 0x1p53 + 2);
    assert_true(mean_of((double[]){1, 0x1p-60, 0x1p-60}, 3, 1) == 1);
    assert_true(mean_of((double[]){DBL_MAX, DBL_MAX}, 2, 2) == DBL_MAX);
    assert_true(mean_of((double[]){0x1p-1074, 0x1p-1074, 0x1p-1074}, 3, 3) == 0x1p-1074);
    assert_true(mean_of((double[]){DBL_MIN, DBL_MIN - 0x1p-1074}, 2, 1) == 2 * DBL_MIN - 0x1p-1074);
    assert_true(mean_of((double[]){0, 0}, 2, 2) == 0);
}

/* Values over the whole range, added in two orders and in three parts. */
static void order_and_parts_do_not_change_the_sum(void **state) {
    (void)state;
    enum { COUNT = 1000 };
    exact_sum forward = {{0}, 0}, parts[3] = {{{0}, 0}};
    for (int i = 0; i < COUNT; i++)
        exact_sum_add(&forward, ldexp(1 + i * 0x1p-20, i * 7919 % 2000 - 1060));
    for (int i = COUNT - 1; i >= 0; i--)
        exact_sum_add(&parts[i % 3], ldexp(1 + i * 0x1p-20, i * 7919 % 2000 - 1060));
    exact_sum_merge(&parts[0], &parts[2]);
    exact_sum_merge(&parts[0], &parts[1]);
    exact_sum_carry(&forward);
    assert_memory_equal(forward.limb, parts[0].limb, sizeof forward.limb);
}

static void a_great_many_values_do_not_overflow(void **state) {
    (void)state;
    exact_sum sum = {{0}, 0};
    sum.pending = (1 << 28) - 3;
    for (int a = 0; a < EXACT_SUM_LIMBS - 1; a++)
        sum.limb[a] = (int64_t)((1 << 28) - 3) * UINT32_MAX; /* the most that so many additions leave */
    for (int i = 0; i < 8; i++)
        exact_sum_add(&sum, DBL_MAX);
    for (int a = 0; a < EXACT_SUM_LIMBS; a++)
        assert_true(sum.limb[a] >= 0);
}

/* ---- findings ---- */

static const int64_t shape[AXES] = {1, 2, 3, 4, 600};
enum { VOXELS = 2 * 3 * 4 * 600 };

static compare_findings compare_in_boxes(const void *a, vxs_dtype a_dtype, const void *b, vxs_dtype b_dtype,
                                         compare_rule rule, int64_t step, int threads) {
    compare_findings all;
    const box whole = box_of_shape(shape);
    const box_view view_a = box_view_packed((void *)a, &whole), view_b = box_view_packed((void *)b, &whole);
    compare_begin(&all);
    for (int64_t w = round_down(599, step); w >= 0; w -= step) { /* backwards, in boxes along w */
        box part = whole;
        part.axis[AXIS_W] = (range){w, min_i64(w + step, 600)};
        compare_boxes(&all, &rule, shape, &part, &view_a, a_dtype, &view_b, b_dtype, threads);
    }
    return all;
}

static void findings_are_the_same_for_all_boxes_and_threads(void **state) {
    (void)state;
    float *a = malloc(VOXELS * sizeof *a), *b = malloc(VOXELS * sizeof *b);
    for (int i = 0; i < VOXELS; i++) {
        a[i] = (float)(i % 97) / 7;
        b[i] = i % 11 == 3 ? a[i] + (float)(i % 13) / 1000 : a[i];
    }
    a[5000] = a[9000] = 1;
    b[5000] = b[9000] = 4;
    const compare_rule rule = {false, 0.001, 0};
    compare_findings one = compare_in_boxes(a, VXS_FLOAT32, b, VXS_FLOAT32, rule, 600, 1);
    assert_int_equal(one.voxels, VOXELS);
    assert_int_equal(one.worst.index, 5000);
    assert_true(one.differing > 1000);
    static const int64_t steps[] = {599, 7, 1};
    for (int i = 0; i < 3; i++)
        for (int threads = 1; threads <= 3; threads += 2) {
            compare_findings many = compare_in_boxes(a, VXS_FLOAT32, b, VXS_FLOAT32, rule, steps[i], threads);
            exact_sum_carry(&one.sum);
            assert_int_equal(many.differing, one.differing);
            assert_int_equal(many.first.index, one.first.index);
            assert_int_equal(many.worst.index, one.worst.index);
            assert_true(many.greatest == one.greatest && many.relative == one.relative);
            assert_memory_equal(many.sum.limb, one.sum.limb, sizeof one.sum.limb);
        }
    free(a);
    free(b);
}

typedef struct pair {
    double a, b;
    compare_rule rule;
    bool equal;
} pair;

static void equality_is_what_the_rule_says(void **state) {
    (void)state;
    static const pair pairs[] = {
        {1, 1, {false, 0, 0}, true},          {0, -0.0, {false, 0, 0}, true},
        {0, -0.0, {true, 0, 0}, false},       {NAN, NAN, {false, 0, 0}, true},
        {NAN, NAN, {true, 0, 0}, true},       {NAN, -(double)NAN, {true, 0, 0}, false},
        {NAN, 1, {false, 1e300, 1}, false},   {1, NAN, {false, 1e300, 1}, false},
        {1, 1.5, {false, 0.5, 0}, true},      {1, 1.5, {false, 0.49, 0}, false},
        {90, 100, {false, 0, 0.1}, true},     {100, 90, {false, 0, 0.1}, false},
        {90, 100, {false, 5, 0.05}, true},    {INFINITY, INFINITY, {false, 0, 0}, true},
        {1, INFINITY, {false, 1, 1}, false},  {INFINITY, -INFINITY, {false, 1e300, 1}, false},
        {1, 1.5, {true, 1e300, 1e300}, false}};
    double *a = calloc(VOXELS, sizeof *a), *b = calloc(VOXELS, sizeof *b);
    for (size_t i = 0; i < sizeof pairs / sizeof *pairs; i++) {
        a[1234] = pairs[i].a;
        b[1234] = pairs[i].b;
        compare_findings f = compare_in_boxes(a, VXS_FLOAT64, b, VXS_FLOAT64, pairs[i].rule, 600, 1);
        if ((f.differing == 0) != pairs[i].equal)
            fail_msg("pair %zu, %g and %g: %lld differ", i, pairs[i].a, pairs[i].b, (long long)f.differing);
        assert_int_equal(f.first.index, pairs[i].equal ? -1 : 1234);
        assert_int_equal(f.one_nan, isnan(pairs[i].a) != isnan(pairs[i].b));
    }
    free(a);
    free(b);
}

static void wide_integers_keep_their_last_bit(void **state) {
    (void)state;
    uint64_t *a = calloc(VOXELS, sizeof *a);
    double *b = calloc(VOXELS, sizeof *b);
    a[7] = UINT64_MAX;
    b[7] = 0x1p64;
    a[9] = UINT64_C(1) << 63;
    b[9] = 0x1p63;
    compare_findings f = compare_in_boxes(a, VXS_UINT64, b, VXS_FLOAT64, (compare_rule){false, 0, 0}, 600, 1);
    assert_int_equal(f.differing, 1);
    assert_int_equal(f.first.index, 7);
    assert_true(f.greatest == 1);
    free(a);
    free(b);
}

/* ---- the plan ---- */

static int64_t no_overhead(const void *context, int64_t bytes) {
    (void)context, (void)bytes;
    return 1000;
}

static void boxes_of_all_ranks_hold_each_voxel_once_within_the_memory(void **state) {
    (void)state;
    static const int64_t chunks[][AXES] = {
        {1, 1, 1, 1, 1}, {1, 1, 4, 5, 6}, {1, 2, 3, 7, 11}, {2, 3, 19, 23, 29}};
    static const int64_t extent[AXES] = {2, 3, 19, 23, 29};
    static const int64_t budgets[] = {2100, 9000, 60000, 1 << 20};
    for (int i = 0; i < 4 * 4 * 4 * 3; i++) {
        const int64_t *chunk_a = chunks[i % 4], *chunk_b = chunks[i / 4 % 4], budget = budgets[i / 16 % 4];
        const int64_t ranks = (int64_t[]){1, 3, 40}[i / 64];
        const scan_side sides[2] = {{chunk_a, 2, no_overhead, NULL}, {chunk_b, 8, no_overhead, NULL}};
        scan_plan plan;
        assert_int_equal(scan_plan_make(&plan, extent, sides, ranks, budget), VXS_OK);
        assert_true(plan.memory_bytes <= budget);
        int64_t voxels = 0, next = 0;
        for (int64_t rank = 0; rank < ranks; rank++) {
            const range mine = scan_plan_run(&plan, rank, ranks);
            assert_int_equal(mine.begin, next);
            next = mine.end;
            for (int64_t number = mine.begin; number < mine.end; number++) {
                const box b = scan_plan_box(&plan, number);
                assert_false(box_is_empty(&b));
                assert_true(box_voxels(&b) * 10 + 2000 <= plan.memory_bytes);
                voxels += box_voxels(&b);
            }
        }
        assert_int_equal(next, plan.boxes);
        assert_int_equal(voxels, 2 * 3 * 19 * 23 * 29);
    }
}

static void boxes_are_whole_chunks_where_memory_allows(void **state) {
    (void)state;
    static const int64_t extent[AXES] = {1, 1, 100, 100, 100}, a[AXES] = {1, 1, 8, 16, 16},
                         b[AXES] = {1, 1, 16, 16, 24};
    const scan_side sides[2] = {{a, 2, no_overhead, NULL}, {b, 2, no_overhead, NULL}};
    scan_plan plan;
    assert_int_equal(scan_plan_make(&plan, extent, sides, 4, 1 << 20), VXS_OK);
    assert_int_equal(plan.box[AXIS_D] % 16, 0);
    assert_int_equal(plan.box[AXIS_H] % 16, plan.box[AXIS_H] == 100 ? 4 : 0);
    assert_true(plan.box[AXIS_W] == 100 || plan.box[AXIS_W] % 48 == 0);
    assert_int_equal(scan_plan_make(&plan, extent, sides, 4, 2000), VXS_USAGE);
    const int64_t least = plan.memory_bytes;
    assert_int_equal(scan_plan_make(&plan, extent, sides, 4, least), VXS_OK);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(small_values_survive_beside_great_ones),
        cmocka_unit_test(order_and_parts_do_not_change_the_sum),
        cmocka_unit_test(a_great_many_values_do_not_overflow),
        cmocka_unit_test(findings_are_the_same_for_all_boxes_and_threads),
        cmocka_unit_test(equality_is_what_the_rule_says),
        cmocka_unit_test(wide_integers_keep_their_last_bit),
        cmocka_unit_test(boxes_of_all_ranks_hold_each_voxel_once_within_the_memory),
        cmocka_unit_test(boxes_are_whole_chunks_where_memory_allows),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
