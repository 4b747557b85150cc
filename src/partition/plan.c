#include "partition/plan.h"

#include "base/checked.h"
#include "partition/tiles.h"

enum { USEFUL_STEP_BYTES = 32 << 20, USEFUL_ROUND_BYTES = 512 << 20 };

/* ---- the shape of a candidate ---- */

static int64_t region_tiles(const region_plan *p, int axis) {
    return tiles_along(range_size(p->region.axis[AXIS_D + axis]), p->shape->tile[AXIS_D + axis]);
}

/* Tiles of the smallest strip: no part of the grid may be empty in any epoch. */
static int64_t strip_tiles(const region_plan *p, int axis) {
    return axis == 0 ? region_tiles(p, 0) : region_tiles(p, axis) / p->strips[axis - 1];
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
}

static range strip_range(const region_plan *p, int axis, int64_t strip) {
    range r = p->region.axis[AXIS_D + axis];
    int64_t tile = p->shape->tile[AXIS_D + axis], tiles = region_tiles(p, axis);
    int64_t first = muldiv(tiles, strip, p->strips[axis - 1]);
    int64_t last = muldiv(tiles, strip + 1, p->strips[axis - 1]);
    return (range){r.begin + first * tile, min_i64(r.begin + last * tile, r.end)};
}

static int64_t lead_epochs(const region_plan *p, int axis) {
    return div_ceil(range_size(p->region.axis[axis]), p->lead_block[axis]);
}

int64_t region_plan_epochs(const region_plan *p) {
    return lead_epochs(p, AXIS_N) * lead_epochs(p, AXIS_C) * p->strips[0] * p->strips[1];
}

static range lead_range(const region_plan *p, int axis, int64_t index) {
    range r = p->region.axis[axis];
    int64_t begin = r.begin + index * p->lead_block[axis];
    return (range){begin, min_i64(begin + p->lead_block[axis], r.end)};
}

epoch region_plan_epoch(const region_plan *p, int64_t index) {
    epoch e = {.shape = p->shape, .region = p->region, .step_planes = p->step_planes};
    for (int axis = 0; axis < 3; axis++)
        e.parts[axis] = p->parts[axis];
    e.region.axis[AXIS_W] = strip_range(p, 2, index % p->strips[1]);
    index /= p->strips[1];
    e.region.axis[AXIS_H] = strip_range(p, 1, index % p->strips[0]);
    index /= p->strips[0];
    e.region.axis[AXIS_C] = lead_range(p, AXIS_C, index % lead_epochs(p, AXIS_C));
    e.region.axis[AXIS_N] = lead_range(p, AXIS_N, index / lead_epochs(p, AXIS_C));
    return e;
}

/* ---- rounds and pieces ---- */

static int64_t most_layers(const region_plan *p) {
    return div_ceil(region_tiles(p, 0), p->parts[0]);
}

int64_t region_plan_rounds(const region_plan *p) {
    return div_ceil(most_layers(p), p->round_layers);
}

range region_plan_round(const region_plan *p, const epoch *e, int part_d, int64_t round) {
    range out = epoch_out_range(e, 0, part_d);
    int64_t planes = p->round_layers * p->shape->tile[AXIS_D];
    range r = {min_i64(out.begin + round * planes, out.end),
               min_i64(out.begin + (round + 1) * planes, out.end)};
    return r;
}

static void most_round_extent(const region_plan *p, int64_t extent[AXES]) {
    extent[AXIS_N] = p->lead_block[0];
    extent[AXIS_C] = p->lead_block[1];
    extent[AXIS_D] = p->round_planes;
    extent[AXIS_H] = p->out_extent[1];
    extent[AXIS_W] = p->out_extent[2];
}

int64_t region_plan_pieces(const region_plan *p) {
    int64_t extent[AXES], pieces = 1;
    most_round_extent(p, extent);
    for (int a = 0; a < AXES; a++)
        pieces *= div_ceil(extent[a], p->piece[a]);
    return pieces;
}

box region_plan_piece(const region_plan *p, const box *round_box, int64_t index) {
    int64_t extent[AXES];
    most_round_extent(p, extent);
    box b = *round_box;
    for (int a = AXES - 1; a >= 0; a--) {
        int64_t along = div_ceil(extent[a], p->piece[a]);
        range r = round_box->axis[a];
        int64_t begin = min_i64(r.begin + index % along * p->piece[a], r.end);
        b.axis[a] = (range){begin, min_i64(begin + p->piece[a], r.end)};
        index /= along;
    }
    return b;
}

/* Halve the round's box along n, c, d, h, w in turn, down to the unit, until it is small enough. */
static int64_t cut_pieces(region_plan *p, int64_t most_bytes) {
    const stream_shape *s = p->shape;
    most_round_extent(p, p->piece);
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
    for (int64_t strip = 0; strip < p->strips[axis - 1]; strip++) {
        epoch e = region_plan_epoch(p, 0);
        e.region.axis[AXIS_D + axis] = strip_range(p, axis, strip);
        for (int part = 0; part < p->parts[axis]; part++) {
            hull = max_i64(hull, range_size(epoch_hull_range(&e, axis, part)));
            out = max_i64(out, range_size(epoch_out_range(&e, axis, part)));
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
        out = max_i64(out, range_size(epoch_out_range(&e, 0, part)));
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

/* Fills the plan for these strips; true when it fits the budget, with long writes if possible, else short
 * ones. */
static bool try_strips(region_plan *p, const search *s, int64_t strips_h, int64_t strips_w) {
    p->strips[0] = strips_h;
    p->strips[1] = strips_w;
    choose_grid(p, s->ranks);
    measure(p, s->costs, min_i64(s->costs->write_call_bytes, s->budget / 8));
    if (p->memory_bytes > s->budget)
        measure(p, s->costs, 0);
    return p->memory_bytes <= s->budget;
}

/* The fewest strips along h that fit, given those along w. */
static bool fit_strips_h(region_plan *p, const search *s, int64_t strips_w) {
    int64_t low = 1, high = region_tiles(p, 1);
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
    int64_t most_w = region_tiles(p, 2);
    for (int64_t strips_w = 1;; strips_w = min_i64(2 * strips_w, most_w)) {
        if (fit_strips_h(p, s, strips_w))
            return true;
        if (strips_w == most_w)
            return false;
    }
}

/* Longer steps, then longer rounds, while they fit and help. */
static void lengthen(region_plan *p, const search *s) {
    region_plan longer = *p;
    while (saturating_mul(region_plan_in_plane_bytes(p), longer.step_planes) < USEFUL_STEP_BYTES &&
           longer.step_planes < p->shape->in[AXIS_D]) {
        longer.step_planes *= 2;
        if (!try_strips(&longer, s, p->strips[0], p->strips[1]))
            break;
        *p = longer;
    }
    longer = *p;
    while (region_plan_round_bytes(p) < USEFUL_ROUND_BYTES / 2 && longer.round_layers < most_layers(p)) {
        longer.round_layers = min_i64(2 * longer.round_layers, most_layers(p));
        if (!try_strips(&longer, s, p->strips[0], p->strips[1]))
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

vxs_status region_plan_make(region_plan *plan, const stream_shape *shape, const stream_costs *costs,
                            const box *region, int64_t ranks, int64_t budget_bytes) {
    search s = {costs, ranks, budget_bytes};
    /* Leading axes advance by whole chunks of input and output alike; if memory is short, by the output's. */
    for (int whole_input_chunks = 1; whole_input_chunks >= 0; whole_input_chunks--) {
        *plan = (region_plan){.shape = shape, .region = *region};
        plan->step_planes = shape->in_chunk[AXIS_D];
        plan->round_layers = 1;
        for (int a = AXIS_N; a <= AXIS_C; a++)
            plan->lead_block[a] = whole_input_chunks
                                      ? common_multiple(shape->in_chunk[a], shape->tile[a], shape->in[a])
                                      : min_i64(shape->tile[a], shape->in[a]);
        if (fit_strips(plan, &s)) {
            lengthen(plan, &s);
            return VXS_OK;
        }
    }
    return status_fail(VXS_USAGE,
                       "a memory budget of %lld bytes per rank is too small for this volume on %lld ranks: "
                       "it takes at least --memory %lld",
                       (long long)budget_bytes, (long long)ranks, (long long)plan->memory_bytes);
}
