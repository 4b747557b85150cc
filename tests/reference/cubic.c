/*
 * Cubic B-splines: SEMANTICS, "cubic". Whole lines, axis after axis, d, then w, then h, in double. (w before
 * h: where they grow, half as many values then change from rows to columns and back.)
 *
 * A volume that keeps its size is copied, as SciPy has it, and so is an axis of 16 voxels or more that keeps
 * its size: the spline passes through the voxels. (SciPy's start of the recursion, see filter_line, makes it
 * miss them on shorter ones.) Any other axis is W*P. Which of two forms of P is taken depends on the axis's
 * sizes alone:
 *   band    axes shorter than 64 or more than 3 times as long as the output: one weight per voxel
 *           floor(cc)-1-K .. floor(cc)+2+K, the entry of W*P; K = 16, or 28 for float64.
 *   filter  else: P on the line mirrored at its ends, then W's 4 weights. P is a geometric series upwards and
 *           downwards, and so a product: with E a step of one voxel, T(m) = 1 + q(m)*(E^m + E^-m) and
 *           q(m) = z^m/(1+z^2m), it is gain*T(1)*T(2)*T(4)*T(8)*T(16)*..., of which T(32) is 1 + 5e-19.
 *           float64 takes five factors, K = 31. Otherwise T(4)*T(8)*T(16) is T(4)*T(8) + T(16)-1: 4e-11 is
 *           lost, and K = 16+1+2 = 19 voxels on either side are enough.
 * Both are sums over fixed voxels in a fixed order, whatever part of the line is computed.
 */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "reference/reference.h"

enum { SHORT = 64, KEPT_LEAST = 16, FILTERED_MOST = 3, MIRROR_REACH = 64 };

static const double pole = -0.267949192431122706472553658494127633;

/* The voxel that index i of the line mirrored about its outer faces stands for. */
static int64_t mirrored(int64_t i, int64_t n) {
    if (i >= 0 && i < n)
        return i;
    i %= 2 * n;
    if (i < 0)
        i += 2 * n;
    return i < n ? i : 2 * n - 1 - i;
}

/* floor of the coordinate, and the four weights. */
static int64_t knot_of(bool align, int64_t in, int64_t out, int64_t i, double w[4]) {
    double cc = ((double)i + 0.5) * ((double)in / (double)out) - 0.5;
    if (align)
        cc = out == 1 ? 0 : (double)i * ((double)(in - 1) / (double)(out - 1));
    double knot = floor(cc), y = cc - knot, z = 1 - y;
    w[1] = (y * y * (y - 2) * 3 + 4) / 6;
    w[2] = (z * z * (z - 2) * 3 + 4) / 6;
    w[0] = z * z * z / 6;
    w[3] = 1 - w[0] - w[1] - w[2];
    return knot > (double)(in - 1) ? in - 1 : (int64_t)knot;
}

/* SciPy's filter of a line, in place. */
static void filter_line(double *c, int64_t n) {
    if (n == 1)
        return;
    double gain = (1 - pole) * (1 - 1 / pole), zn = 1, zi = pole;
    for (int64_t i = 0; i < n; i++) {
        c[i] *= gain;
        zn *= pole;
    }
    double first = c[0];
    c[0] += zn * c[n - 1];
    for (int64_t i = 1; i < n; i++) {
        c[0] += zi * (c[i] + zn * c[n - 1 - i]);
        zi *= pole;
    }
    c[0] *= pole / (1 - zn * zn);
    c[0] += first;
    for (int64_t i = 1; i < n; i++)
        c[i] += pole * c[i - 1];
    c[n - 1] *= pole / (pole - 1);
    for (int64_t i = n - 2; i >= 0; i--)
        c[i] = pole * (c[i + 1] - c[i]);
}

static double power(int64_t k) {
    double z = 1;
    if (k >= MIRROR_REACH)
        return 0;
    for (int64_t i = 0; i < k; i++)
        z *= pole;
    return z;
}

/* How much voxel column adds to coefficient row of a line of n. Long lines: the filter's impulse response,
 * and what either end reflects of it. */
static double filter_entry(int64_t n, int64_t row, int64_t column) {
    if (n < SHORT) {
        double impulse[SHORT] = {0};
        impulse[column] = 1;
        filter_line(impulse, n);
        return impulse[row];
    }
    double sum = power(llabs(row - column)) + power(row + column + 1) + power(2 * n - 1 - row - column);
    return (1 - pole) / (1 + pole) * sum;
}

reference_band reference_cubic_band(bool align, bool wide, int64_t in, int64_t out, int64_t i) {
    const int64_t reach = wide ? 28 : 16;
    double w[4];
    int64_t knot = knot_of(align, in, out, i, w);
    reference_band band = {.first = knot - 1 - reach < 0 ? 0 : knot - 1 - reach,
                           .last = knot + 2 + reach > in - 1 ? in - 1 : knot + 2 + reach};
    for (int64_t v = band.first; v <= band.last; v++) {
        double entry = w[0] * filter_entry(in, mirrored(knot - 1, in), v);
        for (int j = 1; j < 4; j++)
            entry += w[j] * filter_entry(in, mirrored(knot - 1 + j, in), v);
        band.weight[v - band.first] = entry;
    }
    return band;
}

bool reference_cubic_copies(int64_t in, int64_t out) {
    return in == out && in >= KEPT_LEAST;
}

bool reference_cubic_filters(int64_t in, int64_t out) {
    return in != out && in >= SHORT && (__int128)in <= FILTERED_MOST * (__int128)out;
}

/* y + (T(m) - 1)*x at voxel i, with one rounding after the pair's sum */
static double add_pair(double y, const double *x, int64_t n, int64_t i, int64_t m) {
    double power = pole;
    for (int64_t k = 1; k < m; k *= 2)
        power *= power;
    return fma(power / (1 + power * power), x[mirrored(i - m, n)] + x[mirrored(i + m, n)], y);
}

/* y = T(m)*x */
static void apply_factor(double *y, const double *x, int64_t n, int64_t m) {
    for (int64_t i = 0; i < n; i++)
        y[i] = add_pair(x[i], x, n, i, m);
}

/* The coefficients of a line, without the gain; a, b: [n], the result is in a. */
static void filter_long_line(const double *line, double *a, double *b, int64_t n, bool wide) {
    apply_factor(b, line, n, 4);
    apply_factor(a, b, n, 8);
    for (int64_t i = 0; i < n; i++)
        b[i] = add_pair(a[i], wide ? a : line, n, i, 16);
    apply_factor(a, b, n, 1);
    memcpy(b, a, (size_t)n * sizeof *b);
    apply_factor(a, b, n, 2);
}

static double filtered_value(const double *coefficients, bool align, int64_t in, int64_t out, int64_t i) {
    double w[4], sum = 0;
    int64_t knot = knot_of(align, in, out, i, w);
    for (int j = 0; j < 4; j++) {
        double term = w[j] * ((1 - pole) / (1 + pole)) * coefficients[mirrored(knot - 1 + j, in)];
        sum = j == 0 ? term : sum + term;
    }
    return sum;
}

static double banded_value(const double *line, const reference_band *band) {
    double sum = 0;
    for (int64_t v = band->first; v <= band->last; v++) {
        double term = band->weight[v - band->first] * line[v];
        sum = v == band->first ? term : sum + term;
    }
    return sum;
}

typedef struct axis_job {
    bool align, wide, filters, copies;
    int64_t in, out;
    const reference_band *bands; /* [out] of a banded axis */
} axis_job;

/* coefficients: [2*in], to be overwritten. */
static void resample_line(const axis_job *j, const double *line, double *coefficients, double *y,
                          int64_t stride) {
    if (j->filters)
        filter_long_line(line, coefficients, coefficients + j->in, j->in, j->wide);
    for (int64_t i = 0; i < j->out; i++)
        y[i * stride] = j->copies    ? line[i]
                        : j->filters ? filtered_value(coefficients, j->align, j->in, j->out, i)
                                     : banded_value(line, &j->bands[i]);
}

/* One axis of x: [before][in][after] into y: [before][out][after]. */
static int resample_axis(const double *x, double *y, axis_job j, int64_t before, int64_t after) {
    double *line = malloc(3 * (size_t)j.in * sizeof *line);
    reference_band *bands = malloc((size_t)j.out * sizeof *bands);
    j.bands = bands;
    for (int64_t i = 0; i < j.out && bands && !j.copies && !j.filters; i++)
        bands[i] = reference_cubic_band(j.align, j.wide, j.in, j.out, i);
    for (int64_t k = 0; k < before * after && line && bands; k++) {
        const int64_t b = k / after, a = k % after;
        for (int64_t v = 0; v < j.in; v++)
            line[v] = x[(b * j.in + v) * after + a];
        resample_line(&j, line, line + j.in, y + b * j.out * after + a, after);
    }
    const int status = line && bands ? VXS_OK : VXS_IO;
    free(line);
    free(bands);
    return status;
}

int reference_cubic_volume(const double *x, double *y, bool align, bool wide, const int64_t in[3],
                           const int64_t out[3]) {
    static const int order[3] = {0, 2, 1};
    int64_t shape[3] = {in[0], in[1], in[2]};
    if (memcmp(in, out, sizeof shape) == 0) {
        memcpy(y, x, (size_t)(in[0] * in[1] * in[2]) * sizeof *y);
        return VXS_OK;
    }
    double *from = malloc((size_t)(in[0] * in[1] * in[2]) * sizeof *from);
    int status = from ? VXS_OK : VXS_IO;
    if (from)
        memcpy(from, x, (size_t)(in[0] * in[1] * in[2]) * sizeof *from);
    for (int k = 0; k < 3 && status == VXS_OK; k++) {
        const int axis = order[k];
        const int64_t before = axis == 0 ? 1 : axis == 1 ? shape[0] : shape[0] * shape[1];
        const int64_t after = axis == 2 ? 1 : axis == 1 ? shape[2] : shape[1] * shape[2];
        double *to = k == 2 ? y : malloc((size_t)(before * out[axis] * after) * sizeof *to);
        const axis_job j = {.align = align,
                            .wide = wide,
                            .filters = reference_cubic_filters(in[axis], out[axis]),
                            .copies = reference_cubic_copies(in[axis], out[axis]),
                            .in = in[axis],
                            .out = out[axis]};
        status = to ? resample_axis(from, to, j, before, after) : VXS_IO;
        shape[axis] = out[axis];
        free(from);
        from = k == 2 ? NULL : to;
    }
    free(from);
    return status;
}
