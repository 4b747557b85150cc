#include "reference/value.h"

#include <float.h>
#include <math.h>
#include <string.h>

value_kind value_kind_of(vxs_dtype dtype) {
    static const value_kind kinds[] = {
#define KIND(id, name, ctype, class) [id] = VALUE_##class,
        VXS_DTYPE_LIST(KIND)
#undef KIND
    };
    return kinds[dtype];
}

size_t reference_value_bytes(vxs_dtype dtype) {
    static const size_t bytes[] = {
#define BYTES(id, name, ctype, class) [id] = sizeof(ctype),
        VXS_DTYPE_LIST(BYTES)
#undef BYTES
    };
    return bytes[dtype];
}

value value_of_whole(__int128 whole) {
    return (value){.is_whole = true, .whole = whole};
}

value value_of_real(double real) {
    return (value){.real = real};
}

double value_to_double(value v) {
    return v.is_whole ? (double)v.whole : v.real;
}

/* IEEE 754 binary16: sign, 5 bits of exponent with bias 15, 10 of fraction. */
static double half_to_double(uint16_t bits) {
    int exponent = bits >> 10 & 31;
    int fraction = bits & 1023;
    double magnitude;
    if (exponent == 31)
        magnitude = fraction ? NAN : INFINITY;
    else if (exponent == 0)
        magnitude = ldexp(fraction, -24);
    else
        magnitude = ldexp(fraction + 1024, exponent - 25);
    return bits >> 15 ? -magnitude : magnitude;
}

value value_load(const void *array, vxs_dtype dtype, int64_t k) {
    switch (value_kind_of(dtype)) {
    case VALUE_H:
        return value_of_real(half_to_double(((const uint16_t *)array)[k]));
    case VALUE_B:
        return value_of_whole(((const uint8_t *)array)[k] != 0);
    case VALUE_F:
        return value_of_real(dtype == VXS_FLOAT32 ? (double)((const float *)array)[k]
                                                  : ((const double *)array)[k]);
    case VALUE_I:
        break;
    }
    switch (dtype) {
    case VXS_UINT8:
        return value_of_whole(((const uint8_t *)array)[k]);
    case VXS_INT8:
        return value_of_whole(((const int8_t *)array)[k]);
    case VXS_UINT16:
        return value_of_whole(((const uint16_t *)array)[k]);
    case VXS_INT16:
        return value_of_whole(((const int16_t *)array)[k]);
    case VXS_UINT32:
        return value_of_whole(((const uint32_t *)array)[k]);
    case VXS_INT32:
        return value_of_whole(((const int32_t *)array)[k]);
    case VXS_UINT64:
        return value_of_whole(((const uint64_t *)array)[k]);
    default:
        return value_of_whole(((const int64_t *)array)[k]);
    }
}

static __int128 real_to_whole(double real) {
    const double beyond = 0x1p65; /* saturates every dtype, and fits */
    if (isnan(real))
        return 0;
    real = rint(real);
    return (__int128)(real > beyond ? beyond : real < -beyond ? -beyond : real);
}

static void store_whole(void *array, vxs_dtype dtype, int64_t k, __int128 whole) {
    int bits = 8 * (int)reference_value_bytes(dtype);
    bool is_signed = dtype == VXS_INT8 || dtype == VXS_INT16 || dtype == VXS_INT32 || dtype == VXS_INT64;
    __int128 least = is_signed ? -((__int128)1 << (bits - 1)) : 0;
    __int128 most = ((__int128)1 << (is_signed ? bits - 1 : bits)) - 1;
    if (whole < least)
        whole = least;
    if (whole > most)
        whole = most;
    if (bits == 8)
        ((uint8_t *)array)[k] = (uint8_t)whole;
    else if (bits == 16)
        ((uint16_t *)array)[k] = (uint16_t)whole;
    else if (bits == 32)
        ((uint32_t *)array)[k] = (uint32_t)whole;
    else
        ((uint64_t *)array)[k] = (uint64_t)whole;
}

void value_store(void *array, vxs_dtype dtype, int64_t k, value v) {
    if (dtype == VXS_FLOAT32)
        ((float *)array)[k] = v.is_whole ? (float)v.whole : (float)v.real;
    else if (dtype == VXS_FLOAT64)
        ((double *)array)[k] = value_to_double(v);
    else
        store_whole(array, dtype, k, v.is_whole ? v.whole : real_to_whole(v.real));
}
