#include "partition/gather_plan.h"

#include <string.h>

#include "base/checked.h"

enum {
    TAPS = 8,
    TAPS_BYTES = 32,    /* of where they are */
    REQUEST_BYTES = 48, /* of a voxel asked for: place, index, value, on both sides */
    LEAST_BATCH = 64,
    MOST_BATCH = 1 << 16,
    MOST_PIECE = 1 << 28, /* bytes: more makes no transfer faster */
    LEAST_HELD = 1 << 16
};

int64_t gather_voxel_bytes(const gather_shape *shape) {
    return TAPS_BYTES + TAPS * shape->in_voxel_bytes;
}

static int64_t voxels_of(const int64_t extent[AXES]) {
    int64_t n = 1;
    for (int a = 0; a < AXES; a++)
        n = saturating_mul(n, extent[a]);
    return n;
}

/* Buffers of a piece; a coarse field needs a voxel more on every side. */
static int64_t piece_bytes(const gather_shape *s, const int64_t piece[AXES]) {
    const int64_t points = (piece[AXIS_D] + 2) * (piece[AXIS_H] + 2) * (piece[AXIS_W] + 2);
    const int64_t map = saturating_mul(points, s->point_bytes);
    const int64_t out = saturating_mul(voxels_of(piece), s->out_voxel_bytes);
    const int64_t taps = saturating_mul(voxels_of(piece) / piece[AXIS_C], gather_voxel_bytes(s));
    int64_t bytes = saturating_add(map, saturating_add(out, taps));
    bytes = saturating_add(bytes, s->write_overhead(s->context, out));
    return saturating_add(bytes, map ? s->point_overhead(s->context, map) : 0);
}

static int64_t held_cost(const gather_shape *s, int64_t held) {
    return saturating_add(held, s->read_overhead(s->context, held));
}

static int64_t batch_bytes(int64_t ranks, int64_t batch) {
    return saturating_mul(saturating_mul(ranks, batch), REQUEST_BYTES);
}

/* Double the piece along w, h, d and c in turn while it stays within bytes. */
static void grow_piece(gather_plan *p, int64_t bytes) {
    static const int order[] = {AXIS_W, AXIS_H, AXIS_D, AXIS_C};
    const gather_shape *s = p->shape;
    for (bool grown = true; grown;) {
        grown = false;
        for (int i = 0; i < 4; i++) {
            const int a = order[i];
            int64_t wider[AXES];
            memcpy(wider, p->piece, sizeof wider);
            wider[a] = min_i64(saturating_mul(wider[a], 2), s->out[a]);
            int64_t pieces = 1; /* every rank should have one */
            for (int axis = 0; axis < AXES; axis++)
                pieces = saturating_mul(pieces, axis == AXIS_C ? 1 : div_ceil(s->out[axis], wider[axis]));
            if (wider[a] == p->piece[a] || piece_bytes(s, wider) > bytes ||
                (a != AXIS_C && pieces < p->ranks))
                continue;
            memcpy(p->piece, wider, sizeof wider);
            grown = true;
        }
    }
}

/* Whole chunks, cut along d, then h, then w; a chunk that is too large is cut too. */
static void choose_block(gather_plan *p) {
    const gather_shape *s = p->shape;
    int64_t *block = p->block;
    memcpy(block, s->in + AXIS_D, sizeof p->block);
    for (int pass = 0; pass < 2; pass++)
        for (int a = 0; a < 3; a++) {
            const int64_t others = block[0] * block[1] * block[2] / block[a] * s->in_voxel_bytes;
            const int64_t step = pass ? 1 : s->in_chunk[AXIS_D + a], fit = p->held_bytes / max_i64(others, 1);
            block[a] = min_i64(block[a], max_i64(round_down(fit, step), step));
        }
    p->passes = 1;
    for (int a = 0; a < 3; a++) {
        p->blocks[a] = div_ceil(s->in[AXIS_D + a], block[a]);
        p->passes = saturating_mul(p->passes, p->blocks[a]);
    }
    p->passes = div_ceil(p->passes, p->ranks);
}

static void count_pieces(gather_plan *p) {
    p->rounds = 1;
    for (int a = 0; a < AXES; a++) {
        p->pieces[a] = div_ceil(p->shape->out[a], p->piece[a]);
        p->rounds = saturating_mul(p->rounds, a == AXIS_C ? 1 : p->pieces[a]);
    }
    p->rounds = div_ceil(p->rounds, p->ranks);
}

vxs_status gather_plan_make(gather_plan *p, const gather_shape *s, int64_t ranks, int64_t budget) {
    *p = (gather_plan){.shape = s, .ranks = ranks, .batch = LEAST_BATCH};
    int64_t chunk_bytes = s->in_voxel_bytes, in_bytes = s->in_voxel_bytes;
    for (int a = 0; a < AXES; a++) {
        p->piece[a] = min_i64(s->write_unit[a], s->out[a]);
        if (a >= AXIS_D) {
            chunk_bytes = saturating_mul(chunk_bytes, s->in_chunk[a]);
            in_bytes = saturating_mul(in_bytes, s->in[a]);
        }
    }
    const int64_t least_held = min_i64(max_i64(chunk_bytes, LEAST_HELD), in_bytes);
    const int64_t least = saturating_add(saturating_add(piece_bytes(s, p->piece), held_cost(s, least_held)),
                                         batch_bytes(ranks, LEAST_BATCH));
    p->memory_bytes = least;
    CHECK(
        least <= budget, VXS_USAGE,
        "--memory %lld is too little: this job needs at least %lld bytes per rank (one chunk of output, one "
        "of input); give more, or a smaller --chunk",
        (long long)budget, (long long)least);
    const int64_t spare = budget - least;
    grow_piece(p, min_i64(piece_bytes(s, p->piece) + spare / 4, MOST_PIECE));
    p->batch = min_i64(max_i64(spare / 8 / batch_bytes(ranks, 1), LEAST_BATCH), MOST_BATCH);
    /* What is left holds input: half as much twice until it fits, since overheads are not linear. */
    const int64_t left = budget - piece_bytes(s, p->piece) - batch_bytes(ranks, p->batch);
    p->held_bytes = least_held;
    for (int64_t held = in_bytes; held > least_held; held -= held / 8 + 1)
        if (held_cost(s, held) <= left) {
            p->held_bytes = held;
            break;
        }
    choose_block(p);
    count_pieces(p);
    p->memory_bytes = piece_bytes(s, p->piece) + batch_bytes(ranks, p->batch) + held_cost(s, p->held_bytes);
    return VXS_OK;
}

static range part_of(int64_t index, int64_t step, int64_t size) {
    return (range){min_i64(index * step, size), min_i64((index + 1) * step, size)};
}

box gather_plan_piece(const gather_plan *p, int64_t round, int64_t rank) {
    static const int order[] = {AXIS_W, AXIS_H, AXIS_D, AXIS_N};
    int64_t index = round * p->ranks + rank;
    box b = {{{0, 0}}};
    b.axis[AXIS_C] = (range){0, p->shape->out[AXIS_C]};
    for (int i = 0; i < 4; i++) {
        const int a = order[i];
        b.axis[a] = part_of(index % p->pieces[a], p->piece[a], p->shape->out[a]);
        index /= p->pieces[a];
    }
    return index == 0 ? b : (box){{{0, 0}}};
}

box gather_plan_channels(const gather_plan *p, const box *piece, int64_t part) {
    box b = *piece;
    if (!box_is_empty(piece))
        b.axis[AXIS_C] = part_of(part, p->piece[AXIS_C], p->shape->out[AXIS_C]);
    return b;
}

box gather_plan_block(const gather_plan *p, int64_t pass, int64_t rank, int64_t n, int64_t c) {
    int64_t index = pass * p->ranks + rank;
    box b = {{{n, n + 1}, {c, c + 1}}};
    for (int a = 2; a >= 0; a--) {
        b.axis[AXIS_D + a] = part_of(index % p->blocks[a], p->block[a], p->shape->in[AXIS_D + a]);
        index /= p->blocks[a];
    }
    return index == 0 ? b : (box){{{0, 0}}};
}

int64_t gather_plan_block_of(const gather_plan *p, const int64_t dhw[3]) {
    return (dhw[0] / p->block[0] * p->blocks[1] + dhw[1] / p->block[1]) * p->blocks[2] + dhw[2] / p->block[2];
}
