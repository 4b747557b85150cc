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
#include "support/files.h"
#include "support/sampling.h"

static char folder[] = "/tmp/voxslab-mpi-XXXXXX";
static int world_rank;

static void assert_all(bool good, const char *what) {
    int mine = good, all = 0;
    MPI_Allreduce(&mine, &all, 1, MPI_INT, MPI_MIN, MPI_COMM_WORLD);
    if (!good)
        fprintf(stderr, "rank %d: %s: %s\n", world_rank, what, status_message());
    assert_true(all);
}

static test_file file_of(const int64_t shape[AXES], const int64_t *chunk, vxs_dtype dtype, int gzip) {
    test_file file = {.dtype = dtype, .axes = AXES, .gzip = gzip};
    memcpy(file.shape, shape, sizeof file.shape);
    if (chunk)
        memcpy(file.chunk, chunk, sizeof file.chunk);
    return file;
}

static void path_of(char path[4096], const char *name) {
    snprintf(path, 4096, "%s/%s.h5", folder, name);
}

/* Input and points on disk. */
static void begin(sample_test *t) {
    char path[4096];
    const test_file in = file_of(t->in, t->in_chunk[4] ? t->in_chunk : NULL, t->dtype, t->gzip);
    t->input = malloc(test_voxels(&in) * 8);
    assert_non_null(t->input);
    test_fill(t->dtype, t->input, test_voxels(&in));
    make_points(t);
    compute_expected(t);
    if (world_rank == 0) {
        path_of(path, "in");
        unlink(path);
        test_write(path, &in, t->input);
        const test_file points = file_of(t->points_shape, NULL, VXS_FLOAT32, 0);
        path_of(path, "points");
        unlink(path);
        test_write(path, &points, t->points);
    }
    MPI_Barrier(MPI_COMM_WORLD);
}

static void end(sample_test *t) {
    free(t->input);
    free(t->points);
    free(t->expected);
    MPI_Barrier(MPI_COMM_WORLD);
}

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

/* Opens, runs and closes; OUT is to be looked at afterwards. */
static vxs_status run(const sample_test *t, MPI_Comm comm, int threads, int64_t budget, int64_t *travelled) {
    char in_path[4096], out_path[4096], points_path[4096], warnings[256];
    static volume_info infos[2]; /* too large for the stack, and TRY leaves without freeing */
    volume_info *in = infos, *points = infos + 1;
    volume *in_volume, *points_volume = NULL, *out_volume;
    const sample_operator op = operator_of(t);
    int rank, ranks;
    MPI_Comm_rank(comm, &rank);
    MPI_Comm_size(comm, &ranks);
    path_of(in_path, "in");
    path_of(points_path, "points");
    path_of(out_path, "out");
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
    *travelled = times.travelled_points;
    volume_close(out_volume);
    volume_close(points_volume);
    volume_close(in_volume);
    return status;
}

/* -1, or the first voxel of OUT that differs. */
static int64_t difference(const sample_test *t) {
    char path[4096];
    path_of(path, "out");
    test_file file = {.dtype = t->dtype};
    void *got = test_read(path, &file);
    const size_t bytes = dtype_bytes(t->dtype);
    int64_t k = got ? 0 : product(t->out) - 1;
    while (got && k < product(t->out) &&
           memcmp((char *)got + (size_t)k * bytes, (char *)t->expected + (size_t)k * bytes, bytes) == 0)
        k++;
    free(got);
    return k < product(t->out) ? k : -1;
}

/* On the first of all ranks; the others wait. */
static void check(const sample_test *t, int ranks, int threads, int64_t budget, int64_t *travelled) {
    MPI_Comm comm;
    char what[256];
    int64_t mine = 0;
    vxs_status status = VXS_OK;
    MPI_Comm_split(MPI_COMM_WORLD, world_rank < ranks ? 0 : MPI_UNDEFINED, world_rank, &comm);
    if (comm != MPI_COMM_NULL) {
        status = run(t, comm, threads, budget, &mine);
        MPI_Comm_free(&comm);
    }
    MPI_Allreduce(&mine, travelled, 1, MPI_INT64_T, MPI_SUM, MPI_COMM_WORLD);
    const int64_t differs = world_rank == 0 && status == VXS_OK ? difference(t) : -1;
    snprintf(what, sizeof what, "%s, %s, %s, %d ranks, %lld bytes: status %d, voxel %lld", map_names[t->map],
             dtype_name(t->dtype), padding_name(t->options.padding), ranks, (long long)budget, (int)status,
             (long long)differs);
    assert_all(status == VXS_OK && differs < 0, what);
}

static const sample_test base = {.dtype = VXS_UINT16,
                                 .options = {VXS_LINEAR, VXS_ZEROS, 0},
                                 .in = {1, 2, 41, 48, 53},
                                 .in_chunk = {1, 1, 7, 16, 8},
                                 .out = {1, 2, 17, 13, 23},
                                 .out_chunk = {1, 1, 4, 5, 8},
                                 .gzip = 1};

static const int rank_counts[] = {1, 2, 3, 5, 7};
static const int64_t budgets[] = {64 << 20, 300000, 0}; /* whole; split; the least */
enum { RANK_COUNTS = 5, BUDGETS = 3 };

static void every_map_gives_the_oracles_bytes_for_every_rank_count_and_budget(void **state) {
    (void)state;
    for (int map = 0; map < MAPS; map++) {
        sample_test t = base;
        t.map = (map_shape)map;
        t.options.padding = (vxs_padding)(map % VXS_PADDINGS);
        t.options.fill = 300.5;
        begin(&t);
        for (int r = 0; r < RANK_COUNTS; r++)
            for (int b = 0; b < BUDGETS; b++) {
                int64_t travelled;
                check(&t, rank_counts[r], 1 + r % 2, budgets[b], &travelled);
                if (b == 0 || map == IDENTITY || map == OUTSIDE || map == ALL_NAN)
                    assert_all(travelled == 0, "nothing need travel");
                else if (map == RANDOM && b == 2)
                    assert_all(travelled == product(t.out), "everything must travel");
            }
        end(&t);
    }
}

static void both_paths_agree_in_every_mode_padding_and_batch(void **state) {
    (void)state;
    for (int i = 0; i < 2 * VXS_PADDINGS; i++) {
        sample_test t = base;
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
        begin(&t);
        for (int r = 0; r < RANK_COUNTS; r += 2)
            for (int b = 0; b < BUDGETS; b += 2) {
                int64_t travelled;
                check(&t, rank_counts[r], 2, budgets[b], &travelled);
                assert_all((travelled > 0) == (b == 2), "points travel only when they must");
            }
        end(&t);
    }
}

static void chunks_that_span_batches_and_channels_are_no_different(void **state) {
    (void)state;
    for (int map = SMOOTH; map <= RANDOM; map++) {
        sample_test t = base;
        t.map = (map_shape)map;
        t.in[AXIS_N] = t.out[AXIS_N] = 3;
        t.in[AXIS_C] = t.out[AXIS_C] = 5;
        t.in_chunk[AXIS_N] = t.out_chunk[AXIS_N] = 2;
        t.in_chunk[AXIS_C] = t.out_chunk[AXIS_C] = 2;
        begin(&t);
        for (int r = 0; r < RANK_COUNTS; r += 2)
            for (int b = 0; b < BUDGETS; b += 2) {
                int64_t travelled;
                check(&t, rank_counts[r], 1 + r % 4 / 2, budgets[b], &travelled);
            }
        end(&t);
    }
}

static void too_little_memory_is_refused_with_what_would_do(void **state) {
    (void)state;
    sample_test t = base;
    begin(&t);
    int64_t travelled = 0;
    vxs_status status = run(&t, MPI_COMM_WORLD, 1, 1000, &travelled);
    assert_all(status == VXS_USAGE && strstr(status_message(), "--memory") != NULL, "refused");
    end(&t);
}

static int make_folder(void **state) {
    (void)state;
    MPI_Comm_rank(MPI_COMM_WORLD, &world_rank);
    if (world_rank == 0 && !mkdtemp(folder))
        return -1;
    MPI_Bcast(folder, sizeof folder, MPI_CHAR, 0, MPI_COMM_WORLD);
    return 0;
}

static int remove_folder(void **state) {
    (void)state;
    static const char *const names[] = {"in", "points", "out"};
    char path[4096];
    MPI_Barrier(MPI_COMM_WORLD);
    for (int i = 0; i < 3 && world_rank == 0; i++) {
        path_of(path, names[i]);
        unlink(path);
    }
    return world_rank == 0 ? rmdir(folder) : 0;
}

int main(int argc, char **argv) {
    MPI_Init(&argc, &argv);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_map_gives_the_oracles_bytes_for_every_rank_count_and_budget),
        cmocka_unit_test(both_paths_agree_in_every_mode_padding_and_batch),
        cmocka_unit_test(chunks_that_span_batches_and_channels_are_no_different),
        cmocka_unit_test(too_little_memory_is_refused_with_what_would_do),
    };
    int failed = cmocka_run_group_tests_name("sample", tests, make_folder, remove_folder);
    MPI_Finalize();
    return failed;
}
