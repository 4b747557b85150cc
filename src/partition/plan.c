#include "partition/plan_parts.h"

#include "base/checked.h"
#include "partition/tiles.h"

/* ---- the shape of a candidate ---- */

int64_t region_plan_tiles(const region_plan *p, int axis) {
    return tiles_along(range_size(p->region.axis[AXIS_D + axis]), p->shape->tile[AXIS_D + axis]);
}

range region_plan_strip(const region_plan *p, int axis, int64_t strip) {
    range r = p->region.axis[AXIS_D + axis];
    int64_t tile = p->shape->tile[AXIS_D + axis], tiles = region_plan_tiles(p, axis);
    int64_t first = muldiv(tiles, strip, p->strips[axis - 1]);
    int64_t last = muldiv(tiles, strip + 1, p->strips[axis - 1]);
    return (range){r.begin + first * tile, min_i64(r.begin + last * tile, r.end)};
}

int64_t region_plan_passes(const region_plan *p) {
    return p->passes[0] * p->passes[1];
}

int64_t region_plan_cuts(const region_plan *p, int axis) {
    return p->strips[axis - 1] * p->passes[axis - 1];
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
    for (int axis = 0; axis < 3; axis++) {
        e.parts[axis] = p->parts[axis];
        e.shares[axis] = p->shares[axis];
    }
    e.region.axis[AXIS_W] = region_plan_strip(p, 2, index % p->strips[1]);
    index /= p->strips[1];
    e.region.axis[AXIS_H] = region_plan_strip(p, 1, index % p->strips[0]);
    index /= p->strips[0];
    e.region.axis[AXIS_C] = lead_range(p, AXIS_C, index % lead_epochs(p, AXIS_C));
    e.region.axis[AXIS_N] = lead_range(p, AXIS_N, index / lead_epochs(p, AXIS_C));
    return e;
}

epoch region_plan_pass(const region_plan *p, const epoch *e, int64_t pass) {
    epoch seen = *e;
    seen.pass[0] = pass / p->passes[1];
    seen.pass[1] = pass % p->passes[1];
    for (int i = 0; i < 2; i++)
        seen.passes[i] = p->passes[i];
    return seen;
}

epoch region_plan_cut(const region_plan *p, int axis, int64_t cut) {
    epoch e = region_plan_epoch(p, 0);
    int64_t passes = p->passes[axis - 1];
    e.region.axis[AXIS_D + axis] = region_plan_strip(p, axis, cut / passes);
    e.pass[axis - 1] = cut % passes;
    e.passes[axis - 1] = passes;
    return e;
}

/* ---- rounds and pieces ---- */

int64_t region_plan_most_layers(const region_plan *p) {
    return div_ceil(region_plan_tiles(p, 0), p->parts[0] / p->shares[0]);
}

int64_t region_plan_rounds(const region_plan *p) {
    return div_ceil(region_plan_most_layers(p), p->round_layers);
}

range region_plan_round(const region_plan *p, range planes, int64_t round) {
    int64_t size = p->round_layers * p->shape->tile[AXIS_D];
    return (range){min_i64(planes.begin + round * size, planes.end),
                   min_i64(planes.begin + (round + 1) * size, planes.end)};
}

void region_plan_round_extent(const region_plan *p, int64_t extent[AXES]) {
    extent[AXIS_N] = p->lead_block[0];
    extent[AXIS_C] = p->lead_block[1];
    extent[AXIS_D] = p->round_planes;
    extent[AXIS_H] = p->out_extent[1];
    extent[AXIS_W] = p->out_extent[2];
}

int64_t region_plan_pieces(const region_plan *p) {
    int64_t extent[AXES], pieces = 1;
    region_plan_round_extent(p, extent);
    for (int a = 0; a < AXES; a++)
        pieces *= div_ceil(extent[a], p->piece[a]);
    return pieces;
}

box region_plan_piece(const region_plan *p, const box *round_box, int64_t index) {
    int64_t extent[AXES];
    region_plan_round_extent(p, extent);
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
