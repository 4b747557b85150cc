#include "bench/traffic.h"

#include <stdlib.h>

#include "base/dtype.h"
#include "geometry/axis_map.h"

enum { LINE = 64 };

/* needed[i] = whether some output reads source voxel i; returns how many are. */
static int64_t mark_needed(const tap_table *t, bool *needed) {
    for (int64_t o = 0; o < range_size(t->outputs); o++)
        for (int64_t i = t->first[o]; i <= t->last[o]; i++)
            needed[i] = true;
    int64_t count = 0;
    for (int64_t i = 0; i < t->map.in; i++)
        count += needed[i];
    return count;
}

/* Lines with a needed voxel, in all the rows of a plane that are needed: rows need not begin at a line, and
 * two rows may share one. */
static int64_t lines_of_plane(const bool *needed, int64_t in, int64_t bytes) {
    int64_t lines = 0, latest = -1;
    for (int64_t h = 0; h < in; h++)
        for (int64_t w = 0; needed[h] && w < in; w++) {
            const int64_t line = (h * in + w) * bytes / LINE;
            lines += needed[w] && line != latest;
            latest = needed[w] ? line : latest;
        }
    return lines;
}

int64_t traffic_bytes(vxs_mode mode, vxs_dtype dtype, int64_t in, int64_t out) {
    const vxs_resample_options options = {mode, VXS_COORDS_AUTO, 0};
    const int64_t bytes = (int64_t)dtype_bytes(dtype);
    axis_map map;
    tap_table table = {0};
    int64_t moved = -1;
    bool *needed = calloc((size_t)in, sizeof *needed);
    if (needed && axis_map_init(&map, &options, dtype, in, out) == VXS_OK &&
        tap_table_build(&table, &map, (range){0, out}) == VXS_OK) {
        const int64_t planes = mark_needed(&table, needed);
        const int64_t written = (out * out * out * bytes + LINE - 1) / LINE;
        moved = LINE * (planes * lines_of_plane(needed, in, bytes) + written);
    }
    tap_table_free(&table);
    free(needed);
    return moved;
}
