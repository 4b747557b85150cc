/* Pieces and blocks of sampling jobs: pure integers, for any number of ranks. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>

#include <cmocka.h>

#include "base/checked.h"
#include "partition/gather_plan.h"
#include "unit/sample_data.h"

static int64_t an_eighth(const void *context, int64_t bytes) {
    (void)context;
    return bytes / 8 + 1000;
}

static gather_shape random_shape(uint64_t *seed) {
    gather_shape s = {.in_voxel_bytes = 1 << sample_between(seed, 0, 3),
                      .out_voxel_bytes = 1 << sample_between(seed, 0, 3),
                      .point_bytes = 12 * sample_between(seed, 0, 2),
                      .read_overhead = an_eighth,
                      .point_overhead = an_eighth,
                      .write_overhead = an_eighth};
    for (int a = 0; a < AXES; a++) {
        s.in[a] = sample_between(seed, 1, a < AXIS_D ? 3 : 40);
        s.out[a] = a < AXIS_D ? s.in[a] : sample_between(seed, 1, 20);
        s.in_chunk[a] = sample_between(seed, 1, s.in[a]);
        s.write_unit[a] = sample_between(seed, 1, s.out[a]);
    }
    return s;
}

/* Adds 1 to every voxel of the box. */
static void mark(unsigned char *count, const int64_t shape[AXES], const box *b) {
    int64_t i[AXES];
    for (i[0] = b->axis[0].begin; i[0] < b->axis[0].end; i[0]++)
        for (i[1] = b->axis[1].begin; i[1] < b->axis[1].end; i[1]++)
            for (i[2] = b->axis[2].begin; i[2] < b->axis[2].end; i[2]++)
                for (i[3] = b->axis[3].begin; i[3] < b->axis[3].end; i[3]++)
                    for (i[4] = b->axis[4].begin; i[4] < b->axis[4].end; i[4]++) {
                        int64_t k = 0;
                        for (int a = 0; a < AXES; a++)
                            k = k * shape[a] + i[a];
                        count[k]++;
                    }
}

static void assert_once(const unsigned char *count, const int64_t shape[AXES]) {
    int64_t voxels = 1;
    for (int a = 0; a < AXES; a++)
        voxels *= shape[a];
    for (int64_t k = 0; k < voxels; k++)
        assert_int_equal(count[k], 1);
}

static void assert_whole_units(const gather_shape *s, const box *b) {
    for (int a = 0; a < AXES; a++) {
        assert_int_equal(b->axis[a].begin % s->write_unit[a], 0);
        assert_true(b->axis[a].end % s->write_unit[a] == 0 || b->axis[a].end == s->out[a]);
    }
}

static void check_pieces(const gather_plan *p) {
    const gather_shape *s = p->shape;
    unsigned char *count = calloc((size_t)(9 * 20 * 20 * 20), 1);
    assert_non_null(count);
    for (int64_t round = 0; round < p->rounds; round++)
        for (int64_t rank = 0; rank < p->ranks; rank++) {
            const box piece = gather_plan_piece(p, round, rank);
            for (int64_t part = 0; part < p->pieces[AXIS_C]; part++) {
                const box b = gather_plan_channels(p, &piece, part);
                if (box_is_empty(&b))
                    continue;
                assert_whole_units(s, &b);
                mark(count, s->out, &b);
            }
        }
    assert_once(count, s->out);
    free(count);
}

static void check_blocks(const gather_plan *p) {
    const int64_t one[AXES] = {1, 1, p->shape->in[AXIS_D], p->shape->in[AXIS_H], p->shape->in[AXIS_W]};
    unsigned char *count = calloc(40 * 40 * 40, 1);
    assert_non_null(count);
    for (int64_t pass = 0; pass < p->passes; pass++)
        for (int64_t rank = 0; rank < p->ranks; rank++) {
            const box b = gather_plan_block(p, pass, rank, 0, 0);
            if (box_is_empty(&b))
                continue;
            mark(count, one, &b);
            assert_true(box_voxels(&b) * p->shape->in_voxel_bytes <= p->held_bytes);
            for (int corner = 0; corner < 2; corner++) {
                int64_t at[3];
                for (int a = 0; a < 3; a++)
                    at[a] = corner ? b.axis[AXIS_D + a].end - 1 : b.axis[AXIS_D + a].begin;
                assert_int_equal(gather_plan_block_of(p, at), pass * p->ranks + rank);
            }
        }
    assert_once(count, one);
    free(count);
}

static void pieces_cover_the_output_once_and_blocks_a_channel_within_the_budget(void **state) {
    (void)state;
    uint64_t seed = 1;
    for (int i = 0; i < 300; i++) {
        const gather_shape s = random_shape(&seed);
        const int64_t ranks = sample_between(&seed, 1, 9);
        gather_plan p;
        assert_int_equal(gather_plan_make(&p, &s, ranks, 0), VXS_USAGE);
        const int64_t least = p.memory_bytes, budget = least + (i % 3) * sample_between(&seed, 0, 1 << 20);
        assert_int_equal(gather_plan_make(&p, &s, ranks, budget), VXS_OK);
        assert_true(p.memory_bytes <= budget);
        check_pieces(&p);
        check_blocks(&p);
    }
}

static void one_byte_less_than_the_least_is_refused(void **state) {
    (void)state;
    uint64_t seed = 2;
    for (int i = 0; i < 50; i++) {
        const gather_shape s = random_shape(&seed);
        gather_plan p;
        assert_int_equal(gather_plan_make(&p, &s, 3, 0), VXS_USAGE);
        const int64_t least = p.memory_bytes;
        assert_int_equal(gather_plan_make(&p, &s, 3, least - 1), VXS_USAGE);
        assert_int_equal(gather_plan_make(&p, &s, 3, least), VXS_OK);
    }
}

static void a_large_job_gives_every_rank_a_piece(void **state) {
    (void)state;
    const gather_shape s = {.in = {1, 1, 4096, 4096, 4096},
                            .out = {1, 1, 2048, 2048, 2048},
                            .in_chunk = {1, 1, 64, 64, 64},
                            .write_unit = {1, 1, 64, 64, 64},
                            .in_voxel_bytes = 2,
                            .out_voxel_bytes = 2,
                            .point_bytes = 12,
                            .read_overhead = an_eighth,
                            .point_overhead = an_eighth,
                            .write_overhead = an_eighth};
    gather_plan p;
    assert_int_equal(gather_plan_make(&p, &s, 4096, INT64_C(4) << 30), VXS_OK);
    const box last = gather_plan_piece(&p, 0, 4095);
    assert_false(box_is_empty(&last));
    assert_true(p.memory_bytes <= INT64_C(4) << 30);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(pieces_cover_the_output_once_and_blocks_a_channel_within_the_budget),
        cmocka_unit_test(one_byte_less_than_the_least_is_refused),
        cmocka_unit_test(a_large_job_gives_every_rank_a_piece),
    };
    return cmocka_run_group_tests_name("gather_plan", tests, NULL, NULL);
}
