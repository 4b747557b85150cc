/*
 * A sum of doubles without rounding: one long fixed-point number from 2^-1074 up to 2^1024 and beyond, in
 * limbs of 32 bits. Integers add up to the same whatever the order, so that a sum over threads and ranks does
 * not depend on how many there are. Local.
 */
#ifndef KERNELS_EXACT_SUM_H
#define KERNELS_EXACT_SUM_H

#include <stdint.h>

enum { EXACT_SUM_LIMBS = 70 };

typedef struct exact_sum {
    int64_t
        limb[EXACT_SUM_LIMBS]; /* limb i counts 2^(32 i - 1074); plain integers, add them up limb by limb */
    int64_t pending;           /* additions since the carries went up */
} exact_sum;

/* value: finite, at least 0. */
void exact_sum_add(exact_sum *sum, double value);

/* from is left with its carries done. */
void exact_sum_merge(exact_sum *sum, exact_sum *from);

/* Carry: every limb but the last is below 2^32 then, so that 2^31 such sums can be added limb by limb. */
void exact_sum_carry(exact_sum *sum);

/* sum / count, rounded from at least 64 bits of the sum: a function of the exact sum alone. count above 0. */
double exact_sum_mean(exact_sum *sum, int64_t count);

#endif
