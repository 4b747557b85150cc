/* tests/golden/grid_cases.txt in memory; golden/make_grid_golden.py explains the files. Local. */
#ifndef REFERENCE_SAMPLE_GOLDEN_H
#define REFERENCE_SAMPLE_GOLDEN_H

#include "reference/sample.h"

#define SAMPLE_GOLDEN_LEAST 100 /* cases */

typedef struct sample_case {
    char name[96];
    vxs_sample_options options;
    vxs_dtype src_dtype;
    reference_map map; /* data borrowed from the set */
    int64_t in_shape[5], out_dhw[3], field_dhw[3];
    int64_t map_offset, map_count, offset, count; /* elements in their files */
    double tolerance;                             /* of max|v| = 1; 0: exact */
    const void *expected; /* [count] of src_dtype; NaN where nothing is to be compared,
                             unless exact */
} sample_case;

typedef struct sample_set {
    sample_case *cases;
    int count;
    void *maps[2], *samples[2]; /* float32, float64 */
} sample_set;

/* NULL, or what is wrong, in words, with the set empty. Valid until the next call. */
const char *sample_golden_load(const char *folder, sample_set *set);

/* Legal on a zeroed set. */
void sample_golden_free(sample_set *set);

/* The input of a case, of its src_dtype, for free(). */
void *sample_golden_input(const sample_case *c);

#endif
