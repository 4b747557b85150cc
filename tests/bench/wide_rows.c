/* Operators with wide surroundings, in float32: cubic resampling, and the 3x3x3 label. Rows as in
 * bench_peers.py. */
#include <stdio.h>
#include <stdlib.h>

#include "bench/machine.h"
#include "bench/row.h"

typedef struct shape {
    const char *name, *tiny; /* of the smoke run */
    bool label;
    int64_t in[3], out[3];
} shape;

static const shape shapes[] = {
    {"float32 cubic 128->64", "float32 cubic 9->5", false, {128, 128, 128}, {64, 64, 64}},
    {"float32 cubic 96x128x80->64x160x48",
     "float32 cubic 7x9x6->5x11x4",
     false,
     {96, 128, 80},
     {64, 160, 48}},
    {"float32 cubic 128->256", "float32 cubic 9->17", false, {128, 128, 128}, {256, 256, 256}},
    {"float32 label 128->128", "float32 label 9->9", true, {128, 128, 128}, {128, 128, 128}},
};

typedef struct job {
    vxs_view src, dst;
} job;

static vxs_status cubic(const void *arg) {
    const job *j = arg;
    const vxs_resample_options options = {VXS_CUBIC, VXS_COORDS_AUTO, 0};
    return vxs_resample(&j->src, &j->dst, &options);
}

static vxs_status label(const void *arg) {
    const job *j = arg;
    return vxs_label(&j->src, &j->dst, NULL);
}

static int64_t size_of(int64_t size, bool smoke) {
    return smoke ? size / 16 + 1 : size;
}

static vxs_view box_of(vxs_dtype dtype, const int64_t sizes[3], bool smoke) {
    vxs_view v = {.dtype = dtype, .axes = 3};
    for (int a = 0; a < 3; a++)
        v.shape[a] = size_of(sizes[a], smoke);
    return v;
}

static int64_t voxels_of(const vxs_view *v) {
    return v->shape[0] * v->shape[1] * v->shape[2];
}

static void describe(bench_row *r, int i, bool smoke) {
    const shape *s = &shapes[i];
    const vxs_view src = box_of(VXS_FLOAT32, s->in, smoke), dst = box_of(VXS_FLOAT32, s->out, smoke);
    *r = (bench_row){.mode = s->label ? "label" : "cubic",
                     .dtype = VXS_FLOAT32,
                     .in = src.shape[0],
                     .out = dst.shape[0],
                     .voxels_in = voxels_of(&src),
                     .voxels_out = voxels_of(&dst)};
    r->bytes = 4 * r->voxels_in + (s->label ? 1 : 4) * r->voxels_out;
    snprintf(r->name, sizeof r->name, "%s", smoke ? s->tiny : s->name);
}

static bool run(bench_row *r, int i, double seconds) {
    const shape *s = &shapes[i];
    const bool smoke = r->in != s->in[0];
    job j = {box_of(VXS_FLOAT32, s->in, smoke), box_of(s->label ? VXS_UINT8 : VXS_FLOAT32, s->out, smoke)};
    j.src.data = bench_alloc((size_t)r->voxels_in * 4);
    j.dst.data = bench_alloc((size_t)r->voxels_out * 4);
    bool done = j.src.data && j.dst.data;
    if (done) {
        for (int64_t k = 0; k < r->voxels_in; k++)
            ((float *)j.src.data)[k] = bench_random((uint64_t)k);
        done = bench_time(r, s->label ? label : cubic, &j, seconds);
    }
    free(j.src.data);
    free(j.dst.data);
    return done;
}

const bench_family wide_rows = {sizeof shapes / sizeof *shapes, describe, run};
