/*
 * The fixed grid of output tiles: a function of the output's shape and chunks alone, never of ranks or
 * memory. Tiles are the unit of ownership: each chunk has one writer. Local.
 */
#ifndef PARTITION_TILES_H
#define PARTITION_TILES_H

#include "base/box.h"

/*
 * tile: the output's chunk, or multiples of it along w, h and d until there are at most a million tiles.
 * Without chunks (chunk all 0): rows of one plane, at least 16 KiB of them, again until there are at most a
 * million.
 */
void tiles_choose(const int64_t shape[AXES], const int64_t chunk[AXES], int64_t voxel_bytes,
                  int64_t tile[AXES]);

/* How many tiles there are along an axis of size voxels. */
int64_t tiles_along(int64_t size, int64_t tile);

#endif
