/*
 * Option values from text, strictly: the whole text or nothing, no sign, no space, no hexadecimal, no NaN.
 * Those named value_* are parsers for option tables: NULL, or what is accepted. Local.
 */
#ifndef CLI_VALUE_H
#define CLI_VALUE_H

#include <stdbool.h>
#include <stdint.h>

#define VALUE_INT64_RANGE "1 to 9223372036854775807"

/* A decimal number in 1..max that ends at `end` ('\0', or ','), *next behind it; false for anything else. */
bool scan_int(const char *text, char end, int64_t max, int64_t *number, const char **next);

/* Likewise a finite number above 0, with fraction and exponent. */
bool scan_positive(const char *text, char end, double *number, const char **next);

/* Comma-separated numbers, at most max of them: how many, 0 when text is anything else. */
int scan_ints(const char *text, int max, int64_t *numbers);
int scan_positives(const char *text, int max, double *numbers);

const char *value_text(const char *text, void *target);      /* const char *, not empty */
const char *value_count(const char *text, void *target);     /* int in 1..2^31-1 */
const char *value_number(const char *text, void *target);    /* int64_t, 0 or above */
const char *value_seconds(const char *text, void *target);   /* double above 0 */
const char *value_tolerance(const char *text, void *target); /* double, 0 or above */
const char *value_duration(const char *text, void *target);  /* double, seconds: 3h50m, 90s, 1d12h, 45 */
const char *value_memory(const char *text, void *target);    /* int64_t: 4GiB, 512M, 1.5g, plain bytes */
const char *value_spacing(const char *text, void *target);   /* double[3] */
const char *value_point(const char *text, void *target);     /* double[3], any finite ones */
const char *value_mode(const char *text, void *target);      /* vxs_mode */
const char *value_coords(const char *text, void *target);    /* vxs_coords */

#endif
