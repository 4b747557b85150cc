#include "base/checked.h"
#include "partition/plan_parts.h"

enum { USEFUL_STEP_BYTES = 32 << 20, USEFUL_ROUND_BYTES = 512 << 20 };

/* ---- the grid of ranks ---- */

/* Tiles of the smallest strip: no part of the grid may be empty in any epoch. */
static int64_t strip_tiles(const region_plan *p, int axis) {
    return axis == 0 ? region_plan_tiles(p, 0) : region_plan_tiles(p, axis) / p->strips[axis - 1];
}

/* The most parts that can share the tiles of each part along an axis: each gets outputs and, if possible, a
 * chunk layer of the input. Along d, tiles are shared where a part has one layer of them: one round. */
static int64_t most_shares(const region_plan *p, int axis) {
    const stream_shape *s = p->shape;
    int a = AXIS_D + axis;
    range region = p->region.axis[a], need = s->source(s->context, axis, region);
    int64_t tile = s->tile[a], tiles = region_plan_tiles(p, axis);
    if (axis == 0 && p->parts[0] < tiles)
        return 1;
    int64_t smallest = range_size(region) - (tiles - 1) * tile; /* the last tile; no group has less */
    int64_t chunks = div_ceil(need.end, s->in_chunk[a]) - need.begin / s->in_chunk[a];
    return max_i64(1, min_i64(smallest, chunks / tiles));
}

/* Ranks to spare join in the computing of tiles; along d first, whose planes lie together. */
static void share_tiles(region_plan *p, int64_t ranks) {
    int64_t spare = ranks / p->parts[0] / p->parts[1] / p->parts[2];
    for (int axis = 0; axis < 3; axis++) {
        p->shares[axis] = (int)min_i64(spare, most_shares(p, axis));
        p->parts[axis] *= p->shares[axis];
        spare /= p->shares[axis];
    }
}

/* The grid with the least work on the busiest rank; a cut along h must save 5 %, one along w 10 %, or it does
 * not pay for its ghosts and short rows. */
static void choose_grid(region_plan *p, int64_t ranks) {
    int64_t tiles[3] = {strip_tiles(p, 0), strip_tiles(p, 1), strip_tiles(p, 2)};
    int64_t best = INT64_MAX;
    for (int64_t d = min_i64(ranks, tiles[0]); d >= 1; d--)
        for (int64_t h = 1; h <= min_i64(ranks / d, tiles[1]); h++) {
            int64_t w = min_i64(ranks / (d * h), tiles[2]);
            for (int cut_w = 0; cut_w < (w > 1 ? 2 : 1); cut_w++) {
                int64_t parts_w = cut_w ? w : 1;
                int64_t work = saturating_mul(div_ceil(tiles[0], d), div_ceil(tiles[1], h));
                work = saturating_mul(work, div_ceil(tiles[2], parts_w));
                work = saturating_mul(work, 100 + (h > 1 ? 5 : 0) + (parts_w > 1 ? 10 : 0));
                if (work < best) {
                    best = work;
                    p->parts[0] = (int)d, p->parts[1] = (int)h, p->parts[2] = (int)parts_w;
                }
            }
        }
    share_tiles(p, ranks);
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
    if (region_plan_passes(p) > 1)
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
        if (!try_plan(&longer, s))
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
        *plan = start(shape, region, false);
        fits = fit_strips(plan, &s) || fit_passes(plan, &s);
    }
    CHECK(fits, VXS_USAGE,
          "a memory budget of %lld bytes per rank is too small for this volume on %lld ranks: it takes at "
          "least "
          "--memory %lld",
          (long long)budget_bytes, (long long)ranks, (long long)plan->memory_bytes);
    lengthen(plan, &s);
    return VXS_OK;
}
