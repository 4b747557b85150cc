#include "partition/tile_set.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "base/checked.h"
#include "partition/tiles.h"

/* ---- bits ---- */

static bool has_bit(const uint8_t *bits, int64_t i) {
    return bits[i / 8] >> (i % 8) & 1;
}

static void set_bit(uint8_t *bits, int64_t i) {
    bits[i / 8] = (uint8_t)(bits[i / 8] | 1 << (i % 8));
}

size_t tile_set_bytes(const tile_set *set) {
    return (size_t)div_ceil(set->tiles, 8);
}

vxs_status tile_set_create(tile_set *set, const int64_t shape[AXES], const int64_t tile[AXES]) {
    *set = (tile_set){.tiles = 1};
    for (int a = 0; a < AXES; a++) {
        set->shape[a] = shape[a];
        set->tile[a] = tile[a];
        set->count[a] = tiles_along(shape[a], tile[a]);
        CHECK(checked_mul(set->tiles, set->count[a], &set->tiles), VXS_USAGE, "more than 2^63 tiles");
    }
    set->bits = calloc(tile_set_bytes(set), 1);
    CHECK(set->bits, VXS_IO, "out of memory: %zu bytes for the set of finished tiles", tile_set_bytes(set));
    return VXS_OK;
}

void tile_set_destroy(tile_set *set) {
    free(set->bits);
    set->bits = NULL;
}

static int64_t flat(const tile_set *set, const int64_t index[AXES]) {
    int64_t at = 0;
    for (int a = 0; a < AXES; a++)
        at = at * set->count[a] + index[a];
    return at;
}

bool tile_set_has(const tile_set *set, const int64_t index[AXES]) {
    return has_bit(set->bits, flat(set, index));
}

/* ---- boxes of tiles ---- */

/* The next index of a box of tiles, row-major; false past the last one. */
static bool next_in(const box *tiles, int64_t index[AXES]) {
    for (int a = AXES - 1; a >= 0; a--) {
        if (++index[a] < tiles->axis[a].end)
            return true;
        index[a] = tiles->axis[a].begin;
    }
    return false;
}

static void first_in(const box *tiles, int64_t index[AXES]) {
    for (int a = 0; a < AXES; a++)
        index[a] = tiles->axis[a].begin;
}

static void set_bits(const tile_set *set, const box *tiles, uint8_t *bits) {
    int64_t index[AXES];
    first_in(tiles, index);
    do
        set_bit(bits, flat(set, index));
    while (next_in(tiles, index));
}

static bool none_of(const tile_set *set, const box *tiles, const uint8_t *bits) {
    int64_t index[AXES];
    first_in(tiles, index);
    do
        if (has_bit(bits, flat(set, index)))
            return false;
    while (next_in(tiles, index));
    return true;
}

static box in_voxels(const tile_set *set, const box *tiles) {
    box b;
    for (int a = 0; a < AXES; a++)
        b.axis[a] = (range){tiles->axis[a].begin * set->tile[a],
                            min_i64(tiles->axis[a].end * set->tile[a], set->shape[a])};
    return b;
}

void tile_set_add(tile_set *set, const box *voxels) {
    box tiles;
    if (box_is_empty(voxels))
        return;
    for (int a = 0; a < AXES; a++) {
        range r = voxels->axis[a];
        assert(r.begin % set->tile[a] == 0 && (r.end % set->tile[a] == 0 || r.end == set->shape[a]));
        tiles.axis[a] = (range){r.begin / set->tile[a], div_ceil(r.end, set->tile[a])};
    }
    set_bits(set, &tiles, set->bits);
}

/* Along h and w the parts cover the epoch's region, so only d tells them apart. */
void tile_set_add_round(tile_set *set, const region_plan *plan, int64_t epoch_index, int64_t round) {
    epoch e = region_plan_epoch(plan, epoch_index);
    for (int part = 0; part < e.parts[0]; part++) {
        box b = e.region;
        b.axis[AXIS_D] = region_plan_round(plan, epoch_tiles_range(&e, 0, part), round);
        tile_set_add(set, &b);
    }
}

/* ---- counting ---- */

static box all_tiles(const tile_set *set) {
    return box_of_shape(set->count);
}

int64_t tile_set_members(const tile_set *set) {
    int64_t members = 0;
    for (size_t i = 0; i < tile_set_bytes(set); i++)
        members += __builtin_popcount(set->bits[i]);
    return members;
}

int64_t tile_set_voxels(const tile_set *set) {
    int64_t index[AXES], voxels = 0;
    box all = all_tiles(set);
    first_in(&all, index);
    do {
        box one;
        for (int a = 0; a < AXES; a++)
            one.axis[a] = (range){index[a], index[a] + 1};
        one = in_voxels(set, &one);
        voxels += tile_set_has(set, index) ? box_voxels(&one) : 0;
    } while (next_in(&all, index));
    return voxels;
}

/* ---- what is missing ---- */

/* Grow a box of one tile, fastest axis first, as long as none of what is added is taken. */
static void grow(const tile_set *set, const uint8_t *taken, box *tiles) {
    for (int a = AXES - 1; a >= 0; a--)
        for (range *r = &tiles->axis[a]; r->end < set->count[a]; r->end++) {
            box next = *tiles;
            next.axis[a] = (range){r->end, r->end + 1};
            if (!none_of(set, &next, taken))
                break;
        }
}

static vxs_status append(box **boxes, int64_t *count, const box *b) {
    if ((*count & (*count - 1)) == 0) { /* room for a power of two */
        size_t room = *count ? 2 * (size_t)*count : 1;
        box *more = realloc(*boxes, room * sizeof **boxes);
        CHECK(more, VXS_IO, "out of memory: %zu bytes for the list of what is to do", room * sizeof **boxes);
        *boxes = more;
    }
    (*boxes)[(*count)++] = *b;
    return VXS_OK;
}

vxs_status tile_set_missing(const tile_set *set, box **boxes, int64_t *count) {
    int64_t index[AXES];
    box all = all_tiles(set);
    vxs_status status = VXS_OK;
    *boxes = NULL;
    *count = 0;
    uint8_t *taken = malloc(tile_set_bytes(set));
    CHECK(taken, VXS_IO, "out of memory: %zu bytes for the set of tiles to do", tile_set_bytes(set));
    memcpy(taken, set->bits, tile_set_bytes(set));
    first_in(&all, index);
    do {
        if (has_bit(taken, flat(set, index)))
            continue;
        box tiles;
        for (int a = 0; a < AXES; a++)
            tiles.axis[a] = (range){index[a], index[a] + 1};
        grow(set, taken, &tiles);
        set_bits(set, &tiles, taken);
        box b = in_voxels(set, &tiles);
        status = append(boxes, count, &b);
    } while (status == VXS_OK && next_in(&all, index));
    free(taken);
    if (status != VXS_OK) {
        free(*boxes);
        *boxes = NULL;
        *count = 0;
    }
    return status;
}
