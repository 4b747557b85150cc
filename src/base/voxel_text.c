#include "base/voxel_text.h"

#include <errno.h>
#include <float.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

typedef struct integer_range {
    int64_t least;
    uint64_t most;
} integer_range;

static integer_range range_of(vxs_dtype dtype) {
    static const integer_range ranges[VXS_DTYPES] = {
        [VXS_UINT8] = {0, UINT8_MAX},
        [VXS_INT8] = {INT8_MIN, INT8_MAX},
        [VXS_UINT16] = {0, UINT16_MAX},
        [VXS_INT16] = {INT16_MIN, INT16_MAX},
        [VXS_UINT32] = {0, UINT32_MAX},
        [VXS_INT32] = {INT32_MIN, INT32_MAX},
        [VXS_UINT64] = {0, UINT64_MAX},
        [VXS_INT64] = {INT64_MIN, INT64_MAX},
        [VXS_BOOL] = {0, 1},
    };
    return ranges[dtype];
}

/* Little-endian or not: the low bytes of a number. */
static void put_integer(uint64_t number, vxs_dtype dtype, unsigned char *voxel) {
    const uint8_t one = (uint8_t)number;
    const uint16_t two = (uint16_t)number;
    const uint32_t four = (uint32_t)number;
    const void *const parts[] = {[1] = &one, [2] = &two, [4] = &four, [8] = &number};
    memcpy(voxel, parts[dtype_bytes(dtype)], dtype_bytes(dtype));
}

static vxs_status integer_from_text(const char *text, vxs_dtype dtype, unsigned char *voxel) {
    const integer_range r = range_of(dtype);
    const bool negative = text[0] == '-';
    char *end = NULL;
    errno = 0;
    const uint64_t size = strtoull(text + negative, &end, 10);
    const bool whole = text[negative] >= '0' && text[negative] <= '9' && *end == '\0' && errno == 0;
    const uint64_t lowest = (uint64_t)0 - (uint64_t)r.least; /* its size */
    CHECK(whole && size <= (negative ? lowest : r.most), VXS_USAGE,
          "'%.100s' is no %s: give a whole number from %lld to %llu", text, dtype_name(dtype),
          (long long)r.least, (unsigned long long)r.most);
    put_integer(negative ? (uint64_t)0 - size : size, dtype, voxel);
    return VXS_OK;
}

/* Half to even; value is at most 65504 and a half of its last place, infinite or NaN. */
static uint16_t half_bits(double value) {
    const uint16_t sign = signbit(value) ? 0x8000 : 0;
    const double size = fabs(value);
    int exponent;
    if (isnan(value))
        return 0x7e00;
    if (isinf(value))
        return (uint16_t)(sign | 0x7c00);
    if (size < 0x1p-14)
        return (uint16_t)(sign | (uint16_t)rint(size * 0x1p24));
    const double mantissa = frexp(size, &exponent); /* 1/2 to 1 */
    return (uint16_t)(sign + ((exponent + 14) << 10) + (int)rint(mantissa * 2048) - 1024);
}

static vxs_status float_from_text(const char *text, vxs_dtype dtype, unsigned char *voxel) {
    const double most = dtype == VXS_FLOAT16 ? 65520 : dtype == VXS_FLOAT32 ? FLT_MAX : DBL_MAX;
    char *end = NULL;
    const double value = strtod(text, &end);
    const bool written = strchr("+-.0123456789nNiI", text[0]) && text[0] && *end == '\0';
    const bool fits = !isinf(value) ? !(fabs(value) > most) && !(dtype == VXS_FLOAT16 && fabs(value) >= most)
                                    : strchr("iI", text[strspn(text, "+-")]) != NULL;
    CHECK(written && end != text && fits, VXS_USAGE,
          "'%.100s' is no %s: give a number of a size up to %g, nan, inf or -inf", text, dtype_name(dtype),
          dtype == VXS_FLOAT16 ? 65504 : most);
    const float single = (float)value;
    if (dtype == VXS_FLOAT16)
        put_integer(half_bits(value), dtype, voxel);
    else if (dtype == VXS_FLOAT32)
        memcpy(voxel, &single, sizeof single);
    else
        memcpy(voxel, &value, sizeof value);
    return VXS_OK;
}

vxs_status voxel_from_text(const char *text, vxs_dtype dtype, unsigned char voxel[VOXEL_BYTES]) {
    enum { MOST_CHARACTERS = 64 };
    const dtype_class kind = dtype_class_of(dtype);
    CHECK(strlen(text) <= MOST_CHARACTERS, VXS_USAGE, "'%.100s' is a value of more than %d characters", text,
          MOST_CHARACTERS);
    memset(voxel, 0, VOXEL_BYTES);
    return kind == DTYPE_F || kind == DTYPE_H ? float_from_text(text, dtype, voxel)
                                              : integer_from_text(text, dtype, voxel);
}
