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

#include "support/ranks.h"
#include "support/sampling.h"

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
    const MPI_Comm comm = ranks_first(ranks);
    int status = VXS_OK;
    if (comm != MPI_COMM_NULL) {
        status = run_job(comm, job, report);
        if (status != VXS_OK && status != VXS_STOPPED && world_rank == 0)
            fprintf(stderr, "%d ranks: %s\n", ranks, vxs_message());
    }
    everywhere(true);
    MPI_Bcast(&status, 1, MPI_INT, 0, MPI_COMM_WORLD);
    MPI_Bcast(report, sizeof *report, MPI_BYTE, 0, MPI_COMM_WORLD);
    return (vxs_status)status;
}

static vxs_report report; /* large */

static void check(const sample_test *t, int ranks, int threads, int64_t memory) {
    char what[256];
    const vxs_job job = job_of(t, threads, memory);
    const vxs_status status = run_on(ranks, &job, &report);
    snprintf(what, sizeof what, "%s, %s, %d ranks, %d threads, %lld bytes: status %d", map_names[t->map],
             padding_name(t->options.padding), ranks, threads, (long long)memory, (int)status);
    assert_all(status == VXS_OK && sampling_difference(t) < 0, what);
    assert_all(report.memory_planned <= memory, "the plan keeps to the budget");
}

static void every_map_gives_the_oracles_bytes_on_every_number_of_ranks(void **state) {
    (void)state;
    for (int map = 0; map < MAPS; map++) {
        sample_test t = sampling_base;
        t.map = (map_shape)map;
        t.options.padding = (vxs_padding)(map % VXS_PADDINGS);
        t.options.fill = 300.5;
        sampling_begin(&t);
        for (int r = 0; r < RANK_COUNTS; r++) {
            const int threads = 1 + r % 2, ranks = rank_counts[r];
            const bool least = (map + r) % 2 == 0;
            check(&t, ranks, threads, least ? least_memory(&t, threads, ranks) : 64 << 20);
            const bool random = map == RANDOM && least;
            assert_all(random ? report.travelled_points == product(t.out)
                              : report.travelled_points == 0 || least,
                       "points travel when they must");
        }
        sampling_end(&t);
    }
}

static void batches_of_grids_and_chunks_of_several_channels_are_no_different(void **state) {
    (void)state;
    for (int map = SMOOTH; map <= RANDOM; map++) {
        sample_test t = sampling_base;
        t.map = (map_shape)map;
        t.in[AXIS_N] = t.out[AXIS_N] = 2;
        t.in[AXIS_C] = t.out[AXIS_C] = 3;
        t.in_chunk[AXIS_C] = t.out_chunk[AXIS_C] = 2;
        t.in_chunk[AXIS_N] = t.out_chunk[AXIS_N] = 2;
        sampling_begin(&t);
        check(&t, 3, 1, least_memory(&t, 1, 3));
        check(&t, 5, 2, 64 << 20);
        sampling_end(&t);
    }
}

/* One tile whose input is larger than the room, but not that of its halves: nothing needs to travel. */
static void a_piece_whose_input_does_not_fit_is_cut(void **state) {
    (void)state;
    static const map_shape maps[] = {SMOOTH, SHEAR};
    for (int m = 0; m < 2; m++) {
        sample_test t = sampling_base;
        t.map = maps[m];
        memcpy(t.out_chunk, t.out, sizeof t.out_chunk);
        t.in[AXIS_D] = 82; /* 1.2 times the room */
        sampling_begin(&t);
        for (int ranks = 1; ranks <= 2; ranks++) {
            const int64_t least = least_memory(&t, 1, ranks);
            check(&t, ranks, 1, least);
            assert_all(report.travelled_points == 0, "no point travels");
        }
        sampling_end(&t);
    }
}

/* Ranks then want one volume each, side by side. */
static void points_of_several_batches_travel_at_once(void **state) {
    (void)state;
    sample_test t = sampling_base;
    t.map = RANDOM;
    t.in[AXIS_N] = t.out[AXIS_N] = 3;
    t.in[AXIS_C] = t.out[AXIS_C] = 1;
    memcpy(t.out_chunk + AXIS_D, t.out + AXIS_D, 3 * sizeof *t.out);
    sampling_begin(&t);
    check(&t, 3, 1, least_memory(&t, 1, 3));
    assert_all(report.travelled_points == product(t.out), "all points travel");
    sampling_end(&t);
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
        sample_test t = sampling_base;
        t.map = (map_shape)map;
        t.options.padding = VXS_BORDER;
        sampling_begin(&t);
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
        assert_all(status == VXS_OK && runs > 3 && sampling_difference(&t) < 0, map_names[t.map]);
        assert_all(report.resumed_bytes > 0, "the last run had not all to do");
        sampling_end(&t);
    }
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
    int failed = cmocka_run_group_tests_name("sample_job", tests, ranks_begin, ranks_end);
    MPI_Finalize();
    return failed;
}
