/* Which of many combinations a test runs. */
#ifndef SUPPORT_SAMPLE_H
#define SUPPORT_SAMPLE_H

#include <stdint.h>
#include <stdlib.h>

/* Whether to run the next combination: all of them if thorough, else one in six. VOXSLAB_SAMPLE=N runs one
 * in N of these, others for another VOXSLAB_SEED; the same on all ranks. */
static inline int chosen_next(int thorough) {
    static uint32_t turn = 0;
    const char *sample = getenv("VOXSLAB_SAMPLE"), *seed = getenv("VOXSLAB_SEED");
    uint32_t mixed = 2166136261u;
    for (; seed && *seed; seed++)
        mixed = (mixed ^ (unsigned char)*seed) * 16777619u;
    mixed = (mixed ^ ++turn) * 2654435761u;
    uint32_t one_in = (thorough ? 1 : 6) * (uint32_t)(sample && atoi(sample) > 0 ? atoi(sample) : 1);
    return (mixed >> 8) % one_in == 0;
}

#endif
