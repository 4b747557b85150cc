#include "base/dtype.h"

#include <stdio.h>
#include <string.h>

typedef struct dtype_row {
    const char *name;
    size_t bytes;
    dtype_class class;
} dtype_row;

static const dtype_row rows[VXS_DTYPES] = {
#define DTYPE_ROW(id, name, ctype, class) [id] = {name, sizeof(ctype), DTYPE_##class},
    VXS_DTYPE_LIST(DTYPE_ROW)
#undef DTYPE_ROW
};

static const char *const dtype_names[] = {
#define NAME_ONLY(id, name, ctype, class) [id] = name,
    VXS_DTYPE_LIST(NAME_ONLY)
#undef NAME_ONLY
};

#define NAME_ROW(id, name) [id] = name,
static const char *const mode_names[VXS_MODES] = {VXS_MODE_LIST(NAME_ROW)};
static const char *const coords_names[VXS_COORDS_KINDS] = {VXS_COORDS_LIST(NAME_ROW)};
static const char *const padding_names[VXS_PADDINGS] = {VXS_PADDING_LIST(NAME_ROW)};
#undef NAME_ROW

bool dtype_is_valid(vxs_dtype dtype) {
    return (unsigned)dtype < VXS_DTYPES;
}

size_t dtype_bytes(vxs_dtype dtype) {
    return rows[dtype].bytes;
}

const char *dtype_name(vxs_dtype dtype) {
    return dtype_is_valid(dtype) ? rows[dtype].name : "unknown";
}

dtype_class dtype_class_of(vxs_dtype dtype) {
    return rows[dtype].class;
}

/* The index of name in names, or an error that lists them. */
static vxs_status find_name(const char *what, const char *const *names, int count, const char *name,
                            int *found) {
    char list[256] = "";
    for (int i = 0; i < count; i++) {
        if (strcmp(names[i], name) == 0) {
            *found = i;
            return VXS_OK;
        }
        size_t used = strlen(list);
        snprintf(list + used, sizeof list - used, "%s%s", i ? ", " : "", names[i]);
    }
    return status_fail(VXS_USAGE, "unknown %s '%s': use one of %s", what, name, list);
}

vxs_status dtype_from_name(const char *name, vxs_dtype *dtype) {
    int found = 0;
    TRY(find_name("dtype", dtype_names, VXS_DTYPES, name, &found));
    *dtype = (vxs_dtype)found;
    return VXS_OK;
}

const char *mode_name(vxs_mode mode) {
    return (unsigned)mode < VXS_MODES ? mode_names[mode] : "unknown";
}

vxs_status mode_from_name(const char *name, vxs_mode *mode) {
    int found = 0;
    TRY(find_name("mode", mode_names, VXS_MODES, name, &found));
    *mode = (vxs_mode)found;
    return VXS_OK;
}

const char *coords_name(vxs_coords coords) {
    return (unsigned)coords < VXS_COORDS_KINDS ? coords_names[coords] : "unknown";
}

vxs_status coords_from_name(const char *name, vxs_coords *coords) {
    int found = 0;
    TRY(find_name("coordinate rule", coords_names, VXS_COORDS_KINDS, name, &found));
    *coords = (vxs_coords)found;
    return VXS_OK;
}

const char *padding_name(vxs_padding padding) {
    return (unsigned)padding < VXS_PADDINGS ? padding_names[padding] : "unknown";
}

vxs_status padding_from_name(const char *name, vxs_padding *padding) {
    int found = 0;
    TRY(find_name("padding", padding_names, VXS_PADDINGS, name, &found));
    *padding = (vxs_padding)found;
    return VXS_OK;
}

static bool is_int64(vxs_dtype dtype) {
    return dtype == VXS_UINT64 || dtype == VXS_INT64;
}

static bool is_number(vxs_dtype dtype) {
    return dtype_class_of(dtype) == DTYPE_I || dtype_class_of(dtype) == DTYPE_F;
}

vxs_status dtype_check_mode(vxs_dtype src, vxs_dtype dst, vxs_mode mode) {
    CHECK(dtype_is_valid(src) && dtype_is_valid(dst), VXS_USAGE, "dtype out of range: %d to %d", (int)src,
          (int)dst);
    CHECK((unsigned)mode < VXS_MODES, VXS_USAGE, "mode out of range: %d", (int)mode);
    CHECK(mode == VXS_NEAREST || is_number(src), VXS_USAGE,
          "%s data can only be resampled with mode nearest, not %s", dtype_name(src), mode_name(mode));
    const bool blends = mode == VXS_LINEAR || mode == VXS_CUBIC;
    CHECK(!blends || !is_int64(src), VXS_USAGE,
          "%s data can be resampled with mode nearest or area, not %s: 64-bit integers do not fit a double",
          dtype_name(src), mode_name(mode));
    CHECK(src == dst || is_number(dst), VXS_USAGE,
          "can't convert %s to %s: only to integers and floats of 32 or 64 bits", dtype_name(src),
          dtype_name(dst));
    CHECK(!blends || !is_int64(dst), VXS_USAGE,
          "%s results can't be converted to %s: 64-bit integers do not fit a double", mode_name(mode),
          dtype_name(dst));
    return VXS_OK;
}

void dtype_swap_bytes(void *data, size_t element_bytes, size_t count) {
    unsigned char *bytes = data;
    for (size_t i = 0; i < count; i++, bytes += element_bytes)
        for (size_t a = 0, b = element_bytes - 1; a < b; a++, b--) {
            unsigned char keep = bytes[a];
            bytes[a] = bytes[b];
            bytes[b] = keep;
        }
}
