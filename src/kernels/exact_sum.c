#include "kernels/exact_sum.h"

#include <math.h>
#include <string.h>

enum { LIMB_BITS = 32, LOWEST_EXPONENT = -1074, MOST_PENDING = 1 << 28 };

void exact_sum_add(exact_sum *sum, double value) {
    uint64_t bits;
    memcpy(&bits, &value, sizeof bits);
    const int biased = (int)(bits >> 52 & 0x7ff);
    const uint64_t fraction = bits & ((UINT64_C(1) << 52) - 1);
    const uint64_t mantissa = biased ? fraction | UINT64_C(1) << 52 : fraction;
    const int place = biased ? biased - 1 : 0; /* of the mantissa's last bit, above 2^-1074 */
    const int limb = place / LIMB_BITS, shift = place % LIMB_BITS;
    const unsigned __int128 shifted = (unsigned __int128)mantissa << shift;
    for (int i = 0; i < 3; i++)
        sum->limb[limb + i] += (int64_t)(uint32_t)(shifted >> (i * LIMB_BITS));
    if (++sum->pending == MOST_PENDING)
        exact_sum_carry(sum);
}

void exact_sum_carry(exact_sum *sum) {
    for (int i = 0; i + 1 < EXACT_SUM_LIMBS; i++) {
        sum->limb[i + 1] += sum->limb[i] >> LIMB_BITS;
        sum->limb[i] &= UINT32_MAX;
    }
    sum->pending = 0;
}

void exact_sum_merge(exact_sum *sum, exact_sum *from) {
    exact_sum_carry(from);
    for (int i = 0; i < EXACT_SUM_LIMBS; i++)
        sum->limb[i] += from->limb[i];
    exact_sum_carry(sum);
}

double exact_sum_mean(exact_sum *sum, int64_t count) {
    exact_sum_carry(sum);
    int top = EXACT_SUM_LIMBS - 1;
    while (top > 0 && sum->limb[top] == 0)
        top--;
    long double value = 0;
    for (int i = top; i >= 0 && i > top - 4; i--)
        value += ldexpl((long double)sum->limb[i], i * LIMB_BITS + LOWEST_EXPONENT);
    return (double)(value / (long double)count);
}
