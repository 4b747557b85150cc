/* Tiles, rounds, pieces and memory, for thousands of random shapes and some enormous ones. */
#include "support/scene.h"

/* ---- one owner ---- */

static void every_output_voxel_is_written_once(void **state) {
    (void)state;
    seed_state = 1;
    for (int trial = 0; trial < 3000; trial++) {
        scene s;
        random_scene(&s);
        plan_scene(&s);
        uint8_t *counts = calloc(voxels(s.shape.out), 1);
        for (int64_t i = 0; i < region_plan_epochs(&s.plan); i++) {
            epoch e = region_plan_epoch(&s.plan, i);
            int part[3];
            for (int64_t rank = 0; epoch_part_of_rank(&e, rank, part); rank++) {
                assert_true(rank < s.ranks);
                for (int64_t round = 0; round < region_plan_rounds(&s.plan); round++) {
                    box b = epoch_write_box(&e, part);
                    b.axis[AXIS_D] = region_plan_round(&s.plan, b.axis[AXIS_D], round);
                    assert_true(range_size(b.axis[AXIS_D]) <= s.plan.round_planes);
                    for (int64_t p = 0; p < region_plan_pieces(&s.plan); p++) {
                        box piece = region_plan_piece(&s.plan, &b, p);
                        add_to_box(counts, s.shape.out, &piece);
                    }
                }
            }
        }
        check_all(counts, voxels(s.shape.out), 1);
        free(counts);
    }
}

static void the_passes_of_an_epoch_leave_no_voxel_out(void **state) {
    (void)state;
    seed_state = 6;
    for (int trial = 0; trial < 3000; trial++) {
        scene s;
        random_scene(&s);
        plan_scene(&s);
        uint8_t *counts = calloc(voxels(s.shape.out), 1);
        assert_true(region_plan_passes(&s.plan) == 1 || region_plan_rounds(&s.plan) == 1);
        for (int64_t i = 0; i < region_plan_epochs(&s.plan); i++)
            for (int64_t pass = 0; pass < region_plan_passes(&s.plan); pass++) {
                epoch e = region_plan_epoch(&s.plan, i);
                e = region_plan_pass(&s.plan, &e, pass);
                int part[3];
                for (int64_t rank = 0; epoch_part_of_rank(&e, rank, part); rank++) {
                    box b = epoch_out_box(&e, part);
                    add_to_box(counts, s.shape.out, &b);
                }
            }
        for (size_t v = 0; v < voxels(s.shape.out); v++)
            assert_true(counts[v] >= 1);
        free(counts);
    }
}

static void
chunks_of_several_channels_are_read_again_only_below_the_budget_that_the_plan_names(void **state) {
    (void)state;
    seed_state = 8;
    int again = 0;
    for (int trial = 0; trial < 5000; trial++) {
        scene s;
        random_scene(&s);
        plan_scene(&s);
        const int64_t *chunk = s.shape.in_chunk, *lead = s.plan.lead_block;
        bool cut = false;
        for (int a = AXIS_N; a <= AXIS_C; a++)
            cut |= lead[a] % chunk[a] != 0 && lead[a] != s.shape.in[a];
        assert_int_equal(cut, s.plan.read_once_bytes > 0);
        if (s.plan.read_once_bytes == 0)
            continue;
        assert_true(s.plan.read_once_bytes > s.budget);
        box region = box_of_shape(s.shape.out);
        assert_int_equal(
            region_plan_make(&s.plan, &s.shape, &s.costs, &region, s.ranks, s.plan.read_once_bytes), VXS_OK);
        assert_int_equal(s.plan.read_once_bytes, 0);
        again++;
    }
    assert_true(again > 20);
}

static void pieces_never_cut_through_a_chunk_of_the_output(void **state) {
    (void)state;
    seed_state = 2;
    for (int trial = 0; trial < 2000; trial++) {
        scene s;
        random_scene(&s);
        plan_scene(&s);
        epoch e =
            region_plan_epoch(&s.plan, (int64_t)(next_random() % (uint64_t)region_plan_epochs(&s.plan)));
        int part[3] = {0, 0, 0};
        box b = epoch_write_box(&e, part);
        b.axis[AXIS_D] = region_plan_round(&s.plan, b.axis[AXIS_D], 0);
        for (int64_t p = 0; p < region_plan_pieces(&s.plan); p++) {
            box piece = region_plan_piece(&s.plan, &b, p);
            for (int a = 0; a < AXES && !box_is_empty(&piece); a++) {
                assert_int_equal(piece.axis[a].begin % s.shape.write_unit[a], 0);
                assert_true(piece.axis[a].end % s.shape.write_unit[a] == 0 ||
                            piece.axis[a].end == s.shape.out[a]);
            }
        }
    }
}

/* ---- beyond 32 bits, and a cluster ---- */

static void plan_big(scene *s, const int64_t in[3], const int64_t out[3], int64_t chunk, int64_t bytes,
                     int64_t ranks, int64_t budget) {
    vxs_resample_options options = {VXS_AREA, VXS_COORDS_AUTO, 0};
    int64_t out_chunk[AXES] = {1, 1, 0, 0, 0};
    *s = (scene){.ranks = ranks, .budget = budget};
    for (int a = 0; a < AXES; a++) {
        s->shape.in[a] = a < AXIS_D ? 1 : in[a - AXIS_D];
        s->shape.out[a] = a < AXIS_D ? 1 : out[a - AXIS_D];
        s->shape.in_chunk[a] = a < AXIS_D ? 1 : min_i64(chunk, s->shape.in[a]);
        out_chunk[a] = a < AXIS_D ? 1 : min_i64(chunk, s->shape.out[a]);
    }
    for (int axis = 0; axis < 3; axis++)
        assert_int_equal(axis_map_init(&s->map[axis], &options, VXS_UINT16, in[axis], out[axis]), VXS_OK);
    s->shape.in_voxel_bytes = s->shape.out_voxel_bytes = bytes;
    s->shape.max_taps_d = axis_map_max_taps(&s->map[0]);
    s->shape.source = scene_source;
    s->shape.context = s;
    tiles_choose(s->shape.out, out_chunk, bytes, s->shape.tile);
    memcpy(s->shape.write_unit, out_chunk, sizeof out_chunk);
    s->costs = (stream_costs){no_overhead, no_overhead, some_rows, (int64_t)512 << 20, s};
    box region = box_of_shape(s->shape.out);
    assert_int_equal(region_plan_make(&s->plan, &s->shape, &s->costs, &region, ranks, budget), VXS_OK);
    assert_true(s->plan.memory_bytes <= budget);
}

static void a_tenth_of_2_4_terabytes_fits_4_gib_a_rank(void **state) {
    (void)state;
    const int64_t in[3] = {3000, 20000, 20000}, out[3] = {300, 2000, 2000};
    for (int64_t ranks = 1; ranks <= 4096; ranks *= 8) {
        scene s;
        plan_big(&s, in, out, 64, 2, ranks, (int64_t)4 << 30);
    }
}

static void a_quarter_of_float32_in_large_chunks_fits_4_gib_a_rank(void **state) {
    (void)state;
    const int64_t in[3] = {3000, 20000, 20000}, out[3] = {750, 5000, 5000};
    for (int64_t ranks = 1; ranks <= 4096; ranks *= 8) {
        scene s;
        plan_big(&s, in, out, 256, 4, ranks, (int64_t)4 << 30);
    }
}

static void a_thumbnail_of_2_4_terabytes_fits_4_gib_a_rank(void **state) {
    (void)state;
    const int64_t in[3] = {3000, 20000, 20000}, out[3] = {30, 200, 200};
    for (int64_t ranks = 1; ranks <= 512; ranks *= 8) {
        scene s;
        plan_big(&s, in, out, 64, 2, ranks, (int64_t)4 << 30);
    }
}

/* The share of the input that the rank with most reads, when there is one epoch. */
static double most_read(const int64_t in[3], const int64_t out[3], int64_t chunk, int64_t ranks,
                        int64_t *working) {
    scene s;
    plan_big(&s, in, out, chunk, 2, ranks, (int64_t)8 << 30);
    epoch e = region_plan_epoch(&s.plan, 0);
    int part[3];
    int64_t most = 0;
    for (*working = 0; epoch_part_of_rank(&e, *working, part); ++*working) {
        box own = epoch_own_box(&e, part);
        most = max_i64(most, box_voxels(&own));
    }
    return (double)most / ((double)in[0] * (double)in[1] * (double)in[2]);
}

static void a_single_tile_is_shared_so_that_no_rank_reads_much_more_than_its_part(void **state) {
    (void)state;
    const int64_t in[3] = {3000, 20000, 20000}, out[3] = {30, 200, 200};
    for (int64_t ranks = 2; ranks <= 4096; ranks *= 8) {
        int64_t working;
        double most = most_read(in, out, 250, ranks, &working);
        assert_true(working > ranks / 2);
        assert_true(most <= 3.0 / (double)working);
    }
}

static void small_last_tiles_do_not_leave_the_reading_to_one_rank(void **state) {
    (void)state;
    const int64_t in[3] = {512, 512, 512};
    const int64_t outs[][3] = {{65, 64, 64}, {65, 65, 65}, {66, 66, 66}, {65, 1, 1},
                               {1, 65, 1},   {2, 1, 1},    {129, 65, 65}};
    for (size_t i = 0; i < sizeof outs / sizeof *outs; i++)
        for (int64_t ranks = 2; ranks <= 8; ranks++) {
            int64_t working;
            double most = most_read(in, outs[i], 64, ranks, &working);
            assert_true(most <= 0.63); /* 33 of 65, in whole chunks */
            if (outs[i][1] > 2)
                assert_true(most <= 2.1 / (double)ranks);
        }
}

static void boxes_beyond_2_to_32_voxels_keep_every_output_once(void **state) {
    (void)state;
    const int64_t in[3] = {70001, 90007, 100003}, out[3] = {50021, 65537, 80021};
    scene s;
    plan_big(&s, in, out, 128, 2, 1000, (int64_t)16 << 30);
    __int128 written = 0;
    for (int64_t i = 0; i < region_plan_epochs(&s.plan); i++) {
        epoch e = region_plan_epoch(&s.plan, i);
        int part[3];
        for (int64_t rank = 0; epoch_part_of_rank(&e, rank, part); rank++) {
            box b = epoch_out_box(&e, part), need = epoch_need_box(&e, part);
            written += box_voxels(&b);
            for (int axis = 0; axis < 3; axis++)
                assert_true(need.axis[AXIS_D + axis].end <= in[axis]);
        }
    }
    assert_true(written == (__int128)out[0] * out[1] * out[2]);
}

static void tiles_are_at_most_a_million_and_whole_chunks(void **state) {
    (void)state;
    const int64_t shape[AXES] = {1, 1, 30000, 40000, 50000}, chunk[AXES] = {1, 1, 16, 32, 64};
    const int64_t none[AXES] = {0}, narrow[AXES] = {1, 1, 1, 1, 1},
                  wide[AXES] = {1, 1, 1, 1, (int64_t)1 << 40};
    int64_t tile[AXES];
    const int64_t *cases[][2] = {
        {shape, chunk}, {shape, none}, {shape, narrow}, {wide, none}, {wide, narrow}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        int64_t count = 1;
        tiles_choose(cases[i][0], cases[i][1], 2, tile);
        for (int a = 0; a < AXES; a++) {
            count *= tiles_along(cases[i][0][a], tile[a]);
            assert_true(cases[i][1][a] == 0 || tile[a] % cases[i][1][a] == 0);
        }
        assert_true(count >= 1 && count <= 1 << 20);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_output_voxel_is_written_once),
        cmocka_unit_test(the_passes_of_an_epoch_leave_no_voxel_out),
        cmocka_unit_test(chunks_of_several_channels_are_read_again_only_below_the_budget_that_the_plan_names),
        cmocka_unit_test(pieces_never_cut_through_a_chunk_of_the_output),
        cmocka_unit_test(a_tenth_of_2_4_terabytes_fits_4_gib_a_rank),
        cmocka_unit_test(a_quarter_of_float32_in_large_chunks_fits_4_gib_a_rank),
        cmocka_unit_test(a_thumbnail_of_2_4_terabytes_fits_4_gib_a_rank),
        cmocka_unit_test(a_single_tile_is_shared_so_that_no_rank_reads_much_more_than_its_part),
        cmocka_unit_test(small_last_tiles_do_not_leave_the_reading_to_one_rank),
        cmocka_unit_test(boxes_beyond_2_to_32_voxels_keep_every_output_once),
        cmocka_unit_test(tiles_are_at_most_a_million_and_whole_chunks),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
