/* The gather engine: the same bytes for every number of ranks and threads, every budget and either path, and
 * those of the oracle. ranks: 7 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/checked.h"
#include "comm/agree.h"
#include "partition/tiles.h"
#include "pipeline/gather.h"
#include "support/ranks.h"
#include "support/sampling.h"

static int64_t no_overhead(const void *context, int64_t bytes) {
    (void)context;
    (void)bytes;
    return 0;
}

static gather_shape shape_of(const sample_test *t, const volume_info *in, const sample_operator *op) {
    gather_shape s = {.in_voxel_bytes = (int64_t)dtype_bytes(t->dtype),
                      .out_voxel_bytes = (int64_t)dtype_bytes(t->dtype),
                      .point_bytes = op->kind == SAMPLE_AFFINE ? 0 : 12,
                      .read_overhead = no_overhead,
                      .point_overhead = no_overhead,
                      .write_overhead = no_overhead};
    s.coarse = op->kind == SAMPLE_WARP;
    s.batched = op->kind == SAMPLE_GRID && !op->shared;
    s.in_filtered = in->read_filtered;
    memcpy(s.in, t->in, sizeof s.in);
    memcpy(s.out, t->out, sizeof s.out);
    memcpy(s.in_chunk, in->read_chunk, sizeof s.in_chunk);
    tiles_choose(s.out, t->out_chunk, s.out_voxel_bytes, s.tile);
    return s;
}

/* The whole output, or with several threads what a resumed job may find: the rest of it after some tiles, and
 * then these. */
static int regions_of(const gather_shape *s, int threads, box regions[2]) {
    regions[0] = regions[1] = box_of_shape(s->out);
    const int64_t at = min_i64(s->out[AXIS_H], 2 * s->tile[AXIS_H]);
    if (threads == 1 || at == s->out[AXIS_H])
        return 1;
    regions[0].axis[AXIS_H].begin = regions[1].axis[AXIS_H].end = at;
    return 2;
}

/* budget 0: the least that the plan asks for. */
static vxs_status plan_region(gather_plan *plan, const gather_shape *shape, const box *region, int ranks,
                              int64_t budget) {
    vxs_status status = gather_plan_make(plan, shape, region, ranks, budget ? budget : 1);
    return budget || status == VXS_OK ? status
                                      : gather_plan_make(plan, shape, region, ranks, plan->memory_bytes);
}

static vxs_status write_round(void *context, const box *where, const box_view *view) {
    return volume_write(context, where, view);
}

static vxs_status round_done(void *context, int64_t epoch, int64_t round) {
    (void)context, (void)epoch, (void)round;
    return VXS_OK;
}

/* What a run tells: of all ranks together, and of its last plan. */
typedef struct account {
    int64_t travelled, read_bytes, channels, parts;
} account;

/* Opens, runs and closes; OUT is to be looked at afterwards. */
static vxs_status run(const sample_test *t, MPI_Comm comm, int threads, int64_t budget, account *told) {
    char warnings[256];
    static volume_info infos[2]; /* too large for the stack, and TRY leaves without freeing */
    volume_info *in = infos, *points = infos + 1;
    volume *in_volume, *points_volume = NULL, *out_volume;
    const sample_operator op = operator_of(t);
    int rank, ranks;
    MPI_Comm_rank(comm, &rank);
    MPI_Comm_size(comm, &ranks);
    TRY(volume_probe(in_path, "/volume", in));
    TRY(volume_probe(points_path, "/volume", points));
    const gather_shape shape = shape_of(t, in, &op);
    box regions[2];
    const int region_count = regions_of(&shape, threads, regions);
    gather_plan plan;
    vxs_status status = plan_region(&plan, &shape, &regions[0], ranks, budget);
    TRY(status);
    if (rank == 0) {
        volume_spec spec = {.dataset = "/volume",
                            .axes = AXES,
                            .dtype = t->dtype,
                            .chunked = t->out_chunk[4] > 0,
                            .filter = t->gzip ? VOLUME_FILTER_GZIP : VOLUME_FILTER_NONE,
                            .gzip_level = 1};
        memcpy(spec.shape, t->out, sizeof spec.shape);
        memcpy(spec.chunk, t->out_chunk, sizeof spec.chunk);
        unlink(out_path);
        TRY(volume_create(out_path, &spec, in, warnings, sizeof warnings));
    }
    MPI_Barrier(comm);
    TRY(volume_open_read(in, comm, 1, &in_volume));
    if (op.kind != SAMPLE_AFFINE)
        TRY(volume_open_read(points, comm, 1, &points_volume));
    TRY(volume_open_write(out_path, "/volume", comm, &out_volume));
    const round_sink sink = {.take = write_round, .done = round_done, .context = out_volume};
    const gather_job job = {.comm = comm,
                            .op = &op,
                            .plan = &plan,
                            .in = in_volume,
                            .points = points_volume,
                            .threads = threads,
                            .sink = &sink};
    round_times times = {0};
    for (int i = 0; i < region_count && status == VXS_OK; i++) {
        status = plan_region(&plan, &shape, &regions[i], ranks, budget);
        if (threads > 1) /* ranks are asked two at a time */
            plan.group = min_i64(plan.group, 2);
        if (status == VXS_OK)
            status = gather_run(&job, &times);
    }
    *told = (account){times.travelled_points, times.read_bytes, plan.channels,
                      plan.rounds * gather_plan_parts(&plan) * plan.pieces[AXIS_C]};
    volume_close(out_volume);
    volume_close(points_volume);
    volume_close(in_volume);
    return status;
}

/* On the first of all ranks; the others wait. */
static void check(const sample_test *t, int ranks, int threads, int64_t budget, account *told) {
    const MPI_Comm comm = ranks_first(ranks);
    char what[256];
    account mine = {0};
    vxs_status status = VXS_OK;
    if (comm != MPI_COMM_NULL)
        status = run(t, comm, threads, budget, &mine);
    everywhere(true);
    *told = mine;
    MPI_Allreduce(&mine, told, 2, MPI_INT64_T, MPI_SUM, MPI_COMM_WORLD);
    const int64_t differs = status == VXS_OK ? sampling_difference(t) : -1;
    snprintf(what, sizeof what, "%s, %s, %s, %d ranks, %lld bytes: status %d, voxel %lld", map_names[t->map],
             dtype_name(t->dtype), padding_name(t->options.padding), ranks, (long long)budget, (int)status,
             (long long)differs);
    assert_all(status == VXS_OK && differs < 0, what);
}

static const int64_t budgets[] = {64 << 20, 300000, 0}; /* whole; split; the least */
enum { BUDGETS = 3 };

static void every_map_gives_the_oracles_bytes_for_every_rank_count_and_budget(void **state) {
    (void)state;
    for (int map = 0; map < MAPS; map++) {
        sample_test t = sampling_base;
        t.map = (map_shape)map;
        t.options.padding = (vxs_padding)(map % VXS_PADDINGS);
        t.options.fill = 300.5;
        sampling_begin(&t);
        for (int r = 0; r < RANK_COUNTS; r++)
            for (int b = 0; b < BUDGETS; b++) {
                account told;
                check(&t, rank_counts[r], 1 + r % 2, budgets[b], &told);
                if (b == 0 || map == IDENTITY || map == OUTSIDE || map == ALL_NAN)
                    assert_all(told.travelled == 0, "nothing need travel");
                else if (map == RANDOM && b == 2)
                    assert_all(told.travelled == product(t.out), "everything must travel");
            }
        sampling_end(&t);
    }
}

static void both_paths_agree_in_every_mode_padding_and_batch(void **state) {
    (void)state;
    for (int i = 0; i < 2 * VXS_PADDINGS; i++) {
        sample_test t = sampling_base;
        static const vxs_dtype dtypes[] = {VXS_FLOAT32, VXS_UINT8, VXS_FLOAT64, VXS_INT32};
        t.map = RANDOM;
        t.dtype = dtypes[i / 2];
        t.options = (vxs_sample_options){i % 2 ? VXS_LINEAR : VXS_NEAREST, (vxs_padding)(i / 2), -2.5};
        t.in[AXIS_N] = t.out[AXIS_N] = 2;
        t.in[AXIS_H] = 96;
        t.gzip = i % 3 == 0;
        if (i % 3 == 1) /* contiguous */
            memset(t.in_chunk, 0, sizeof t.in_chunk);
        if (i % 3 == 1)
            memset(t.out_chunk, 0, sizeof t.out_chunk);
        sampling_begin(&t);
        for (int r = 0; r < RANK_COUNTS; r += 2)
            for (int b = 0; b < BUDGETS; b += 2) {
                account told;
                check(&t, rank_counts[r], 2, budgets[b], &told);
                assert_all((told.travelled > 0) == (b == 2), "points travel only when they must");
            }
        sampling_end(&t);
    }
}

static void chunks_that_span_batches_and_channels_are_no_different(void **state) {
    (void)state;
    for (int map = SMOOTH; map <= RANDOM; map++) {
        sample_test t = sampling_base;
        t.map = (map_shape)map;
        t.in[AXIS_N] = t.out[AXIS_N] = 3;
        t.in[AXIS_C] = t.out[AXIS_C] = 5;
        t.in_chunk[AXIS_N] = t.out_chunk[AXIS_N] = 2;
        t.in_chunk[AXIS_C] = t.out_chunk[AXIS_C] = 2;
        sampling_begin(&t);
        for (int r = 0; r < RANK_COUNTS; r += 2)
            for (int b = 0; b < BUDGETS; b += 2) {
                account told;
                check(&t, rank_counts[r], 1 + r % 4 / 2, budgets[b], &told);
            }
        sampling_end(&t);
    }
}

/* Chunks of 4 channels of 5. */
static void chunks_that_span_channels_are_decoded_once_for_all_of_them(void **state) {
    (void)state;
    sample_test t = sampling_base;
    t.map = RANDOM;
    t.in[AXIS_C] = t.out[AXIS_C] = 5;
    t.in_chunk[AXIS_C] = t.out_chunk[AXIS_C] = 4;
    t.in[AXIS_H] = 192;
    sampling_begin(&t);
    const int64_t chunked = 42 * 192 * 56 * (4 + 1) * (int64_t)sizeof(uint16_t), points = 12 * 17 * 13 * 23;
    for (int r = 0; r < RANK_COUNTS; r++) {
        account told;
        check(&t, rank_counts[r], 1 + r % 2, 600000, &told);
        assert_all(told.travelled == product(t.out), "everything must travel");
        if (rank_counts[r] == 1)
            assert_all(world_rank > 0 ||
                           (told.channels == 4 && told.read_bytes <= told.parts * chunked + points),
                       "chunks were decoded more than once");
    }
    sampling_end(&t);
}

static void too_little_memory_is_refused_with_what_would_do(void **state) {
    (void)state;
    sample_test t = sampling_base;
    sampling_begin(&t);
    account told;
    vxs_status status = run(&t, MPI_COMM_WORLD, 1, 1000, &told);
    assert_all(status == VXS_USAGE && strstr(status_message(), "--memory") != NULL, "refused");
    sampling_end(&t);
}

int main(int argc, char **argv) {
    MPI_Init(&argc, &argv);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_map_gives_the_oracles_bytes_for_every_rank_count_and_budget),
        cmocka_unit_test(both_paths_agree_in_every_mode_padding_and_batch),
        cmocka_unit_test(chunks_that_span_batches_and_channels_are_no_different),
        cmocka_unit_test(chunks_that_span_channels_are_decoded_once_for_all_of_them),
        cmocka_unit_test(too_little_memory_is_refused_with_what_would_do),
    };
    int failed = cmocka_run_group_tests_name("sample", tests, ranks_begin, ranks_end);
    MPI_Finalize();
    return failed;
}
