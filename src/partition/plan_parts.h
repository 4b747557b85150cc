/* What plan.c and plan_search.c share: sizes that follow from a plan's strips and grid. Local. */
#ifndef PARTITION_PLAN_PARTS_H
#define PARTITION_PLAN_PARTS_H

#include "partition/plan.h"

/* Tiles of the region along d, h or w. */
int64_t region_plan_tiles(const region_plan *p, int axis);

/* One of the plan's strips along h or w, in voxels. */
range region_plan_strip(const region_plan *p, int axis, int64_t strip);

/* Tile layers of the part with most. */
int64_t region_plan_most_layers(const region_plan *p);

/* The extent of the largest box that a rank writes in a round. */
void region_plan_round_extent(const region_plan *p, int64_t extent[AXES]);

#endif
