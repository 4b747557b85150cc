/* 64-bit arithmetic that cannot wrap unnoticed. */
#ifndef BASE_CHECKED_H
#define BASE_CHECKED_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/status.h"

/* *product = a * b for a, b >= 0; false when it does not fit 63 bits. */
static inline bool checked_mul(int64_t a, int64_t b, int64_t *product) {
    return !__builtin_mul_overflow(a, b, product);
}

static inline bool checked_add(int64_t a, int64_t b, int64_t *sum) {
    return !__builtin_add_overflow(a, b, sum);
}

/* a * b, or INT64_MAX when that is more: for byte counts that are only compared with a budget. a, b >= 0. */
static inline int64_t saturating_mul(int64_t a, int64_t b) {
    int64_t product;
    return checked_mul(a, b, &product) ? product : INT64_MAX;
}

static inline int64_t saturating_add(int64_t a, int64_t b) {
    int64_t sum;
    return checked_add(a, b, &sum) ? sum : INT64_MAX;
}

/* floor(a * b / c) through 128 bits, for a, b >= 0, c > 0 and a result that fits. */
static inline int64_t muldiv(int64_t a, int64_t b, int64_t c) {
    return (int64_t)((unsigned __int128)a * (unsigned __int128)b / (unsigned __int128)c);
}

static inline int64_t div_ceil(int64_t a, int64_t b) {
    return a / b + (a % b != 0);
}

static inline int64_t round_down(int64_t a, int64_t step) {
    return a - a % step;
}

/* a >= 0 rounded up to a multiple of step, at most INT64_MAX. */
static inline int64_t round_up(int64_t a, int64_t step) {
    return a % step == 0 ? a : saturating_add(a, step - a % step);
}

static inline int64_t min_i64(int64_t a, int64_t b) {
    return a < b ? a : b;
}

static inline int64_t max_i64(int64_t a, int64_t b) {
    return a > b ? a : b;
}

#endif
