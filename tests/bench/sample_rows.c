/*
 * Sampling: vxs_grid_sample at random points, the worst for caches, and on a smooth grid, the identity moved
 * by up to two voxels, as registration makes it; vxs_affine with the matrix that does what vxs_resample does,
 * to be held against its row, and one turned by 20 degrees.
 */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/dtype.h"
#include "bench/machine.h"
#include "bench/row.h"

typedef struct shape {
    const char *what;
    vxs_padding padding;
    int64_t in, out;
    float (*point)(int64_t d, int64_t h, int64_t w, int component, int64_t size); /* NULL: affine */
    bool turned;
} shape;

static float random_point(int64_t d, int64_t h, int64_t w, int component, int64_t size) {
    const int64_t k = 3 * ((d * size + h) * size + w) + component;
    return 2 * bench_random(UINT64_C(0x5EED0000) + (uint64_t)k) - 1;
}

/* The voxel's own place, and a wave along the next axis. */
static float smooth_point(int64_t d, int64_t h, int64_t w, int component, int64_t size) {
    const int64_t at[3] = {w, h, d};
    const double wave = 2 * sin(6 * (double)at[(component + 1) % 3] / (double)size);
    return (float)((2 * ((double)at[component] + wave) + 1) / (double)size - 1);
}

static const shape shapes[] = {
    {"grid_sample linear zeros", VXS_ZEROS, 128, 128, random_point, false},
    {"grid_sample linear reflection", VXS_REFLECTION, 128, 128, random_point, false},
    {"grid_sample linear zeros smooth", VXS_ZEROS, 128, 128, smooth_point, false},
    {"grid_sample linear reflection smooth", VXS_REFLECTION, 128, 128, smooth_point, false},
    {"affine linear", VXS_BORDER, 512, 256, NULL, false},
    {"affine linear", VXS_BORDER, 512, 171, NULL, false},
    {"affine linear", VXS_BORDER, 256, 512, NULL, false},
    {"affine linear", VXS_BORDER, 128, 64, NULL, false},
    {"affine linear turned", VXS_ZEROS, 256, 256, NULL, true},
};
static const vxs_dtype dtypes[] = {VXS_FLOAT32, VXS_UINT8, VXS_UINT16};
enum { SHAPES = sizeof shapes / sizeof *shapes, DTYPES = sizeof dtypes / sizeof *dtypes };

typedef struct job {
    vxs_view src, dst, grid;
    double matrix[12];
    vxs_sample_options options;
} job;

static vxs_status grid_sample(const void *arg) {
    const job *j = arg;
    return vxs_grid_sample(&j->src, &j->grid, &j->dst, &j->options);
}

static vxs_status affine(const void *arg) {
    const job *j = arg;
    return vxs_affine(&j->src, &j->dst, j->matrix, &j->options);
}

static void make_grid(vxs_view *grid, const shape *s, int64_t size) {
    *grid = (vxs_view){.data = bench_alloc((size_t)(3 * size * size * size) * sizeof(float)),
                       .dtype = VXS_FLOAT32,
                       .axes = 4,
                       .shape = {size, size, size, 3}};
    float *to = grid->data;
#pragma omp parallel for schedule(static)
    for (int64_t row = 0; row < (to ? size * size : 0); row++)
        for (int64_t k = 0; k < 3 * size; k++)
            to[row * 3 * size + k] = s->point(row / size, row % size, k / 3, (int)(k % 3), size);
}

/* In about h and d for turned ones; u = (i + 1/2) * in/out - 1/2 for the others. */
static void make_matrix(double matrix[12], const shape *s, int64_t in, int64_t out) {
    const double scale = (double)in / (double)out, c = cos(0.35), e = sin(0.35), middle = (double)in / 2;
    const double turned[12] = {1, 0, 0, 0, 0, c, -e, middle * (1 - c + e), 0, e, c, middle * (1 - c - e)};
    const double shift = 0.5 * scale - 0.5;
    const double aligned[12] = {scale, 0, 0, shift, 0, scale, 0, shift, 0, 0, scale, shift};
    memcpy(matrix, s->turned ? turned : aligned, sizeof turned);
}

static void describe(bench_row *r, int i, bool smoke) {
    const shape *s = &shapes[i % SHAPES];
    *r = (bench_row){.mode = "linear",
                     .dtype = dtypes[i / SHAPES],
                     .in = smoke ? s->in / 16 + 1 : s->in,
                     .out = smoke ? s->out / 16 + 1 : s->out};
    const int64_t voxels_in = r->in * r->in * r->in, voxels_out = r->out * r->out * r->out;
    r->bytes = (voxels_in + voxels_out) * (int64_t)dtype_bytes(r->dtype) +
               (s->point ? 3 * voxels_out * (int64_t)sizeof(float) : 0);
    snprintf(r->name, sizeof r->name, "%s %s %lld->%lld", dtype_name(r->dtype), s->what, (long long)r->in,
             (long long)r->out);
}

static bool run(bench_row *r, int i, double seconds) {
    const shape *s = &shapes[i % SHAPES];
    job j = {.src = bench_cube(r->dtype, r->in),
             .dst = bench_cube(r->dtype, r->out),
             .options = {.mode = VXS_LINEAR, .padding = s->padding}};
    make_matrix(j.matrix, s, r->in, r->out);
    if (s->point)
        make_grid(&j.grid, s, r->out);
    bool done = j.src.data && j.dst.data && (j.grid.data || !s->point);
    if (done) {
        bench_fill(&j.src);
        done = bench_time(r, s->point ? grid_sample : affine, &j, seconds);
    }
    free(j.src.data);
    free(j.dst.data);
    free(j.grid.data);
    return done;
}

const bench_family sample_rows = {SHAPES * DTYPES, describe, run};
