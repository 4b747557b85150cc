/*
 * Partition, steps, messages and memory plans as pure functions, for thousands of random shapes: played
 * through for all ranks in one process, voxel by voxel.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/checked.h"
#include "geometry/axis_map.h"
#include "partition/plan.h"
#include "partition/tiles.h"

enum { MOST_MESSAGES = 4096 };

static uint64_t seed_state;

static uint64_t next_random(void) {
    uint64_t z = seed_state += 0x9e3779b97f4a7c15u;
    z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9u;
    z = (z ^ z >> 27) * 0x94d049bb133111ebu;
    return z ^ z >> 31;
}

static int64_t random_in(int64_t low, int64_t high) {
    return low + (int64_t)(next_random() % (uint64_t)(high - low + 1));
}

typedef struct scene {
    axis_map map[3];
    stream_shape shape;
    stream_costs costs;
    region_plan plan;
    int64_t ranks, budget;
} scene;

static range scene_source(const void *context, int axis, range outputs) {
    const scene *s = context;
    return axis_map_source(&s->map[axis], outputs);
}

static int64_t no_overhead(const void *context, int64_t bytes) {
    (void)context, (void)bytes;
    return 0;
}

static int64_t some_rows(const void *context, const int64_t extent[3], int64_t src_w) {
    (void)context;
    return 16 * (extent[0] + extent[1] + extent[2]) + 8 * src_w;
}

static void random_scene(scene *s) {
    static const vxs_mode modes[] = {VXS_NEAREST, VXS_LINEAR, VXS_AREA};
    *s = (scene){.ranks = random_in(1, 14)};
    vxs_resample_options options = {modes[random_in(0, 2)], VXS_COORDS_AUTO, 0};
    options.align_corners = options.mode != VXS_AREA && random_in(0, 3) == 0;
    bool in_chunked = random_in(0, 2) > 0, out_chunked = random_in(0, 2) > 0;
    int64_t out_chunk[AXES] = {0};
    for (int a = 0; a < AXES; a++) {
        bool lead = a < AXIS_D;
        s->shape.in[a] =
            lead ? (random_in(0, 3) ? 1 : random_in(1, 5)) : random_in(1, random_in(0, 1) ? 6 : 30);
        s->shape.out[a] = lead ? s->shape.in[a] : random_in(1, random_in(0, 1) ? 6 : 30);
        s->shape.in_chunk[a] = in_chunked ? random_in(1, min_i64(s->shape.in[a], 9)) : 1;
        out_chunk[a] = out_chunked ? random_in(1, min_i64(s->shape.out[a], 9)) : 0;
    }
    for (int axis = 0; axis < 3; axis++)
        assert_int_equal(axis_map_init(&s->map[axis], &options, VXS_FLOAT32, s->shape.in[AXIS_D + axis],
                                       s->shape.out[AXIS_D + axis]),
                         VXS_OK);
    s->shape.in_voxel_bytes = 4;
    s->shape.out_voxel_bytes = random_in(0, 1) ? 4 : 1;
    s->shape.max_taps_d = axis_map_max_taps(&s->map[0]);
    s->shape.source = scene_source;
    s->shape.context = s;
    tiles_choose(s->shape.out, out_chunk, s->shape.out_voxel_bytes, s->shape.tile);
    if (!out_chunked) { /* real tiles of such small planes would be whole planes: cut them */
        s->shape.tile[AXIS_H] = random_in(1, s->shape.out[AXIS_H]);
        s->shape.tile[AXIS_W] = random_in(1, s->shape.out[AXIS_W]);
    }
    memcpy(s->shape.write_unit, out_chunked ? out_chunk : s->shape.tile, sizeof out_chunk);
    s->costs = (stream_costs){no_overhead, no_overhead, some_rows, random_in(1, 4000), s};
    s->budget = random_in(0, 1) ? random_in(100, 20000) : random_in(20000, 2000000);
}

/* Plan within the budget, or else within the number that the refusal names. */
static void plan_scene(scene *s) {
    box region = box_of_shape(s->shape.out);
    if (region_plan_make(&s->plan, &s->shape, &s->costs, &region, s->ranks, s->budget) == VXS_OK) {
        assert_true(s->plan.memory_bytes <= s->budget);
        return;
    }
    int64_t enough = s->plan.memory_bytes;
    assert_true(enough > s->budget);
    s->budget = enough;
    assert_int_equal(region_plan_make(&s->plan, &s->shape, &s->costs, &region, s->ranks, enough), VXS_OK);
    assert_true(s->plan.memory_bytes <= enough);
}

static size_t flat(const int64_t shape[AXES], const int64_t i[AXES]) {
    size_t at = 0;
    for (int a = 0; a < AXES; a++)
        at = at * (size_t)shape[a] + (size_t)i[a];
    return at;
}

static void add_to_box(uint8_t *counts, const int64_t shape[AXES], const box *b) {
    if (box_is_empty(b))
        return;
    int64_t i[AXES];
    for (int a = 0; a < AXES; a++)
        i[a] = b->axis[a].begin;
    for (;;) {
        counts[flat(shape, i)]++;
        int a = AXES - 1;
        while (a >= 0 && ++i[a] == b->axis[a].end) {
            i[a] = b->axis[a].begin;
            a--;
        }
        if (a < 0)
            return;
    }
}

static size_t voxels(const int64_t shape[AXES]) {
    size_t n = 1;
    for (int a = 0; a < AXES; a++)
        n *= (size_t)shape[a];
    return n;
}

static void check_all(const uint8_t *counts, size_t n, uint8_t expected) {
    for (size_t i = 0; i < n; i++)
        assert_int_equal(counts[i], expected);
}

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
                    box b = epoch_out_box(&e, part);
                    b.axis[AXIS_D] = region_plan_round(&s.plan, &e, part[0], round);
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
        box b = epoch_out_box(&e, part);
        b.axis[AXIS_D] = region_plan_round(&s.plan, &e, 0, 0);
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

/* ---- everything needed arrives once ---- */

typedef struct message_list {
    int count;
    message m[MOST_MESSAGES];
} message_list;

static void append(const message *m, void *context) {
    message_list *list = context;
    assert_true(list->count < MOST_MESSAGES);
    list->m[list->count++] = *m;
}

/* Which input planes some output of the epoch needs. */
static void mark_needed(const scene *s, const epoch *e, uint8_t *needed) {
    memset(needed, 0, (size_t)s->shape.in[AXIS_D]);
    for (int64_t o = e->region.axis[AXIS_D].begin; o < e->region.axis[AXIS_D].end; o++) {
        range r = scene_source(s, 0, (range){o, o + 1});
        memset(needed + r.begin, 1, (size_t)range_size(r));
    }
}

/* Read planes in runs, and take messages for them: into counts, per voxel of the input. */
static void arrive(const scene *s, const epoch *e, const int part[3], range planes, uint8_t *counts,
                   uint8_t *reads) {
    box own = epoch_own_box(e, part);
    for (range run = epoch_next_run(e, planes, planes.begin); range_size(run) > 0;
         run = epoch_next_run(e, planes, run.end)) {
        own.axis[AXIS_D] = run;
        add_to_box(counts, s->shape.in, &own);
        add_to_box(reads, s->shape.in, &own);
    }
    static message_list list;
    list.count = 0;
    epoch_visit_receives(e, part, planes, append, &list);
    for (int i = 0; i < list.count; i++)
        add_to_box(counts, s->shape.in, &list.m[i].what);
}

static void play_rank(const scene *s, const epoch *e, const int part[3], uint8_t *counts, uint8_t *reads) {
    range own = epoch_own_range(e, 0, part[0]), early = epoch_early_range(e, part[0]);
    range ghosts = epoch_ghost_range(e, part[0]);
    int64_t room = s->plan.stream_planes - s->plan.carry_planes;
    assert_true(range_size(ghosts) <= room);
    assert_true(range_size(early) == 0 || range_size(early) + s->plan.carry_planes <= s->plan.tail_planes);
    assert_true(range_size(epoch_hull_range(e, 1, part[1])) <= s->plan.hull[0]);
    assert_true(range_size(epoch_hull_range(e, 2, part[2])) <= s->plan.hull[1]);
    static message_list list;
    list.count = 0;
    epoch_visit_receives(e, part, ghosts, append, &list);
    for (int i = 0; i < list.count; i++)
        add_to_box(counts, s->shape.in, &list.m[i].what);
    for (range step = epoch_next_step(e, own.begin, early.begin); range_size(step) > 0;
         step = epoch_next_step(e, step.end, early.begin)) {
        assert_true(range_size(step) <= room);
        arrive(s, e, part, step, counts, reads);
    }
    arrive(s, e, part, early, counts, reads);
}

static void every_needed_voxel_arrives_exactly_once(void **state) {
    (void)state;
    seed_state = 3;
    for (int trial = 0; trial < 1500; trial++) {
        scene s;
        random_scene(&s);
        plan_scene(&s);
        size_t n = voxels(s.shape.in), plane = (size_t)(s.shape.in[AXIS_H] * s.shape.in[AXIS_W]);
        uint8_t *counts = malloc(n), *reads = malloc(n), *needed = malloc((size_t)s.shape.in[AXIS_D]);
        uint8_t *wanted = malloc(n);
        int64_t epochs = region_plan_epochs(&s.plan);
        for (int64_t i = 0; i < min_i64(epochs, 3); i++) {
            epoch e = region_plan_epoch(&s.plan, i * (epochs - 1) / max_i64(1, min_i64(epochs, 3) - 1));
            mark_needed(&s, &e, needed);
            memset(reads, 0, n);
            int part[3];
            for (int64_t rank = 0; epoch_part_of_rank(&e, rank, part); rank++) {
                memset(counts, 0, n);
                memset(wanted, 0, n);
                play_rank(&s, &e, part, counts, reads);
                box need = epoch_need_box(&e, part);
                add_to_box(wanted, s.shape.in, &need);
                for (size_t v = 0; v < n; v++)
                    if (wanted[v] && needed[v / plane % (size_t)s.shape.in[AXIS_D]])
                        assert_int_equal(counts[v], 1);
            }
            for (size_t v = 0; v < n; v++) /* no voxel is read by two ranks in an epoch */
                assert_true(reads[v] <= 1);
        }
        free(counts), free(reads), free(needed), free(wanted);
    }
}

/* All messages of a phase between two ranks, as sent and as expected, must agree in order. */
static void gather(const epoch *e, bool sends, message_list *list, int64_t *from) {
    int part[3];
    list->count = 0;
    for (int64_t rank = 0; epoch_part_of_rank(e, rank, part); rank++) {
        range own = epoch_own_range(e, 0, part[0]), early = epoch_early_range(e, part[0]);
        int first = list->count;
        if (sends) {
            epoch_visit_sends(e, part, early, append, list);
            epoch_visit_sends(e, part, (range){own.begin, early.begin}, append, list);
        } else {
            epoch_visit_receives(e, part, epoch_ghost_range(e, part[0]), append, list);
            epoch_visit_receives(e, part, early, append, list);
            epoch_visit_receives(e, part, (range){own.begin, early.begin}, append, list);
        }
        for (int i = first; i < list->count; i++)
            from[i] = rank;
    }
}

static void what_is_sent_is_what_is_expected(void **state) {
    (void)state;
    seed_state = 4;
    static message_list sent, expected;
    static int64_t senders[MOST_MESSAGES], receivers[MOST_MESSAGES];
    for (int trial = 0; trial < 3000; trial++) {
        scene s;
        random_scene(&s);
        plan_scene(&s);
        epoch e =
            region_plan_epoch(&s.plan, (int64_t)(next_random() % (uint64_t)region_plan_epochs(&s.plan)));
        gather(&e, true, &sent, senders);
        gather(&e, false, &expected, receivers);
        assert_int_equal(sent.count, expected.count);
        bool used[MOST_MESSAGES] = {false};
        for (int i = 0; i < expected.count;
             i++) { /* the first unused one from that sender to that receiver */
            int j = 0;
            while (j < sent.count &&
                   (used[j] || senders[j] != expected.m[i].peer || sent.m[j].peer != receivers[i]))
                j++;
            assert_true(j < sent.count);
            used[j] = true;
            assert_memory_equal(&sent.m[j].what, &expected.m[i].what, sizeof(box));
        }
    }
}

static void chunks_are_cut_only_at_the_outer_edge_of_what_is_needed(void **state) {
    (void)state;
    seed_state = 5;
    for (int trial = 0; trial < 3000; trial++) {
        scene s;
        random_scene(&s);
        plan_scene(&s);
        epoch e = region_plan_epoch(&s.plan, 0);
        for (int axis = 0; axis < 3; axis++)
            for (int part = 0; part + 1 < e.parts[axis]; part++) {
                range own = epoch_own_range(&e, axis, part), next = epoch_own_range(&e, axis, part + 1);
                assert_true(own.end <= next.begin);
                int64_t chunk = s.shape.in_chunk[AXIS_D + axis];
                int64_t last = epoch_need_range(&e, axis, e.parts[axis] - 1).end;
                assert_true(own.end % chunk == 0 || own.end == last);
            }
    }
}

/* ---- beyond 32 bits, and a cluster ---- */

static void plan_big(scene *s, const int64_t in[3], const int64_t out[3], int64_t chunk, int64_t bytes,
                     int64_t ranks, int64_t budget) {
    vxs_resample_options options = {VXS_LINEAR, VXS_COORDS_AUTO, 0};
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
    s->shape.max_taps_d = 2;
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
        cmocka_unit_test(pieces_never_cut_through_a_chunk_of_the_output),
        cmocka_unit_test(every_needed_voxel_arrives_exactly_once),
        cmocka_unit_test(what_is_sent_is_what_is_expected),
        cmocka_unit_test(chunks_are_cut_only_at_the_outer_edge_of_what_is_needed),
        cmocka_unit_test(a_tenth_of_2_4_terabytes_fits_4_gib_a_rank),
        cmocka_unit_test(a_quarter_of_float32_in_large_chunks_fits_4_gib_a_rank),
        cmocka_unit_test(boxes_beyond_2_to_32_voxels_keep_every_output_once),
        cmocka_unit_test(tiles_are_at_most_a_million_and_whole_chunks),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
