/* Which of many combinations a test runs. */
#ifndef SUPPORT_SAMPLE_H
#define SUPPORT_SAMPLE_H

#include <stdint.h>
#include <stdlib.h>

/* Whether to run the next combination: one in three if thorough, else one in eight. VOXSLAB_SAMPLE=N runs one
 * in N of these, 0 all there are; others for another VOXSLAB_SEED. The same on all ranks. */
static inline int chosen_next(int thorough) {
    static uint32_t turn = 0;
    const char *sample = getenv("VOXSLAB_SAMPLE"), *seed = getenv("VOXSLAB_SEED");
    int one_in = (thorough ? 3 : 8) * (sample ? atoi(sample) : 1);
    uint32_t mixed = 2166136261u;
    for (; seed && *seed; seed++)
        mixed = (mixed ^ (unsigned char)*seed) * 16777619u;
    mixed = (mixed ^ ++turn) * 2654435761u;
    return one_in <= 1 || (mixed >> 8) % (uint32_t)one_in == 0;
}

#endif
