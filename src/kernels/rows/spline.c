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
/* In unrolled loops, so that the sums stay in registers: vectors is a constant wherever this is inlined. */
#define EACH(i)         _Pragma("GCC unroll 8") for (int i = 0; i < vectors; i++)
#define INLINE          static inline __attribute__((always_inline))
#define VECTOR_AT(from) (*(const vector *)((from) + i * LANES))

INLINE void sum_rows(double *out, const double *in, const double *weight, int64_t taps, int vectors) {
    vector sum[VECTORS];
    EACH(i) sum[i] = VECTOR_AT(in) * weight[0];
    for (int64_t t = 1; t < taps; t++)
        EACH(i) sum[i] += VECTOR_AT(in + t * TILE_WIDTH) * weight[t];
    EACH(i) * (vector *)(out + i * LANES) = sum[i];
}

INLINE void sum_columns(double *out, const double *in, const row_sums *s, int vectors) {
    for (int64_t o = 0; o < s->outputs; o++) {
        const double *from = in + (s->start[o] - s->origin) * TILE_WIDTH, *weight = s->weight + o * s->taps;
        double *to = out + o * s->out_step * TILE_WIDTH;
        if (!s->last && s->taps == 4)
            sum_rows(to, from, weight, 4, vectors);
        else
            sum_rows(to, from, weight, s->last ? s->last[o] - s->start[o] + 1 : s->taps, vectors);
    }
}

INLINE void step(vector x[VECTORS], const double *row, double z, int vectors) {
    EACH(i) x[i] = VECTOR_AT(row) + x[i] * z;
}

INLINE void filter_columns(double *out, const double *in, int64_t count, int64_t reach, double z,
                           int vectors) {
    vector x[VECTORS];
    EACH(i) x[i] = VECTOR_AT(in - reach * TILE_WIDTH);
    for (int64_t k = 1 - reach; k < 0; k++)
        step(x, in + k * TILE_WIDTH, z, vectors);
    for (int64_t k = 0; k < count; k++) {
        step(x, in + k * TILE_WIDTH, z, vectors);
        EACH(i) * (vector *)(out + k * TILE_WIDTH + i * LANES) = x[i];
    }
    EACH(i) x[i] = VECTOR_AT(in + (count - 1 + reach) * TILE_WIDTH);
    for (int64_t k = count - 2 + reach; k >= count; k--)
        step(x, in + k * TILE_WIDTH, z, vectors);
    for (int64_t k = count - 1; k >= 0; k--) {
        const double *row = in + k * TILE_WIDTH;
        double *to = out + k * TILE_WIDTH;
        EACH(i) {
            const vector down = x[i] * z;
            *(vector *)(to + i * LANES) += down;
            x[i] = VECTOR_AT(row) + down;
        }
    }
}

/* CALL(c, n) for columns c on, n vectors of them: eight at a time, and what is left. */
#define BY_COLUMNS(width, CALL)                                                                              \
    for (int64_t c = 0; c < (width); c += COLUMNS)                                                           \
        switch (((width)-c + LANES - 1) / LANES) {                                                           \
        case 1:                                                                                              \
        case 2:                                                                                              \
            CALL(c, 2);                                                                                      \
            break;                                                                                           \
        case 3:                                                                                              \
        case 4:                                                                                              \
            CALL(c, 4);                                                                                      \
            break;                                                                                           \
        case 5:                                                                                              \
            CALL(c, 5);                                                                                      \
            break;                                                                                           \
        case 6:                                                                                              \
            CALL(c, 6);                                                                                      \
            break;                                                                                           \
        default:                                                                                             \
            CALL(c, 8);                                                                                      \
        }

static void sums(double *out, const double *in, const row_sums *s) {
#define CALL(c, n) sum_columns(out + (c), in + (c), s, n)
    BY_COLUMNS(s->width, CALL)
#undef CALL
}

static void filter(double *out, const double *in, int64_t count, int64_t reach, double z, int64_t width) {
#define CALL(c, n) filter_columns(out + (c), in + (c), count, reach, z, n)
    BY_COLUMNS(width, CALL)
#undef CALL
}

typedef int64_t lanes __attribute__((vector_size(LANES * sizeof(int64_t))));

/* One step of a square's transposition: its two off-diagonal quarters of that many rows change places. */
INLINE void exchange(vector v[LANES], int64_t quarter) {
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

INLINE void transpose_square(double *out, const double *in) {
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
