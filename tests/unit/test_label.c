/* The neighbourhood label: the oracle against NumPy's, the library against both. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/checked.h"
#include "operators/label.h"
#include "reference/golden.h"
#include "reference/reference.h"
#include "unit/sample_data.h"

enum { CENTRE = 13 };

/* ---- the golden files ---- */

static const double near[] = {0,      13860,  19601,    5741,     8119,  2911, 5042, 16777216,
                              -13860, -19601, 16777215, 16777217, -5042, 1,    -1};
static const double special[] = {0,        1,         -1,    100,  101,   150,   173.25, 200, 300,
                                 -100,     1e30,      -1e30, 3e38, -3e38, 1e-40, -1e-42, 7,   9,
                                 INFINITY, -INFINITY, NAN,   5,    11,    12,    13};

static double golden_value(const char *data, int64_t k, const int64_t s[3]) {
    uint64_t z = golden_splitmix64((uint64_t)k * UINT64_C(0x9E3779B97F4A7C15));
    const char *number = strchr(data, ':');
    if (strcmp(data, "noise24") == 0)
        return golden_voxel(GOLDEN_NOISE24, k);
    if (strcmp(data, "noise53") == 0)
        return golden_voxel(GOLDEN_NOISE53, k);
    if (strncmp(data, "levels", 6) == 0)
        return (double)(z % (uint64_t)atoi(number + 1));
    if (strcmp(data, "near") == 0)
        return near[z % (sizeof near / sizeof *near)];
    if (strcmp(data, "special") == 0)
        return special[z % (sizeof special / sizeof *special)];
    bool centre = k % s[2] % 3 == 1 && k / s[2] % s[1] % 3 == 1 && k / (s[2] * s[1]) % 3 == 1;
    return strncmp(data, "around", 6) != 0 ? 0 : centre ? 100 : 100 + atof(number + 1);
}

/* Integers wrap around, as NumPy's do. */
static void golden_fill(void *input, vxs_dtype dtype, const char *data, const int64_t s[3]) {
    for (int64_t k = 0; k < s[0] * s[1] * s[2]; k++) {
        double real = golden_value(data, k, s);
        float narrow = (float)real;
        uint64_t bits = golden_splitmix64((uint64_t)k * UINT64_C(0x9E3779B97F4A7C15));
        if (dtype_class_of(dtype) == DTYPE_I && strcmp(data, "bits") != 0)
            bits = (uint64_t)(int64_t)real;
        const void *from = dtype == VXS_FLOAT64   ? (const void *)&real
                           : dtype == VXS_FLOAT32 ? (const void *)&narrow
                                                  : (const void *)&bits;
        memcpy((char *)input + k * (int64_t)dtype_bytes(dtype), from, dtype_bytes(dtype));
    }
}

static void check_golden(const uint8_t *expected, vxs_dtype dtype, const char *data, int minimum,
                         const int64_t s[3]) {
    const int64_t voxels = s[0] * s[1] * s[2], shape[5] = {1, 1, s[0], s[1], s[2]};
    void *input = malloc((size_t)voxels * 8);
    uint8_t *labels = malloc((size_t)voxels);
    golden_fill(input, dtype, data, s);
    assert_int_equal(reference_label(input, dtype, shape, labels, VXS_UINT8, minimum), VXS_OK);
    if (memcmp(labels, expected, (size_t)voxels) != 0)
        fail_msg("the oracle: %s %s %d", dtype_name(dtype), data, minimum);
    vxs_view src = {.data = input, .dtype = dtype, .axes = 3, .shape = {s[0], s[1], s[2]}}, dst = src;
    dst.data = labels;
    dst.dtype = VXS_UINT8;
    memset(labels, 0xA5, (size_t)voxels);
    assert_int_equal(vxs_label(&src, &dst, &(vxs_label_options){minimum}), VXS_OK);
    if (memcmp(labels, expected, (size_t)voxels) != 0)
        fail_msg("vxs_label: %s %s %d", dtype_name(dtype), data, minimum);
    free(input);
    free(labels);
}

static void oracle_and_library_are_numpys_on_every_voxel(void **state) {
    (void)state;
    static uint8_t expected[1 << 20];
    FILE *labels = fopen(GOLDEN_DIR "/label.u8", "rb"), *cases = fopen(GOLDEN_DIR "/label_cases.txt", "r");
    assert_true(labels && cases);
    const int64_t bytes = (int64_t)fread(expected, 1, sizeof expected, labels);
    char line[256], name[16], data[32];
    int count = 0;
    for (int64_t end = 0; fgets(line, sizeof line, cases); count++) {
        long long s[3], offset;
        int minimum;
        vxs_dtype dtype;
        if (line[0] == '#')
            continue;
        assert_int_equal(
            sscanf(line, "%15s %31s %d %lld %lld %lld %lld", name, data, &minimum, s, s + 1, s + 2, &offset),
            7);
        assert_int_equal(dtype_from_name(name, &dtype), VXS_OK);
        assert_int_equal(offset, end);
        end += s[0] * s[1] * s[2];
        assert_true(end <= bytes);
        check_golden(expected + offset, dtype, data, minimum, (int64_t[]){s[0], s[1], s[2]});
    }
    assert_true(count > 90);
    fclose(labels);
    fclose(cases);
}

/* ---- the kernel against the oracle ---- */

typedef struct trial {
    vxs_dtype src, dst;
    int minimum;
    int64_t shape[AXES];
} trial;

/* Values of several characters, so that every branch of the float32 shortcut is taken. */
static void fill(void *input, vxs_dtype dtype, int64_t voxels, int kind) {
    for (int64_t k = 0; k < voxels; k++) {
        const uint64_t bits = sample_bits((uint64_t)k * 31 + (uint64_t)kind);
        if (kind < 2 || (dtype != VXS_FLOAT32 && dtype != VXS_FLOAT64)) {
            sample_store(input, dtype, k, kind == 1 && bits % 64 == 0);
            continue;
        }
        const double table = near[bits % (sizeof near / sizeof *near)];
        double real = kind == 2 ? table : kind == 3 ? (double)(bits % 3) : kind == 4 ? table * 1e-42 : 0;
        real = kind == 5 ? table * 2e34 : kind == 6 ? 16777216 + (double)(bits % 5) : real;
        if (dtype == VXS_FLOAT32)
            ((float *)input)[k] = (float)real;
        else
            ((double *)input)[k] = real;
    }
}

/* The box of the output from just the input it needs. */
static void compute_box(const label_operator *op, void *input, void *output, const box *part, int threads) {
    const stream_operator stream = label_stream(op);
    const size_t bytes = dtype_bytes(op->src_dtype);
    box all = box_of_shape(op->shape), need = *part;
    for (int a = 0; a < 3; a++)
        need.axis[AXIS_D + a] = stream.source(stream.self, a, part->axis[AXIS_D + a]);
    void *packed = malloc((size_t)box_voxels(&need) * bytes), *scratch = NULL;
    box_view whole = box_view_packed(input, &all), in = box_view_packed(packed, &need);
    box_view_copy(&whole, &in, &need, bytes);
    box_view out = box_view_packed(output, &all);
    int64_t first[AXES];
    for (int a = 0; a < AXES; a++)
        first[a] = part->axis[a].begin;
    out.data = box_view_at(&out, dtype_bytes(op->dst_dtype), first);
    out.where = *part;
    const int64_t scratch_bytes = stream.scratch_bytes(stream.self, range_size(need.axis[AXIS_W]), threads);
    assert_int_equal(posix_memalign(&scratch, 64, (size_t)scratch_bytes), 0);
    stream.compute(stream.self, NULL, &in, &out, threads, scratch);
    free(scratch);
    free(packed);
}

static void check_trial(const trial *t, int kind, const int64_t cut[AXES], int threads) {
    box all = box_of_shape(t->shape), part;
    const int64_t voxels = box_voxels(&all);
    void *input = malloc((size_t)voxels * 8), *output = malloc((size_t)voxels * 8);
    void *expected = malloc((size_t)voxels * 8);
    fill(input, t->src, voxels, kind);
    memset(output, 0xA5, (size_t)voxels * 8);
    assert_int_equal(reference_label(input, t->src, t->shape, expected, t->dst, t->minimum), VXS_OK);
    label_operator op;
    assert_int_equal(
        label_operator_init(&op, &(vxs_label_options){t->minimum}, t->src, t->dst, t->shape, t->shape),
        VXS_OK);
    int64_t at[AXES] = {0};
    for (at[0] = 0; at[0] < t->shape[0]; at[0] += cut[0])
        for (at[1] = 0; at[1] < t->shape[1]; at[1] += cut[1])
            for (at[2] = 0; at[2] < t->shape[2]; at[2] += cut[2])
                for (at[3] = 0; at[3] < t->shape[3]; at[3] += cut[3])
                    for (at[4] = 0; at[4] < t->shape[4]; at[4] += cut[4]) {
                        for (int a = 0; a < AXES; a++)
                            part.axis[a] = (range){at[a], at[a] + cut[a]};
                        part = box_intersect(&part, &all);
                        compute_box(&op, input, output, &part, threads);
                    }
    const int64_t k = sample_difference(output, expected, t->dst, voxels, false);
    if (k >= 0)
        fail_msg("%s to %s, minimum %d, kind %d, (%d,%d,%d), %d threads: voxel %d", dtype_name(t->src),
                 dtype_name(t->dst), t->minimum, kind, (int)t->shape[2], (int)t->shape[3], (int)t->shape[4],
                 threads, (int)k);
    free(input);
    free(output);
    free(expected);
}

static void every_dtype_equals_the_oracle_whole_and_in_boxes(void **state) {
    (void)state;
    static const int64_t shapes[][AXES] = {{1, 1, 5, 6, 43}, {2, 2, 4, 5, 7}, {1, 1, 3, 3, 3},
                                           {1, 2, 2, 9, 9},  {1, 1, 7, 1, 9}, {1, 1, 4, 4, 1100}};
    uint64_t seed = 5;
    for (int src = 0; src < VXS_DTYPES; src++)
        for (size_t i = 0; i < sizeof shapes / sizeof *shapes; i++)
            for (int kind = 0; kind < 7; kind++) {
                trial t = {(vxs_dtype)src, VXS_UINT8, kind % 2, {0}};
                memcpy(t.shape, shapes[i], sizeof t.shape);
                check_trial(&t, kind, t.shape, 1 + kind % 3);
                int64_t cut[AXES];
                for (int a = 0; a < AXES; a++)
                    cut[a] = sample_between(&seed, 1, t.shape[a]);
                cut[AXIS_W] = max_i64(cut[AXIS_W], t.shape[AXIS_W] / 6 + 1);
                check_trial(&t, kind, cut, 2);
                t.minimum = !t.minimum;
                check_trial(&t, kind, t.shape, 1);
            }
}

static void every_output_dtype_holds_the_same_labels(void **state) {
    (void)state;
    for (int dst = 0; dst <= VXS_FLOAT64; dst++) {
        trial t = {VXS_FLOAT32, (vxs_dtype)dst, 0, {1, 1, 5, 6, 30}};
        check_trial(&t, 0, t.shape, 2);
    }
}

/* ---- by hand ---- */

static int label_of_cube(const float cube[27], int minimum) {
    uint8_t labels[27];
    vxs_view src = {.data = (void *)cube, .dtype = VXS_FLOAT32, .axes = 3, .shape = {3, 3, 3}}, dst = src;
    dst.data = labels;
    dst.dtype = VXS_UINT8;
    assert_int_equal(vxs_label(&src, &dst, &(vxs_label_options){minimum}), VXS_OK);
    for (int i = 0; i < 27; i++)
        assert_true(i == CENTRE || labels[i] == 0);
    return labels[CENTRE];
}

/* All neighbours at `others`, but for one or two. */
static int label_with(float centre, float others, int i, float at_i, int j, float at_j) {
    float cube[27];
    for (int k = 0; k < 27; k++)
        cube[k] = others;
    cube[CENTRE] = centre;
    cube[i] = at_i;
    cube[j] = at_j;
    return label_of_cube(cube, 0);
}

static void scores_that_float32_confuses_are_told_apart(void **state) {
    (void)state;
    /* A drop of `face` straight, of `edge` along an edge: edge/face is just above or below sqrt(2). */
    static const struct {
        float face, edge;
    } rows[] = {{13860, 19601}, {5741, 8119}, {13860, 19602}, {5741, 8120}};
    for (size_t r = 0; r < sizeof rows / sizeof *rows; r++) {
        double score = (double)rows[r].edge * (1 / sqrt(2));
        int expected = score > rows[r].face ? 1 : 4; /* 1 is an edge, 4 a face */
        assert_int_equal(label_with(0, 0, 4, -rows[r].face, 1, -rows[r].edge), expected);
    }
    /* The same for a corner and a face: sqrt(3). */
    assert_int_equal(label_with(0, 0, 4, -2911, 0, -5042), 5042 * (1 / sqrt(3)) > 2911 ? 0 : 4);
    assert_int_equal(label_with(0, 0, 4, -2911, 0, -5043), 0);
    /* Differences from 2^24 round: both neighbours are equally far, and the first wins. */
    assert_int_equal(label_with(16777216, 16777216, 10, -1, 4, 0), 4);
    assert_int_equal(label_with(16777216, 16777216, 4, -1, 10, 0), 4);
    assert_int_equal(label_with(16777216, 16777216, 4, -2, 10, 0), 4);
}

/* Ratios next to sqrt(3/2), where the rounding of both float32 scores may turn the order. */
static void edges_and_corners_that_nearly_tie_are_told_apart(void **state) {
    (void)state;
    for (int k = 0; k < 20000; k++) {
        const float edge = (float)(1000 + sample_bits((uint64_t)k) % 13000000);
        const float corner = nextafterf((float)(edge * sqrt(1.5)), k & 1 ? 0 : INFINITY);
        const double difference = (double)corner * (1 / sqrt(3)) - (double)edge * (1 / sqrt(2));
        assert_int_equal(label_with(0, 0, 3, -edge, 20, -corner), difference > 0 ? 20 : 3);
    }
}

static void the_centre_wins_only_below_minus_100_or_when_asked(void **state) {
    (void)state;
    static const struct {
        float over;
        int label, minimum_label;
    } rows[] = {{0, 0, 0},        {1, 0, 13},      {100, 0, 13},  {101, 0, 13},       {150, 0, 13},
                {173.3f, 13, 13}, {173.2f, 0, 13}, {200, 13, 13}, {INFINITY, 13, 13}, {-5, 4, 4}};
    for (size_t r = 0; r < sizeof rows / sizeof *rows; r++) {
        float cube[27];
        for (int k = 0; k < 27; k++)
            cube[k] = 7 + rows[r].over;
        cube[CENTRE] = 7;
        assert_int_equal(label_of_cube(cube, 0), rows[r].label);
        assert_int_equal(label_of_cube(cube, 1), rows[r].minimum_label);
    }
}

static void the_first_nan_wins_and_infinities_follow_arithmetic(void **state) {
    (void)state;
    assert_int_equal(label_with(1, 2, 20, NAN, 5, NAN), 5);
    assert_int_equal(label_with(NAN, 2, 20, 1, 5, 1), 0);
    assert_int_equal(label_with(1, 2, 20, -INFINITY, 5, -INFINITY), 5);
    assert_int_equal(label_with(INFINITY, 2, 20, INFINITY, 6, INFINITY), 6); /* Inf - Inf */
    assert_int_equal(label_with(-INFINITY, 2, 3, 2, 4, 2), 13);
}

static void unusable_views_are_refused(void **state) {
    (void)state;
    uint8_t a[64] = {0}, b[64] = {7};
    vxs_view src = {.data = a, .dtype = VXS_UINT8, .axes = 3, .shape = {3, 3, 3}}, dst = src;
    dst.data = b;
    dst.shape[0] = 2;
    assert_int_equal(vxs_label(&src, &dst, NULL), VXS_USAGE);
    assert_non_null(strstr(vxs_message(), "input's shape"));
    dst.shape[0] = 3;
    dst.dtype = VXS_BOOL;
    assert_int_equal(vxs_label(&src, &dst, NULL), VXS_USAGE);
    assert_non_null(strstr(vxs_message(), "bool"));
    assert_int_equal(b[0], 7);
}

static void strided_views_give_the_same_labels(void **state) {
    (void)state;
    enum { N = 6 };
    float in[N * N * N], turned[2 * N * N * N];
    uint8_t want[N * N * N], got[3 * N * N * N];
    for (int k = 0; k < N * N * N; k++)
        in[k] = (float)(sample_bits((uint64_t)k) % 50);
    for (int k = 0; k < N * N * N; k++) /* w slowest, d fastest, every other voxel */
        turned[2 * (k % N * N * N + k / N % N * N + k / N / N)] = in[k];
    const int64_t shape[5] = {1, 1, N, N, N};
    assert_int_equal(reference_label(in, VXS_FLOAT32, shape, want, VXS_UINT8, false), VXS_OK);
    vxs_view src = {
        .data = turned, .dtype = VXS_FLOAT32, .axes = 3, .shape = {N, N, N}, .stride = {2, 2 * N, 2 * N * N}};
    vxs_view dst = {
        .data = got, .dtype = VXS_UINT8, .axes = 3, .shape = {N, N, N}, .stride = {3 * N * N, 3 * N, 3}};
    assert_int_equal(vxs_label(&src, &dst, NULL), VXS_OK);
    for (int k = 0; k < N * N * N; k++)
        assert_int_equal(got[3 * k], want[k]);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(oracle_and_library_are_numpys_on_every_voxel),
        cmocka_unit_test(every_dtype_equals_the_oracle_whole_and_in_boxes),
        cmocka_unit_test(every_output_dtype_holds_the_same_labels),
        cmocka_unit_test(scores_that_float32_confuses_are_told_apart),
        cmocka_unit_test(edges_and_corners_that_nearly_tie_are_told_apart),
        cmocka_unit_test(the_centre_wins_only_below_minus_100_or_when_asked),
        cmocka_unit_test(the_first_nan_wins_and_infinities_follow_arithmetic),
        cmocka_unit_test(unusable_views_are_refused),
        cmocka_unit_test(strided_views_give_the_same_labels),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
