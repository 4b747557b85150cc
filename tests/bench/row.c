#include "bench/row.h"

#include <stdlib.h>
#include <string.h>

#include "base/dtype.h"
#include "bench/machine.h"

enum { REPEATS_MAX = 1000, REPEATS_MIN = 3, TURNS = 5 };

static int by_value(const void *a, const void *b) {
    const double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

/* What calls took. */
typedef struct series {
    int repeats;
    double took[REPEATS_MAX];
} series;

/* As many calls more as the time allows, and at_least so many. */
static bool lengthen(series *s, bench_call *call, const void *arg, int at_least, double seconds) {
    double spent = 0;
    if (call(arg) != VXS_OK)
        return false;
    for (int k = 0; s->repeats < REPEATS_MAX && (k < at_least || spent < seconds); k++) {
        const double begin = seconds_now();
        if (call(arg) != VXS_OK)
            return false;
        spent += s->took[s->repeats++] = seconds_now() - begin;
    }
    return true;
}

static bool lengthen_alone(series *s, bench_call *call, const void *arg, double seconds) {
    const int threads = vxs_get_num_threads();
    vxs_set_num_threads(1);
    const bool done = lengthen(s, call, arg, 1, seconds);
    vxs_set_num_threads(threads);
    return done;
}

static void sort(series *s) {
    qsort(s->took, (size_t)s->repeats, sizeof *s->took, by_value);
}

bool bench_time(bench_row *r, bench_call *call, const void *arg, double seconds) {
    static series all, one;
    const bool in_turns = r->compared && vxs_get_num_threads() > 1;
    const int turns = in_turns ? TURNS : 1;
    all.repeats = one.repeats = 0;
    for (int turn = 0; turn < turns; turn++)
        if (!lengthen(&all, call, arg, (REPEATS_MIN + turns - 1) / turns, seconds / turns) ||
            (in_turns && !lengthen_alone(&one, call, arg, seconds / turns)))
            return false;
    sort(&all);
    sort(&one);
    r->repeats = all.repeats;
    r->least = all.took[0];
    r->median = all.took[all.repeats / 2];
    r->most = all.took[all.repeats - 1];
    r->one = in_turns ? one.took[one.repeats / 2] : 0;
    return true;
}

vxs_view bench_cube(vxs_dtype dtype, int64_t size) {
    return (vxs_view){.data = bench_alloc((size_t)(size * size * size) * dtype_bytes(dtype)),
                      .dtype = dtype,
                      .axes = 3,
                      .shape = {size, size, size}};
}

/* The k-th number of splitmix64: neighbours have nothing in common. */
static uint64_t bits_of(uint64_t k) {
    uint64_t bits = k * UINT64_C(0x9E3779B97F4A7C15);
    bits = (bits ^ bits >> 30) * UINT64_C(0xBF58476D1CE4E5B9);
    bits = (bits ^ bits >> 27) * UINT64_C(0x94D049BB133111EB);
    return bits ^ bits >> 31;
}

float bench_random(uint64_t k) {
    return (float)(bits_of(k) >> 40) * 0x1p-24f;
}

void bench_fill(const vxs_view *cube) {
    const int64_t voxels = cube->shape[0] * cube->shape[1] * cube->shape[2];
    const size_t bytes = dtype_bytes(cube->dtype);
#pragma omp parallel for schedule(static)
    for (int64_t i = 0; i < voxels; i++) {
        const uint64_t bits = bits_of((uint64_t)i);
        if (cube->dtype == VXS_FLOAT32)
            ((float *)cube->data)[i] = bench_random((uint64_t)i);
        else
            memcpy((char *)cube->data + (size_t)i * bytes, &bits, bytes);
    }
}
