#include "partition/gather_plan.h"

#include <string.h>

#include "base/checked.h"

enum {
    LEAST_REQUESTS = 1 << 10,
    MOST_REQUESTS = 1 << 20,
    LEAST_TAPS = 1 << 10,
    MOST_PIECE = 1 << 30, /* bytes: a round must end some time */
    LEAST_BLOCK = 1 << 16,
    COUNT_BYTES = 16, /* for each rank: how much it is sent, and sends, and where that is */
    ALIGNMENT = 64
};

static int64_t product(const int64_t *extent, int axes) {
    int64_t n = 1;
    for (int a = 0; a < axes; a++)
        n = saturating_mul(n, extent[a]);
    return n;
}

/* ---- what things take ---- */

static int64_t points_bytes(const gather_shape *s, const int64_t piece[AXES]) {
    const int64_t more = s->coarse ? 2 : 0;
    const int64_t extent[] = {s->batched ? piece[AXIS_N] : 1, piece[AXIS_D] + more, piece[AXIS_H] + more,
                              piece[AXIS_W] + more};
    return saturating_mul(product(extent, 4), s->point_bytes);
}

static int64_t out_bytes(const gather_shape *s, const int64_t piece[AXES]) {
    return saturating_mul(product(piece, AXES), s->out_voxel_bytes);
}

static int64_t piece_bytes(const gather_shape *s, const int64_t piece[AXES]) {
    const int64_t points = points_bytes(s, piece), out = out_bytes(s, piece);
    int64_t bytes = saturating_add(points, out);
    bytes = saturating_add(bytes, s->table_bytes * (piece[AXIS_D] + piece[AXIS_H] + piece[AXIS_W]));
    bytes = saturating_add(bytes, s->write_overhead(s->context, out));
    bytes = saturating_add(bytes, s->scratch_bytes);
    return saturating_add(bytes, points ? s->point_overhead(s->context, points) : 0);
}

static int64_t room_cost(const gather_shape *s, int64_t room) {
    return saturating_add(room, s->read_overhead(s->context, room));
}

static int64_t taps_bytes(const gather_shape *s, int64_t channels, int64_t voxels) {
    return saturating_mul(voxels, GATHER_TAPS_BYTES + GATHER_TAPS * s->in_voxel_bytes * channels);
}

/* Groups keep this from growing with the ranks, but for their counts. */
static int64_t requests_bytes(int64_t ranks, int64_t channels, int64_t requests) {
    return saturating_add(ranks * COUNT_BYTES, requests * gather_request_bytes(channels));
}

int64_t gather_request_bytes(int64_t channels) {
    return 3 * (int64_t)sizeof(int64_t) + 2 * channels * (int64_t)sizeof(int64_t);
}

/* ---- the search ---- */

static int64_t region_size(const gather_plan *p, int axis) {
    return range_size(p->region.axis[axis]);
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
            wider[a] = min_i64(saturating_mul(wider[a], 2), region_size(p, a));
            int64_t pieces = 1; /* every rank should have one */
            for (int axis = 0; axis < AXES; axis++)
                pieces =
                    saturating_mul(pieces, axis == AXIS_C ? 1 : div_ceil(region_size(p, axis), wider[axis]));
            if (wider[a] == p->piece[a] || piece_bytes(s, wider) > bytes ||
                (a != AXIS_C && pieces < p->ranks))
                continue;
            memcpy(p->piece, wider, sizeof wider);
            grown = true;
        }
    }
}

/* Whole chunks, cut along d, then h, then w; a chunk that is too large is cut too. */
static void choose_block(gather_plan *p, int64_t bytes) {
    const gather_shape *s = p->shape;
    int64_t *block = p->block;
    memcpy(block, s->in + AXIS_D, sizeof p->block);
    for (int pass = 0; pass < 2; pass++)
        for (int a = 0; a < 3; a++) {
            const int64_t others = product(block, 3) / block[a] * s->in_voxel_bytes * p->channels;
            const int64_t step = pass ? 1 : s->in_chunk[AXIS_D + a], fit = bytes / max_i64(others, 1);
            block[a] = min_i64(block[a], max_i64(round_down(fit, step), step));
        }
    p->passes = 1;
    for (int a = 0; a < 3; a++) {
        p->blocks[a] = div_ceil(s->in[AXIS_D + a], block[a]);
        p->passes = saturating_mul(p->passes, p->blocks[a]);
    }
    p->passes = div_ceil(p->passes, p->ranks);
}

/* Rows, then planes, then boxes of at most so many outputs. */
static void choose_part(gather_plan *p, int64_t voxels) {
    for (int a = 2; a >= 0; a--) {
        p->part[a] = min_i64(p->piece[AXIS_D + a], max_i64(voxels, 1));
        voxels /= p->part[a];
    }
}

static void count_pieces(gather_plan *p) {
    p->rounds = 1;
    for (int a = 0; a < AXES; a++) {
        p->pieces[a] = div_ceil(region_size(p, a), p->piece[a]);
        p->rounds = saturating_mul(p->rounds, a == AXIS_C ? 1 : p->pieces[a]);
    }
    p->rounds = div_ceil(p->rounds, p->ranks);
}

/* What one channel of the input takes, and the least that must be held of it. */
static int64_t channel_bytes(const gather_shape *s) {
    return saturating_mul(product(s->in + AXIS_D, 3), s->in_voxel_bytes);
}

static int64_t least_block(const gather_shape *s, int64_t channels) {
    const int64_t chunk = saturating_mul(product(s->in_chunk + AXIS_D, 3), s->in_voxel_bytes);
    return min_i64(max_i64(saturating_mul(chunk, channels), LEAST_BLOCK),
                   saturating_mul(channel_bytes(s), channels));
}

static int64_t least_room(const gather_plan *p, int64_t channels) {
    const gather_shape *s = p->shape;
    const int64_t taps = min_i64(product(p->piece + AXIS_D, 3), LEAST_TAPS);
    return saturating_add(saturating_add(least_block(s, channels), taps_bytes(s, channels, taps)),
                          saturating_add(requests_bytes(p->ranks, channels, LEAST_REQUESTS), 4 * ALIGNMENT));
}

/* A chunk that is decoded whole is not to be decoded again for each of its channels. */
static int64_t most_channels(const gather_plan *p) {
    const gather_shape *s = p->shape;
    return s->in_filtered ? min_i64(s->in_chunk[AXIS_C], p->piece[AXIS_C]) : 1;
}

/* More is of no use: all input, or a block for every rank and a whole piece under way. */
static int64_t most_room(const gather_plan *p) {
    const gather_shape *s = p->shape;
    const int64_t channels = most_channels(p);
    const int64_t all = saturating_mul(channel_bytes(s), s->in[AXIS_N] * s->in[AXIS_C]);
    const int64_t taps = product(p->piece + AXIS_D, 3);
    const int64_t requests =
        max_i64(LEAST_REQUESTS, min_i64(saturating_mul(taps, GATHER_TAPS), MOST_REQUESTS));
    const int64_t travelling =
        saturating_add(taps_bytes(s, channels, taps), requests_bytes(p->ranks, channels, requests));
    const int64_t block =
        max_i64(least_block(s, channels), saturating_mul(channel_bytes(s), channels) / p->ranks);
    return max_i64(all, saturating_add(travelling, block));
}

/* How the room is shared out while points travel: few sweeps over the input need many points under way, and
 * the size of a block matters little. */
static void share_room(gather_plan *p) {
    const gather_shape *s = p->shape;
    int64_t left = p->room_bytes - 4 * ALIGNMENT;
    p->channels = most_channels(p);
    while (p->channels > 1 && least_room(p, p->channels) > p->room_bytes)
        p->channels = div_ceil(p->channels, 2);
    int64_t requests = left / 16 / gather_request_bytes(p->channels);
    requests = min_i64(max_i64(requests, LEAST_REQUESTS), MOST_REQUESTS);
    p->group = min_i64(p->ranks, requests);
    p->batch = requests / p->group;
    left -= requests_bytes(p->ranks, p->channels, requests);
    choose_block(p, max_i64(least_block(s, p->channels), left / 4));
    left -= gather_plan_block_bytes(p);
    choose_part(p, left / taps_bytes(s, p->channels, 1));
}

/* From most downwards until it fits, since overheads are not linear. */
static void choose_room(gather_plan *p, int64_t left) {
    for (int64_t room = min_i64(most_room(p), left); room > p->room_bytes; room -= room / 16 + 1)
        if (room_cost(p->shape, room) <= left) {
            p->room_bytes = room;
            return;
        }
}

vxs_status gather_plan_make(gather_plan *p, const gather_shape *s, const box *region, int64_t ranks,
                            int64_t budget) {
    *p = (gather_plan){.shape = s, .region = *region, .ranks = ranks};
    for (int a = 0; a < AXES; a++)
        p->piece[a] = min_i64(s->tile[a], region_size(p, a));
    p->room_bytes = least_room(p, 1);
    const int64_t least = saturating_add(piece_bytes(s, p->piece), room_cost(s, p->room_bytes));
    p->memory_bytes = least;
    CHECK(least <= budget, VXS_USAGE,
          "a memory budget of %lld bytes per rank is too small for this volume on %lld ranks: it takes at "
          "least "
          "a tile of output with its points and a chunk of input; use a smaller --chunk, or --memory %lld",
          (long long)budget, (long long)ranks, (long long)least);
    const int64_t spare = budget - least;
    grow_piece(p, min_i64(piece_bytes(s, p->piece) + spare / 4, MOST_PIECE));
    choose_room(p, budget - piece_bytes(s, p->piece));
    share_room(p);
    count_pieces(p);
    p->memory_bytes = saturating_add(piece_bytes(s, p->piece), room_cost(s, p->room_bytes));
    return VXS_OK;
}

/* ---- pieces, parts, blocks ---- */

static range step_of(range whole, int64_t index, int64_t step) {
    const int64_t begin = whole.begin + index * step;
    return (range){min_i64(begin, whole.end), min_i64(begin + step, whole.end)};
}

box gather_plan_piece(const gather_plan *p, int64_t round, int64_t rank) {
    static const int order[] = {AXIS_W, AXIS_H, AXIS_D, AXIS_N};
    int64_t index = round * p->ranks + rank;
    box b = p->region;
    for (int i = 0; i < 4; i++) {
        const int a = order[i];
        b.axis[a] = step_of(p->region.axis[a], index % p->pieces[a], p->piece[a]);
        index /= p->pieces[a];
    }
    return index == 0 ? b : (box){{{0, 0}}};
}

range gather_plan_channels(const gather_plan *p, int64_t index) {
    return step_of(p->region.axis[AXIS_C], index, p->piece[AXIS_C]);
}

range gather_plan_together(const gather_plan *p, range channels) {
    const int64_t chunk = p->shape->in_chunk[AXIS_C], chunk_end = round_down(channels.begin, chunk) + chunk;
    channels.end = min_i64(channels.end, channels.begin + p->channels);
    return (range){channels.begin, min_i64(channels.end, p->channels > 1 ? chunk_end : channels.end)};
}

int64_t gather_plan_parts(const gather_plan *p) {
    int64_t parts = p->piece[AXIS_N];
    for (int a = 0; a < 3; a++)
        parts *= div_ceil(p->piece[AXIS_D + a], p->part[a]);
    return parts;
}

box gather_plan_part(const gather_plan *p, const box *piece, int64_t index) {
    box b = *piece;
    if (box_is_empty(piece))
        return b;
    for (int a = 2; a >= 0; a--) {
        const int64_t along = div_ceil(p->piece[AXIS_D + a], p->part[a]);
        b.axis[AXIS_D + a] = step_of(piece->axis[AXIS_D + a], index % along, p->part[a]);
        index /= along;
    }
    b.axis[AXIS_N] = step_of(piece->axis[AXIS_N], index, 1);
    return b;
}

box gather_plan_block(const gather_plan *p, int64_t pass, int64_t rank, int64_t n, range c) {
    int64_t index = pass * p->ranks + rank;
    box b = {{{n, n + 1}, c}};
    for (int a = 2; a >= 0; a--) {
        b.axis[AXIS_D + a] = step_of((range){0, p->shape->in[AXIS_D + a]}, index % p->blocks[a], p->block[a]);
        index /= p->blocks[a];
    }
    return index == 0 ? b : (box){{{0, 0}}};
}

int64_t gather_plan_block_of(const gather_plan *p, const int64_t dhw[3]) {
    return (dhw[0] / p->block[0] * p->blocks[1] + dhw[1] / p->block[1]) * p->blocks[2] + dhw[2] / p->block[2];
}

int64_t gather_fetched_bytes(const gather_plan *p, const box *read) {
    const gather_shape *s = p->shape;
    box b = *read;
    for (int a = 0; a < AXES && s->in_filtered; a++)
        b.axis[a] = range_align(b.axis[a], s->in_chunk[a], s->in[a]);
    return saturating_mul(box_voxels(&b), s->in_voxel_bytes);
}

/* ---- buffers ---- */

int64_t gather_plan_points_bytes(const gather_plan *p) {
    return points_bytes(p->shape, p->piece);
}

int64_t gather_plan_out_bytes(const gather_plan *p) {
    return out_bytes(p->shape, p->piece);
}

int64_t gather_plan_block_bytes(const gather_plan *p) {
    return saturating_mul(product(p->block, 3), p->shape->in_voxel_bytes * p->channels);
}

int64_t gather_plan_taps(const gather_plan *p) {
    return product(p->part, 3);
}
