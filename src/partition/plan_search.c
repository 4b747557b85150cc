#include <math.h>

#include "base/checked.h"
#include "partition/plan_parts.h"

enum { USEFUL_STEP_BYTES = 16 << 20, USEFUL_ROUND_BYTES = 512 << 20 };

/* Between rounds, jobs tell how far they are, checkpoint and stop: a rank should read and write no more in
 * one round than USEFUL, and where a tile layer takes more than MOST, it is worth more epochs. */
static const int64_t useful_round_traffic = (int64_t)1 << 30, most_round_traffic = (int64_t)16 << 30;

/* ---- the grid of ranks ---- */

/* Tiles of the smallest strip: no part of the grid may be empty in any epoch. */
static int64_t strip_tiles(const region_plan *p, int axis) {
    return axis == 0 ? region_plan_tiles(p, 0) : region_plan_tiles(p, axis) / p->strips[axis - 1];
}

/* An axis of a strip, as the choice of a grid sees it. */
typedef struct grid_axis {
    int64_t outputs, tile, tiles;
    int64_t needed, chunks; /* voxels of the input, and its chunks */
} grid_axis;

/* How an axis is cut: into groups of whole tiles, each shared by so many ranks. */
typedef struct axis_cut {
    int64_t groups, shares;
} axis_cut;

static grid_axis grid_axis_of(const region_plan *p, int axis) {
    const stream_shape *s = p->shape;
    int a = AXIS_D + axis;
    range region = p->region.axis[a], need = s->source(s->context, axis, region);
    int64_t strips = axis == 0 ? 1 : p->strips[axis - 1], tiles = strip_tiles(p, axis);
    int64_t chunks = div_ceil(need.end, s->in_chunk[a]) - need.begin / s->in_chunk[a];
    return (grid_axis){.outputs = min_i64(tiles * s->tile[a], range_size(region)),
                       .tile = s->tile[a],
                       .tiles = tiles,
                       .needed = max_i64(1, range_size(need) / strips),
                       .chunks = max_i64(1, chunks / strips)};
}

/* Three ways to cut an axis: whole tiles for each rank; every tile shared by as many; two tiles shared
 * as one. A
 * rank gets outputs and a chunk layer of the input, or it would only take the others' messages. */
enum { CUT_WAYS = 3 };

static axis_cut way_to_cut(const grid_axis *a, int way, int64_t parts) {
    switch (way) {
    case 0:
        return (axis_cut){min_i64(parts, a->tiles), 1};
    case 1:
        return (axis_cut){a->tiles, min_i64(parts / a->tiles, min_i64(a->tile, a->chunks / a->tiles))};
    default:
        return (axis_cut){1, min_i64(parts, min_i64(a->outputs, a->chunks))};
    }
}

/* One writer for several tiles is only good for evening out a small last tile. Along d, a shared group is
 * computed as one round. */
static bool may_cut(const grid_axis *a, axis_cut cut) {
    bool even = cut.shares == 1 || cut.groups == a->tiles || a->tiles == 2;
    return cut.groups >= 1 && cut.shares >= 1 && even;
}

/* The part of all outputs that the busiest rank computes. */
static double busiest_computes(const grid_axis *a, axis_cut cut) {
    int64_t group = min_i64(div_ceil(a->tiles, cut.groups) * a->tile, a->outputs);
    return (double)div_ceil(group, cut.shares) / (double)a->outputs;
}

/* The voxels that the busiest rank reads and computes. A cut along h must save 5 %, one along w 10 %, sharing
 * 5 %, or it does not pay for its ghosts, short rows and pieces. */
static double work_of_grid(const grid_axis axes[3], const axis_cut cut[3]) {
    double reads = 1, computes = 1, extra = 1;
    for (int i = 0; i < 3; i++) {
        double busiest = busiest_computes(&axes[i], cut[i]), chunks = (double)axes[i].chunks;
        reads *= (double)axes[i].needed * ceil(busiest * chunks * (1 - 1e-12)) / chunks;
        computes *= (double)axes[i].outputs * busiest;
        extra += (cut[i].groups * cut[i].shares > 1 ? 0.05 * i : 0) + (cut[i].shares > 1 ? 0.05 : 0);
    }
    return (reads + computes) * extra;
}

typedef struct grid_choice {
    region_plan *plan;
    grid_axis axes[3];
    axis_cut cut[3];
    double least;
} grid_choice;

static void keep_better(grid_choice *c) {
    double work = work_of_grid(c->axes, c->cut);
    if (work >= c->least)
        return;
    c->least = work;
    for (int axis = 0; axis < 3; axis++) {
        c->plan->parts[axis] = (int)(c->cut[axis].groups * c->cut[axis].shares);
        c->plan->shares[axis] = (int)c->cut[axis].shares;
    }
}

/* Try every cut of an axis among so many ranks, most parts first; along w only the most, or none. */
static void try_cuts(grid_choice *c, int axis, int64_t ranks) {
    const grid_axis *a = &c->axes[axis];
    for (int way = 0; way < CUT_WAYS; way++)
        for (int64_t parts = ranks; parts >= 1;) {
            axis_cut cut = way_to_cut(a, way, parts);
            int64_t used = cut.groups * cut.shares;
            c->cut[axis] = cut;
            if (may_cut(a, cut) && used <= ranks) {
                if (axis < 2)
                    try_cuts(c, axis + 1, ranks / used);
                else
                    keep_better(c);
            }
            parts = used < 1 ? 0 : axis == 2 && used > 1 ? 1 : min_i64(used, parts) - 1;
        }
}

/* The grid with the least work on the busiest rank. Where tiles don't suffice, ranks share them. */
static void choose_grid(region_plan *p, int64_t ranks) {
    grid_choice c = {.plan = p, .least = INFINITY};
    for (int axis = 0; axis < 3; axis++)
        c.axes[axis] = grid_axis_of(p, axis);
    try_cuts(&c, 0, ranks);
}

/* ---- the pieces of a collective write ---- */

/* Halve the round's box along n, c, d, h, w in turn, down to the unit, until it is small enough. */
static int64_t cut_pieces(region_plan *p, int64_t most_bytes) {
    const stream_shape *s = p->shape;
    region_plan_round_extent(p, p->piece);
    int64_t bytes = INT64_MAX;
    for (int a = 0; a < AXES; a++) {
        int64_t unit = s->write_unit[a];
        for (;;) {
            bytes = s->out_voxel_bytes;
            for (int b = 0; b < AXES; b++)
                bytes = saturating_mul(bytes, p->piece[b]);
            if (bytes <= most_bytes || p->piece[a] <= unit)
                break;
            p->piece[a] = round_up(div_ceil(p->piece[a], 2), unit);
        }
        if (bytes <= most_bytes)
            break;
    }
    return bytes;
}

/* ---- memory ---- */

static void widest_parts(region_plan *p, int axis) {
    int64_t hull = 0, out = 0;
    for (int64_t i = 0; i < region_plan_cuts(p, axis); i++) {
        epoch e = region_plan_cut(p, axis, i);
        for (int part = 0; part < p->parts[axis]; part++) {
            hull = max_i64(hull, range_size(epoch_hull_range(&e, axis, part)));
            out = max_i64(out, range_size(epoch_tiles_range(&e, axis, part)));
        }
    }
    p->hull[axis - 1] = hull;
    p->out_extent[axis] = out;
}

static void widest_planes(region_plan *p) {
    epoch e = region_plan_epoch(p, 0);
    int64_t stream = 0, tail = 0, out = 0, carry = 0;
    for (int part = 0; part < p->parts[0]; part++) {
        range own = epoch_own_range(&e, 0, part), early = epoch_early_range(&e, part);
        int64_t streamed = min_i64(range_size(own) - range_size(early), p->step_planes);
        stream = max_i64(stream, max_i64(streamed, range_size(epoch_ghost_range(&e, part))));
        tail = max_i64(tail, range_size(early));
        out = max_i64(out, range_size(epoch_tiles_range(&e, 0, part)));
        carry = max_i64(carry, range_size(epoch_need_range(&e, 0, part)));
    }
    p->carry_planes = min_i64(p->shape->max_taps_d - 1, carry);
    p->stream_planes = p->carry_planes + stream;
    p->tail_planes = tail ? p->carry_planes + tail : 0;
    p->out_extent[0] = out;
    p->round_planes = min_i64(p->round_layers * p->shape->tile[AXIS_D], out);
}

int64_t region_plan_in_plane_bytes(const region_plan *p) {
    int64_t bytes = saturating_mul(p->shape->in_voxel_bytes, p->lead_block[0] * p->lead_block[1]);
    return saturating_mul(bytes, saturating_mul(p->hull[0], p->hull[1]));
}

int64_t region_plan_round_bytes(const region_plan *p) {
    int64_t bytes = saturating_mul(p->shape->out_voxel_bytes, p->lead_block[0] * p->lead_block[1]);
    bytes = saturating_mul(bytes, saturating_mul(p->out_extent[1], p->out_extent[2]));
    return saturating_mul(bytes, p->round_planes);
}

/* Fill everything that follows from lead_block, strips, parts, step_planes and round_layers. */
static void measure(region_plan *p, const stream_costs *costs, int64_t piece_bytes) {
    widest_parts(p, 1);
    widest_parts(p, 2);
    widest_planes(p);
    int64_t plane = region_plan_in_plane_bytes(p);
    int64_t bytes = saturating_mul(plane, p->stream_planes + p->tail_planes);
    bytes = saturating_add(bytes, region_plan_round_bytes(p));
    int64_t read_bytes = saturating_mul(plane, p->stream_planes - p->carry_planes);
    bytes = saturating_add(bytes, costs->read_overhead(costs->context, read_bytes));
    bytes = saturating_add(bytes, costs->write_overhead(costs->context, cut_pieces(p, piece_bytes)));
    bytes = saturating_add(bytes, costs->compute_bytes(costs->context, p->out_extent, p->hull[1]));
    p->memory_bytes = bytes;
}

/* ---- the search ---- */

typedef struct search {
    const stream_costs *costs;
    int64_t ranks, budget;
} search;

/* Fill the plan for its strips and passes; true when it fits, with long writes if possible, else short ones.
 */
static bool try_plan(region_plan *p, const search *s) {
    choose_grid(p, s->ranks);
    if (region_plan_passes(p) > 1 || p->shares[0] > 1)
        p->round_layers = region_plan_most_layers(p);
    measure(p, s->costs, min_i64(s->costs->write_call_bytes, s->budget / 8));
    if (p->memory_bytes > s->budget)
        measure(p, s->costs, 0);
    return p->memory_bytes <= s->budget;
}

static bool try_strips(region_plan *p, const search *s, int64_t strips_h, int64_t strips_w) {
    p->strips[0] = strips_h;
    p->strips[1] = strips_w;
    return try_plan(p, s);
}

/* The fewest strips along h that fit, given those along w. */
static bool fit_strips_h(region_plan *p, const search *s, int64_t strips_w) {
    int64_t low = 1, high = region_plan_tiles(p, 1);
    if (!try_strips(p, s, high, strips_w))
        return false;
    while (low < high) {
        int64_t middle = low + (high - low) / 2;
        if (try_strips(p, s, middle, strips_w))
            high = middle;
        else
            low = middle + 1;
    }
    return try_strips(p, s, high, strips_w);
}

static bool fit_strips(region_plan *p, const search *s) {
    int64_t most_w = region_plan_tiles(p, 2);
    for (int64_t strips_w = 1;; strips_w = min_i64(2 * strips_w, most_w)) {
        if (fit_strips_h(p, s, strips_w))
            return true;
        if (strips_w == most_w)
            return false;
    }
}

/* Ever more passes along h, then w, until they fit in some number of strips. */
static bool fit_passes(region_plan *p, const search *s) {
    for (int axis = 1; axis <= 2; axis++) {
        int64_t most = min_i64(p->shape->tile[AXIS_D + axis], p->shape->out[AXIS_D + axis]);
        while (p->passes[axis - 1] < most) {
            p->passes[axis - 1] = min_i64(2 * p->passes[axis - 1], most);
            if (fit_strips(p, s))
                return true;
        }
    }
    return false;
}

/* What a rank reads and writes in a round, about. */
static int64_t round_traffic(const region_plan *p) {
    const stream_shape *s = p->shape;
    range out = p->region.axis[AXIS_D], in = s->source(s->context, 0, out);
    double planes = (double)range_size(in) * (double)p->round_planes / (double)range_size(out);
    int64_t read = (int64_t)ceil(planes / p->shares[0]);
    return saturating_add(saturating_mul(region_plan_in_plane_bytes(p), read * region_plan_passes(p)),
                          region_plan_round_bytes(p));
}

/* More strips along h, while rounds of one tile layer take too long and that makes them shorter. */
static void shorten(region_plan *p, const search *s) {
    region_plan shorter = *p;
    while (round_traffic(p) > most_round_traffic && p->strips[0] < region_plan_tiles(p, 1)) {
        shorter.strips[0] = min_i64(2 * shorter.strips[0], region_plan_tiles(p, 1));
        if (!try_plan(&shorter, s) || round_traffic(&shorter) > round_traffic(p) / 4 * 3)
            break;
        *p = shorter;
    }
}

/* Longer steps, then longer rounds, while they fit and help. */
static void lengthen(region_plan *p, const search *s) {
    region_plan longer = *p;
    while (saturating_mul(region_plan_in_plane_bytes(p), longer.step_planes) < USEFUL_STEP_BYTES &&
           longer.step_planes < p->shape->in[AXIS_D]) {
        longer.step_planes *= 2;
        if (!try_plan(&longer, s))
            break;
        *p = longer;
    }
    longer = *p;
    while (region_plan_round_bytes(p) < USEFUL_ROUND_BYTES / 2 &&
           longer.round_layers < region_plan_most_layers(p)) {
        longer.round_layers = min_i64(2 * longer.round_layers, region_plan_most_layers(p));
        if (!try_plan(&longer, s) || round_traffic(&longer) > useful_round_traffic)
            break;
        *p = longer;
    }
}

static int64_t common_multiple(int64_t a, int64_t b, int64_t limit) {
    int64_t x = a, y = b;
    while (y) {
        int64_t rest = x % y;
        x = y;
        y = rest;
    }
    return min_i64(saturating_mul(a / x, b), limit);
}

/* A first candidate. Leading axes advance by whole chunks of input and output alike, or by the output's
 * tiles. */
static region_plan start(const stream_shape *shape, const box *region, bool whole_input_chunks) {
    region_plan p = {
        .shape = shape, .region = *region, .strips = {1, 1}, .passes = {1, 1}, .round_layers = 1};
    p.step_planes = shape->in_chunk[AXIS_D];
    for (int a = AXIS_N; a <= AXIS_C; a++) {
        p.lead_block[a] = min_i64(shape->tile[a], shape->in[a]);
        if (whole_input_chunks)
            p.lead_block[a] = common_multiple(shape->in_chunk[a], shape->tile[a], shape->in[a]);
    }
    return p;
}

vxs_status region_plan_make(region_plan *plan, const stream_shape *shape, const stream_costs *costs,
                            const box *region, int64_t ranks, int64_t budget_bytes) {
    search s = {costs, ranks, budget_bytes};
    *plan = start(shape, region, true);
    bool fits = fit_strips(plan, &s);
    if (!fits) {
        region_plan whole = *plan;
        *plan = start(shape, region, false);
        fits = fit_strips(plan, &s) || fit_passes(plan, &s);
        if (plan->lead_block[0] < whole.lead_block[0] || plan->lead_block[1] < whole.lead_block[1])
            plan->read_once_bytes = whole.memory_bytes;
    }
    CHECK(fits, VXS_USAGE,
          "a memory budget of %lld bytes per rank is too small for this volume on %lld ranks: it takes at "
          "least "
          "--memory %lld",
          (long long)budget_bytes, (long long)ranks, (long long)plan->memory_bytes);
    shorten(plan, &s);
    lengthen(plan, &s);
    return VXS_OK;
}
