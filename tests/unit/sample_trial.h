/* Sampling jobs for tests, and the points that they sample at, from seeds. */
#ifndef UNIT_SAMPLE_TRIAL_H
#define UNIT_SAMPLE_TRIAL_H

#include <math.h>
#include <string.h>

#include "kernels/sample.h"
#include "unit/sample_data.h"

static const vxs_dtype dtypes[] = {VXS_UINT8,  VXS_INT8,  VXS_UINT16,  VXS_INT16,
                                   VXS_UINT32, VXS_INT32, VXS_FLOAT32, VXS_FLOAT64};
enum { DTYPES = sizeof dtypes / sizeof *dtypes };

/* One job: a whole volume, a map, and what the oracle says. */
typedef struct trial {
    vxs_sample_options options;
    sample_map_kind kind;
    vxs_dtype src, dst, map;
    int64_t in[AXES], out[AXES], points[AXES]; /* points: shape of the grid or field */
    bool special, calm;
    int64_t infinite_h;                 /* all voxels of that h are infinite; 0: none */
    double scale[3], step[3], shift[3]; /* step: of an axis-aligned matrix; 0: none */
    const double *matrix;               /* NULL: one of the others */
    void *input, *map_data, *output, *expected;
} trial;

static int64_t product(const int64_t shape[AXES]) {
    int64_t n = 1;
    for (int a = 0; a < AXES; a++)
        n *= shape[a];
    return n;
}

/* A coordinate of one axis of n voxels: inside, near the faces, half-way, at voxels, or out of this world. */
static double coordinate(uint64_t *seed, int64_t n) {
    static const double odd[] = {NAN, INFINITY, -INFINITY, 1e10, -1e10, 3e38, -3e38, 40, -40, 0, -0.0, 1e300};
    double whole = (double)sample_between(seed, -6, 2 * n + 1),
           part = (double)sample_between(seed, 0, 1 << 20);
    switch (sample_between(seed, 0, 9)) {
    case 0:
        return odd[sample_between(seed, 0, sizeof odd / sizeof *odd - 1)];
    case 1:
        return whole + 0.5;
    case 2:
        return whole;
    case 3:
        return nextafter(whole, -1e9);
    case 4:
        return whole + part * 0x1p-20;
    default:
        return (double)sample_between(seed, 0, n - 1) + part * 0x1p-20 - 0.5;
    }
}

static void store_real(void *data, vxs_dtype dtype, int64_t k, double v) {
    if (dtype == VXS_FLOAT32)
        ((float *)data)[k] = (float)v;
    else
        ((double *)data)[k] = v;
}

/* A calm one: inside, but for a few. */
static double calm_coordinate(uint64_t *seed, int64_t n) {
    if (sample_between(seed, 0, 99) == 0)
        return coordinate(seed, n);
    return (double)sample_between(seed, 0, (n - 1) << 16) * 0x1p-16;
}

/* Rows along w keep their d and h: d and h of the input depend on d and h alone, w also on others. Shears may
 * move whole rows out of the input along w. */
static void fill_calm_matrix(trial *t, uint64_t *seed) {
    static const double scales[] = {0.125, 0.5, 0.75, 1, 1.6, 2, 2.99, 5, 13, 40, -0.5, -1, -2.2, 0};
    double *m = t->map_data;
    memset(m, 0, 12 * sizeof *m);
    for (int a = 0; a < 3; a++) {
        const double scale = scales[sample_between(seed, 0, sizeof scales / sizeof *scales - 1)];
        const double middle = (double)(t->in[AXIS_D + a] - 1) / 2, out = (double)(t->out[AXIS_D + a] - 1) / 2;
        m[4 * a + a] = scale;
        m[4 * a + 3] = middle - scale * out + (double)sample_between(seed, -8, 8) / 16;
    }
    static const double shears[] = {0, 0, 0, 0.5, 1.0 / 3, -0.3, -1, 2.25, 7};
    static const int sheared[] = {1, 4, 8, 9};
    for (int i = 0; i < 4; i++)
        m[sheared[i]] = shears[sample_between(seed, 0, sizeof shears / sizeof *shears - 1)];
}

/* Coordinates as the map stores them. */
static void fill_map(trial *t, uint64_t *seed) {
    if (t->matrix) {
        memcpy(t->map_data, t->matrix, 12 * sizeof(double));
        return;
    }
    if (t->kind == SAMPLE_AFFINE && t->step[0] > 0) {
        double *m = memset(t->map_data, 0, 12 * sizeof(double));
        for (int a = 0; a < 3; a++) {
            m[4 * a + a] = t->step[a];
            m[4 * a + 3] = t->shift[a];
        }
        return;
    }
    if (t->kind == SAMPLE_AFFINE && t->calm) {
        fill_calm_matrix(t, seed);
        return;
    }
    if (t->kind == SAMPLE_AFFINE) {
        double *m = t->map_data;
        for (int i = 0; i < 12; i++)
            m[i] = (double)sample_between(seed, -8, 8) / (double)sample_between(seed, 1, 7);
        for (int a = 0; a < 3 && t->special; a++) /* a lattice: whole and half coordinates */
            for (int c = 0; c < 4; c++)
                m[4 * a + c] = c == 3 ? (double)sample_between(seed, -3, 9) / 2 : (a == c);
        return;
    }
    for (int64_t k = 0; k < product(t->points); k++) {
        int64_t n = t->in[AXIS_W - k % 3];
        double u = t->calm ? calm_coordinate(seed, n) : coordinate(seed, n);
        bool grid = t->kind == SAMPLE_GRID;
        store_real(t->map_data, t->map, k, grid ? (2 * u + 1) / (double)n - 1 : u - (double)n / 2);
    }
}

/* Random shapes; options from the seed. */
static trial random_trial(uint64_t *seed, sample_map_kind kind) {
    static const double fills[] = {0, 9, 2.5, 300, -3, NAN, INFINITY, 0.1, 1e300};
    trial t = {.kind = kind,
               .src = dtypes[sample_between(seed, 0, DTYPES - 1)],
               .map = kind == SAMPLE_AFFINE || sample_between(seed, 0, 1) ? VXS_FLOAT64 : VXS_FLOAT32,
               .special = sample_between(seed, 0, 1),
               .scale = {1, 0.5, -1.25}};
    t.dst = sample_between(seed, 0, 2) ? t.src : dtypes[sample_between(seed, 0, DTYPES - 1)];
    t.options = (vxs_sample_options){sample_between(seed, 0, 3) ? VXS_LINEAR : VXS_NEAREST,
                                     (vxs_padding)sample_between(seed, 0, VXS_PADDINGS - 1),
                                     fills[sample_between(seed, 0, sizeof fills / sizeof *fills - 1)]};
    for (int a = 0; a < AXES; a++) {
        t.in[a] = sample_between(seed, 1, a < AXIS_D ? 3 : 9);
        t.out[a] = a < AXIS_D ? t.in[a] : sample_between(seed, 1, 6);
    }
    if (sample_between(seed, 0, 4) == 0)
        t.out[AXIS_W] = sample_between(seed, 220, 300) /* more than a tile of points */;
    const bool placed = kind == SAMPLE_WARP && sample_between(seed, 0, 1);
    for (int a = 0; a < 3 && kind == SAMPLE_WARP; a++) {
        t.step[a] = placed ? 0.75 * (double)(a + 1) : 1;
        t.shift[a] = placed ? (double)sample_between(seed, -9, 9) / 7 : 0;
    }
    const bool one = kind == SAMPLE_WARP || sample_between(seed, 0, 1);
    t.points[0] = one ? 1 : t.in[AXIS_N];
    for (int a = 0; a < 3; a++) {
        const int64_t n = t.out[AXIS_D + a];
        t.points[1 + a] = kind == SAMPLE_WARP && sample_between(seed, 0, 1) ? sample_between(seed, 1, n) : n;
    }
    t.points[4] = 3;
    return t;
}

#endif
