#include <omp.h>

#include "base/checked.h"
#include "kernels/isa.h"
#include "kernels/points.h"

/* Of the taps seen so far, d, h, w; both ends inclusive, none while low > high. */
typedef struct hull {
    int64_t low[3], high[3];
} hull;

static const hull nothing = {{INT64_MAX, INT64_MAX, INT64_MAX}, {-1, -1, -1}};

static void hull_add(hull *h, int axis, int64_t low, int64_t high) {
    h->low[axis] = min_i64(h->low[axis], low);
    h->high[axis] = max_i64(h->high[axis], high);
}

static void hull_join(hull *h, const hull *other) {
    for (int a = 0; a < 3; a++)
        hull_add(h, a, other->low[a], other->high[a]);
}

/* A point's taps in bounds, by the letter. */
static void add_exact(hull *h, const points *p, const sample_kernel *kernel, int64_t i) {
    hull one = nothing;
    for (int a = 0; a < 3; a++) {
        const point_taps t = point_locate(p, kernel, a, i);
        const bool nearest = kernel->options.mode == VXS_NEAREST;
        const int64_t low = max_i64(nearest ? t.nearest : t.first, 0);
        const int64_t high = min_i64(nearest ? t.nearest : t.first + 1, kernel->in[a] - 1);
        if (t.nowhere || low > high)
            return;
        hull_add(&one, a, low, high);
    }
    hull_join(h, &one);
}

static void add_tile(hull *h, const points *p, const sample_kernel *kernel) {
    if (p->exact_only) {
        for (int64_t i = 0; i < p->count; i++)
            add_exact(h, p, kernel, i);
        return;
    }
    for (int a = 0; a < 3; a++) {
        const int32_t *index = p->index[a], *flag = p->flag;
        int32_t low = INT32_MAX, high = -1;
        for (int64_t i = 0; i < p->count; i++) {
            const int32_t outside = flag[i] & POINT_OUTSIDE ? -1 : 0;
            const int32_t lowest = index[i] | (outside & INT32_MAX), highest = index[i] | outside;
            low = lowest < low ? lowest : low;
            high = highest > high ? highest : high;
        }
        const int64_t up = kernel->options.mode == VXS_LINEAR && kernel->in[a] > 1;
        if (high >= 0)
            hull_add(h, a, low, high + up);
    }
}

/* One row of outputs. */
static void add_row(hull *h, points *p, const sample_kernel *kernel, int64_t at[AXES], range w) {
    for (at[AXIS_W] = w.begin; at[AXIS_W] < w.end; at[AXIS_W] += p->count) {
        p->count = min_i64(POINTS, w.end - at[AXIS_W]);
        points_locate(p, kernel, at);
        points_place(p, kernel);
        add_tile(h, p, kernel);
    }
}

box sample_kernel_bounds(const sample_kernel *kernel, const box *out) {
    hull all = nothing;
    const point_functions *functions = isa_row_functions()->points;
    const range *r = out->axis;
    /* An affine map and a shared grid put every n at the same points. */
    const int64_t batches =
        kernel->map.kind == SAMPLE_GRID && !kernel->map.shared ? range_size(r[AXIS_N]) : 1;
    const int64_t rows = box_is_empty(out) ? 0 : batches * range_size(r[AXIS_D]) * range_size(r[AXIS_H]);
    const int threads = (int)min_i64(max_i64(kernel->threads, 1), max_i64(rows, 1));
#pragma omp parallel num_threads(threads) if (threads > 1)
    {
        hull mine = nothing;
        points p = {.functions = functions};
#pragma omp for schedule(static)
        for (int64_t row = 0; row < rows; row++) {
            int64_t at[AXES] = {0}, rest = row / range_size(r[AXIS_H]);
            at[AXIS_H] = r[AXIS_H].begin + row % range_size(r[AXIS_H]);
            at[AXIS_D] = r[AXIS_D].begin + rest % range_size(r[AXIS_D]);
            at[AXIS_N] = r[AXIS_N].begin + rest / range_size(r[AXIS_D]);
            add_row(&mine, &p, kernel, at, r[AXIS_W]);
        }
#pragma omp critical(sample_bounds)
        hull_join(&all, &mine);
    }
    box b = *out;
    for (int a = 0; a < 3; a++)
        b.axis[AXIS_D + a] = all.high[a] < 0 ? (range){0, 0} : (range){all.low[a], all.high[a] + 1};
    return b;
}
