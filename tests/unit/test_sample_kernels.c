/* grid_sample, affine and warp against the oracle, bit by bit. */
#include "kernels/isa.h"
#include "unit/sample_check.h"

static void check_kind(sample_map_kind kind) {
    uint64_t seed = 1000 * (uint64_t)kind;
    for (int i = 0; i < 1500; i++) {
        trial t = random_trial(&seed, kind);
        if (i % 2)
            check_boxes(t, &seed);
        else
            check_whole(t, &seed, 1 + i % 3);
    }
}

static void grids_are_the_oracles_bit_for_bit(void **state) {
    (void)state;
    check_kind(SAMPLE_GRID);
}

static void affines_are_the_oracles_bit_for_bit(void **state) {
    (void)state;
    check_kind(SAMPLE_AFFINE);
}

static void warps_are_the_oracles_bit_for_bit(void **state) {
    (void)state;
    check_kind(SAMPLE_WARP);
}

/* What fast paths are for: many voxels, long rows, coordinates that are nearly all inside. */
static trial calm_trial(uint64_t *seed, sample_map_kind kind) {
    trial t = random_trial(seed, kind);
    t.calm = true;
    t.options.mode = VXS_LINEAR;
    t.in[AXIS_N] = t.in[AXIS_C] = t.out[AXIS_N] = t.out[AXIS_C] = t.points[0] = 1;
    for (int a = AXIS_D; a < AXES; a++) {
        t.in[a] = sample_between(seed, 1, a == AXIS_W ? 260 : 12);
        t.out[a] = sample_between(seed, 1, a == AXIS_W ? 300 : 4);
        t.points[a - 1] = t.out[a];
    }
    if (sample_between(seed, 0, 1))
        t.src = t.dst = VXS_FLOAT32;
    if (kind == SAMPLE_GRID && sample_between(seed, 0, 1))
        t.map = VXS_FLOAT32;
    return t;
}

static void check_calm(sample_map_kind kind) {
    uint64_t seed = 31 + (uint64_t)kind;
    for (int i = 0; i < 600; i++) {
        trial t = calm_trial(&seed, kind);
        if (i % 3 == 0)
            check_boxes(t, &seed);
        else
            check_whole(t, &seed, 1 + i % 2);
    }
}

static void calm_grids_are_the_oracles_bit_for_bit(void **state) {
    (void)state;
    check_calm(SAMPLE_GRID);
}

static void affines_along_w_are_the_oracles_bit_for_bit(void **state) {
    (void)state;
    check_calm(SAMPLE_AFFINE);
}

/* Blocks of rows, of which some lie beside the input, so that none of their source rows is there to be read.
 */
static void sheared_blocks_are_the_oracles_bit_for_bit(void **state) {
    (void)state;
    static const int64_t rows[] = {1, 2, 63, 64, 65, 130};
    uint64_t seed = 12353;
    for (int i = 0; i < 60; i++) {
        trial t = calm_trial(&seed, SAMPLE_AFFINE);
        t.in[AXIS_D] = sample_between(&seed, 1, 40);
        t.in[AXIS_H] = sample_between(&seed, 1, 40);
        t.out[AXIS_D] = rows[sample_between(&seed, 0, 4)];
        t.out[AXIS_H] = rows[sample_between(&seed, 0, 5)];
        t.out[AXIS_W] = sample_between(&seed, 1, 40);
        if (i % 3 == 0)
            check_boxes(t, &seed);
        else
            check_whole(t, &seed, 1 + i % 2);
    }
}

/* A deskew as of a light sheet: what is read begins far behind the first rows' planes. */
static void a_deskew_reads_only_what_it_needs(void **state) {
    (void)state;
    static const double deskew[12] = {1, 0, 0, 0, 0, 1, 0, 0, 4, 0, 1, -600};
    static const vxs_dtype all[] = {VXS_FLOAT32, VXS_UINT8};
    uint64_t seed = 3;
    for (int i = 0; i < 2; i++) {
        trial t = {.kind = SAMPLE_AFFINE,
                   .options = {.mode = VXS_LINEAR, .padding = VXS_ZEROS},
                   .src = all[i],
                   .dst = all[i],
                   .map = VXS_FLOAT64,
                   .in = {1, 1, 256, 24, 512},
                   .out = {1, 1, 256, 24, 32},
                   .points = {1, 1, 1, 1, 1},
                   .matrix = deskew};
        check_whole(t, &seed, 1 + i);
    }
}

/* Matrices that do what resampling does, of sizes whose weights integers may take axis by axis, and blocks of
 * rows that repeat their places; now and then an output that reaches beyond, or a shift that is another. */
static trial aligned_trial(uint64_t *seed, bool rows) {
    static const int64_t eighths[] = {2, 4, 8, 12, 16, 20, 24, 32};
    trial t = random_trial(seed, SAMPLE_AFFINE);
    t.special = t.special && rows;
    t.options.mode = VXS_LINEAR;
    t.in[AXIS_N] = t.in[AXIS_C] = t.out[AXIS_N] = t.out[AXIS_C] = t.points[0] = rows ? 1 : 2;
    for (int a = 0; a < 3; a++) {
        t.step[a] = (double)eighths[sample_between(seed, 0, rows && a < 2 ? 4 : 7)] / 8;
        t.out[AXIS_D + a] = sample_between(seed, 1, 9) * 4;
        t.in[AXIS_D + a] = (int64_t)((double)t.out[AXIS_D + a] * t.step[a]);
    }
    if (rows)
        t.out[AXIS_D] = t.out[AXIS_H] = 68; /* enough for blocks of many rows, and edges */
    else
        t.out[AXIS_D + sample_between(seed, 0, 2)] += sample_between(seed, 0, 2);
    for (int a = 0; a < 3; a++)
        t.shift[a] = sample_between(seed, 0, 9) ? 0.5 * t.step[a] - 0.5 : 0.25;
    if (rows && sample_between(seed, 0, 1))
        t.src = t.dst = VXS_FLOAT32;
    return t;
}

static void axis_aligned_affines_are_the_oracles_bit_for_bit(void **state) {
    (void)state;
    uint64_t seed = 99;
    for (int i = 0; i < 400; i++) {
        trial t = aligned_trial(&seed, i % 20 == 0);
        if (i % 3 == 0)
            check_boxes(t, &seed);
        else
            check_whole(t, &seed, 1 + i % 2);
    }
}

/*
 * Enough rows for their weights to be kept, windows of any width along w. Two rows lie between the last two
 * of the input, of which the first is infinite: the second row's weight for it is 0, so that this one alone
 * has a NaN on its way.
 */
static void rows_that_share_weights_are_the_oracles_bit_for_bit(void **state) {
    (void)state;
    uint64_t seed = 5;
    static const double steps[] = {0.5, 1, 1.5, 2, 2.5, 3, 4, 5};
    for (size_t i = 0; i < sizeof steps / sizeof *steps; i++) {
        trial t = {.kind = SAMPLE_AFFINE,
                   .options = {.mode = VXS_LINEAR, .padding = VXS_ZEROS},
                   .src = VXS_FLOAT32,
                   .dst = VXS_FLOAT32,
                   .map = VXS_FLOAT64,
                   .in = {1, 1, 32, 34, (int64_t)(36 * steps[i])},
                   .out = {1, 1, 64, 64, 36},
                   .points = {1, 1, 1, 1, 1},
                   .infinite_h = 32,
                   .step = {0.5, 1, steps[i]},
                   .shift = {-0.25, 0.5, 0.25}};
        check_whole(t, &seed, 1 + i % 2);
    }
}

/* A volume is halved: each row lies between source rows of its own, and windows along w are full; now and
 * then they have weights of their own. Some rows and points lie outside. Some source rows are infinite, and
 * where the first output row sees but its upper tap, the one above that has weight 0 and makes a NaN. */
static void rows_apart_are_the_oracles_bit_for_bit(void **state) {
    (void)state;
    uint64_t seed = 8;
    static const double shifts[] = {0.5, 0.5, 0.25, -3.5, 9};
    for (int i = 0; i < 24; i++) {
        const bool wide = i % 8 == 0; /* more than a tile of points */
        trial t = {
            .kind = SAMPLE_AFFINE,
            .options = {.mode = VXS_LINEAR, .padding = (vxs_padding)(i / 4 % VXS_PADDINGS), .fill = 2.5},
            .src = VXS_FLOAT32,
            .dst = VXS_FLOAT32,
            .map = VXS_FLOAT64,
            .special = i % 3 == 0,
            .in = {1, 1, 128, 134 - i, wide ? 544 : 64},
            .out = {1, 1, 64, 67, wide ? 272 : 32}, /* enough rows for blocks of many */
            .points = {1, 1, 1, 1, 1},
            .infinite_h = i % 4,
            .step = {i % 5 ? 2 : 0.5, 2, i % 4 == 2 ? 1.998046875 : 2}};
        for (int a = 0; a < 3; a++)
            t.shift[a] = shifts[sample_between(&seed, 0, sizeof shifts / sizeof *shifts - 1)];
        t.shift[1] = i % 4 == 1 ? -0.5 : t.shift[1];
        t.shift[2] = i % 2 ? 0.5 : t.shift[2];
        if (i % 3 == 0)
            check_boxes(t, &seed);
        else
            check_whole(t, &seed, 1 + i % 2);
    }
}

static void only_integers_with_few_bits_go_axis_by_axis(void **state) {
    (void)state;
    static const struct {
        vxs_dtype dtype;
        double step, shift, off;
        bool resamples;
    } cases[] = {{VXS_UINT8, 2, 0.5, 0, true},
                 {VXS_INT32, 0.5, -0.25, 0, true},
                 {VXS_UINT16, 1, 0, 0, true},
                 {VXS_FLOAT32, 2, 0.5, 0, false},
                 {VXS_FLOAT64, 2, 0.5, 0, false},
                 {VXS_UINT8, 2, 0.25, 0, false},
                 {VXS_UINT8, 2, 0.5, 1e-9, false},
                 {VXS_UINT8, -2, -1.5, 0, false},
                 {VXS_UINT8, 1.5, 0.25, 0, true},
                 {VXS_UINT8, 3, 1, 0, true},
                 {VXS_UINT8, 0x1p-12, 0.5 * 0x1p-12 - 0.5, 0, false}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        const int64_t shape[AXES] = {1, 1, 96, 96, 96};
        const double s = cases[i].step, t = cases[i].shift, off = cases[i].off,
                     matrix[12] = {s, 0, 0, t, off, s, 0, t, 0, 0, s, t};
        sample_operator op;
        assert_int_equal(sample_operator_init(&op, NULL, cases[i].dtype, cases[i].dtype, shape, shape),
                         VXS_OK);
        assert_int_equal(sample_operator_set_matrix(&op, matrix), VXS_OK);
        assert_int_equal(op.resamples, cases[i].resamples);
    }
}

/* Each dtype, mode and padding at least once, whatever the seeds do. */
static void every_dtype_mode_and_padding_is_the_oracles(void **state) {
    (void)state;
    uint64_t seed = 77;
    for (int d = 0; d < DTYPES; d++)
        for (int mode = VXS_NEAREST; mode <= VXS_LINEAR; mode++)
            for (int padding = 0; padding < VXS_PADDINGS; padding++)
                for (int kind = SAMPLE_GRID; kind <= SAMPLE_WARP; kind++) {
                    trial t = random_trial(&seed, (sample_map_kind)kind);
                    t.src = t.dst = dtypes[d];
                    t.options.mode = (vxs_mode)mode;
                    t.options.padding = (vxs_padding)padding;
                    check_whole(t, &seed, 2);
                }
}

/* An axis past the fast rules of float32 coordinates, and one past 2^24, where float32 has no neighbours. */
static void long_axes_are_the_oracles(void **state) {
    (void)state;
    static const int64_t sizes[] = {(1 << 22) - 2, (1 << 22) - 1, (1 << 24) + 3};
    uint64_t seed = 5;
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++)
        for (int map = 0; map < 2; map++)
            for (int padding = 0; padding < VXS_PADDINGS; padding++) {
                trial t = random_trial(&seed, SAMPLE_GRID);
                t.src = t.dst = VXS_UINT16;
                t.map = map ? VXS_FLOAT64 : VXS_FLOAT32;
                t.options =
                    (vxs_sample_options){padding % 2 ? VXS_LINEAR : VXS_NEAREST, (vxs_padding)padding, 7};
                const int64_t in[AXES] = {1, 1, 1, 1, sizes[i]}, out[AXES] = {1, 1, 2, 3, 50};
                memcpy(t.in, in, sizeof in);
                memcpy(t.out, out, sizeof out);
                const int64_t points[AXES] = {1, 2, 3, 50, 3};
                memcpy(t.points, points, sizeof points);
                check_whole(t, &seed, 1);
            }
}

static void bounds_hold_the_taps_of_inner_points_and_no_more(void **state) {
    (void)state;
    /* 90 degrees about the centre, then a point far off: it must not widen the box. */
    double grid[2 * 3 * 3];
    for (int i = 0; i < 18; i++)
        grid[i] = 0;
    grid[0] = -0.5;  /* x of the first point */
    grid[16] = 1e10; /* y of the last: outside, so its x and z do not count either */
    grid[15] = grid[17] = 0.99;
    const int64_t in[AXES] = {1, 1, 100, 100, 100}, out[AXES] = {1, 1, 1, 2, 3},
                  points[AXES] = {1, 1, 2, 3, 3};
    sample_operator op;
    assert_int_equal(sample_operator_init(&op, NULL, VXS_UINT8, VXS_UINT8, in, out), VXS_OK);
    assert_int_equal(sample_operator_set_grid(&op, VXS_FLOAT64, points), VXS_OK);
    box all = box_of_shape(out), points_box = sample_operator_points(&op, &all);
    box_view view = box_view_packed(grid, &points_box);
    sample_tables none = {0};
    sample_kernel kernel = sample_operator_kernel(&op, &view, &none, 1);
    box b = sample_kernel_bounds(&kernel, &all);
    assert_int_equal(b.axis[AXIS_W].begin, 24);
    assert_int_equal(b.axis[AXIS_W].end, 51);
    assert_int_equal(b.axis[AXIS_H].begin, 49);
    assert_int_equal(b.axis[AXIS_H].end, 51);
    assert_int_equal(b.axis[AXIS_D].begin, 49);
    assert_int_equal(b.axis[AXIS_D].end, 51);
    for (int i = 0; i < 18; i++)
        grid[i] = NAN;
    b = sample_kernel_bounds(&kernel, &all);
    assert_true(box_is_empty(&b));
}

int main(void) {
    if (isa_check() != VXS_OK) {
        print_message("%s\n", status_message());
        return 77;
    }
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(grids_are_the_oracles_bit_for_bit),
        cmocka_unit_test(affines_are_the_oracles_bit_for_bit),
        cmocka_unit_test(warps_are_the_oracles_bit_for_bit),
        cmocka_unit_test(calm_grids_are_the_oracles_bit_for_bit),
        cmocka_unit_test(affines_along_w_are_the_oracles_bit_for_bit),
        cmocka_unit_test(sheared_blocks_are_the_oracles_bit_for_bit),
        cmocka_unit_test(a_deskew_reads_only_what_it_needs),
        cmocka_unit_test(axis_aligned_affines_are_the_oracles_bit_for_bit),
        cmocka_unit_test(rows_that_share_weights_are_the_oracles_bit_for_bit),
        cmocka_unit_test(rows_apart_are_the_oracles_bit_for_bit),
        cmocka_unit_test(only_integers_with_few_bits_go_axis_by_axis),
        cmocka_unit_test(every_dtype_mode_and_padding_is_the_oracles),
        cmocka_unit_test(long_axes_are_the_oracles),
        cmocka_unit_test(bounds_hold_the_taps_of_inner_points_and_no_more),
    };
    return cmocka_run_group_tests_name("sample_kernels", tests, NULL, NULL);
}
