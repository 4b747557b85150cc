#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <math.h>
#include <string.h>

#include <cmocka.h>

#include "geometry/axis_map.h"
#include "reference/reference.h"
#include "unit/sample_data.h"

static axis_map map_of(vxs_mode mode, vxs_coords coords, int align, vxs_dtype dtype, int64_t in,
                       int64_t out) {
    axis_map map;
    const vxs_resample_options options = {mode, coords, align};
    assert_int_equal(axis_map_init(&map, &options, dtype, in, out), VXS_OK);
    return map;
}

/* The taps of outputs begin, begin+1, ... against the oracle's formulas. */
static void check_run(const axis_map *map, vxs_coords coords, int64_t begin, int64_t count) {
    tap_table t;
    assert_int_equal(tap_table_build(&t, map, (range){begin, begin + count}), VXS_OK);
    for (int64_t k = 0; k < count; k++) {
        const int64_t i = begin + k;
        int64_t first = 0, last = 0;
        if (map->mode == VXS_NEAREST) {
            first = last = reference_nearest_index(coords, map->align, map->in, map->out, i);
        } else if (map->mode == VXS_AREA) {
            reference_window w = reference_area_window(map->in, map->out, i);
            first = w.start;
            last = w.end - 1;
        } else if (map->mode == VXS_CUBIC) {
            reference_band band = {.first = i, .last = i};
            if (!reference_cubic_copies(map->in, map->out))
                band = reference_cubic_band(map->align, map->wide, map->in, map->out, i);
            first = band.first;
            last = band.last;
            for (int64_t v = first; v <= last && t.weight; v++)
                assert_true(t.weight[k * map->taps + v - first] == band.weight[v - first]);
        } else {
            reference_linear l = reference_linear_taps(coords, map->align, map->wide, map->in, map->out, i);
            first = l.i0;
            last = l.i1;
            if (t.weight)
                assert_true(t.weight[2 * k] == l.l0 && t.weight[2 * k + 1] == l.l1);
        }
        if (t.first[k] != first || t.last[k] != last)
            fail_msg("%s %s align %d, %lld to %lld: output %lld reads %lld..%lld, not %lld..%lld",
                     mode_name(map->mode), coords_name(coords), map->align, (long long)map->in,
                     (long long)map->out, (long long)i, (long long)t.first[k], (long long)t.last[k],
                     (long long)first, (long long)last);
    }
    tap_table_free(&t);
}

/* Begin, middle and end of an axis in every mode and rule. */
static void check_axis(int64_t in, int64_t out) {
    const int64_t run = out < 300 ? out : 300, begins[] = {0, (out - run) / 2, out - run};
    for (int mode = 0; mode < VXS_MODES; mode++)
        for (int coords = 0; coords < VXS_COORDS_KINDS; coords++)
            for (int align = 0; align < (mode == VXS_AREA ? 1 : 2); align++)
                for (int wide = 0; wide < 2; wide++) {
                    axis_map map = map_of((vxs_mode)mode, (vxs_coords)coords, align,
                                          wide ? VXS_FLOAT64 : VXS_FLOAT32, in, out);
                    if (mode == VXS_CUBIC &&
                        (coords != VXS_COORDS_AUTO || (in % 37 * 60 + out % 37) % 37 > 0))
                        continue; /* slow to check, and without rules of coordinates */
                    for (int b = 0; b < (out < 300 ? 1 : 3); b++)
                        check_run(&map, (vxs_coords)coords, begins[b], run);
                }
}

static void taps_equal_the_formulas_for_all_sizes_up_to_60(void **state) {
    (void)state;
    for (int64_t in = 1; in <= 60; in++)
        for (int64_t out = 1; out <= 60; out++)
            check_axis(in, out);
}

static void taps_equal_the_formulas_where_ties_and_primes_are(void **state) {
    (void)state;
    static const int64_t sizes[][2] = {
        {2, 41},       {2, 25}, {1008, 1007}, {8190, 8191}, {107, 53},      {2, 83}, {3, 26},    {3, 75},
        {10000, 9999}, {2, 82}, {2, 98},      {1004, 1000}, {10000, 10001}, {3, 7},  {512, 256}, {512, 171}};
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++)
        check_axis(sizes[i][0], sizes[i][1]);
}

static void taps_equal_the_formulas_on_axes_beyond_floats_and_32_bits(void **state) {
    (void)state;
    const int64_t m23 = INT64_C(1) << 23, m24 = INT64_C(1) << 24, m31 = INT64_C(1) << 31;
    const int64_t m40 = INT64_C(1) << 40, m61 = INT64_C(1) << 61;
    const int64_t sizes[][2] = {{m23 - 1, m23}, {m23, m23 - 1}, {m23 + 1, m23},     {m23, m23 + 1},
                                {m24, m24 - 1}, {m24, 1},       {m31 + 1, m31 - 1}, {m31 + 11, 3},
                                {3, m31 + 11},  {m40, m40 - 1}, {m40 - 1, m40 + 7}, {m40, 1000003},
                                {1000003, m40}, {m61, m61 - 1}, {m61 - 5, m40},     {m40, m61 - 5}};
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++)
        check_axis(sizes[i][0], sizes[i][1]);
}

static void expect_nearest(vxs_coords coords, int align, int64_t in, int64_t out, int64_t i, int64_t want) {
    axis_map map = map_of(VXS_NEAREST, coords, align, VXS_UINT8, in, out);
    assert_int_equal(axis_map_source(&map, (range){i, i + 1}).begin, want);
}

static void nearest_is_what_was_worked_out_by_hand(void **state) {
    (void)state;
    expect_nearest(VXS_COORDS_AUTO, 0, 512, 256, 0, 1); /* (0 + 1/2) * 2 = 1 */
    expect_nearest(VXS_COORDS_AUTO, 0, 512, 256, 255, 511);
    expect_nearest(VXS_COORDS_EXACT, 0, 3, 7, 3, 1);
    expect_nearest(VXS_COORDS_EXACT, 0, 2, 41, 20, 1); /* a tie: (41*2)/82 */
    expect_nearest(VXS_COORDS_EXACT, 0, 2, 25, 12, 1);
    expect_nearest(VXS_COORDS_AUTO, 1, 2, 83, 41, 1); /* exactly half way: up */
    expect_nearest(VXS_COORDS_AUTO, 1, 2, 83, 40, 0);
    expect_nearest(VXS_COORDS_TORCH, 1, 9, 1, 0, 0);
}

static void auto_nearest_leaves_float_coordinates_above_2_23(void **state) {
    (void)state;
    const int64_t m23 = INT64_C(1) << 23;
    assert_true(map_of(VXS_NEAREST, VXS_COORDS_AUTO, 0, VXS_UINT8, m23, 7).torch);
    assert_false(map_of(VXS_NEAREST, VXS_COORDS_AUTO, 0, VXS_UINT8, m23 + 1, 7).torch);
    assert_false(map_of(VXS_NEAREST, VXS_COORDS_AUTO, 0, VXS_UINT8, 7, m23 + 1).torch);
    assert_false(map_of(VXS_LINEAR, VXS_COORDS_AUTO, 0, VXS_UINT8, 7, 9).torch);
}

static axis_map random_map(uint64_t *seed) {
    for (;;) {
        int bits = (int)sample_between(seed, 1, 11);
        int64_t in = sample_between(seed, 1, INT64_C(1) << bits),
                out = sample_between(seed, 1, INT64_C(1) << bits);
        if (sample_between(seed, 0, 9) == 0)
            out = in;
        vxs_mode mode = (vxs_mode)sample_between(seed, 0, VXS_MODES - 1);
        vxs_coords coords = (vxs_coords)sample_between(seed, 0, VXS_COORDS_KINDS - 1);
        int align = mode == VXS_AREA ? 0 : (int)sample_between(seed, 0, 1);
        axis_map map =
            map_of(mode, coords, align, sample_between(seed, 0, 1) ? VXS_FLOAT64 : VXS_INT16, in, out);
        axis_map three[3] = {map, map, map};
        axis_maps_settle(three);
        return three[sample_between(seed, 0, 2)];
    }
}

/* Whether the greatest number of taps is told to within one. */
static bool mode_is_exact(const axis_map *map) {
    return map->mode != VXS_CUBIC;
}

static void the_source_of_a_range_is_the_hull_of_its_taps(void **state) {
    (void)state;
    uint64_t seed = 1;
    for (int trial = 0; trial < 8000; trial++) {
        axis_map map = random_map(&seed);
        int64_t begin = sample_between(&seed, 0, map.out - 1),
                end = sample_between(&seed, begin + 1, map.out);
        tap_table t;
        assert_int_equal(tap_table_build(&t, &map, (range){begin, end}), VXS_OK);
        range hull = {INT64_MAX, 0};
        int64_t widest = 0;
        for (int64_t k = 0; k < end - begin; k++) {
            hull.begin = t.first[k] < hull.begin ? t.first[k] : hull.begin;
            hull.end = t.last[k] + 1 > hull.end ? t.last[k] + 1 : hull.end;
            int64_t taps = t.last[k] - t.first[k] + 1;
            widest = taps > widest ? taps : widest;
        }
        range source = axis_map_source(&map, (range){begin, end});
        assert_int_equal(source.begin, hull.begin);
        assert_int_equal(source.end, hull.end);
        assert_true(hull.begin >= 0 && hull.end <= map.in);
        assert_true(widest <= axis_map_max_taps(&map));
        if (begin == 0 && end == map.out && mode_is_exact(&map))
            assert_true(axis_map_max_taps(&map) <= widest + 1);
        tap_table_free(&t);
    }
}

static void sources_never_fall_as_outputs_rise(void **state) {
    (void)state;
    uint64_t seed = 2;
    for (int trial = 0; trial < 2000; trial++) {
        axis_map map = random_map(&seed);
        range before = {0, 0};
        for (int64_t i = 0; i < map.out; i++) {
            range now = axis_map_source(&map, (range){i, i + 1});
            assert_true(now.begin >= before.begin && now.end >= before.end);
            before = now;
        }
    }
}

static void sources_of_huge_axes_never_fall_either(void **state) {
    (void)state;
    const int64_t in = (INT64_C(1) << 31) + 7;
    for (int coords = 0; coords < VXS_COORDS_KINDS; coords++)
        for (int mode = 0; mode < VXS_MODES; mode++) {
            axis_map map = map_of((vxs_mode)mode, (vxs_coords)coords, 0, VXS_UINT8, in, in - 1000);
            range before = {0, 0};
            for (int64_t i = in - 60000; i < in - 1000; i++) {
                range now = axis_map_source(&map, (range){i, i + 1});
                assert_true(now.begin >= before.begin && now.end >= before.end && now.end <= in);
                before = now;
            }
        }
}

static void a_table_of_a_part_equals_that_part_of_the_whole(void **state) {
    (void)state;
    uint64_t seed = 3;
    for (int trial = 0; trial < 500; trial++) {
        axis_map map = random_map(&seed);
        int64_t begin = sample_between(&seed, 0, map.out - 1),
                end = sample_between(&seed, begin + 1, map.out);
        tap_table whole, part;
        assert_int_equal(tap_table_build(&whole, &map, (range){0, map.out}), VXS_OK);
        assert_int_equal(tap_table_build(&part, &map, (range){begin, end}), VXS_OK);
        size_t bytes = (size_t)(end - begin) * 8;
        assert_memory_equal(part.first, whole.first + begin, bytes);
        assert_memory_equal(part.last, whole.last + begin, bytes);
        if (part.weight)
            assert_memory_equal(part.weight, whole.weight + map.taps * begin, (size_t)map.taps * bytes);
        if (part.start)
            assert_memory_equal(part.start, whole.start + begin, bytes);
        tap_table_free(&whole);
        tap_table_free(&part);
    }
}

static void an_unchanged_axis_is_copied_by_all_modes(void **state) {
    (void)state;
    for (int mode = 0; mode < VXS_MODES; mode++)
        assert_int_equal(map_of((vxs_mode)mode, VXS_COORDS_TORCH, 0, VXS_FLOAT32, 16, 16).kind, TAP_COPY);
    /* but SciPy's splines miss the voxels of short axes */
    assert_int_equal(map_of(VXS_CUBIC, VXS_COORDS_AUTO, 0, VXS_FLOAT32, 15, 15).kind, TAP_BAND);
}

static void the_form_of_cubic_is_the_oracles(void **state) {
    (void)state;
    for (int64_t in = 1; in < 300; in += in < 70 ? 1 : 23)
        for (int64_t out = 1; out < 300; out += out < 20 ? 1 : 7)
            for (int other = 0; other < 2; other++) {
                const axis_map map = map_of(VXS_CUBIC, VXS_COORDS_AUTO, 0, VXS_UINT8, in, out);
                axis_map three[3] = {map, map, map};
                if (other)
                    three[0] = map_of(VXS_CUBIC, VXS_COORDS_AUTO, 0, VXS_UINT8, 5, 6);
                axis_maps_settle(three);
                const bool copies = (in == out && !other) || reference_cubic_copies(in, out);
                const tap_kind form = copies                             ? TAP_COPY
                                      : reference_cubic_filters(in, out) ? TAP_FILTER
                                                                         : TAP_BAND;
                for (int a = other; a < 3; a++)
                    assert_int_equal(three[a].kind, form);
            }
}

static void far_from_the_ends_a_row_depends_on_the_fraction_alone(void **state) {
    (void)state;
    const int64_t in = INT64_C(1) << 40;
    tap_table near, far;
    const axis_map map = map_of(VXS_CUBIC, VXS_COORDS_AUTO, 0, VXS_FLOAT32, in, in / 2);
    assert_int_equal(tap_table_build(&near, &map, (range){100, 102}), VXS_OK);
    assert_int_equal(tap_table_build(&far, &map, (range){in / 4, in / 4 + 2}), VXS_OK);
    assert_memory_equal(near.weight, far.weight, 2 * (size_t)map.taps * sizeof(double));
    tap_table_free(&near);
    tap_table_free(&far);
}

static void nothing_is_needed_for_no_outputs(void **state) {
    (void)state;
    axis_map map = map_of(VXS_LINEAR, VXS_COORDS_AUTO, 0, VXS_FLOAT32, 9, 4);
    assert_int_equal(range_size(axis_map_source(&map, (range){2, 2})), 0);
    tap_table t;
    assert_int_equal(tap_table_build(&t, &map, (range){2, 2}), VXS_OK);
    tap_table_free(&t);
    tap_table_free(&t);
}

/* The largest k that any weight needs, or -1 where 2^-20 is not fine enough. */
static int bits_by_looking(const tap_table *t) {
    int most = 0;
    for (int64_t k = 0; k < 2 * range_size(t->outputs); k++) {
        int bits = 0;
        while (bits <= 20 && ldexp(t->weight[k], bits) != floor(ldexp(t->weight[k], bits)))
            bits++;
        if (bits > 20)
            return -1;
        most = bits > most ? bits : most;
    }
    return most;
}

static bool all_are_halves(const tap_table *t) {
    for (int64_t k = 0; k < 2 * range_size(t->outputs); k++)
        if (t->weight[k] != 0.5 || t->last[k / 2] != t->first[k / 2] + 1)
            return false;
    return true;
}

static void weight_bits_and_halves_are_those_of_the_weights(void **state) {
    (void)state;
    for (int align = 0; align < 2; align++)
        for (int64_t in = 1; in <= 70; in++)
            for (int64_t out = 1; out <= 70; out++) {
                const vxs_resample_options linear = {VXS_LINEAR, VXS_COORDS_AUTO, align};
                axis_map map;
                tap_table t;
                assert_int_equal(axis_map_init(&map, &linear, VXS_UINT8, in, out), VXS_OK);
                assert_int_equal(tap_table_build(&t, &map, (range){0, out}), VXS_OK);
                const int claimed = axis_map_weight_bits(&map);
                const int found = map.kind == TAP_WEIGHTED ? bits_by_looking(&t) : 0;
                /* weights of an odd in/out are 0 and 1, though halves are claimed */
                assert_true(claimed < 0 || (found >= 0 && found <= claimed));
                if (axis_map_halves(&map))
                    assert_true(all_are_halves(&t));
                assert_int_equal(axis_map_halves(&map), !align && in != out && in % (2 * out) == 0);
                tap_table_free(&t);
            }
}

static void weight_bits_are_what_was_worked_out_by_hand(void **state) {
    (void)state;
    static const int64_t cases[][4] = {/* in, out, align, bits */
                                       {512, 256, 0, 1}, {256, 512, 0, 2}, {512, 171, 0, -1},
                                       {5, 5, 0, 0},     {64, 512, 0, 4},  {96, 128, 0, 3},
                                       {5, 9, 1, 1},     {9, 5, 1, 0},     {7, 1, 1, 0}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        const axis_map map =
            map_of(VXS_LINEAR, VXS_COORDS_AUTO, (int)cases[i][2], VXS_UINT8, cases[i][0], cases[i][1]);
        assert_int_equal(axis_map_weight_bits(&map), cases[i][3]);
    }
}

static void area_on_an_axis_that_grows_by_a_whole_number_copies(void **state) {
    (void)state;
    const vxs_resample_options area = {VXS_AREA, VXS_COORDS_AUTO, 0};
    axis_map map;
    for (int64_t in = 1; in < 20; in++)
        for (int64_t out = 1; out < 60; out++) {
            assert_int_equal(axis_map_init(&map, &area, VXS_UINT8, in, out), VXS_OK);
            tap_table t;
            assert_int_equal(tap_table_build(&t, &map, (range){0, out}), VXS_OK);
            bool single = true;
            for (int64_t i = 0; i < out; i++)
                single = single && t.first[i] == t.last[i];
            assert_int_equal(map.kind == TAP_COPY, single);
            tap_table_free(&t);
        }
}

static void impossible_axes_are_refused(void **state) {
    (void)state;
    static const struct {
        vxs_resample_options options;
        int64_t in, out;
    } bad[] = {
        {{VXS_LINEAR, VXS_COORDS_AUTO, 0}, 0, 4},  {{VXS_LINEAR, VXS_COORDS_AUTO, 0}, 4, 0},
        {{VXS_LINEAR, VXS_COORDS_AUTO, 0}, -1, 4}, {{VXS_AREA, VXS_COORDS_AUTO, 1}, 4, 4},
        {{VXS_MODES, VXS_COORDS_AUTO, 0}, 4, 4},   {{(vxs_mode)-1, VXS_COORDS_AUTO, 0}, 4, 4},
        {{VXS_LINEAR, VXS_COORDS_KINDS, 0}, 4, 4},
    };
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        axis_map map;
        assert_int_equal(axis_map_init(&map, &bad[i].options, VXS_UINT8, bad[i].in, bad[i].out), VXS_USAGE);
        assert_true(strlen(status_message()) > 10);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(taps_equal_the_formulas_for_all_sizes_up_to_60),
        cmocka_unit_test(taps_equal_the_formulas_where_ties_and_primes_are),
        cmocka_unit_test(taps_equal_the_formulas_on_axes_beyond_floats_and_32_bits),
        cmocka_unit_test(nearest_is_what_was_worked_out_by_hand),
        cmocka_unit_test(auto_nearest_leaves_float_coordinates_above_2_23),
        cmocka_unit_test(the_source_of_a_range_is_the_hull_of_its_taps),
        cmocka_unit_test(sources_never_fall_as_outputs_rise),
        cmocka_unit_test(sources_of_huge_axes_never_fall_either),
        cmocka_unit_test(a_table_of_a_part_equals_that_part_of_the_whole),
        cmocka_unit_test(an_unchanged_axis_is_copied_by_all_modes),
        cmocka_unit_test(the_form_of_cubic_is_the_oracles),
        cmocka_unit_test(far_from_the_ends_a_row_depends_on_the_fraction_alone),
        cmocka_unit_test(nothing_is_needed_for_no_outputs),
        cmocka_unit_test(weight_bits_are_what_was_worked_out_by_hand),
        cmocka_unit_test(weight_bits_and_halves_are_those_of_the_weights),
        cmocka_unit_test(area_on_an_axis_that_grows_by_a_whole_number_copies),
        cmocka_unit_test(impossible_axes_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
