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
                      .in_filtered = sample_between(seed, 0, 1) == 1,
                      .coarse = sample_between(seed, 0, 1) == 1,
                      .batched = sample_between(seed, 0, 1) == 1,
                      .read_overhead = an_eighth,
                      .point_overhead = an_eighth,
                      .write_overhead = an_eighth};
    for (int a = 0; a < AXES; a++) {
        s.in[a] = sample_between(seed, 1, a == AXIS_N ? 3 : a == AXIS_C ? 7 : 40);
        s.out[a] = a < AXIS_D ? s.in[a] : sample_between(seed, 1, 20);
        s.in_chunk[a] = sample_between(seed, 1, s.in[a]);
        s.tile[a] = sample_between(seed, 1, s.out[a]);
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

static int64_t voxels_of(const int64_t shape[AXES]) {
    int64_t voxels = 1;
    for (int a = 0; a < AXES; a++)
        voxels *= shape[a];
    return voxels;
}

static void assert_once(const unsigned char *count, const int64_t shape[AXES]) {
    for (int64_t k = 0; k < voxels_of(shape); k++)
        assert_int_equal(count[k], 1);
}

/* A box of whole tiles. */
static box random_region(uint64_t *seed, const gather_shape *s) {
    box b;
    for (int a = 0; a < AXES; a++) {
        const int64_t tiles = div_ceil(s->out[a], s->tile[a]), first = sample_between(seed, 0, tiles - 1);
        const int64_t end = sample_between(seed, first + 1, tiles);
        b.axis[a] = (range){first * s->tile[a], min_i64(end * s->tile[a], s->out[a])};
    }
    return b;
}

static void assert_whole_tiles(const gather_shape *s, const box *b) {
    for (int a = 0; a < AXES; a++) {
        assert_int_equal(b->axis[a].begin % s->tile[a], 0);
        assert_true(b->axis[a].end % s->tile[a] == 0 || b->axis[a].end == s->out[a]);
    }
}

/* The parts of a piece are the piece, once, each of one n and of no more than fits. */
static void check_parts(const gather_plan *p, const box *piece, unsigned char *count) {
    for (int64_t i = 0; i < gather_plan_parts(p); i++) {
        box part = gather_plan_part(p, piece, i);
        if (box_is_empty(&part))
            continue;
        assert_int_equal(range_size(part.axis[AXIS_N]), 1);
        assert_true(box_voxels(&part) / range_size(part.axis[AXIS_C]) <= gather_plan_taps(p));
        mark(count, p->shape->out, &part);
    }
}

/* Channels that travel together are of one chunk, and no more than there is room for. */
static void check_together(const gather_plan *p, range channels) {
    const int64_t chunk = p->shape->in_chunk[AXIS_C];
    while (channels.begin < channels.end) {
        const range some = gather_plan_together(p, channels);
        assert_int_equal(some.begin, channels.begin);
        assert_true(some.end > some.begin && some.end <= channels.end);
        assert_true(range_size(some) <= p->channels);
        assert_true(range_size(some) == 1 || some.begin / chunk == (some.end - 1) / chunk);
        channels.begin = some.end;
    }
}

/* Voxels of the grid that a piece needs. */
static int64_t points_of(const gather_shape *s, const box *piece) {
    box b = *piece;
    b.axis[AXIS_C] = (range){0, box_is_empty(piece) ? 0 : 1};
    if (!s->batched && !box_is_empty(piece))
        b.axis[AXIS_N] = (range){0, 1};
    return box_voxels(&b);
}

static void check_pieces(const gather_plan *p) {
    const gather_shape *s = p->shape;
    const int64_t voxels = voxels_of(s->out);
    unsigned char *count = calloc((size_t)voxels, 1), *in_parts = calloc((size_t)voxels, 1);
    assert_true(count && in_parts);
    const box all = box_of_shape(s->out);
    mark(count, s->out, &all);
    mark(count, s->out, &p->region); /* 1 outside of the region, 3 in it */
    for (int64_t round = 0; round < p->rounds; round++)
        for (int64_t rank = 0; rank < p->ranks; rank++) {
            const box piece = gather_plan_piece(p, round, rank);
            assert_true(points_of(s, &piece) * s->point_bytes <= gather_plan_points_bytes(p));
            for (int64_t part = 0; part < p->pieces[AXIS_C]; part++) {
                if (box_is_empty(&piece))
                    continue;
                box b = piece;
                b.axis[AXIS_C] = gather_plan_channels(p, part);
                check_together(p, b.axis[AXIS_C]);
                assert_whole_tiles(s, &b);
                mark(count, s->out, &b);
                check_parts(p, &b, in_parts);
            }
        }
    for (int64_t k = 0; k < voxels; k++)
        assert_int_equal(count[k], in_parts[k] ? 3 : 1);
    free(count);
    free(in_parts);
}

static int64_t round_up_64(int64_t bytes) {
    return div_ceil(bytes, 64) * 64;
}

/* All that is in the room while points travel. */
static void check_room(const gather_plan *p) {
    const int64_t taps = gather_plan_taps(p);
    const int64_t bytes = round_up_64(gather_plan_block_bytes(p)) + round_up_64(taps * GATHER_TAPS_BYTES) +
                          round_up_64(taps * GATHER_TAPS * p->shape->in_voxel_bytes * p->channels) +
                          p->group * p->batch * gather_request_bytes(p->channels);
    assert_true(bytes <= p->room_bytes);
    assert_true(p->batch >= 1 && p->group >= 1 && p->group <= p->ranks);
    for (int a = 0; a < 3; a++)
        assert_true(p->part[a] >= 1 && p->part[a] <= p->piece[AXIS_D + a]);
}

static void check_blocks(const gather_plan *p) {
    const int64_t one[AXES] = {1, 1, p->shape->in[AXIS_D], p->shape->in[AXIS_H], p->shape->in[AXIS_W]};
    unsigned char *count = calloc(40 * 40 * 40, 1);
    assert_non_null(count);
    for (int64_t pass = 0; pass < p->passes; pass++)
        for (int64_t rank = 0; rank < p->ranks; rank++) {
            const box b = gather_plan_block(p, pass, rank, 0, (range){0, 1});
            if (box_is_empty(&b))
                continue;
            mark(count, one, &b);
            assert_true(box_voxels(&b) * p->shape->in_voxel_bytes * p->channels <=
                        gather_plan_block_bytes(p));
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
        const box region = i % 2 ? random_region(&seed, &s) : box_of_shape(s.out);
        assert_int_equal(gather_plan_make(&p, &s, &region, ranks, 0), VXS_USAGE);
        const int64_t least = p.memory_bytes, budget = least + (i % 3) * sample_between(&seed, 0, 1 << 20);
        assert_int_equal(gather_plan_make(&p, &s, &region, ranks, budget), VXS_OK);
        assert_true(p.memory_bytes <= budget);
        check_pieces(&p);
        check_room(&p);
        check_blocks(&p);
    }
}

static void one_byte_less_than_the_least_is_refused(void **state) {
    (void)state;
    uint64_t seed = 2;
    for (int i = 0; i < 50; i++) {
        const gather_shape s = random_shape(&seed);
        const box region = box_of_shape(s.out);
        gather_plan p;
        assert_int_equal(gather_plan_make(&p, &s, &region, 3, 0), VXS_USAGE);
        const int64_t least = p.memory_bytes;
        assert_int_equal(gather_plan_make(&p, &s, &region, 3, least - 1), VXS_USAGE);
        assert_int_equal(gather_plan_make(&p, &s, &region, 3, least), VXS_OK);
    }
}

/* Filtered chunks of four channels: all four where there is room, and with the least memory one by one. */
static void channels_of_a_chunk_travel_together_where_they_fit(void **state) {
    (void)state;
    gather_shape s = {.in = {1, 8, 256, 256, 256},
                      .out = {1, 8, 64, 64, 64},
                      .in_chunk = {1, 4, 64, 64, 64},
                      .tile = {1, 4, 32, 32, 32},
                      .in_voxel_bytes = 2,
                      .out_voxel_bytes = 2,
                      .point_bytes = 12,
                      .read_overhead = an_eighth,
                      .point_overhead = an_eighth,
                      .write_overhead = an_eighth};
    const box region = box_of_shape(s.out);
    gather_plan p;
    for (int filtered = 0; filtered < 2; filtered++) {
        s.in_filtered = filtered == 1;
        assert_int_equal(gather_plan_make(&p, &s, &region, 2, 0), VXS_USAGE);
        const int64_t least = p.memory_bytes;
        assert_int_equal(gather_plan_make(&p, &s, &region, 2, least), VXS_OK);
        assert_int_equal(p.channels, 1);
        assert_int_equal(gather_plan_make(&p, &s, &region, 2, 4 * least), VXS_OK);
        assert_int_equal(p.channels, filtered ? 4 : 1);
        check_room(&p);
    }
}

static gather_shape large_job(void) {
    return (gather_shape){.in = {1, 1, 4096, 4096, 4096},
                          .out = {1, 1, 2048, 2048, 2048},
                          .in_chunk = {1, 1, 64, 64, 64},
                          .tile = {1, 1, 64, 64, 64},
                          .in_voxel_bytes = 2,
                          .out_voxel_bytes = 2,
                          .point_bytes = 12,
                          .read_overhead = an_eighth,
                          .point_overhead = an_eighth,
                          .write_overhead = an_eighth};
}

static void a_large_job_gives_every_rank_a_piece(void **state) {
    (void)state;
    const gather_shape s = large_job();
    const box region = box_of_shape(s.out);
    gather_plan p;
    assert_int_equal(gather_plan_make(&p, &s, &region, 4096, INT64_C(4) << 30), VXS_OK);
    const box last = gather_plan_piece(&p, 0, 4095);
    assert_false(box_is_empty(&last));
    assert_true(p.memory_bytes <= INT64_C(4) << 30);
}

/* A few bytes for each, and never a message buffer. */
static void memory_does_not_grow_with_the_ranks(void **state) {
    (void)state;
    const gather_shape s = large_job();
    const box region = box_of_shape(s.out);
    gather_plan p;
    int64_t least[2];
    for (int i = 0; i < 2; i++) {
        assert_int_equal(gather_plan_make(&p, &s, &region, i ? 1000000 : 1, 0), VXS_USAGE);
        least[i] = p.memory_bytes;
        assert_int_equal(gather_plan_make(&p, &s, &region, i ? 1000000 : 1, least[i]), VXS_OK);
        check_room(&p);
        assert_int_equal(gather_plan_make(&p, &s, &region, i ? 1000000 : 1, INT64_C(64) << 20), VXS_OK);
        check_room(&p);
        assert_true(p.group * p.batch * gather_request_bytes(1) <= INT64_C(8) << 20);
    }
    assert_true(least[1] - least[0] <= 18 * INT64_C(1000000)); /* with an eighth for reading */
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(pieces_cover_the_output_once_and_blocks_a_channel_within_the_budget),
        cmocka_unit_test(one_byte_less_than_the_least_is_refused),
        cmocka_unit_test(channels_of_a_chunk_travel_together_where_they_fit),
        cmocka_unit_test(a_large_job_gives_every_rank_a_piece),
        cmocka_unit_test(memory_does_not_grow_with_the_ranks),
    };
    return cmocka_run_group_tests_name("gather_plan", tests, NULL, NULL);
}
