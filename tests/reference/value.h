/* One voxel, whatever its dtype, in full precision. */
#ifndef REFERENCE_VALUE_H
#define REFERENCE_VALUE_H

#include <stdbool.h>
#include <stddef.h>

#include <voxslab/voxslab.h>

typedef struct value {
    bool is_whole;  /* an integer or bool: whole holds it; else real does */
    __int128 whole; /* every 64-bit integer, and sums of 2^63 of them */
    double real;    /* every float16, float32 and float64 */
} value;

typedef enum value_kind { VALUE_I, VALUE_F, VALUE_H, VALUE_B } value_kind;

value_kind value_kind_of(vxs_dtype dtype);
size_t reference_value_bytes(vxs_dtype dtype);

value value_of_whole(__int128 whole);
value value_of_real(double real);
double value_to_double(value v);

/* Voxel k of an array. */
value value_load(const void *array, vxs_dtype dtype, int64_t k);

/* To integers: round half to even, saturate, NaN -> 0. To floats: one rounding. dtype must be a number. */
void value_store(void *array, vxs_dtype dtype, int64_t k, value v);

#endif
