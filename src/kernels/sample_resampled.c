/* Affine maps that resample each axis: where all taps are in bounds the separable engine computes, around it
 * point by point. */
#include "base/checked.h"
#include "kernels/resample.h"
#include "kernels/sampling.h"

/* The outputs along an axis that resampling knows, and whose taps are in bounds: with border padding those
 * beyond the ends are the ends. */
static range inner_outputs(const sample_kernel *kernel, int a, range outputs) {
    const axis_map *map = &kernel->map.axis[a]->map;
    const double step = kernel->map.matrix[4 * a + a], shift = kernel->map.matrix[4 * a + 3];
    range inner = {outputs.begin, max_i64(outputs.begin, min_i64(outputs.end, map->out))};
    if (kernel->options.padding == VXS_BORDER)
        return inner;
    while (inner.begin < inner.end && step * (double)inner.begin + shift < 0)
        inner.begin++;
    while (inner.begin < inner.end && step * (double)(inner.end - 1) + shift > (double)(map->in - 1))
        inner.end--;
    return inner;
}

/* What lies below and above the inner outputs along one axis, which rest is cut to. */
static void sample_outer(const sample_kernel *kernel, const box_view *src, const box_view *dst, int axis,
                         range inner, box *rest) {
    const range whole = rest->axis[axis], sides[2] = {{whole.begin, inner.begin}, {inner.end, whole.end}};
    for (int side = 0; side < 2; side++) {
        box outer = *rest;
        outer.axis[axis] = sides[side];
        if (box_is_empty(&outer))
            continue;
        const box_view part = box_view_part(dst, &outer, dtype_bytes(kernel->dst_dtype));
        sampling_points(kernel, src, &part);
    }
    rest->axis[axis] = inner;
}

void sampling_resampled(const sample_kernel *kernel, const box_view *src, const box_view *dst) {
    const resample_kernel resample = {.src_dtype = kernel->src_dtype,
                                      .dst_dtype = kernel->dst_dtype,
                                      .axis = {kernel->map.axis[0], kernel->map.axis[1], kernel->map.axis[2]},
                                      .threads = kernel->threads,
                                      .cache_bytes = kernel->cache_bytes,
                                      .scratch = kernel->scratch};
    box rest = dst->where;
    for (int a = 0; a < 3; a++)
        sample_outer(kernel, src, dst, AXIS_D + a, inner_outputs(kernel, a, rest.axis[AXIS_D + a]), &rest);
    if (box_is_empty(&rest))
        return;
    const box_view part = box_view_part(dst, &rest, dtype_bytes(kernel->dst_dtype));
    resample_kernel_run(&resample, src, &part);
}
