/* The set of finished tiles: what a round adds is what its ranks write, and what is missing is done once. */
#include "partition/tile_set.h"
#include "support/scene.h"

static void a_round_adds_what_all_ranks_write_in_it(void **state) {
    (void)state;
    seed_state = 21;
    for (int trial = 0; trial < 1000; trial++) {
        scene s;
        tile_set closed, asked;
        random_scene(&s);
        plan_scene(&s);
        assert_int_equal(tile_set_create(&closed, s.shape.out, s.shape.tile), VXS_OK);
        assert_int_equal(tile_set_create(&asked, s.shape.out, s.shape.tile), VXS_OK);
        for (int64_t i = 0; i < region_plan_epochs(&s.plan); i++)
            for (int64_t round = 0; round < region_plan_rounds(&s.plan); round++) {
                epoch e = region_plan_epoch(&s.plan, i);
                int part[3];
                for (int64_t rank = 0; epoch_part_of_rank(&e, rank, part); rank++) {
                    box b = epoch_write_box(&e, part);
                    b.axis[AXIS_D] = region_plan_round(&s.plan, b.axis[AXIS_D], round);
                    tile_set_add(&asked, &b);
                }
                tile_set_add_round(&closed, &s.plan, i, round);
                assert_memory_equal(closed.bits, asked.bits, tile_set_bytes(&asked));
            }
        assert_int_equal(tile_set_members(&closed), closed.tiles);
        assert_int_equal(tile_set_voxels(&closed), voxels(s.shape.out));
        tile_set_destroy(&closed);
        tile_set_destroy(&asked);
    }
}

/* Stop after some rounds on so many ranks, go on with what is missing on others, stop again, and so on. */
static void a_job_resumed_on_other_ranks_writes_each_voxel_that_is_missing_once(void **state) {
    (void)state;
    seed_state = 22;
    for (int trial = 0; trial < 1000; trial++) {
        scene s;
        tile_set done;
        random_scene(&s);
        assert_int_equal(tile_set_create(&done, s.shape.out, s.shape.tile), VXS_OK);
        uint8_t *counts = calloc(voxels(s.shape.out), 1);
        for (int run = 0; tile_set_members(&done) < done.tiles; run++) {
            box *boxes;
            int64_t count, rounds_left = run > 5 ? 1 << 20 : random_in(0, 4);
            s.ranks = random_in(1, 14);
            assert_int_equal(tile_set_missing(&done, &boxes, &count), VXS_OK);
            for (int64_t i = 0; i < count; i++) {
                if (region_plan_make(&s.plan, &s.shape, &s.costs, &boxes[i], s.ranks, s.budget) != VXS_OK)
                    assert_int_equal(region_plan_make(&s.plan, &s.shape, &s.costs, &boxes[i], s.ranks,
                                                      s.plan.memory_bytes),
                                     VXS_OK);
                int64_t rounds = region_plan_rounds(&s.plan);
                for (int64_t r = 0; r < rounds * region_plan_epochs(&s.plan) && rounds_left-- > 0; r++) {
                    epoch e = region_plan_epoch(&s.plan, r / rounds);
                    int part[3];
                    for (int64_t rank = 0; epoch_part_of_rank(&e, rank, part); rank++) {
                        box b = epoch_write_box(&e, part);
                        b.axis[AXIS_D] = region_plan_round(&s.plan, b.axis[AXIS_D], r % rounds);
                        add_to_box(counts, s.shape.out, &b);
                    }
                    tile_set_add_round(&done, &s.plan, r / rounds, r % rounds);
                }
            }
            free(boxes);
        }
        check_all(counts, voxels(s.shape.out), 1);
        free(counts);
        tile_set_destroy(&done);
    }
}

static void what_is_missing_of_an_empty_set_is_one_box_and_of_a_full_one_none(void **state) {
    (void)state;
    const int64_t shape[AXES] = {1, 2, 50, 33, 17}, tile[AXES] = {1, 1, 8, 8, 8};
    tile_set set;
    box *boxes, all = box_of_shape(shape);
    int64_t count;
    assert_int_equal(tile_set_create(&set, shape, tile), VXS_OK);
    assert_int_equal(tile_set_missing(&set, &boxes, &count), VXS_OK);
    assert_int_equal(count, 1);
    assert_memory_equal(boxes, &all, sizeof all);
    free(boxes);
    tile_set_add(&set, &all);
    assert_int_equal(tile_set_missing(&set, &boxes, &count), VXS_OK);
    assert_int_equal(count, 0);
    assert_null(boxes);
    tile_set_destroy(&set);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_round_adds_what_all_ranks_write_in_it),
        cmocka_unit_test(a_job_resumed_on_other_ranks_writes_each_voxel_that_is_missing_once),
        cmocka_unit_test(what_is_missing_of_an_empty_set_is_one_box_and_of_a_full_one_none),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
