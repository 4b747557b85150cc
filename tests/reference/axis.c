/* Coordinates of one axis: SEMANTICS, "Coordinates", "nearest", "linear", "area". */
#include <math.h>

#include "reference/reference.h"

#define AUTO_NEAREST_TORCH_MAX (INT64_C(1) << 23)

typedef __int128 wide_int;

static int64_t smaller(int64_t a, int64_t b) {
    return a < b ? a : b;
}

static int64_t nearest_torch(int64_t in, int64_t out, int64_t i) {
    float s = (float)in / (float)out;
    float p = s * ((float)i + 0.5f);
    float r = p - 0.5f;
    if (r < 0)
        r = 0;
    return smaller((int64_t)floorf((float)((double)r + 0.5)), in - 1);
}

int64_t reference_nearest_index(vxs_coords coords, bool align, int64_t in, int64_t out, int64_t i) {
    if (align)
        return out == 1 ? 0 : (int64_t)((2 * (wide_int)i * (in - 1) + (out - 1)) / (2 * (wide_int)(out - 1)));
    bool small = in <= AUTO_NEAREST_TORCH_MAX && out <= AUTO_NEAREST_TORCH_MAX;
    if (coords == VXS_COORDS_TORCH || (coords == VXS_COORDS_AUTO && small))
        return nearest_torch(in, out, i);
    return (int64_t)((2 * (wide_int)i + 1) * in / (2 * (wide_int)out));
}

static reference_linear linear_exact(bool align, int64_t in, int64_t out, int64_t i) {
    wide_int num = align ? (wide_int)i * (in - 1) : (2 * (wide_int)i + 1) * in - out;
    wide_int den = align ? (wide_int)out - 1 : 2 * (wide_int)out;
    if (align && out == 1) {
        num = 0;
        den = 1;
    }
    if (num < 0)
        num = 0;
    reference_linear taps = {.i0 = (int64_t)(num / den), .l1 = (double)(num % den) / (double)den};
    taps.l0 = 1 - taps.l1;
    return taps;
}

static reference_linear linear_torch_float(bool align, int64_t in, int64_t out, int64_t i) {
    float r = 0;
    if (!align)
        r = (float)in / (float)out * ((float)i + 0.5f) - 0.5f;
    else if (out > 1)
        r = (float)(in - 1) / (float)(out - 1) * (float)i;
    if (r < 0)
        r = 0;
    float l1 = r - floorf(r);
    float l0 = 1 - l1;
    return (reference_linear){.i0 = (int64_t)floorf(r), .l0 = l0, .l1 = l1};
}

static reference_linear linear_torch_double(bool align, int64_t in, int64_t out, int64_t i) {
    double r = 0;
    if (!align)
        r = (double)in / (double)out * ((double)i + 0.5) - 0.5;
    else if (out > 1)
        r = (double)(in - 1) / (double)(out - 1) * (double)i;
    if (r < 0)
        r = 0;
    double l1 = r - floor(r);
    return (reference_linear){.i0 = (int64_t)floor(r), .l0 = 1 - l1, .l1 = l1};
}

reference_linear reference_linear_taps(vxs_coords coords, bool align, bool wide, int64_t in, int64_t out,
                                       int64_t i) {
    reference_linear taps;
    if (in == out)
        return (reference_linear){.i0 = i, .i1 = i, .l0 = 1, .l1 = 0};
    if (coords != VXS_COORDS_TORCH)
        taps = linear_exact(align, in, out, i);
    else if (wide)
        taps = linear_torch_double(align, in, out, i);
    else
        taps = linear_torch_float(align, in, out, i);
    taps.i0 = smaller(taps.i0, in - 1);
    taps.i1 = smaller(taps.i0 + 1, in - 1);
    return taps;
}

reference_window reference_area_window(int64_t in, int64_t out, int64_t i) {
    return (reference_window){.start = (int64_t)((wide_int)i * in / out),
                              .end = (int64_t)(1 + (((wide_int)i + 1) * in - 1) / out)};
}
