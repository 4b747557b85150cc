/* Tiles drawn at random: the same on every rank, for any number of ranks. Local. */
#ifndef PARTITION_TILE_SAMPLE_H
#define PARTITION_TILE_SAMPLE_H

#include "partition/tile_set.h"

/* Leave wanted tiles out of the set, each sample as likely as any other, and put all others in:
 * tile_set_missing then gives the sample. All tiles if there are no more. */
void tile_set_leave_sample(tile_set *set, int64_t wanted, uint64_t seed);

#endif
