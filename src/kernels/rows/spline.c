/* Cubic splines on tiles: COLUMNS at a time in registers, down the rows. */
#include "kernels/rows/prologue.h"
#include "kernels/spline_rows.h"

#if defined(__AVX512F__)
enum { LANES = 8 };
#elif defined(__AVX__)
enum { LANES = 4 };
#else
enum { LANES = 2 };
#endif

/* Of eight vectors: as many independent sums as hide an addition's latency. */
enum { VECTORS = 8, COLUMNS = VECTORS * LANES };

typedef double vector __attribute__((vector_size(LANES * sizeof(double)), may_alias));
typedef struct columns {
    vector v[VECTORS];
} columns;

/* In unrolled loops, so that the sums stay in registers. */
#define EACH(i) _Pragma("GCC unroll 8") for (int i = 0; i < VECTORS; i++)

static inline __attribute__((always_inline)) void load(columns *x, const double *from) {
    EACH(i) x->v[i] = *(const vector *)(from + i * LANES);
}

static inline __attribute__((always_inline)) void store(double *to, const columns *x) {
    EACH(i) * (vector *)(to + i * LANES) = x->v[i];
}

static inline __attribute__((always_inline)) void sum_rows(double *out, const double *in,
                                                           const double *weight, int64_t taps) {
    columns sum;
    EACH(i) sum.v[i] = *(const vector *)(in + i * LANES) * weight[0];
    for (int64_t t = 1; t < taps; t++) {
        const double *from = in + t * TILE_WIDTH;
        EACH(i) sum.v[i] += *(const vector *)(from + i * LANES) * weight[t];
    }
    store(out, &sum);
}

static void sums(double *out, const double *in, const row_sums *s) {
    for (int64_t o = 0; o < s->outputs; o++) {
        const double *from = in + (s->start[o] - s->origin) * TILE_WIDTH, *weight = s->weight + o * s->taps;
        double *to = out + o * s->out_step * TILE_WIDTH;
        if (!s->last && s->taps == 4)
            for (int c = 0; c < TILE_WIDTH; c += COLUMNS)
                sum_rows(to + c, from + c, weight, 4);
        else
            for (int c = 0; c < TILE_WIDTH; c += COLUMNS)
                sum_rows(to + c, from + c, weight, s->last ? s->last[o] - s->start[o] + 1 : s->taps);
    }
}

static inline __attribute__((always_inline)) void step(columns *x, const double *row, double z) {
    EACH(i) x->v[i] = *(const vector *)(row + i * LANES) + x->v[i] * z;
}

static void filter_columns(double *out, const double *in, int64_t count, int64_t reach, double z) {
    columns x;
    load(&x, in - reach * TILE_WIDTH);
    for (int64_t k = 1 - reach; k < 0; k++)
        step(&x, in + k * TILE_WIDTH, z);
    for (int64_t k = 0; k < count; k++) {
        step(&x, in + k * TILE_WIDTH, z);
        store(out + k * TILE_WIDTH, &x);
    }
    load(&x, in + (count - 1 + reach) * TILE_WIDTH);
    for (int64_t k = count - 2 + reach; k >= count; k--)
        step(&x, in + k * TILE_WIDTH, z);
    for (int64_t k = count - 1; k >= 0; k--) {
        const double *row = in + k * TILE_WIDTH;
        double *to = out + k * TILE_WIDTH;
        EACH(i) {
            const vector down = x.v[i] * z;
            *(vector *)(to + i * LANES) += down;
            x.v[i] = *(const vector *)(row + i * LANES) + down;
        }
    }
}

static void filter(double *out, const double *in, int64_t count, int64_t reach, double z) {
    for (int c = 0; c < TILE_WIDTH; c += COLUMNS)
        filter_columns(out + c, in + c, count, reach, z);
}

typedef int64_t lanes __attribute__((vector_size(LANES * sizeof(int64_t))));

/* One step of a square's transposition: its two off-diagonal quarters of that many rows change places. */
static inline __attribute__((always_inline)) void exchange(vector v[LANES], int64_t quarter) {
    lanes upper, lower;
    for (int64_t i = 0; i < LANES; i++) {
        upper[i] = i & quarter ? LANES + i - quarter : i;
        lower[i] = i & quarter ? LANES + i : i + quarter;
    }
    _Pragma("GCC unroll 8") for (int r = 0; r < LANES; r++) if (!(r & quarter)) {
        const vector a = v[r], b = v[r + quarter];
        v[r] = __builtin_shuffle(a, b, upper);
        v[r + quarter] = __builtin_shuffle(a, b, lower);
    }
}

static inline __attribute__((always_inline)) void transpose_square(double *out, const double *in) {
    vector v[LANES];
    _Pragma("GCC unroll 8") for (int r = 0; r < LANES; r++) v[r] = *(const vector *)(in + r * TILE_WIDTH);
    exchange(v, 1);
    if (LANES > 2)
        exchange(v, 2);
    if (LANES > 4)
        exchange(v, 4);
    _Pragma("GCC unroll 8") for (int r = 0; r < LANES; r++) * (vector *)(out + r * TILE_WIDTH) = v[r];
}

static void transpose(double *out, const double *in) {
    for (int r = 0; r < TILE_WIDTH; r += LANES)
        for (int c = 0; c < TILE_WIDTH; c += LANES)
            transpose_square(out + c * TILE_WIDTH + r, in + r * TILE_WIDTH + c);
}

const spline_functions FOR_ISA(splines) = {.sums = sums, .filter = filter, .transpose = transpose};
