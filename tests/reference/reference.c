#include "reference/reference.h"

#include <stdlib.h>
#include <string.h>

#include "reference/value.h"

/* One volume (D,H,W) on its way to (d,h,w). */
typedef struct job {
    const char *src; /* [in[0]][in[1]][in[2]] */
    vxs_dtype src_dtype, dst_dtype;
    vxs_resample_options options;
    int64_t in[3], out[3];
} job;

static int64_t at(const job *j, int64_t d, int64_t h, int64_t w) {
    return (d * j->in[1] + h) * j->in[2] + w;
}

static int64_t nearest_voxel(const job *j, const int64_t o[3]) {
    int64_t s[3];
    for (int a = 0; a < 3; a++)
        s[a] =
            reference_nearest_index(j->options.coords, j->options.align_corners, j->in[a], j->out[a], o[a]);
    return at(j, s[0], s[1], s[2]);
}

/* a and b lie along one axis. An axis that keeps its size is copied: Inf and NaN stay where they are. */
static double lerp(const job *j, int axis, reference_linear taps, double a, double b) {
    if (j->in[axis] == j->out[axis])
        return a;
    if (j->src_dtype == VXS_FLOAT32)
        return (float)a * (float)taps.l0 + (float)b * (float)taps.l1;
    return a * taps.l0 + b * taps.l1;
}

static value linear_value(const job *j, const int64_t o[3]) {
    reference_linear t[3];
    for (int a = 0; a < 3; a++)
        t[a] = reference_linear_taps(j->options.coords, j->options.align_corners, j->src_dtype == VXS_FLOAT64,
                                     j->in[a], j->out[a], o[a]);
    double along_h[2];
    for (int x = 0; x < 2; x++) {
        double along_d[2];
        for (int y = 0; y < 2; y++) {
            int64_t h = y ? t[1].i1 : t[1].i0, w = x ? t[2].i1 : t[2].i0;
            double a = value_to_double(value_load(j->src, j->src_dtype, at(j, t[0].i0, h, w)));
            double b = value_to_double(value_load(j->src, j->src_dtype, at(j, t[0].i1, h, w)));
            along_d[y] = lerp(j, 0, t[0], a, b);
        }
        along_h[x] = lerp(j, 1, t[1], along_d[0], along_d[1]);
    }
    return value_of_real(lerp(j, 2, t[2], along_h[0], along_h[1]));
}

static void window_of(const job *j, const int64_t o[3], reference_window window[3]) {
    for (int a = 0; a < 3; a++)
        window[a] = reference_area_window(j->in[a], j->out[a], o[a]);
}

static __int128 voxels_in(const reference_window window[3]) {
    __int128 count = 1;
    for (int a = 0; a < 3; a++)
        count *= window[a].end - window[a].start;
    return count;
}

static double real_sum(const job *j, const reference_window window[3]) {
    double total = 0;
    for (int64_t w = window[2].start; w < window[2].end; w++) {
        double along_h = 0;
        for (int64_t h = window[1].start; h < window[1].end; h++) {
            double along_d = 0;
            for (int64_t d = window[0].start; d < window[0].end; d++) {
                double v = value_load(j->src, j->src_dtype, at(j, d, h, w)).real;
                along_d = d == window[0].start ? v : along_d + v;
            }
            along_h = h == window[1].start ? along_d : along_h + along_d;
        }
        total = w == window[2].start ? along_h : total + along_h;
    }
    return total;
}

static __int128 whole_sum(const job *j, const reference_window window[3]) {
    __int128 total = 0;
    for (int64_t d = window[0].start; d < window[0].end; d++)
        for (int64_t h = window[1].start; h < window[1].end; h++)
            for (int64_t w = window[2].start; w < window[2].end; w++)
                total += value_load(j->src, j->src_dtype, at(j, d, h, w)).whole;
    return total;
}

static __int128 divide_half_to_even(__int128 sum, __int128 count) {
    __int128 quotient = sum / count, rest = sum % count;
    if (rest < 0) {
        rest += count;
        quotient--;
    }
    if (2 * rest > count || (2 * rest == count && quotient % 2 != 0))
        quotient++;
    return quotient;
}

static value area_value(const job *j, const int64_t o[3]) {
    reference_window window[3];
    window_of(j, o, window);
    __int128 count = voxels_in(window);
    if (value_kind_of(j->src_dtype) == VALUE_F)
        return value_of_real(real_sum(j, window) / (double)count);
    __int128 sum = whole_sum(j, window);
    if (value_kind_of(j->dst_dtype) == VALUE_F)
        return value_of_real((double)sum / (double)count);
    return value_of_whole(divide_half_to_even(sum, count));
}

static void resample_voxel(const job *j, const int64_t o[3], char *dst, int64_t k) {
    if (j->options.mode == VXS_LINEAR)
        value_store(dst, j->dst_dtype, k, linear_value(j, o));
    else if (j->options.mode == VXS_AREA)
        value_store(dst, j->dst_dtype, k, area_value(j, o));
    else if (j->src_dtype != j->dst_dtype)
        value_store(dst, j->dst_dtype, k, value_load(j->src, j->src_dtype, nearest_voxel(j, o)));
    else {
        size_t bytes = reference_value_bytes(j->src_dtype);
        memcpy(dst + (size_t)k * bytes, j->src + (size_t)nearest_voxel(j, o) * bytes, bytes);
    }
}

static int64_t voxels_of(const int64_t dhw[3]) {
    return dhw[0] * dhw[1] * dhw[2];
}

static int resample_cubic(const job *j, char *dst) {
    double *x = malloc((size_t)voxels_of(j->in) * sizeof *x),
           *y = malloc((size_t)voxels_of(j->out) * sizeof *y);
    int status = x && y ? VXS_OK : VXS_IO;
    for (int64_t k = 0; k < voxels_of(j->in) && status == VXS_OK; k++)
        x[k] = value_to_double(value_load(j->src, j->src_dtype, k));
    if (status == VXS_OK)
        status = reference_cubic_volume(x, y, j->options.align_corners, j->src_dtype == VXS_FLOAT64, j->in,
                                        j->out);
    for (int64_t k = 0; k < voxels_of(j->out) && status == VXS_OK; k++)
        value_store(dst, j->dst_dtype, k, value_of_real(y[k]));
    free(x);
    free(y);
    return status;
}

static int resample_volume(const job *j, char *dst) {
    if (j->options.mode == VXS_CUBIC)
        return resample_cubic(j, dst);
    int64_t k = 0, o[3];
    for (o[0] = 0; o[0] < j->out[0]; o[0]++)
        for (o[1] = 0; o[1] < j->out[1]; o[1]++)
            for (o[2] = 0; o[2] < j->out[2]; o[2]++)
                resample_voxel(j, o, dst, k++);
    return VXS_OK;
}

static bool is_number(vxs_dtype dtype) {
    return value_kind_of(dtype) == VALUE_I || value_kind_of(dtype) == VALUE_F;
}

static bool is_possible(vxs_dtype src, vxs_dtype dst, const vxs_resample_options *options) {
    if ((unsigned)src >= VXS_DTYPES || (unsigned)dst >= VXS_DTYPES || (unsigned)options->mode >= VXS_MODES ||
        (unsigned)options->coords >= VXS_COORDS_KINDS)
        return false;
    if (src != dst && !is_number(dst))
        return false;
    if (options->mode == VXS_NEAREST)
        return true;
    if (options->mode == VXS_AREA)
        return is_number(src) && !options->align_corners;
    return is_number(src) && (value_kind_of(src) == VALUE_F || reference_value_bytes(src) < 8) &&
           (value_kind_of(dst) == VALUE_F || reference_value_bytes(dst) < 8);
}

int reference_resample(const void *src, vxs_dtype src_dtype, const int64_t in_shape[5], void *dst,
                       vxs_dtype dst_dtype, const int64_t out_dhw[3], const vxs_resample_options *options) {
    static const vxs_resample_options linear = {.mode = VXS_LINEAR, .coords = VXS_COORDS_AUTO};
    job j = {.src_dtype = src_dtype, .dst_dtype = dst_dtype, .options = options ? *options : linear};
    if (!is_possible(src_dtype, dst_dtype, &j.options))
        return VXS_USAGE;
    for (int a = 0; a < 5; a++)
        if (in_shape[a] < 1 || (a < 3 && out_dhw[a] < 1))
            return VXS_USAGE;
    memcpy(j.in, in_shape + 2, sizeof j.in);
    memcpy(j.out, out_dhw, sizeof j.out);
    size_t in_bytes = (size_t)voxels_of(j.in) * reference_value_bytes(src_dtype);
    size_t out_bytes = (size_t)voxels_of(j.out) * reference_value_bytes(dst_dtype);
    int status = VXS_OK;
    for (int64_t volume = 0; volume < in_shape[0] * in_shape[1] && status == VXS_OK; volume++) {
        j.src = (const char *)src + (size_t)volume * in_bytes;
        status = resample_volume(&j, (char *)dst + (size_t)volume * out_bytes);
    }
    return status;
}
