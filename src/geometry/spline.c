#include "geometry/spline.h"

#include <math.h>
#include <stdlib.h>

#include "base/checked.h"

enum {
    SHORT = 64,       /* below, the prefilter's entries are SciPy's own, with what it does at the ends */
    KEPT_LEAST = 16,  /* from here on the spline meets the voxels, though SciPy's prefilter is not exact */
    FILTERED_MOST = 3 /* in/out up to which filtering every voxel costs less than a band per output */
};

double spline_gain(void) {
    return (1 - SPLINE_POLE) / (1 + SPLINE_POLE);
}

void spline_factors(double q[SPLINE_FACTORS]) {
    double power = SPLINE_POLE;
    for (int k = 0; k < SPLINE_FACTORS; k++, power *= power)
        q[k] = power / (1 + power * power);
}

static double coordinate(bool align, int64_t in, int64_t out, int64_t i) {
    if (!align)
        return ((double)i + 0.5) * ((double)in / (double)out) - 0.5;
    return out == 1 ? 0 : (double)i * ((double)(in - 1) / (double)(out - 1));
}

/* Beyond 2^53 voxels a coordinate may round past the last one. */
static int64_t knot_of(double floored, int64_t in) {
    return floored > (double)(in - 1) ? in - 1 : (int64_t)floored;
}

int64_t spline_knot(bool align, int64_t in, int64_t out, int64_t i) {
    return knot_of(floor(coordinate(align, in, out, i)), in);
}

int64_t spline_weights(bool align, int64_t in, int64_t out, int64_t i, double weight[SPLINE_TAPS]) {
    const double cc = coordinate(align, in, out, i), floored = floor(cc), y = cc - floored, z = 1 - y;
    weight[1] = (y * y * (y - 2) * 3 + 4) / 6;
    weight[2] = (z * z * (z - 2) * 3 + 4) / 6;
    weight[0] = z * z * z / 6;
    weight[3] = 1 - weight[0] - weight[1] - weight[2];
    return knot_of(floored, in);
}

bool spline_copies(int64_t in, int64_t out) {
    return in == out && in >= KEPT_LEAST;
}

bool spline_filters(int64_t in, int64_t out) {
    return in != out && in >= SHORT && in <= saturating_mul(FILTERED_MOST, out);
}

int spline_reach(bool filter, bool wide) {
    if (filter)
        return wide ? 31 : 19;
    return wide ? 28 : 16;
}

/* SciPy's spline_filter1d of one line, order 3, mode reflect: in place. */
static void filter_line(double *c, int64_t n) {
    const double z = SPLINE_POLE;
    double zn = 1, zi = z;
    if (n == 1)
        return;
    for (int64_t i = 0; i < n; i++) {
        c[i] *= (1 - z) * (1 - 1 / z);
        zn *= z;
    }
    const double c0 = c[0];
    c[0] += zn * c[n - 1];
    for (int64_t i = 1; i < n; i++, zi *= z)
        c[0] += zi * (c[i] + zn * c[n - 1 - i]); /* the last reads the c[0] in the making, as SciPy does */
    c[0] *= z / (1 - zn * zn);
    c[0] += c0;
    for (int64_t i = 1; i < n; i++)
        c[i] += z * c[i - 1];
    c[n - 1] *= z / (z - 1);
    for (int64_t i = n - 2; i >= 0; i--)
        c[i] = z * (c[i + 1] - c[i]);
}

int64_t spline_table_bytes(int64_t in) {
    return in < SHORT ? in * in * (int64_t)sizeof(double) : 0;
}

vxs_status spline_table_init(spline_table *table, int64_t in) {
    *table = (spline_table){.in = in, .power = {1}};
    for (int k = 1; k < (int)(sizeof table->power / sizeof *table->power); k++)
        table->power[k] = table->power[k - 1] * SPLINE_POLE;
    if (in >= SHORT)
        return VXS_OK;
    table->dense = calloc((size_t)(in * in), sizeof *table->dense);
    CHECK(table->dense, VXS_IO, "no memory for the spline filter of %lld voxels", (long long)in);
    for (int64_t column = 0; column < in; column++) {
        table->dense[column * in + column] = 1;
        filter_line(table->dense + column * in, in);
    }
    return VXS_OK;
}

void spline_table_free(spline_table *table) {
    free(table->dense);
    *table = (spline_table){0};
}

static double power(const spline_table *table, int64_t k) {
    return k < (int64_t)(sizeof table->power / sizeof *table->power) ? table->power[k] : 0;
}

/* The filter's impulse response, and what the ends reflect of it. */
static double entry(const spline_table *table, int64_t row, int64_t column) {
    if (table->dense)
        return table->dense[column * table->in + row];
    const double sum = power(table, row > column ? row - column : column - row) +
                       power(table, row + column + 1) + power(table, 2 * table->in - 1 - row - column);
    return spline_gain() * sum;
}

int64_t spline_mirrored(int64_t i, int64_t n) {
    i %= 2 * n;
    i += i < 0 ? 2 * n : 0;
    return i < n ? i : 2 * n - 1 - i;
}

void spline_band(const spline_table *table, bool align, int64_t out, int64_t i, int64_t first, int64_t last,
                 double *weight) {
    double w[SPLINE_TAPS];
    int64_t row[SPLINE_TAPS];
    const int64_t knot = spline_weights(align, table->in, out, i, w);
    for (int j = 0; j < SPLINE_TAPS; j++)
        row[j] = spline_mirrored(knot - 1 + j, table->in);
    for (int64_t column = first; column <= last; column++) {
        double sum = w[0] * entry(table, row[0], column);
        for (int j = 1; j < SPLINE_TAPS; j++)
            sum += w[j] * entry(table, row[j], column);
        weight[column - first] = sum;
    }
}
