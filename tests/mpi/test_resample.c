/* ranks: 8 */
/*
 * The key property: for any number of ranks, threads, budget and MPI-IO component, the same bytes as the
 * oracle's. One launch; jobs run on sub-communicators of 1, 2, 3, 5 and 7 ranks, and on all 8.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <mpi.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <voxslab/voxslab_mpi.h>

#include "reference/reference.h"
#include "support/files.h"
#include "support/ranks.h"
#include "support/sample.h"

/* What differs between jobs over one input. */
typedef struct variant {
    vxs_resample_options resample;
    vxs_dtype dtype; /* of the output */
    int64_t size[3];
    vxs_chunking chunking;
    int64_t chunk[3];
    vxs_filter filter;
} variant;

static vxs_job job_of(const variant *v, const char *input, int64_t memory, int threads) {
    vxs_job job = {.input = input,
                   .output = out_path,
                   .sizing = VXS_BY_SIZE,
                   .size = {v->size[0], v->size[1], v->size[2]},
                   .resample = v->resample,
                   .has_dtype = 1,
                   .dtype = v->dtype,
                   .chunking = v->chunking,
                   .chunk_axes = 3,
                   .chunk = {v->chunk[0], v->chunk[1], v->chunk[2]},
                   .filter = v->filter,
                   .gzip_level = 1,
                   .memory = memory,
                   .threads = threads,
                   .force = 1};
    return job;
}

/* Run one job on one group and compare the file with the expected bytes; the verdict on all ranks. */
static int run_equals(const variant *v, int group, int64_t memory, int threads, const void *expected,
                      size_t bytes, vxs_report *report) {
    int fine = 1;
    if (rank_groups[group] != MPI_COMM_NULL) {
        vxs_job job = job_of(v, in_path, memory, threads);
        vxs_status status = vxs_mpi_resample(rank_groups[group], &job, report);
        if (status != VXS_OK && world_rank == 0)
            fprintf(stderr, "%d ranks, %lld bytes: %s\n", rank_counts[group], (long long)memory,
                    vxs_message());
        fine = status == VXS_OK;
    }
    if (world_rank == 0 && fine) {
        test_file file = {.dtype = v->dtype};
        void *data = test_read(out_path, &file);
        fine = data && memcmp(data, expected, bytes) == 0;
        if (!fine)
            fprintf(stderr,
                    "wrong bytes: mode %d, dtype %d, %lldx%lldx%lld, %d ranks, budget %lld, %d threads\n",
                    (int)v->resample.mode, (int)v->dtype, (long long)v->size[0], (long long)v->size[1],
                    (long long)v->size[2], rank_counts[group], (long long)memory, threads);
        free(data);
        char partial[320];
        snprintf(partial, sizeof partial, "%s.partial", out_path);
        fine = fine && access(partial, F_OK) != 0;
    }
    return everywhere(fine);
}

/* The budget that a refusal names must do. */
static int64_t least_memory(const variant *v, int ranks) {
    int64_t least = 0;
    if (world_rank == 0) {
        vxs_job job = job_of(v, in_path, 1, 4);
        if (vxs_mpi_plan(&job, ranks, NULL, NULL, NULL) != VXS_USAGE)
            abort();
        const char *number = strstr(vxs_message(), "--memory ");
        least = number ? atoll(number + strlen("--memory ")) : 1;
    }
    MPI_Bcast(&least, 1, MPI_INT64_T, 0, MPI_COMM_WORLD);
    return least;
}

static void *oracle(const test_file *file, const void *data, const variant *v, size_t *bytes) {
    static const size_t bytes_of[VXS_DTYPES] = {
#define BYTES(id, name, ctype, class) [id] = sizeof(ctype),
        VXS_DTYPE_LIST(BYTES)
#undef BYTES
    };
    int64_t shape[5] = {1, 1, 1, 1, 1};
    for (int a = 0; a < file->axes; a++)
        shape[5 - file->axes + a] = file->shape[a];
    *bytes = (size_t)(shape[0] * shape[1] * v->size[0] * v->size[1] * v->size[2]) * bytes_of[v->dtype];
    void *result = malloc(*bytes);
    if (reference_resample(data, file->dtype, shape, result, v->dtype, v->size, &v->resample) != VXS_OK)
        abort();
    return result;
}

/* Write the input, then run rank counts x three budgets x 1 and 4 threads, as chosen_next chooses. */
static void check_variant(const test_file *file, const variant *v, int thorough) {
    void *data = NULL, *expected = NULL;
    size_t bytes = 0;
    if (world_rank == 0) {
        data = malloc(test_voxels(file) * 8);
        test_fill(file->dtype, data, test_voxels(file));
        test_write(in_path, file, data);
        expected = oracle(file, data, v, &bytes);
    }
    everywhere(1);
    for (int group = 0; group < RANK_GROUPS; group++) {
        int64_t least = least_memory(v, rank_counts[group]);
        int64_t budgets[] = {least, 2 * least, (int64_t)256 << 20};
        for (int b = 0; b < 3; b++)
            for (int threads = 1; threads <= 4; threads += 3) {
                if (chosen_next(thorough))
                    assert_true(run_equals(v, group, budgets[b], threads, expected, bytes, NULL));
            }
    }
    free(data);
    free(expected);
}

static const vxs_mode modes[] = {VXS_NEAREST, VXS_LINEAR, VXS_AREA, VXS_CUBIC};
enum { MODES = sizeof modes / sizeof *modes };

static int allowed(vxs_dtype dtype, vxs_mode mode) {
    if (dtype == VXS_FLOAT16 || dtype == VXS_BOOL)
        return mode == VXS_NEAREST;
    return (mode != VXS_LINEAR && mode != VXS_CUBIC) || (dtype != VXS_UINT64 && dtype != VXS_INT64);
}

static void every_mode_and_dtype_gives_the_oracles_bytes(void **state) {
    (void)state;
    for (int dtype = 0; dtype < VXS_DTYPES; dtype++)
        for (int m = 0; m < MODES; m++)
            for (int deflated = 0; deflated < 2; deflated++) {
                test_file file = {.dtype = (vxs_dtype)dtype, .axes = 3, .shape = {13, 22, 27}};
                variant v = {.resample = {modes[m], VXS_COORDS_AUTO, 0},
                             .dtype = (vxs_dtype)dtype,
                             .size = {17, 11, 30}};
                if (deflated) {
                    memcpy(file.chunk, (int64_t[]){4, 8, 10}, 3 * sizeof(int64_t));
                    file.gzip = 1, file.shuffle = 1;
                }
                if (allowed((vxs_dtype)dtype, modes[m]))
                    check_variant(&file, &v, 0);
            }
}

static void every_rank_count_budget_and_thread_count_gives_the_same_bytes(void **state) {
    (void)state;
    for (int m = 0; m < MODES; m++)
        for (int deflated = 0; deflated < 2; deflated++) {
            test_file file = {.dtype = VXS_UINT16, .axes = 3, .shape = {24, 40, 50}};
            variant v = {
                .resample = {modes[m], VXS_COORDS_AUTO, 0}, .dtype = VXS_UINT16, .size = {11, 19, 53}};
            if (deflated) {
                memcpy(file.chunk, (int64_t[]){5, 16, 16}, 3 * sizeof(int64_t));
                file.gzip = 1;
            } else {
                v.chunking = VXS_CHUNK_GIVEN;
                memcpy(v.chunk, (int64_t[]){3, 8, 16}, 3 * sizeof(int64_t));
            }
            check_variant(&file, &v, 1);
        }
}

static void odd_shapes_give_the_oracles_bytes(void **state) {
    (void)state;
    static const struct {
        int64_t in[3], out[3], in_chunk[3], out_chunk[3];
    } cases[] = {
        {{1, 9, 9}, {30, 9, 9}, {0}, {0}},   /* one plane to many: every rank needs the same one */
        {{3, 20, 20}, {2, 7, 7}, {0}, {0}},  /* fewer planes than ranks: pencils */
        {{30, 5, 5}, {1, 1, 1}, {0}, {0}},   /* all into one voxel */
        {{107, 7, 7}, {53, 7, 7}, {0}, {0}}, /* primes; two axes that stay */
        {{16, 16, 16}, {16, 16, 16}, {5, 5, 5}, {7, 3, 16}}, /* same size, other chunks */
        {{64, 12, 12}, {64, 12, 12}, {64, 12, 12}, {0}},     /* one chunk for all: one rank reads for seven */
        {{40, 12, 12}, {40, 24, 3}, {8, 12, 5}, {40, 24, 3}}, /* one output chunk: one rank writes */
        {{7, 33, 9}, {7, 64, 20}, {2, 4, 9}, {7, 5, 20}},     /* one layer: pencils with ghosts along h */
        {{5, 6, 90}, {5, 3, 100}, {5, 6, 8}, {5, 3, 9}},      /* cut along w */
        {{2, 3, 4}, {41, 25, 10}, {0}, {4, 4, 4}},            /* up by a lot */
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        for (int m = 0; m < MODES; m++) {
            test_file file = {.dtype = VXS_FLOAT32, .axes = 3};
            variant v = {.resample = {modes[m], VXS_COORDS_AUTO, 0}, .dtype = VXS_FLOAT32};
            memcpy(file.shape, cases[i].in, sizeof cases[i].in);
            memcpy(file.chunk, cases[i].in_chunk, sizeof cases[i].in_chunk);
            memcpy(v.size, cases[i].out, sizeof cases[i].out);
            memcpy(v.chunk, cases[i].out_chunk, sizeof cases[i].out_chunk);
            v.chunking = v.chunk[0] ? VXS_CHUNK_GIVEN : VXS_CHUNK_NONE;
            check_variant(&file, &v, 0);
        }
}

static void channels_and_batches_give_the_oracles_bytes(void **state) {
    (void)state;
    static const struct {
        int axes;
        int64_t shape[5], chunk[5];
    } cases[] = {
        {4, {5, 6, 14, 15}, {0}},
        {4, {5, 6, 14, 15}, {2, 3, 7, 8}}, /* chunks that span channels, and do not divide them */
        {5, {2, 3, 5, 9, 11}, {0}},
        {5, {2, 3, 5, 9, 11}, {2, 2, 5, 4, 11}},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        for (int m = 0; m < MODES; m++) {
            test_file file = {.dtype = VXS_INT16, .axes = cases[i].axes, .gzip = cases[i].chunk[0] > 0};
            variant v = {.resample = {modes[m], VXS_COORDS_AUTO, 0}, .dtype = VXS_INT16, .size = {9, 5, 7}};
            memcpy(file.shape, cases[i].shape, sizeof cases[i].shape);
            memcpy(file.chunk, cases[i].chunk, sizeof cases[i].chunk);
            check_variant(&file, &v, 0);
        }
}

static void coordinate_rules_conversions_and_byte_orders_give_the_oracles_bytes(void **state) {
    (void)state;
    static const struct {
        vxs_dtype in, out;
        vxs_resample_options resample;
        int big_endian;
    } cases[] = {
        {VXS_FLOAT32, VXS_FLOAT32, {VXS_LINEAR, VXS_COORDS_TORCH, 0}, 0},
        {VXS_FLOAT64, VXS_FLOAT64, {VXS_LINEAR, VXS_COORDS_TORCH, 1}, 0},
        {VXS_UINT8, VXS_UINT8, {VXS_NEAREST, VXS_COORDS_EXACT, 1}, 0},
        {VXS_UINT8, VXS_FLOAT32, {VXS_LINEAR, VXS_COORDS_EXACT, 1}, 0},
        {VXS_FLOAT64, VXS_INT8, {VXS_LINEAR, VXS_COORDS_AUTO, 0}, 0},
        {VXS_INT64, VXS_UINT16, {VXS_AREA, VXS_COORDS_AUTO, 0}, 0},
        {VXS_UINT16, VXS_UINT16, {VXS_LINEAR, VXS_COORDS_AUTO, 0}, 1},
        {VXS_FLOAT64, VXS_FLOAT64, {VXS_AREA, VXS_COORDS_AUTO, 0}, 1},
        {VXS_UINT32, VXS_FLOAT32, {VXS_NEAREST, VXS_COORDS_AUTO, 0}, 1},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        test_file file = {
            .dtype = cases[i].in, .axes = 3, .shape = {12, 13, 14}, .big_endian = cases[i].big_endian};
        variant v = {.resample = cases[i].resample, .dtype = cases[i].out, .size = {9, 20, 31}};
        if (i % 2)
            memcpy(file.chunk, (int64_t[]){5, 6, 7}, 3 * sizeof(int64_t));
        check_variant(&file, &v, 0);
    }
}

static void a_job_that_is_refused_is_refused_on_every_rank_and_leaves_nothing(void **state) {
    (void)state;
    test_file file = {.dtype = VXS_UINT8, .axes = 3, .shape = {8, 8, 8}};
    unsigned char data[512] = {0};
    if (world_rank == 0) {
        test_write(in_path, &file, data);
        unlink(out_path);
    }
    everywhere(1);
    variant v = {.resample = {VXS_LINEAR, VXS_COORDS_AUTO, 0}, .dtype = VXS_UINT8, .size = {4, 4, 4}};
    vxs_job job = job_of(&v, in_path, 100, 1); /* a budget too small */
    int refused =
        vxs_mpi_resample(MPI_COMM_WORLD, &job, NULL) == VXS_USAGE && strstr(vxs_message(), "at least");
    job = job_of(&v, "/nowhere/in.h5", 0, 1);
    refused = refused && vxs_mpi_resample(MPI_COMM_WORLD, &job, NULL) == VXS_BAD_INPUT &&
              strstr(vxs_message(), "/nowhere/in.h5");
    job = job_of(&v, in_path, 0, 1);
    job.output = in_path;
    refused = refused && vxs_mpi_resample(MPI_COMM_WORLD, &job, NULL) == VXS_USAGE;
    assert_true(everywhere(refused));
    char partial[320];
    snprintf(partial, sizeof partial, "%s.partial", out_path);
    assert_true(everywhere(access(out_path, F_OK) != 0 && access(partial, F_OK) != 0));
}

static void the_report_counts_what_the_plan_foretold(void **state) {
    (void)state;
    test_file file = {.dtype = VXS_UINT16, .axes = 3, .shape = {32, 32, 32}, .chunk = {8, 8, 8}};
    variant v = {.resample = {VXS_LINEAR, VXS_COORDS_AUTO, 0}, .dtype = VXS_UINT16, .size = {20, 20, 20}};
    if (world_rank == 0) {
        void *data = malloc(32 * 32 * 32 * 2);
        test_fill(VXS_UINT16, data, 32 * 32 * 32);
        test_write(in_path, &file, data);
        free(data);
    }
    everywhere(1);
    vxs_report report = {0}, planned = {0};
    vxs_job job = job_of(&v, in_path, (int64_t)64 << 20, 1);
    assert_true(everywhere(vxs_mpi_resample(MPI_COMM_WORLD, &job, &report) == VXS_OK));
    assert_true(everywhere(vxs_mpi_plan(&job, 8, &planned, NULL, NULL) == VXS_OK));
    int fine = report.read.bytes == planned.planned_read_bytes && report.read.bytes == 32 * 32 * 32 * 2 &&
               report.ghost_bytes == planned.planned_ghost_bytes && report.ghost_bytes > 0 &&
               report.piece_bytes == planned.planned_piece_bytes &&
               report.exchange.bytes == report.ghost_bytes + report.piece_bytes &&
               report.write.bytes == 20 * 20 * 20 * 2 && report.needed_bytes == 32 * 32 * 32 * 2;
    assert_true(everywhere(fine));
}

/* Planes that no output needs are neither read nor sent. */
static void planes_left_out_are_no_ghosts_in_plan_or_report(void **state) {
    (void)state;
    test_file file = {.dtype = VXS_UINT16, .axes = 3, .shape = {40, 24, 24}, .chunk = {2, 7, 6}};
    variant v = {.resample = {VXS_LINEAR, VXS_COORDS_AUTO, 0},
                 .dtype = VXS_UINT16,
                 .size = {3, 24, 24},
                 .chunking = VXS_CHUNK_GIVEN,
                 .chunk = {3, 3, 24}};
    if (world_rank == 0) {
        void *data = calloc(40 * 24 * 24, 2);
        test_write(in_path, &file, data);
        free(data);
    }
    everywhere(1);
    vxs_report report = {0}, planned = {0};
    vxs_job job = job_of(&v, in_path, 400000, 1);
    assert_true(everywhere(vxs_mpi_resample(MPI_COMM_WORLD, &job, &report) == VXS_OK));
    assert_true(everywhere(vxs_mpi_plan(&job, 8, &planned, NULL, NULL) == VXS_OK));
    assert_true(everywhere(report.read.bytes == planned.planned_read_bytes));
    assert_true(everywhere(report.ghost_bytes == planned.planned_ghost_bytes && report.ghost_bytes > 0));
    assert_true(everywhere(report.piece_bytes == planned.planned_piece_bytes && report.piece_bytes > 0));
}

int main(int argc, char **argv) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_mode_and_dtype_gives_the_oracles_bytes),
        cmocka_unit_test(every_rank_count_budget_and_thread_count_gives_the_same_bytes),
        cmocka_unit_test(odd_shapes_give_the_oracles_bytes),
        cmocka_unit_test(channels_and_batches_give_the_oracles_bytes),
        cmocka_unit_test(coordinate_rules_conversions_and_byte_orders_give_the_oracles_bytes),
        cmocka_unit_test(a_job_that_is_refused_is_refused_on_every_rank_and_leaves_nothing),
        cmocka_unit_test(the_report_counts_what_the_plan_foretold),
        cmocka_unit_test(planes_left_out_are_no_ghosts_in_plan_or_report),
    };
    int provided;
    MPI_Init_thread(&argc, &argv, MPI_THREAD_FUNNELED, &provided);
    if (argc > 1) /* one test by name, for whoever looks for a fault */
        cmocka_set_test_filter(argv[1]);
    int failed = cmocka_run_group_tests(tests, ranks_begin, ranks_end);
    MPI_Finalize();
    return failed;
}
