#include "bench/row.h"

#include <stdlib.h>
#include <string.h>

#include "base/dtype.h"
#include "bench/machine.h"

enum { REPEATS_MAX = 1000, REPEATS_MIN = 3 };

static int by_value(const void *a, const void *b) {
    const double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

bool bench_time(bench_row *r, bench_call *call, const void *arg, double seconds) {
    static double took[REPEATS_MAX];
    double spent = 0;
    if (call(arg) != VXS_OK)
        return false;
    for (r->repeats = 0; r->repeats < REPEATS_MAX && (r->repeats < REPEATS_MIN || spent < seconds);) {
        const double begin = seconds_now();
        if (call(arg) != VXS_OK)
            return false;
        spent += took[r->repeats++] = seconds_now() - begin;
    }
    qsort(took, (size_t)r->repeats, sizeof *took, by_value);
    r->least = took[0];
    r->median = took[r->repeats / 2];
    r->most = took[r->repeats - 1];
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
