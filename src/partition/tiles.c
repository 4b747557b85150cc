#include "partition/tiles.h"

#include <string.h>

#include "base/checked.h"

enum { MOST_TILES = 1 << 20, LEAST_TILE_BYTES = 16 << 10 };

int64_t tiles_along(int64_t size, int64_t tile) {
    return div_ceil(size, tile);
}

static int64_t tile_count(const int64_t shape[AXES], const int64_t tile[AXES]) {
    int64_t count = 1;
    for (int a = 0; a < AXES; a++)
        count = saturating_mul(count, tiles_along(shape[a], tile[a]));
    return count;
}

static void start_without_chunks(const int64_t shape[AXES], int64_t voxel_bytes, int64_t tile[AXES]) {
    for (int a = 0; a < AXES; a++)
        tile[a] = 1;
    tile[AXIS_W] = shape[AXIS_W];
    int64_t row_bytes = saturating_mul(shape[AXIS_W], voxel_bytes);
    tile[AXIS_H] = min_i64(shape[AXIS_H], div_ceil(LEAST_TILE_BYTES, row_bytes));
}

/* Double w, h, d in turn; the leading axes last, when nothing else is left to double. */
void tiles_choose(const int64_t shape[AXES], const int64_t chunk[AXES], int64_t voxel_bytes,
                  int64_t tile[AXES]) {
    static const int order[] = {AXIS_W, AXIS_H, AXIS_D, AXIS_C, AXIS_N};
    if (chunk[AXIS_W] > 0)
        memcpy(tile, chunk, AXES * sizeof *tile);
    else
        start_without_chunks(shape, voxel_bytes, tile);
    while (tile_count(shape, tile) > MOST_TILES)
        for (int i = 0; i < AXES && tile_count(shape, tile) > MOST_TILES; i++) {
            bool leading = order[i] < AXIS_D;
            bool spatial_left =
                tile[AXIS_W] < shape[AXIS_W] || tile[AXIS_H] < shape[AXIS_H] || tile[AXIS_D] < shape[AXIS_D];
            if (tile[order[i]] < shape[order[i]] && !(leading && spatial_left))
                tile[order[i]] = saturating_mul(tile[order[i]], 2);
        }
}
