/*
 * Two volumes voxel by voxel: where they differ and by how much. Values of any two dtypes meet as long
 * doubles, which hold every 64-bit integer and every double. What is found does not depend on the order in
 * which boxes are compared and findings merged. No MPI, no HDF5, no allocation. Local.
 */
#ifndef KERNELS_COMPARE_H
#define KERNELS_COMPARE_H

#include <stdbool.h>

#include "base/box.h"
#include "base/dtype.h"
#include "kernels/exact_sum.h"

/*
 * When two values are equal. By bits: when all their bits are, of one dtype. Else: a == b, or both are NaN,
 * or |a - b| <= absolute + relative * |b| with a finite difference.
 */
typedef struct compare_rule {
    bool bits;
    double absolute, relative;
} compare_rule;

/* One voxel: where, by its row-major index in the whole volume, and its two values. */
typedef struct compare_place {
    int64_t index; /* -1 when there is none */
    long double a, b;
} compare_place;

typedef struct compare_findings {
    int64_t voxels, differing;
    int64_t one_nan;  /* of the differing: one value is NaN and the other is not; no other figure has them */
    int64_t infinite; /* voxels whose |a - b| is infinite: not in the sum */
    compare_place first; /* the differing voxel of the lowest index */
    compare_place worst; /* the lowest of those with the greatest |a - b| above 0, differing or not */
    double greatest;     /* that |a - b|, 0 without */
    double relative;     /* the greatest |a - b| / |b| where b is not 0 */
    exact_sum sum;       /* of all |a - b| that are finite */
} compare_findings;

void compare_begin(compare_findings *findings);

/* Add the voxels of where, which both views hold, of a volume of that shape. Any strides. */
void compare_boxes(compare_findings *findings, const compare_rule *rule, const int64_t shape[AXES],
                   const box *where, const box_view *a, vxs_dtype a_dtype, const box_view *b,
                   vxs_dtype b_dtype, int threads);

/* Add what was found elsewhere; from's carries are done then. */
void compare_merge(compare_findings *findings, compare_findings *from);

#endif
