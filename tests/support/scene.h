/* Random volumes, chunks, ranks and budgets, planned: what the tests of the partition play through. */
#ifndef SUPPORT_SCENE_H
#define SUPPORT_SCENE_H

#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/checked.h"
#include "geometry/axis_map.h"
#include "partition/plan.h"
#include "partition/tiles.h"

static uint64_t seed_state;

static inline uint64_t next_random(void) {
    uint64_t z = seed_state += 0x9e3779b97f4a7c15u;
    z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9u;
    z = (z ^ z >> 27) * 0x94d049bb133111ebu;
    return z ^ z >> 31;
}

static inline int64_t random_in(int64_t low, int64_t high) {
    return low + (int64_t)(next_random() % (uint64_t)(high - low + 1));
}

typedef struct scene {
    axis_map map[3];
    stream_shape shape;
    stream_costs costs;
    region_plan plan;
    int64_t ranks, budget;
} scene;

static inline range scene_source(const void *context, int axis, range outputs) {
    const scene *s = context;
    return axis_map_source(&s->map[axis], outputs);
}

static inline int64_t no_overhead(const void *context, int64_t bytes) {
    (void)context, (void)bytes;
    return 0;
}

static inline int64_t some_rows(const void *context, const int64_t extent[3], int64_t src_w) {
    (void)context;
    return 16 * (extent[0] + extent[1] + extent[2]) + 8 * src_w;
}

static inline void random_scene(scene *s) {
    static const vxs_mode modes[] = {
        VXS_NEAREST, VXS_LINEAR, VXS_AREA, VXS_NEAREST,
        VXS_LINEAR,  VXS_AREA,   VXS_CUBIC}; /* the last needs nearly all of it */
    *s = (scene){.ranks = random_in(1, random_in(0, 1) ? 3 : 14)};
    vxs_resample_options options = {modes[random_in(0, 6)], VXS_COORDS_AUTO, 0};
    options.align_corners = options.mode != VXS_AREA && random_in(0, 3) == 0;
    bool in_chunked = random_in(0, 2) > 0, out_chunked = random_in(0, 2) > 0;
    int64_t out_chunk[AXES] = {0};
    for (int a = 0; a < AXES; a++) {
        bool lead = a < AXIS_D;
        s->shape.in[a] =
            lead ? (random_in(0, 3) ? 1 : random_in(1, 5)) : random_in(1, random_in(0, 1) ? 6 : 30);
        s->shape.out[a] = lead ? s->shape.in[a] : random_in(1, random_in(0, 1) ? 6 : 30);
        s->shape.in_chunk[a] = in_chunked ? random_in(1, min_i64(s->shape.in[a], 9)) : 1;
        out_chunk[a] = out_chunked ? random_in(1, min_i64(s->shape.out[a], 9)) : 0;
    }
    for (int axis = 0; axis < 3; axis++)
        assert_int_equal(axis_map_init(&s->map[axis], &options, VXS_FLOAT32, s->shape.in[AXIS_D + axis],
                                       s->shape.out[AXIS_D + axis]),
                         VXS_OK);
    axis_maps_settle(s->map);
    s->shape.in_voxel_bytes = 4;
    s->shape.out_voxel_bytes = random_in(0, 1) ? 4 : 1;
    s->shape.max_taps_d = axis_map_max_taps(&s->map[0]);
    s->shape.source = scene_source;
    s->shape.context = s;
    tiles_choose(s->shape.out, out_chunk, s->shape.out_voxel_bytes, s->shape.tile);
    if (!out_chunked) { /* real tiles of such small planes would be whole planes: cut them */
        s->shape.tile[AXIS_H] = random_in(1, s->shape.out[AXIS_H]);
        s->shape.tile[AXIS_W] = random_in(1, s->shape.out[AXIS_W]);
    }
    memcpy(s->shape.write_unit, out_chunked ? out_chunk : s->shape.tile, sizeof out_chunk);
    s->costs = (stream_costs){no_overhead, no_overhead, some_rows, random_in(1, 4000), s};
    s->budget = random_in(0, 3) ? random_in(100, 20000) : random_in(20000, 2000000);
}

/* A contiguous cube of uint16 with tiles of 8^3 and memory for all of it. */
static inline void scene_of_cube(scene *s, vxs_mode mode, int64_t in, int64_t out, int64_t ranks) {
    const vxs_resample_options options = {mode, VXS_COORDS_AUTO, 0};
    *s = (scene){.ranks = ranks, .budget = (int64_t)1 << 30};
    s->shape =
        (stream_shape){.in_voxel_bytes = 2, .out_voxel_bytes = 2, .source = scene_source, .context = s};
    for (int a = 0; a < AXES; a++) {
        s->shape.in[a] = a < AXIS_D ? 1 : in;
        s->shape.out[a] = a < AXIS_D ? 1 : out;
        s->shape.in_chunk[a] = 1;
        s->shape.tile[a] = s->shape.write_unit[a] = a < AXIS_D ? 1 : min_i64(8, out);
    }
    for (int axis = 0; axis < 3; axis++)
        assert_int_equal(axis_map_init(&s->map[axis], &options, VXS_UINT16, in, out), VXS_OK);
    axis_maps_settle(s->map);
    s->shape.max_taps_d = axis_map_max_taps(&s->map[0]);
    s->costs = (stream_costs){no_overhead, no_overhead, some_rows, (int64_t)1 << 29, s};
}

/* Plan within the budget, or else within the number that the refusal names. */
static inline void plan_scene(scene *s) {
    box region = box_of_shape(s->shape.out);
    if (region_plan_make(&s->plan, &s->shape, &s->costs, &region, s->ranks, s->budget) == VXS_OK) {
        assert_true(s->plan.memory_bytes <= s->budget);
        return;
    }
    int64_t enough = s->plan.memory_bytes;
    assert_true(enough > s->budget);
    s->budget = enough;
    assert_int_equal(region_plan_make(&s->plan, &s->shape, &s->costs, &region, s->ranks, enough), VXS_OK);
    assert_true(s->plan.memory_bytes <= enough);
}

static inline size_t flat(const int64_t shape[AXES], const int64_t i[AXES]) {
    size_t at = 0;
    for (int a = 0; a < AXES; a++)
        at = at * (size_t)shape[a] + (size_t)i[a];
    return at;
}

static inline void add_to_box(uint8_t *counts, const int64_t shape[AXES], const box *b) {
    if (box_is_empty(b))
        return;
    int64_t i[AXES];
    for (int a = 0; a < AXES; a++)
        i[a] = b->axis[a].begin;
    for (;;) {
        counts[flat(shape, i)]++;
        int a = AXES - 1;
        while (a >= 0 && ++i[a] == b->axis[a].end) {
            i[a] = b->axis[a].begin;
            a--;
        }
        if (a < 0)
            return;
    }
}

static inline size_t voxels(const int64_t shape[AXES]) {
    size_t n = 1;
    for (int a = 0; a < AXES; a++)
        n *= (size_t)shape[a];
    return n;
}

static inline void check_all(const uint8_t *counts, size_t n, uint8_t expected) {
    for (size_t i = 0; i < n; i++)
        assert_int_equal(counts[i], expected);
}

#endif
