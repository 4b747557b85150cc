/*
 * A set of output tiles, one bit each: those that are finished, say. What is missing from it comes as boxes,
 * each of which a region_plan works off. Local.
 */
#ifndef PARTITION_TILE_SET_H
#define PARTITION_TILE_SET_H

#include "base/status.h"
#include "partition/plan.h"

typedef struct tile_set {
    int64_t shape[AXES], tile[AXES]; /* in voxels */
    int64_t count[AXES];             /* tiles along each axis */
    int64_t tiles;
    uint8_t *bits; /* bit i%8 of byte i/8 is tile i, row-major; tile_set_bytes(), the last ones 0 */
} tile_set;

/* The empty set. VXS_IO when memory is short; a zeroed set may be destroyed, too. */
vxs_status tile_set_create(tile_set *set, const int64_t shape[AXES], const int64_t tile[AXES]);
void tile_set_destroy(tile_set *set);

size_t tile_set_bytes(const tile_set *set);

/* Add the tiles of a box in voxels, which is cut at tiles; an empty box adds none. */
void tile_set_add(tile_set *set, const box *voxels);

/* Add what all ranks together write in a round of an epoch: known without asking them. */
void tile_set_add_round(tile_set *set, const region_plan *plan, int64_t epoch_index, int64_t round);

bool tile_set_has(const tile_set *set, const int64_t index[AXES]); /* index in tiles */

int64_t tile_set_members(const tile_set *set); /* tiles */
int64_t tile_set_voxels(const tile_set *set);

/* The rest of the grid as disjoint boxes in voxels, cut at tiles; a few large ones where it can be. *boxes is
 * the caller's to free, NULL when nothing is missing. VXS_IO when memory is short. */
vxs_status tile_set_missing(const tile_set *set, box **boxes, int64_t *count);

#endif
