/* grid-sample, affine and warp as jobs: the oracle's bytes for every number of ranks, the least memory that
 * the plan names included; stopped and resumed on other ranks. ranks: 7 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <voxslab/voxslab_mpi.h>

#include "support/files.h"
#include "support/sampling.h"

static char folder[] = "/tmp/voxslab-mpi-XXXXXX";
static char in_path[64], points_path[64], out_path[64];
static int world_rank;

static const int rank_counts[] = {1, 2, 3, 5, 7};
enum { RANK_COUNTS = 5 };

static void assert_all(bool good, const char *what) {
    int mine = good, all = 0;
    MPI_Allreduce(&mine, &all, 1, MPI_INT, MPI_MIN, MPI_COMM_WORLD);
    if (!good)
        fprintf(stderr, "rank %d: %s: %s\n", world_rank, what, vxs_message());
    assert_true(all);
}

static void write_file(const char *path, const int64_t shape[AXES], const int64_t chunk[AXES],
                       vxs_dtype dtype, int gzip, const void *data) {
    test_file file = {.dtype = dtype, .axes = AXES, .gzip = gzip, .spacing = {1, 2, 0.5}};
    memcpy(file.shape, shape, sizeof file.shape);
    memcpy(file.chunk, chunk, sizeof file.chunk);
    unlink(path);
    test_write(path, &file, data);
}

static void begin(sample_test *t) {
    const test_file in = {
        .dtype = t->dtype, .axes = AXES, .shape = {t->in[0], t->in[1], t->in[2], t->in[3], t->in[4]}};
    const int64_t whole[AXES] = {0};
    t->input = malloc(test_voxels(&in) * 8);
    assert_non_null(t->input);
    test_fill(t->dtype, t->input, test_voxels(&in));
    make_points(t);
    compute_expected(t);
    int64_t points_chunk[AXES] = {1, 3, 4, 6, 3};
    for (int a = 0; a < AXES; a++)
        points_chunk[a] = min_i64(points_chunk[a], t->points_shape[a]);
    if (world_rank == 0) {
        write_file(in_path, t->in, t->in_chunk, t->dtype, t->gzip, t->input);
        write_file(points_path, t->points_shape, t->map % 2 ? whole : points_chunk, VXS_FLOAT32,
                   t->map % 2 == 0, t->points);
    }
    MPI_Barrier(MPI_COMM_WORLD);
}

static void end(sample_test *t) {
    free(t->input);
    free(t->points);
    free(t->expected);
    MPI_Barrier(MPI_COMM_WORLD);
}

static vxs_job job_of(const sample_test *t, int threads, int64_t memory) {
    vxs_job job = {.input = in_path,
                   .output = out_path,
                   .op = VXS_OP_GRID_SAMPLE,
                   .points = points_path,
                   .sample = t->options,
                   .chunking = VXS_CHUNK_GIVEN,
                   .chunk_axes = AXES,
                   .memory = memory,
                   .threads = threads,
                   .force = 1};
    memcpy(job.chunk, t->out_chunk, sizeof job.chunk);
    for (int a = 0; a < 3; a++)
        job.size[a] = t->out[AXIS_D + a];
    if (t->map == SHEAR || t->map == QUARTER_TURN) {
        job.op = VXS_OP_AFFINE;
        memcpy(job.matrix, t->points, sizeof job.matrix);
    } else if (t->map == WARP) { /* support/sampling.h: set_field */
        job.op = VXS_OP_WARP;
        job.physical = 1;
    }
    return job;
}

/* What a refusal of one byte names. */
static int64_t least_memory(const sample_test *t, int threads, int ranks) {
    int64_t least = 0;
    if (world_rank == 0) {
        const vxs_job job = job_of(t, threads, 1);
        if (vxs_mpi_plan(&job, ranks, NULL, NULL, NULL) == VXS_USAGE) {
            const char *number = strstr(vxs_message(), "--memory ");
            least = number ? atoll(number + strlen("--memory ")) : 0;
        }
    }
    MPI_Bcast(&least, 1, MPI_INT64_T, 0, MPI_COMM_WORLD);
    assert_all(least > 1, "the least memory is named");
    return least;
}

static vxs_status run_job(MPI_Comm comm, const vxs_job *job, vxs_report *report) {
    switch (job->op) {
    case VXS_OP_AFFINE:
        return vxs_mpi_affine(comm, job, report);
    case VXS_OP_WARP:
        return vxs_mpi_warp(comm, job, report);
    default:
        return vxs_mpi_grid_sample(comm, job, report);
    }
}

/* On the first of all ranks; the others wait. The report is theirs. */
static vxs_status run_on(int ranks, const vxs_job *job, vxs_report *report) {
    MPI_Comm comm;
    int status = VXS_OK;
    MPI_Comm_split(MPI_COMM_WORLD, world_rank < ranks ? 0 : MPI_UNDEFINED, world_rank, &comm);
    if (comm != MPI_COMM_NULL) {
        status = run_job(comm, job, report);
        if (status != VXS_OK && status != VXS_STOPPED && world_rank == 0)
            fprintf(stderr, "%d ranks: %s\n", ranks, vxs_message());
        MPI_Comm_free(&comm);
    }
    MPI_Bcast(&status, 1, MPI_INT, 0, MPI_COMM_WORLD);
    MPI_Bcast(report, sizeof *report, MPI_BYTE, 0, MPI_COMM_WORLD);
    return (vxs_status)status;
}

static bool output_is_expected(const sample_test *t) {
    if (world_rank != 0)
        return true;
    test_file file = {.dtype = t->dtype};
    void *got = test_read(out_path, &file);
    const bool same = got && memcmp(got, t->expected, (size_t)product(t->out) * dtype_bytes(t->dtype)) == 0;
    free(got);
    return same;
}

static vxs_report report; /* large */

static void check(const sample_test *t, int ranks, int threads, int64_t memory) {
    char what[256];
    const vxs_job job = job_of(t, threads, memory);
    const vxs_status status = run_on(ranks, &job, &report);
    snprintf(what, sizeof what, "%s, %s, %d ranks, %d threads, %lld bytes: status %d", map_names[t->map],
             padding_name(t->options.padding), ranks, threads, (long long)memory, (int)status);
    assert_all(status == VXS_OK && output_is_expected(t), what);
    assert_all(report.memory_planned <= memory, "the plan keeps to the budget");
}

static const sample_test base = {.dtype = VXS_UINT16,
                                 .options = {VXS_LINEAR, VXS_ZEROS, 0},
                                 .in = {1, 2, 41, 48, 53},
                                 .in_chunk = {1, 1, 7, 16, 8},
                                 .out = {1, 2, 17, 13, 23},
                                 .out_chunk = {1, 1, 4, 5, 8},
                                 .gzip = 1};

static void every_map_gives_the_oracles_bytes_on_every_number_of_ranks(void **state) {
    (void)state;
    for (int map = 0; map < MAPS; map++) {
        sample_test t = base;
        t.map = (map_shape)map;
        t.options.padding = (vxs_padding)(map % VXS_PADDINGS);
        t.options.fill = 300.5;
        begin(&t);
        for (int r = 0; r < RANK_COUNTS; r++) {
            const int threads = 1 + r % 2, ranks = rank_counts[r];
            const bool least = (map + r) % 2 == 0;
            check(&t, ranks, threads, least ? least_memory(&t, threads, ranks) : 64 << 20);
            const bool random = map == RANDOM && least;
            assert_all(random ? report.travelled_points == product(t.out)
                              : report.travelled_points == 0 || least,
                       "points travel when they must");
        }
        end(&t);
    }
}

static void batches_of_grids_and_chunks_of_several_channels_are_no_different(void **state) {
    (void)state;
    for (int map = SMOOTH; map <= RANDOM; map++) {
        sample_test t = base;
        t.map = (map_shape)map;
        t.in[AXIS_N] = t.out[AXIS_N] = 2;
        t.in[AXIS_C] = t.out[AXIS_C] = 3;
        t.in_chunk[AXIS_C] = t.out_chunk[AXIS_C] = 2;
        t.in_chunk[AXIS_N] = t.out_chunk[AXIS_N] = 2;
        begin(&t);
        check(&t, 3, 1, least_memory(&t, 1, 3));
        check(&t, 5, 2, 64 << 20);
        end(&t);
    }
}

/* One tile whose input is larger than the room, but not that of its halves: nothing needs to travel. */
static void a_piece_whose_input_does_not_fit_is_cut(void **state) {
    (void)state;
    static const map_shape maps[] = {SMOOTH, SHEAR};
    for (int m = 0; m < 2; m++) {
        sample_test t = base;
        t.map = maps[m];
        memcpy(t.out_chunk, t.out, sizeof t.out_chunk);
        t.in[AXIS_D] = 82; /* 1.2 times the room */
        begin(&t);
        for (int ranks = 1; ranks <= 2; ranks++) {
            const int64_t least = least_memory(&t, 1, ranks);
            check(&t, ranks, 1, least);
            assert_all(report.travelled_points == 0, "no point travels");
        }
        end(&t);
    }
}

/* Ranks then want one volume each, side by side. */
static void points_of_several_batches_travel_at_once(void **state) {
    (void)state;
    sample_test t = base;
    t.map = RANDOM;
    t.in[AXIS_N] = t.out[AXIS_N] = 3;
    t.in[AXIS_C] = t.out[AXIS_C] = 1;
    memcpy(t.out_chunk + AXIS_D, t.out + AXIS_D, 3 * sizeof *t.out);
    begin(&t);
    check(&t, 3, 1, least_memory(&t, 1, 3));
    assert_all(report.travelled_points == product(t.out), "all points travel");
    end(&t);
}

static volatile sig_atomic_t stop;

static void stop_now(const vxs_progress *progress, void *context) {
    (void)progress, (void)context;
    stop = 1;
}

/* After every single round, on other ranks and memory each time. */
static void a_stopped_job_goes_on_on_other_ranks(void **state) {
    (void)state;
    for (int map = SHEAR; map <= WARP; map += 2) { /* shear, random, all NaN */
        sample_test t = base;
        t.map = (map_shape)map;
        t.options.padding = VXS_BORDER;
        begin(&t);
        if (world_rank == 0)
            unlink(out_path);
        MPI_Barrier(MPI_COMM_WORLD);
        vxs_status status = VXS_STOPPED;
        int runs = 0;
        for (; status == VXS_STOPPED && runs < 100; runs++) {
            const int ranks = rank_counts[runs % RANK_COUNTS];
            vxs_job job = job_of(&t, 1, least_memory(&t, 1, ranks) + (runs % 3) * 20000);
            job.resume = runs > 0;
            job.progress = stop_now;
            job.stop = &stop;
            stop = 0;
            status = run_on(ranks, &job, &report);
            assert_all(status == VXS_OK || access(out_path, F_OK) != 0, "no output before it is complete");
        }
        assert_all(status == VXS_OK && runs > 3 && output_is_expected(&t), map_names[t.map]);
        assert_all(report.resumed_bytes > 0, "the last run had not all to do");
        end(&t);
    }
}

static int make_folder(void **state) {
    (void)state;
    MPI_Comm_rank(MPI_COMM_WORLD, &world_rank);
    if (world_rank == 0 && !mkdtemp(folder))
        return -1;
    MPI_Bcast(folder, sizeof folder, MPI_CHAR, 0, MPI_COMM_WORLD);
    snprintf(in_path, sizeof in_path, "%s/in.h5", folder);
    snprintf(points_path, sizeof points_path, "%s/points.h5", folder);
    snprintf(out_path, sizeof out_path, "%s/out.h5", folder);
    return 0;
}

static int remove_folder(void **state) {
    (void)state;
    MPI_Barrier(MPI_COMM_WORLD);
    if (world_rank != 0)
        return 0;
    unlink(in_path);
    unlink(points_path);
    unlink(out_path);
    return rmdir(folder);
}

int main(int argc, char **argv) {
    MPI_Init(&argc, &argv);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_map_gives_the_oracles_bytes_on_every_number_of_ranks),
        cmocka_unit_test(batches_of_grids_and_chunks_of_several_channels_are_no_different),
        cmocka_unit_test(a_piece_whose_input_does_not_fit_is_cut),
        cmocka_unit_test(points_of_several_batches_travel_at_once),
        cmocka_unit_test(a_stopped_job_goes_on_on_other_ranks),
    };
    int failed = cmocka_run_group_tests_name("sample_job", tests, make_folder, remove_folder);
    MPI_Finalize();
    return failed;
}
