/*
 * Who reads what, and the messages, as pure functions for thousands of random shapes: played through for all
 * ranks in one process, voxel by voxel.
 */
#include "support/scene.h"

enum { MOST_MESSAGES = 4096 };

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

/* All ranks of one epoch's pass: each needed voxel comes once to whoever needs it, none is read twice. */
static void play_pass(const scene *s, const epoch *e) {
    size_t n = voxels(s->shape.in), plane = (size_t)(s->shape.in[AXIS_H] * s->shape.in[AXIS_W]);
    uint8_t *counts = malloc(n), *reads = calloc(n, 1), *wanted = malloc(n);
    uint8_t *needed = malloc((size_t)s->shape.in[AXIS_D]);
    int part[3];
    mark_needed(s, e, needed);
    for (int64_t rank = 0; epoch_part_of_rank(e, rank, part); rank++) {
        memset(counts, 0, n);
        memset(wanted, 0, n);
        play_rank(s, e, part, counts, reads);
        box need = epoch_need_box(e, part);
        add_to_box(wanted, s->shape.in, &need);
        for (size_t v = 0; v < n; v++)
            if (wanted[v] && needed[v / plane % (size_t)s->shape.in[AXIS_D]])
                assert_int_equal(counts[v], 1);
    }
    for (size_t v = 0; v < n; v++)
        assert_true(reads[v] <= 1);
    free(counts), free(reads), free(needed), free(wanted);
}

static epoch random_pass(const scene *s) {
    epoch e = region_plan_epoch(&s->plan, random_in(0, region_plan_epochs(&s->plan) - 1));
    return region_plan_pass(&s->plan, &e, random_in(0, region_plan_passes(&s->plan) - 1));
}

static void every_needed_voxel_arrives_exactly_once(void **state) {
    (void)state;
    seed_state = 3;
    int with_passes = 0;
    for (int trial = 0; trial < 3000; trial++) {
        scene s;
        random_scene(&s);
        plan_scene(&s);
        with_passes += region_plan_passes(&s.plan) > 1;
        for (int i = 0; i < 3; i++) {
            epoch e = random_pass(&s);
            play_pass(&s, &e);
        }
    }
    assert_true(with_passes > 50);
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
        epoch e = random_pass(&s);
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

/* One round of all ranks: what each writes must be its own share and what the others send it, once each. */
static int play_pieces(const scene *s, const epoch *e, int64_t round) {
    static message_list expected, sent;
    uint8_t *counts = malloc(voxels(s->shape.out)), *wanted = malloc(voxels(s->shape.out));
    int part[3], sharing = 0;
    sent.count = 0;
    static int64_t senders[MOST_MESSAGES];
    for (int64_t rank = 0; epoch_part_of_rank(e, rank, part); rank++) {
        box out = epoch_piece_box(e, part), computed = epoch_out_box(e, part);
        for (int a = 0; a < AXES && !box_is_empty(&out); a++)
            assert_true(range_contains(computed.axis[a], out.axis[a]));
        out.axis[AXIS_D] = region_plan_round(&s->plan, out.axis[AXIS_D], round);
        int before = sent.count;
        if (epoch_writer_of_part(e, part) != rank)
            epoch_visit_pieces(e, part, out.axis[AXIS_D], append, &sent);
        for (int i = before; i < sent.count; i++)
            senders[i] = rank;
    }
    for (int64_t rank = 0; epoch_part_of_rank(e, rank, part); rank++) {
        box write = epoch_write_box(e, part), out = epoch_piece_box(e, part);
        if (epoch_writer_of_part(e, part) != rank) {
            assert_true(box_is_empty(&write));
            continue;
        }
        write.axis[AXIS_D] = region_plan_round(&s->plan, write.axis[AXIS_D], round);
        out.axis[AXIS_D] = region_plan_round(&s->plan, out.axis[AXIS_D], round);
        memset(counts, 0, voxels(s->shape.out));
        memset(wanted, 0, voxels(s->shape.out));
        add_to_box(wanted, s->shape.out, &write);
        add_to_box(counts, s->shape.out, &out);
        expected.count = 0;
        epoch_visit_pieces(e, part, write.axis[AXIS_D], append, &expected);
        for (int i = 0; i < expected.count; i++) {
            add_to_box(counts, s->shape.out, &expected.m[i].what);
            int j = 0;
            while (j < sent.count && (sent.m[j].peer != rank || senders[j] != expected.m[i].peer))
                j++;
            assert_true(j < sent.count);
            assert_memory_equal(&sent.m[j].what, &expected.m[i].what, sizeof(box));
            senders[j] = -1;
            sharing++;
        }
        assert_memory_equal(counts, wanted, voxels(s->shape.out));
    }
    assert_int_equal(sent.count, sharing);
    free(counts), free(wanted);
    return sharing;
}

static void shared_tiles_come_together_on_the_rank_that_writes_them(void **state) {
    (void)state;
    seed_state = 7;
    int sharing = 0;
    for (int trial = 0; trial < 3000; trial++) {
        scene s;
        random_scene(&s);
        plan_scene(&s);
        epoch e = region_plan_epoch(&s.plan, random_in(0, region_plan_epochs(&s.plan) - 1));
        sharing += play_pieces(&s, &e, random_in(0, region_plan_rounds(&s.plan) - 1)) > 0;
    }
    assert_true(sharing > 100);
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

static range owned_by_all(const scene *s, int axis) {
    epoch e = region_plan_epoch(&s->plan, 0);
    return (range){epoch_own_range(&e, axis, 0).begin, epoch_own_range(&e, axis, e.parts[axis] - 1).end};
}

static void only_a_little_that_nobody_needs_is_read_at_the_ends_of_rows(void **state) {
    (void)state;
    const struct {
        int64_t in, out;
        range whole, planes;                 /* what is read of each row, and along d */
    } cases[] = {{64, 32, {0, 64}, {1, 64}}, /* the first that is needed is 1 */
                 {100, 10, {0, 100}, {5, 96}},
                 {100, 2, {25, 76}, {25, 76}}, /* half of the row is too much */
                 {30, 30, {0, 30}, {0, 30}}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        for (int ranks = 1; ranks <= 12; ranks++) {
            scene s;
            scene_of_cube(&s, VXS_NEAREST, cases[i].in, cases[i].out, ranks);
            plan_scene(&s);
            for (int axis = 0; axis < 3; axis++) {
                const range read = owned_by_all(&s, axis), want = axis > 0 ? cases[i].whole : cases[i].planes;
                assert_int_equal(read.begin, want.begin);
                assert_int_equal(read.end, want.end);
            }
        }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(only_a_little_that_nobody_needs_is_read_at_the_ends_of_rows),
        cmocka_unit_test(every_needed_voxel_arrives_exactly_once),
        cmocka_unit_test(what_is_sent_is_what_is_expected),
        cmocka_unit_test(shared_tiles_come_together_on_the_rank_that_writes_them),
        cmocka_unit_test(chunks_are_cut_only_at_the_outer_edge_of_what_is_needed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
