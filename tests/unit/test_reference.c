/* The oracle against PyTorch: tests/golden, with the tolerances of SEMANTICS. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "reference/golden.h"
#include "reference/reference.h"
#include "reference/value.h"

static golden_set golden;

static int load_golden(void **state) {
    (void)state;
    const char *wrong = golden_load(GOLDEN_DIR, "cases.txt", &golden);
    if (wrong)
        print_error("%s\n", wrong);
    return wrong ? -1 : 0;
}

static int free_golden(void **state) {
    (void)state;
    golden_free(&golden);
    return 0;
}

/* The oracle's result, for free(). */
static void *resample_as(const golden_case *c, vxs_dtype dtype, vxs_coords coords) {
    vxs_resample_options options = c->options;
    options.coords = coords;
    void *src = golden_input(c, dtype);
    void *dst = malloc((size_t)golden_output_voxels(c) * sizeof(double));
    assert_non_null(src);
    assert_non_null(dst);
    assert_int_equal(reference_resample(src, dtype, c->in_shape, dst, dtype, c->out_dhw, &options), VXS_OK);
    free(src);
    return dst;
}

static double largest_input(const golden_case *c) {
    double largest = 0;
    for (int64_t k = 0; k < golden_input_voxels(c); k++)
        largest = fmax(largest, fabs(golden_voxel(c->data, k)));
    return largest;
}

static double at(const void *values, vxs_dtype dtype, int64_t k) {
    return dtype == VXS_FLOAT32 ? (double)((const float *)values)[k] : ((const double *)values)[k];
}

/* By how many voxels PyTorch's floorf moves the coordinates of output k of a float64 case, over its axes. */
static double floorf_steps(const golden_case *c, int64_t k) {
    double moved = 0;
    for (int a = 2; c->floorf && a >= 0; k /= c->out_dhw[a--]) {
        reference_linear taps = reference_linear_taps(VXS_COORDS_TORCH, c->options.align_corners, true,
                                                      c->in_shape[a + 2], c->out_dhw[a], k % c->out_dhw[a]);
        double r = (double)taps.i0 + taps.l1;
        if ((int64_t)floorf((float)r) != taps.i0)
            moved += (double)taps.i1 - r;
    }
    return moved;
}

/* The largest difference of a case, relative to max|v|, computed in the case's own dtype. A moved coordinate
 * may add itself times the largest first difference, 2*max|v|. */
static double largest_error(const golden_case *c, vxs_coords coords) {
    void *got = resample_as(c, c->src_dtype, coords);
    double worst = 0, largest = largest_input(c);
    for (int64_t k = 0; k < c->count; k++) {
        double error = fabs(at(got, c->src_dtype, k) - at(c->expected, c->src_dtype, k));
        if (error > 0)
            error = fmax(0, error / largest - 2 * floorf_steps(c, k));
        worst = error <= worst ? worst : error; /* NaN counts */
    }
    free(got);
    return worst;
}

static void check_linear(golden_kind kind, vxs_coords coords) {
    double worst = 0;
    int cases = 0;
    for (int i = 0; i < golden.count; i++) {
        const golden_case *c = &golden.cases[i];
        if (c->kind != kind)
            continue;
        double error = largest_error(c, coords);
        if (!(error <= c->tolerance))
            fail_msg("%s: differs by %g of max|v|, allowed %g", c->name, error, c->tolerance);
        worst = fmax(worst, error);
        cases++;
    }
    assert_true(cases >= 2 * GOLDEN_LEAST_SHAPES);
    print_message("%d cases, worst %g of max|v|\n", cases, worst);
}

static void linear_of_float64_is_pytorchs_within_1e_11(void **state) {
    (void)state;
    check_linear(GOLDEN_LINEAR64, VXS_COORDS_EXACT);
    check_linear(GOLDEN_LINEAR64, VXS_COORDS_AUTO);
}

static void linear_of_float64_with_torch_coordinates_is_pytorchs_within_1e_11(void **state) {
    (void)state;
    check_linear(GOLDEN_LINEAR64, VXS_COORDS_TORCH);
}

static void linear_of_float32_with_torch_coordinates_is_pytorchs_within_2e_6(void **state) {
    (void)state;
    check_linear(GOLDEN_LINEAR32, VXS_COORDS_TORCH);
}

/* Noise in [-1,1) has first differences below 2, and coordinates are off by size*2^-23 per axis. */
static void linear_of_float32_with_exact_coordinates_is_off_by_pytorchs_coordinates_only(void **state) {
    (void)state;
    for (int i = 0; i < golden.count; i++) {
        const golden_case *c = &golden.cases[i];
        if (c->kind != GOLDEN_LINEAR32)
            continue;
        double allowed = c->tolerance;
        for (int a = 0; a < 3; a++)
            allowed += 2 * 0x1p-23 * (double)(c->in_shape[a + 2] > 1 ? c->in_shape[a + 2] : 0);
        double error = largest_error(c, VXS_COORDS_EXACT);
        if (!(error <= allowed))
            fail_msg("%s: differs by %g of max|v|, allowed %g", c->name, error, allowed);
    }
}

static void check_nearest_dtype(const golden_case *c, vxs_dtype dtype, vxs_coords coords) {
    size_t bytes = reference_value_bytes(dtype), in_bytes = bytes * (size_t)golden_input_voxels(c);
    unsigned char *src = malloc(in_bytes), *dst = malloc(bytes * (size_t)c->count);
    assert_true(src && dst);
    for (size_t k = 0; k < in_bytes; k++)
        src[k] = (unsigned char)golden_splitmix64(k);
    vxs_resample_options options = {.mode = VXS_NEAREST, .coords = coords};
    assert_int_equal(reference_resample(src, dtype, c->in_shape, dst, dtype, c->out_dhw, &options), VXS_OK);
    const int32_t *index = c->expected;
    for (int64_t k = 0; k < c->count; k++)
        if (memcmp(dst + (size_t)k * bytes, src + (size_t)index[k] * bytes, bytes) != 0)
            fail_msg("%s: dtype %d: output %lld is not input %d", c->name, (int)dtype, (long long)k,
                     index[k]);
    free(src);
    free(dst);
}

static void nearest_copies_the_voxel_that_pytorch_copies_in_every_dtype(void **state) {
    (void)state;
    int cases = 0;
    for (int i = 0; i < golden.count; i++) {
        if (golden.cases[i].kind != GOLDEN_NEAREST)
            continue;
        for (int dtype = 0; dtype < VXS_DTYPES; dtype++) {
            check_nearest_dtype(&golden.cases[i], (vxs_dtype)dtype, VXS_COORDS_TORCH);
            check_nearest_dtype(&golden.cases[i], (vxs_dtype)dtype, VXS_COORDS_AUTO);
        }
        cases++;
    }
    assert_true(cases >= GOLDEN_LEAST_SHAPES);
    print_message("%d cases, all indices equal\n", cases);
}

static void area_windows_are_those_that_pytorch_averages(void **state) {
    (void)state;
    int64_t windows = 0;
    for (int i = 0; i < golden.count; i++) {
        const golden_case *c = &golden.cases[i];
        const int32_t *pair = c->expected;
        if (c->kind != GOLDEN_WINDOWS)
            continue;
        for (int64_t w = 0; w < c->out_dhw[2]; w++, pair += 2, windows++) {
            reference_window window = reference_area_window(c->in_shape[4], c->out_dhw[2], w);
            if (window.start != pair[0] || window.end != pair[1])
                fail_msg("%s: window %lld is not %d..%d", c->name, (long long)w, pair[0], pair[1]);
        }
    }
    assert_true(windows > 10000);
}

/* Steps from one float32 to the other; a huge number when either is NaN. */
static int64_t float_steps(float a, float b) {
    int32_t x, y;
    if (isnan(a) || isnan(b))
        return INT64_MAX;
    memcpy(&x, &a, sizeof x);
    memcpy(&y, &b, sizeof y);
    int64_t from = x < 0 ? INT32_MIN - (int64_t)x : x, to = y < 0 ? INT32_MIN - (int64_t)y : y;
    return llabs(from - to);
}

static void area_is_pytorchs_within_one_float32_ulp(void **state) {
    (void)state;
    int cases = 0;
    int64_t worst = 0;
    double worst_double = 0;
    for (int i = 0; i < golden.count; i++) {
        const golden_case *c = &golden.cases[i];
        if (c->kind != GOLDEN_AREA)
            continue;
        float *got = resample_as(c, VXS_FLOAT32, VXS_COORDS_AUTO);
        const double *expected = c->expected;
        for (int64_t k = 0; k < c->count; k++) {
            int64_t steps = float_steps(got[k], (float)expected[k]);
            if (steps > (int64_t)c->tolerance)
                fail_msg("%s: output %lld is %.9g, not %.17g", c->name, (long long)k, got[k], expected[k]);
            worst = steps > worst ? steps : worst;
        }
        free(got);
        double error = largest_error(c, VXS_COORDS_AUTO);
        assert_true(error <= 1e-14);
        worst_double = fmax(worst_double, error);
        cases++;
    }
    assert_true(cases >= GOLDEN_LEAST_SHAPES);
    print_message("%d cases, worst %lld float32 ulps, in double %g of max|v|\n", cases, (long long)worst,
                  worst_double);
}

static uint64_t sweep_hash(const golden_sweep *sweep) {
    uint64_t hash = 0;
    for (int64_t out = sweep->out_begin; out < sweep->out_end; out++)
        for (int64_t i = 0; i < out; i++)
            if (sweep->mode == VXS_NEAREST) {
                int64_t index = reference_nearest_index(VXS_COORDS_TORCH, false, sweep->in, out, i);
                hash += golden_sweep_term(out, i, 0, index);
            } else {
                reference_window window = reference_area_window(sweep->in, out, i);
                hash += golden_sweep_term(out, i, 0, window.start) + golden_sweep_term(out, i, 1, window.end);
            }
    return hash;
}

static void
every_index_and_window_up_to_128_and_nearest_around_2_to_the_23_and_24_are_pytorchs(void **state) {
    (void)state;
    golden_sweep sweeps[300];
    int count = golden_load_sweeps(GOLDEN_DIR, sweeps, 300);
    assert_int_equal(count, 2 * 128 + 5);
    for (int i = 0; i < count; i++)
        if (sweep_hash(&sweeps[i]) != sweeps[i].hash)
            fail_msg("%s: %lld -> %lld..%lld differs", sweeps[i].mode == VXS_AREA ? "area" : "nearest",
                     (long long)sweeps[i].in, (long long)sweeps[i].out_begin,
                     (long long)sweeps[i].out_end - 1);
}

static const char *const golden_files[] = {"cases.txt",  "nearest.i32", "windows.i32",
                                           "linear.f64", "linear.f32",  "area.f64"};
static const size_t golden_file_count = sizeof golden_files / sizeof *golden_files;

/* A copy of the golden files in which one has been cut to some of its bytes, or left out (cut < 0). */
static void copy_golden(const char *folder, const char *damaged, long cut) {
    for (size_t f = 0; f < golden_file_count; f++) {
        char from[4096], to[4096];
        bool is_damaged = strcmp(golden_files[f], damaged) == 0;
        snprintf(from, sizeof from, "%s/%s", GOLDEN_DIR, golden_files[f]);
        snprintf(to, sizeof to, "%s/%s", folder, golden_files[f]);
        remove(to);
        if (is_damaged && cut < 0)
            continue;
        FILE *in = fopen(from, "rb"), *out = fopen(to, "wb");
        assert_true(in && out);
        long left = is_damaged ? cut : -1;
        for (int byte; left != 0 && (byte = fgetc(in)) != EOF; left--)
            fputc(byte, out);
        fclose(in);
        fclose(out);
    }
}

static void a_missing_short_or_thin_golden_file_is_an_error(void **state) {
    (void)state;
    static const struct {
        const char *file, *complaint;
        long cut;
    } damages[] = {
        {"cases.txt", "No such file", -1},   {"area.f64", "No such file", -1},
        {"cases.txt", "of 18 fields", 3000}, {"cases.txt", "need at least", 260},
        {"linear.f64", "shorter", 100000},   {"nearest.i32", "shorter", 0},
    };
    char folder[] = "/tmp/voxslab_golden_XXXXXX";
    assert_non_null(mkdtemp(folder));
    for (size_t d = 0; d < sizeof damages / sizeof *damages; d++) {
        golden_set set;
        copy_golden(folder, damages[d].file, damages[d].cut);
        const char *wrong = golden_load(folder, "cases.txt", &set);
        if (!wrong || !strstr(wrong, damages[d].complaint))
            fail_msg("%s cut to %ld: '%s' does not say '%s'", damages[d].file, damages[d].cut,
                     wrong ? wrong : "", damages[d].complaint);
        assert_null(set.cases);
    }
    for (size_t f = 0; f < golden_file_count; f++) {
        char path[4096];
        snprintf(path, sizeof path, "%s/%s", folder, golden_files[f]);
        remove(path);
    }
    rmdir(folder);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(linear_of_float64_is_pytorchs_within_1e_11),
        cmocka_unit_test(linear_of_float64_with_torch_coordinates_is_pytorchs_within_1e_11),
        cmocka_unit_test(linear_of_float32_with_torch_coordinates_is_pytorchs_within_2e_6),
        cmocka_unit_test(linear_of_float32_with_exact_coordinates_is_off_by_pytorchs_coordinates_only),
        cmocka_unit_test(nearest_copies_the_voxel_that_pytorch_copies_in_every_dtype),
        cmocka_unit_test(area_windows_are_those_that_pytorch_averages),
        cmocka_unit_test(area_is_pytorchs_within_one_float32_ulp),
        cmocka_unit_test(every_index_and_window_up_to_128_and_nearest_around_2_to_the_23_and_24_are_pytorchs),
        cmocka_unit_test(a_missing_short_or_thin_golden_file_is_an_error),
    };
    return cmocka_run_group_tests(tests, load_golden, free_golden);
}
