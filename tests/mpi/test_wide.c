/* ranks: 7 */
/*
 * Operators with ghost planes on both sides, one of label, a few dozen of cubic: the oracle's bytes on 1, 2,
 * 3, 5 and 7 ranks, for three budgets, 1 and 3 threads, slabs thinner than the halo, plain and deflated input
 * and output.
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
#include "reference/value.h"
#include "support/files.h"
#include "support/ranks.h"
#include "support/sample.h"

/* One job over one input; the options of vxs_job, and the file. */
typedef struct variant {
    test_file file;
    vxs_job job;
} variant;

static void shape_of(const variant *v, int64_t shape[5]) {
    for (int a = 0; a < 5; a++)
        shape[a] = a < 5 - v->file.axes ? 1 : v->file.shape[a - (5 - v->file.axes)];
}

static void *oracle(const variant *v, const void *data, size_t *bytes) {
    int64_t shape[5];
    shape_of(v, shape);
    const int64_t *out = v->job.op == VXS_OP_LABEL ? shape + 2 : v->job.size;
    *bytes = (size_t)(shape[0] * shape[1] * out[0] * out[1] * out[2]) * reference_value_bytes(v->job.dtype);
    void *result = malloc(*bytes);
    int status = v->job.op == VXS_OP_LABEL ? reference_label(data, v->file.dtype, shape, result, v->job.dtype,
                                                             v->job.label.minimum_label != 0)
                                           : reference_resample(data, v->file.dtype, shape, result,
                                                                v->job.dtype, v->job.size, &v->job.resample);
    if (status != VXS_OK)
        abort();
    return result;
}

static int run_equals(const variant *v, int group, int64_t memory, int threads, const void *expected,
                      size_t bytes) {
    int fine = 1;
    vxs_job job = v->job;
    job.memory = memory;
    job.threads = threads;
    if (rank_groups[group] != MPI_COMM_NULL) {
        fine = vxs_mpi_run(rank_groups[group], &job, NULL) == VXS_OK;
        if (!fine && world_rank == 0)
            fprintf(stderr, "%d ranks, %lld bytes: %s\n", rank_counts[group], (long long)memory,
                    vxs_message());
    }
    if (world_rank == 0 && fine) {
        test_file file = {.dtype = job.dtype};
        void *data = test_read(out_path, &file);
        fine = data && memcmp(data, expected, bytes) == 0;
        if (!fine)
            fprintf(stderr, "wrong bytes: op %d, dtype %d, %d ranks, budget %lld, %d threads\n", (int)job.op,
                    (int)v->file.dtype, rank_counts[group], (long long)memory, threads);
        free(data);
    }
    return everywhere(fine);
}

/* The budget that a refusal names must do. */
static int64_t least_memory(const variant *v, int ranks) {
    int64_t least = 0;
    if (world_rank == 0) {
        vxs_job job = v->job;
        job.memory = 1;
        job.threads = 3;
        if (vxs_mpi_plan(&job, ranks, NULL, NULL, NULL) != VXS_USAGE)
            abort();
        const char *number = strstr(vxs_message(), "--memory ");
        least = number ? atoll(number + strlen("--memory ")) : 1;
    }
    MPI_Bcast(&least, 1, MPI_INT64_T, 0, MPI_COMM_WORLD);
    return least;
}

static void check(variant v, int thorough) {
    void *data = NULL, *expected = NULL;
    size_t bytes = 0;
    v.job.input = in_path;
    v.job.output = out_path;
    v.job.force = 1;
    v.job.has_dtype = 1;
    if (world_rank == 0) {
        data = malloc(test_voxels(&v.file) * 8);
        test_fill(v.file.dtype, data, test_voxels(&v.file));
        test_write(in_path, &v.file, data);
        expected = oracle(&v, data, &bytes);
    }
    everywhere(1);
    for (int group = 0; group < RANK_COUNTS; group++) {
        const int64_t least = least_memory(&v, rank_counts[group]);
        const int64_t budgets[] = {least, 2 * least, (int64_t)256 << 20};
        for (int b = 0; b < 3; b++)
            for (int threads = 1; threads <= 3; threads += 2)
                if (chosen_next(thorough))
                    assert_true(run_equals(&v, group, budgets[b], threads, expected, bytes));
    }
    free(data);
    free(expected);
}

static const struct {
    int axes;
    int64_t shape[5], chunk[5], out_chunk[3];
} layouts[] = {
    {3, {23, 18, 21}, {0}, {0}},
    {3, {7, 18, 21}, {0}, {1, 8, 8}},         /* a plane a rank: slabs thinner than the halo */
    {3, {4, 30, 9}, {0}, {2, 3, 9}},          /* pencils */
    {3, {24, 17, 20}, {5, 6, 20}, {4, 8, 8}}, /* chunks in and out, deflated */
    {3, {9, 5, 70}, {9, 5, 16}, {9, 5, 8}},   /* cut along w */
    {4, {3, 9, 8, 12}, {2, 4, 8, 5}, {3, 4, 5}},
    {5, {2, 2, 5, 7, 6}, {0}, {0}},
    {3, {2, 9, 9}, {0}, {0}}, /* no interior */
};
enum { LAYOUTS = sizeof layouts / sizeof *layouts };

static variant laid_out(int i, vxs_dtype dtype) {
    variant v = {.file = {.dtype = dtype, .axes = layouts[i].axes}};
    memcpy(v.file.shape, layouts[i].shape, sizeof layouts[i].shape);
    memcpy(v.file.chunk, layouts[i].chunk, sizeof layouts[i].chunk);
    v.file.gzip = layouts[i].chunk[0] > 0;
    v.job.chunking = layouts[i].out_chunk[0] ? VXS_CHUNK_GIVEN : VXS_CHUNK_SAME;
    v.job.chunk_axes = 3;
    memcpy(v.job.chunk, layouts[i].out_chunk, sizeof layouts[i].out_chunk);
    if (v.file.gzip && i % 2)
        v.job.filter = VXS_FILTER_SHUFFLE_GZIP, v.job.gzip_level = 1;
    return v;
}

static void labels_of_every_dtype_and_layout_are_the_oracles(void **state) {
    (void)state;
    for (int dtype = 0; dtype < VXS_DTYPES; dtype++)
        for (int i = 0; i < LAYOUTS; i++) {
            variant v = laid_out(i, (vxs_dtype)dtype);
            v.job.op = VXS_OP_LABEL;
            v.job.dtype = dtype % 3 ? VXS_UINT8 : VXS_INT32;
            v.job.label.minimum_label = (dtype + i) % 2;
            check(v, dtype == VXS_FLOAT32);
        }
}

/* Axes that are filtered, and that are not; d with halos of 18, 21 and 30, 33 planes. */
static const struct {
    vxs_dtype dtype, out_dtype;
    int align, axes;
    int64_t shape[4], size[3], chunk[4], out_chunk[3];
} cubics[] = {
    {VXS_FLOAT32, VXS_FLOAT32, 0, 3, {40, 70, 21}, {20, 90, 9}, {0}, {0}},
    {VXS_FLOAT64, VXS_FLOAT64, 1, 3, {80, 19, 66}, {96, 9, 132}, {0}, {1, 9, 64}}, /* slabs under the halo */
    {VXS_UINT8, VXS_UINT8, 0, 3, {7, 97, 64}, {3, 64, 50}, {0}, {2, 8, 50}},       /* pencils */
    {VXS_UINT16, VXS_UINT16, 0, 3, {48, 30, 72}, {31, 40, 48}, {5, 16, 20}, {4, 16, 16}}, /* deflated */
    {VXS_INT16, VXS_FLOAT32, 1, 3, {9, 5, 170}, {12, 5, 110}, {9, 5, 32}, {12, 5, 16}},   /* cut along w */
    {VXS_INT32, VXS_INT32, 0, 4, {3, 20, 70, 12}, {9, 71, 30}, {2, 8, 32, 5}, {3, 16, 5}},
    {VXS_FLOAT32, VXS_UINT8, 0, 3, {2, 3, 700}, {1, 1, 500}, {0}, {0}}, /* out of 1 */
};
enum { CUBICS = sizeof cubics / sizeof *cubics };

static void cubic_of_every_form_and_layout_is_the_oracles(void **state) {
    (void)state;
    for (int i = 0; i < CUBICS; i++) {
        variant v = {.file = {.dtype = cubics[i].dtype, .axes = cubics[i].axes}};
        memcpy(v.file.shape, cubics[i].shape, sizeof cubics[i].shape);
        memcpy(v.file.chunk, cubics[i].chunk, sizeof cubics[i].chunk);
        v.file.gzip = cubics[i].chunk[0] > 0;
        v.job.resample = (vxs_resample_options){VXS_CUBIC, VXS_COORDS_AUTO, cubics[i].align};
        v.job.dtype = cubics[i].out_dtype;
        v.job.sizing = VXS_BY_SIZE;
        memcpy(v.job.size, cubics[i].size, sizeof cubics[i].size);
        v.job.chunking = cubics[i].out_chunk[0] ? VXS_CHUNK_GIVEN : VXS_CHUNK_NONE;
        v.job.chunk_axes = 3;
        memcpy(v.job.chunk, cubics[i].out_chunk, sizeof cubics[i].out_chunk);
        if (v.file.gzip)
            v.job.filter = VXS_FILTER_SHUFFLE_GZIP, v.job.gzip_level = 1;
        check(v, i < 2);
    }
}

/* An impulse that ranks on either side of a boundary must ring alike. */
static void an_impulse_at_every_rank_boundary_gives_the_oracles_bytes(void **state) {
    (void)state;
    enum { PLANES = 70, SIDE = 6 };
    float data[PLANES * SIDE * SIDE], expected[PLANES / 2 * SIDE * SIDE];
    const int64_t shape[5] = {1, 1, PLANES, SIDE, SIDE}, size[3] = {PLANES / 2, SIDE, SIDE};
    vxs_job job = {.input = in_path,
                   .output = out_path,
                   .force = 1,
                   .has_dtype = 1,
                   .dtype = VXS_FLOAT32,
                   .resample = {VXS_CUBIC, VXS_COORDS_AUTO, 0},
                   .sizing = VXS_BY_SIZE,
                   .size = {PLANES / 2, SIDE, SIDE},
                   .chunking = VXS_CHUNK_GIVEN,
                   .chunk = {1, SIDE, SIDE},
                   .chunk_axes = 3,
                   .threads = 1};
    for (int plane = 3; plane < PLANES; plane += 11) {
        memset(data, 0, sizeof data);
        data[(plane * SIDE + 2) * SIDE + 3] = 1;
        if (world_rank == 0) {
            test_file file = {.dtype = VXS_FLOAT32, .axes = 3, .shape = {PLANES, SIDE, SIDE}};
            test_write(in_path, &file, data);
        }
        assert_int_equal(
            reference_resample(data, VXS_FLOAT32, shape, expected, VXS_FLOAT32, size, &job.resample), VXS_OK);
        everywhere(1);
        const variant v = {.file = {.dtype = VXS_FLOAT32}, .job = job};
        for (int group = 0; group < RANK_COUNTS; group++)
            assert_true(run_equals(&v, group, 64 << 20, 1, expected, sizeof expected));
    }
}

static void labels_keep_shape_and_spacing_and_are_uint8(void **state) {
    (void)state;
    test_file file = {.dtype = VXS_FLOAT32, .axes = 3, .shape = {5, 6, 7}, .spacing = {2, 1, 0.5}};
    float data[210] = {0};
    if (world_rank == 0)
        test_write(in_path, &file, data);
    everywhere(1);
    vxs_report report = {0};
    vxs_job job = {.input = in_path, .output = out_path, .memory = 64 << 20, .threads = 1, .force = 1};
    assert_true(everywhere(vxs_mpi_label(MPI_COMM_WORLD, &job, &report) == VXS_OK));
    assert_true(everywhere(report.op == VXS_OP_LABEL && report.out_dtype == VXS_UINT8 &&
                           memcmp(report.out_shape, report.in_shape, sizeof report.in_shape) == 0 &&
                           memcmp(report.out_spacing, file.spacing, sizeof file.spacing) == 0));
    job.has_dtype = 1;
    job.dtype = VXS_FLOAT16;
    assert_true(everywhere(vxs_mpi_label(MPI_COMM_WORLD, &job, NULL) == VXS_USAGE));
}

int main(int argc, char **argv) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(labels_of_every_dtype_and_layout_are_the_oracles),
        cmocka_unit_test(cubic_of_every_form_and_layout_is_the_oracles),
        cmocka_unit_test(an_impulse_at_every_rank_boundary_gives_the_oracles_bytes),
        cmocka_unit_test(labels_keep_shape_and_spacing_and_are_uint8),
    };
    int provided;
    MPI_Init_thread(&argc, &argv, MPI_THREAD_FUNNELED, &provided);
    if (argc > 1) /* one test by name, for whoever looks for a fault */
        cmocka_set_test_filter(argv[1]);
    int failed = cmocka_run_group_tests(tests, ranks_begin, ranks_end);
    MPI_Finalize();
    return failed;
}
