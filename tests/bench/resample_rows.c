/* vxs_resample: one row per mode, size and dtype. */
#include <stdio.h>
#include <stdlib.h>

#include "base/dtype.h"
#include "bench/floor.h"
#include "bench/row.h"
#include "bench/traffic.h"

typedef struct shape {
    vxs_mode mode;
    int64_t in, out; /* cubes */
} shape;

static const shape shapes[] = {
    {VXS_NEAREST, 512, 256}, {VXS_NEAREST, 512, 171}, {VXS_NEAREST, 256, 512}, {VXS_NEAREST, 128, 64},
    {VXS_LINEAR, 512, 256},  {VXS_LINEAR, 512, 171},  {VXS_LINEAR, 256, 512},  {VXS_LINEAR, 128, 64},
    {VXS_AREA, 512, 256},    {VXS_AREA, 512, 171},    {VXS_AREA, 256, 512},    {VXS_AREA, 512, 64},
    {VXS_AREA, 128, 64},
};
static const vxs_dtype dtypes[] = {VXS_FLOAT32, VXS_UINT8, VXS_UINT16};
enum { SHAPES = sizeof shapes / sizeof *shapes, DTYPES = sizeof dtypes / sizeof *dtypes };

typedef struct job {
    vxs_view src, dst;
    vxs_resample_options options;
} job;

static vxs_status resample(const void *arg) {
    const job *j = arg;
    return vxs_resample(&j->src, &j->dst, &j->options);
}

static void describe(bench_row *r, int i, bool smoke) {
    const shape *s = &shapes[i % SHAPES];
    *r = (bench_row){.mode = mode_name(s->mode),
                     .dtype = dtypes[i / SHAPES],
                     .in = smoke ? s->in / 16 + 1 : s->in,
                     .out = smoke ? s->out / 16 + 1 : s->out};
    r->bytes = traffic_bytes(s->mode, r->dtype, r->in, r->out);
    snprintf(r->name, sizeof r->name, "%s %s %lld->%lld", dtype_name(r->dtype), r->mode, (long long)r->in,
             (long long)r->out);
}

/* The lesser of what was found before and now. */
static double floor_now(const job *j, int threads, double before, double seconds) {
    const double now = floor_seconds(j->options.mode, &j->src, &j->dst, threads, seconds);
    return before > 0 && before < now ? before : now;
}

static void time_floors(bench_row *r, const job *j, double seconds) {
    const int threads = vxs_get_num_threads();
    r->floor = floor_now(j, threads, r->floor, seconds);
    if (threads > 1)
        r->one_floor = floor_now(j, 1, r->one_floor, seconds);
}

/* The floor takes its turn before and after, so that both meet the same neighbours. */
static bool run(bench_row *r, int i, double seconds) {
    job j = {.src = bench_cube(r->dtype, r->in),
             .dst = bench_cube(r->dtype, r->out),
             .options = {shapes[i % SHAPES].mode, VXS_COORDS_AUTO, 0}};
    bool done = j.src.data && j.dst.data && r->bytes > 0;
    if (done) {
        bench_fill(&j.src);
        if (r->compared)
            time_floors(r, &j, seconds / 4);
        done = bench_time(r, resample, &j, seconds);
        if (r->compared)
            time_floors(r, &j, seconds / 4);
    }
    free(j.src.data);
    free(j.dst.data);
    return done;
}

const bench_family resample_rows = {SHAPES * DTYPES, describe, run};
