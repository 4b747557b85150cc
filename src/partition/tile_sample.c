#include "partition/tile_sample.h"

#include <string.h>

/* splitmix64 (Steele, Lea, Flood 2014: "Fast splittable pseudorandom number generators") */
static uint64_t next_random(uint64_t *state) {
    uint64_t z = *state += UINT64_C(0x9e3779b97f4a7c15);
    z = (z ^ (z >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
    z = (z ^ (z >> 27)) * UINT64_C(0x94d049bb133111eb);
    return z ^ (z >> 31);
}

/* Selection sampling (Knuth, TAOCP 3.4.2, algorithm S): each tile in turn, with the chance that is left. */
void tile_set_leave_sample(tile_set *set, int64_t wanted, uint64_t seed) {
    int64_t left = wanted < set->tiles ? wanted : set->tiles;
    memset(set->bits, 0, tile_set_bytes(set));
    for (int64_t i = 0; i < set->tiles; i++) {
        const unsigned __int128 scaled = (unsigned __int128)next_random(&seed) * (uint64_t)(set->tiles - i);
        if ((int64_t)(scaled >> 64) < left)
            left--;
        else
            set->bits[i / 8] = (uint8_t)(set->bits[i / 8] | 1 << i % 8);
    }
}
