#include "geometry/axis_map.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/checked.h"
#include "geometry/spline.h"

typedef unsigned __int128 u128;

/* Up to this size PyTorch's float32 nearest is off by less than it takes to pick another voxel. */
enum { TORCH_NEAREST_MAX = 1 << 23 };

/* The taps of one output. */
typedef struct taps {
    int64_t first, last;
    double weight[2];
} taps;

/* A mode: how it reads an axis that changes size, and where output i lies. */
typedef struct axis_rule {
    tap_kind kind;
    int taps;
    bool copies_same_size; /* in == out is the identity, whatever the coordinate rule */
    void (*locate)(const axis_map *map, int64_t i, taps *t);
} axis_rule;

typedef struct quotient {
    uint64_t whole, rest;
} quotient;

/* Of numbers that mostly fit a register, where a division takes a fraction of the time; whole does in any
 * case. */
static quotient divide(u128 number, u128 by) {
    if (number <= UINT32_MAX && by <= UINT32_MAX) {
        const uint32_t n = (uint32_t)number, d = (uint32_t)by;
        return (quotient){n / d, n % d};
    }
    if (number <= UINT64_MAX && by <= UINT64_MAX) {
        const uint64_t n = (uint64_t)number, d = (uint64_t)by;
        return (quotient){n / d, n % d};
    }
    return (quotient){(uint64_t)(number / by), (uint64_t)(number % by)};
}

static int64_t nearest_torch(const axis_map *map, int64_t i) {
    float scale = (float)map->in / (float)map->out;
    float p = scale * ((float)i + 0.5f);
    float r = p - 0.5f;
    if (r < 0)
        r = 0;
    return min_i64((int64_t)floorf((float)((double)r + 0.5)), map->in - 1);
}

static int64_t nearest_exact(const axis_map *map, int64_t i) {
    uint64_t in = (uint64_t)map->in, out = (uint64_t)map->out, u = (uint64_t)i;
    if (!map->align)
        return (int64_t)divide((u128)(2 * u + 1) * in, 2 * (u128)out).whole;
    if (out == 1)
        return 0;
    return (int64_t)divide((u128)(2 * u) * (in - 1) + (out - 1), 2 * ((u128)out - 1)).whole;
}

static void locate_nearest(const axis_map *map, int64_t i, taps *t) {
    t->first = t->last = map->torch ? nearest_torch(map, i) : nearest_exact(map, i);
}

/* Lower tap and upper weight in exact integers. */
static int64_t linear_exact(const axis_map *map, int64_t i, double *upper) {
    uint64_t in = (uint64_t)map->in, out = (uint64_t)map->out, u = (uint64_t)i;
    *upper = 0;
    if (map->align && out == 1)
        return 0;
    u128 num, den;
    if (map->align) {
        num = (u128)u * (in - 1);
        den = out - 1;
    } else {
        num = (u128)(2 * u + 1) * in;
        num = num > out ? num - out : 0;
        den = 2 * out;
    }
    const quotient q = divide(num, den);
    *upper = (double)q.rest / (double)(uint64_t)den;
    return (int64_t)q.whole;
}

/* The same as PyTorch does it, in float for all but float64 volumes: real is the type of every step. */
#define LINEAR_TORCH(name, real, floor_of)                                                                   \
    static int64_t name(const axis_map *map, int64_t i, double weight[2]) {                                  \
        real r;                                                                                              \
        if (map->align) {                                                                                    \
            real scale = map->out > 1 ? (real)(map->in - 1) / (real)(map->out - 1) : 0;                      \
            r = scale * (real)i;                                                                             \
        } else {                                                                                             \
            real scale = (real)map->in / (real)map->out;                                                     \
            real p = scale * ((real)i + (real)0.5);                                                          \
            r = p - (real)0.5;                                                                               \
        }                                                                                                    \
        if (r < 0)                                                                                           \
            r = 0;                                                                                           \
        real below = floor_of(r), upper = r - below, lower = 1 - upper;                                      \
        weight[0] = lower;                                                                                   \
        weight[1] = upper;                                                                                   \
        return min_i64((int64_t)below, map->in - 1);                                                         \
    }

LINEAR_TORCH(linear_torch_float, float, floorf)
LINEAR_TORCH(linear_torch_double, double, floor)
#undef LINEAR_TORCH

static void locate_linear(const axis_map *map, int64_t i, taps *t) {
    if (map->torch) {
        t->first = (map->wide ? linear_torch_double : linear_torch_float)(map, i, t->weight);
    } else {
        t->first = min_i64(linear_exact(map, i, &t->weight[1]), map->in - 1);
        t->weight[0] = 1 - t->weight[1];
    }
    t->last = min_i64(t->first + 1, map->in - 1);
}

static void locate_area(const axis_map *map, int64_t i, taps *t) {
    uint64_t in = (uint64_t)map->in, out = (uint64_t)map->out, u = (uint64_t)i;
    t->first = (int64_t)divide((u128)u * in, out).whole;
    t->last = (int64_t)divide((u128)(u + 1) * in - 1, out).whole;
}

static void locate_same(const axis_map *map, int64_t i, taps *t) {
    (void)map;
    t->first = t->last = i;
}

static void locate_spline(const axis_map *map, int64_t i, taps *t) {
    const int64_t knot = spline_knot(map->align, map->in, map->out, i);
    t->first = max_i64(knot - 1 - map->reach, 0);
    t->last = min_i64(knot + 2 + map->reach, map->in - 1);
}

static const axis_rule rules[VXS_MODES] = {
    [VXS_NEAREST] = {TAP_COPY, 1, false, locate_nearest},
    [VXS_LINEAR] = {TAP_WEIGHTED, 2, true, locate_linear},
    [VXS_AREA] = {TAP_WINDOW, 0, true, locate_area},
    [VXS_CUBIC] = {TAP_BAND, 0, false, locate_spline},
};
static const axis_rule same_size = {TAP_COPY, 1, true, locate_same};
/* Windows that never leave a voxel. */
static const axis_rule area_grown = {TAP_COPY, 1, true, locate_area};
static const axis_rule cubic_filtered = {TAP_FILTER, SPLINE_TAPS, false, locate_spline};

static const axis_rule *rule_of(const axis_map *map) {
    const axis_rule *rule = &rules[map->mode];
    if (map->mode == VXS_CUBIC)
        return map->kind == TAP_COPY ? &same_size : map->kind == TAP_FILTER ? &cubic_filtered : rule;
    if (rule->copies_same_size && map->in == map->out)
        return &same_size;
    return map->mode == VXS_AREA && map->out % map->in == 0 ? &area_grown : rule;
}

/* Where float32 coordinates are wanted, and where PyTorch has any: not for area, nor nearest with corners. */
static bool uses_torch(vxs_mode mode, vxs_coords coords, bool align, int64_t largest) {
    switch (mode) {
    case VXS_NEAREST:
        return !align &&
               (coords == VXS_COORDS_TORCH || (coords == VXS_COORDS_AUTO && largest <= TORCH_NEAREST_MAX));
    case VXS_LINEAR:
        return coords == VXS_COORDS_TORCH;
    default:
        return false;
    }
}

static void set_cubic(axis_map *map, tap_kind kind, bool wide) {
    map->kind = kind;
    map->wide = wide;
    map->reach = kind == TAP_COPY ? 0 : spline_reach(kind == TAP_FILTER, wide);
    map->taps = kind == TAP_COPY ? 1 : kind == TAP_BAND ? 2 * map->reach + SPLINE_TAPS : SPLINE_TAPS;
}

vxs_status axis_map_init(axis_map *map, const vxs_resample_options *options, vxs_dtype src_dtype, int64_t in,
                         int64_t out) {
    const vxs_resample_options linear = {VXS_LINEAR, VXS_COORDS_AUTO, 0};
    if (!options)
        options = &linear;
    CHECK((unsigned)options->mode < VXS_MODES, VXS_USAGE, "mode out of range: %d", (int)options->mode);
    CHECK((unsigned)options->coords < VXS_COORDS_KINDS, VXS_USAGE, "coordinate rule out of range: %d",
          (int)options->coords);
    CHECK(in >= 1 && out >= 1, VXS_USAGE, "can't resample an axis of %lld voxels to %lld: sizes start at 1",
          (long long)in, (long long)out);
    CHECK(!(options->align_corners && options->mode == VXS_AREA), VXS_USAGE,
          "align_corners has no meaning for mode area: leave it out, or use linear");
    bool align = options->align_corners != 0;
    *map = (axis_map){.mode = options->mode,
                      .torch = uses_torch(options->mode, options->coords, align, max_i64(in, out)),
                      .align = align,
                      .in = in,
                      .out = out};
    map->wide = map->torch && map->mode == VXS_LINEAR && src_dtype == VXS_FLOAT64;
    if (map->mode == VXS_CUBIC)
        set_cubic(map, spline_copies(in, out) ? TAP_COPY : TAP_BAND, src_dtype == VXS_FLOAT64);
    map->kind = rule_of(map)->kind;
    map->taps = map->mode == VXS_CUBIC ? map->taps : rule_of(map)->taps;
    return VXS_OK;
}

void axis_maps_settle(axis_map axis[3]) {
    bool same = true;
    for (int a = 0; a < 3; a++)
        same = same && axis[a].in == axis[a].out;
    for (int a = 0; a < 3; a++) {
        axis_map *map = &axis[a];
        if (map->mode != VXS_CUBIC)
            continue;
        if (same)
            set_cubic(map, TAP_COPY, map->wide);
        else if (map->kind == TAP_BAND && spline_filters(map->in, map->out))
            set_cubic(map, TAP_FILTER, map->wide);
    }
}

range axis_map_source(const axis_map *map, range outputs) {
    if (range_size(outputs) == 0)
        return (range){0, 0};
    taps a, b;
    rule_of(map)->locate(map, outputs.begin, &a);
    rule_of(map)->locate(map, outputs.end - 1, &b);
    return (range){a.first, b.last + 1};
}

static bool is_spline(const axis_map *map) {
    return map->kind == TAP_BAND || map->kind == TAP_FILTER;
}

int64_t axis_map_max_taps(const axis_map *map) {
    if (is_spline(map))
        return min_i64(map->in, 2 * map->reach + SPLINE_TAPS);
    if (map->kind != TAP_WINDOW)
        return map->taps;
    /* A window that begins inside a voxel may touch one more at either end. */
    return min_i64(map->in, map->in / map->out + (map->in % map->out ? 2 : 0));
}

static int64_t greatest_common_divisor(int64_t a, int64_t b) {
    while (b) {
        const int64_t rest = a % b;
        a = b;
        b = rest;
    }
    return a;
}

int axis_map_weight_bits(const axis_map *map) {
    if (map->kind != TAP_WEIGHTED)
        return 0;
    if (map->torch)
        return -1;
    const int64_t in = map->in - map->align, out = map->out - map->align;
    if (out == 0)
        return 0;
    int64_t denominator = out / greatest_common_divisor(in, out) * (map->align ? 1 : 2);
    int bits = 0;
    for (; denominator % 2 == 0; denominator /= 2)
        bits++;
    return denominator == 1 ? bits : -1;
}

bool axis_map_halves(const axis_map *map) {
    return map->kind == TAP_WEIGHTED && !map->torch && !map->align && map->in % map->out == 0 &&
           map->in / map->out % 2 == 0;
}

static int weights_of(const axis_map *map) {
    return map->kind == TAP_WEIGHTED || is_spline(map) ? map->taps : 0;
}

int64_t tap_table_bytes(const axis_map *map, int64_t outputs) {
    const int64_t indices = is_spline(map) ? 3 : 2;
    return saturating_add(saturating_mul(outputs, indices * (int64_t)sizeof(int64_t) +
                                                      weights_of(map) * (int64_t)sizeof(double)),
                          is_spline(map) ? spline_table_bytes(map->in) : 0);
}

/* first, last and start have been found. */
static vxs_status fill_spline(tap_table *table, int64_t count) {
    const axis_map *map = &table->map;
    spline_table splines;
    TRY(spline_table_init(&splines, map->in));
    for (int64_t k = 0; k < count; k++) {
        double *weight = table->weight + k * map->taps;
        memset(weight, 0, (size_t)map->taps * sizeof *weight); /* bands at the ends have fewer */
        const int64_t i = table->outputs.begin + k;
        table->start[k] = table->first[k];
        if (map->kind == TAP_BAND)
            spline_band(&splines, map->align, map->out, i, table->first[k], table->last[k], weight);
        else
            table->start[k] = spline_weights(map->align, map->in, map->out, i, weight) - 1;
        for (int j = 0; j < map->taps && map->kind == TAP_FILTER; j++)
            weight[j] = weight[j] * spline_gain();
    }
    spline_table_free(&splines);
    return VXS_OK;
}

vxs_status tap_table_build(tap_table *table, const axis_map *map, range outputs) {
    *table = (tap_table){.map = *map, .outputs = outputs};
    int64_t count = range_size(outputs);
    const int weights = weights_of(map);
    if (count == 0)
        return VXS_OK;
    int64_t bytes = tap_table_bytes(map, count);
    if (bytes < INT64_MAX) {
        table->first = malloc((size_t)count * sizeof *table->first);
        table->last = malloc((size_t)count * sizeof *table->last);
        table->weight = weights ? malloc((size_t)(count * weights) * sizeof *table->weight) : NULL;
        table->start = is_spline(map) ? malloc((size_t)count * sizeof *table->start) : NULL;
    }
    if (!table->first || !table->last || (weights && !table->weight) || (is_spline(map) && !table->start)) {
        tap_table_free(table);
        return status_fail(VXS_IO, "no memory for the taps of %lld outputs (%lld bytes)", (long long)count,
                           (long long)bytes);
    }
    const axis_rule *rule = rule_of(map);
    for (int64_t k = 0; k < count; k++) {
        taps t = {0};
        rule->locate(map, outputs.begin + k, &t);
        table->first[k] = t.first;
        table->last[k] = t.last;
        for (int j = 0; j < weights && map->kind == TAP_WEIGHTED; j++)
            table->weight[k * weights + j] = t.weight[j];
    }
    if (!is_spline(map))
        return VXS_OK;
    const vxs_status status = fill_spline(table, count);
    if (status != VXS_OK)
        tap_table_free(table);
    return status;
}

void tap_table_free(tap_table *table) {
    free(table->first);
    free(table->last);
    free(table->weight);
    free(table->start);
    memset(table, 0, sizeof *table);
}
