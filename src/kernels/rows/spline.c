/* Cubic splines on tiles: COLUMNS at a time in registers, down the rows. */
#include "kernels/rows/prologue.h"
#include "kernels/spline_rows.h"

#if defined(__AVX512F__)
#include <immintrin.h>
enum { LANES = 8 };
#define STREAM(to, v)  _mm256_stream_ps(to, (__m256)(v))
#define FUSED(a, b, c) ((vector)_mm512_fmadd_pd((__m512d)(a), (__m512d)(b), (__m512d)(c)))
#elif defined(__AVX__) && defined(__FMA__)
#include <immintrin.h>
enum { LANES = 4 };
#define STREAM(to, v)  _mm_stream_ps(to, (__m128)(v))
#define FUSED(a, b, c) ((vector)_mm256_fmadd_pd((__m256d)(a), (__m256d)(b), (__m256d)(c)))
#else
enum { LANES = 2 };
#define STREAM(to, v)  (*(voxels *)(to) = (v)) /* too narrow to pass the caches by */
#define FUSED(a, b, c) ((vector){fma((a)[0], (b)[0], (c)[0]), fma((a)[1], (b)[1], (c)[1])})
#endif

/* Of eight vectors: as many independent sums as hide an addition's latency. */
enum { VECTORS = 8, COLUMNS = VECTORS * LANES };
/* The filter keeps seven vectors of every column in registers. */
enum { FILTERED = 2 };
enum { LINE = 64 }; /* bytes of a cache line */

typedef double vector __attribute__((vector_size(LANES * sizeof(double)), may_alias));
typedef float voxels __attribute__((vector_size(LANES * sizeof(float)), aligned(4), may_alias));
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

INLINE vector everywhere(double x) {
    return x - (vector){0};
}

/* The factors T(step) and T(2*step), of pairs near[0] and near[1], of every step-th row; far: and what the
 * sixteenth rows on either side add, times *far. Additions and products that are rounded once with one: each
 * takes a unit of its own. */
INLINE void apply_factors(double *out, int64_t out_row, const double *in, int64_t in_row, int64_t count,
                          int64_t step, const double near[2], const double *far, int vectors) {
    const int64_t by = step * in_row;
    const vector q0 = everywhere(near[0]), q1 = everywhere(near[1]), q16 = everywhere(far ? *far : 0);
    vector below[VECTORS], x[VECTORS], y[5][VECTORS]; /* rows i+1, i+2 steps on; T(step)*in from i-2 to i+2 */
    EACH(i) below[i] = VECTOR_AT(in - 3 * by);
    EACH(i) x[i] = VECTOR_AT(in - 2 * by);
#define NEXT(y, at)                                                                                          \
    EACH(i) {                                                                                                \
        const vector above = VECTOR_AT(at);                                                                  \
        y[i] = FUSED(below[i] + above, q0, x[i]);                                                            \
        below[i] = x[i];                                                                                     \
        x[i] = above;                                                                                        \
    }
    NEXT(y[0], in - by)
    NEXT(y[1], in)
    NEXT(y[2], in + by)
    NEXT(y[3], in + 2 * by)
    for (int64_t k = 0; k < count; k += step, in += by, out += step * out_row) {
        NEXT(y[4], in + 3 * by)
        EACH(i) {
            vector sum = FUSED(y[0][i] + y[4][i], q1, y[2][i]);
            if (far)
                sum = FUSED(VECTOR_AT(in - 16 * in_row) + VECTOR_AT(in + 16 * in_row), q16, sum);
            *(vector *)(out + i * LANES) = sum;
            y[0][i] = y[1][i];
            y[1][i] = y[2][i];
            y[2][i] = y[3][i];
            y[3][i] = y[4][i];
        }
    }
#undef NEXT
}

/* in place: what lay at row i - 16 is not needed any more, and becomes the output of row i */
INLINE void apply_last(double *in, int64_t in_row, int64_t count, double q, int vectors) {
    const vector q16 = everywhere(q);
    for (int64_t k = 0; k < count; k++, in += in_row)
        EACH(i) {
            const vector pair = VECTOR_AT(in) + VECTOR_AT(in + 32 * in_row);
            *(vector *)(in + i * LANES) = FUSED(pair, q16, VECTOR_AT(in + 16 * in_row));
        }
}

/* between: rows of so many vectors, which stay in the first-level cache */
INLINE void filter_columns(double *out, double *between, const double *in, int64_t count, const double *q,
                           bool wide, int vectors) {
    const int64_t rows = count + 6, begin = wide ? -19 : -3, row = vectors * LANES;
    for (int64_t r = 0; r < 4; r++) {
        double *to = between + r * row;
        const double *from = in + (begin + r) * TILE_WIDTH;
        if (wide)
            apply_factors(to, row, from, TILE_WIDTH, rows + 32 - r, 4, q + 2, NULL, vectors);
        else
            apply_factors(to, row, from, TILE_WIDTH, rows - r, 4, q + 2, q + 4, vectors);
    }
    if (wide)
        apply_last(between, row, rows, q[4], vectors);
    apply_factors(out, TILE_WIDTH, between + 3 * row, row, count, 1, q, NULL, vectors);
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

static void sums(double *out, const double *in, const row_sums *s){
#define CALL(c, n) sum_columns(out + (c), in + (c), s, n)
    BY_COLUMNS(s->width, CALL)
#undef CALL
}

INLINE void put_sums(float *out, const double *in, const double *weight, int64_t taps, int vectors,
                     bool stream) {
    vector sum[VECTORS];
    EACH(i) sum[i] = VECTOR_AT(in) * weight[0];
    for (int64_t t = 1; t < taps; t++)
        EACH(i) sum[i] += VECTOR_AT(in + t * TILE_WIDTH) * weight[t];
    if (stream)
        EACH(i) STREAM(out + i * LANES, __builtin_convertvector(sum[i], voxels));
    else
        EACH(i) * (voxels *)(out + i * LANES) = __builtin_convertvector(sum[i], voxels);
}

INLINE void put_columns(float *out, int64_t step, const double *in, const row_sums *s, int vectors,
                        bool stream) {
    for (int64_t o = 0; o < s->outputs; o++, out += step) {
        const double *from = in + (s->start[o] - s->origin) * TILE_WIDTH, *weight = s->weight + o * s->taps;
        if (s->last)
            put_sums(out, from, weight, s->last[o] - s->start[o] + 1, vectors, stream);
        else
            put_sums(out, from, weight, 4, vectors, stream);
    }
}

static void sums_float(float *out, int64_t step, const double *in, const row_sums *s) {
    const bool lines = (uintptr_t)out % LINE == 0 && step % (LINE / (int)sizeof *out) == 0;
    int64_t c = 0;
    for (; c + COLUMNS <= s->width; c += COLUMNS)
        if (s->stream && lines)
            put_columns(out + c, step, in + c, s, VECTORS, true);
        else
            put_columns(out + c, step, in + c, s, VECTORS, false);
    for (; c + LANES <= s->width; c += LANES)
        put_columns(out + c, step, in + c, s, 1, false);
    for (int64_t o = 0; o < s->outputs && c < s->width; o++) { /* no columns beyond */
        float last[LANES];
        row_sums one = *s;
        one.start = s->start + o;
        one.last = s->last ? s->last + o : NULL;
        one.weight = s->weight + o * s->taps;
        one.outputs = 1;
        put_columns(last, LANES, in + c, &one, 1, false);
        memcpy(out + o * step + c, last, (size_t)(s->width - c) * sizeof *out);
    }
}

static void filter(double *out, double *between, const double *in, int64_t count, const double *q, bool wide,
                   int64_t width) {
    for (int64_t c = 0; c < width; c += FILTERED * LANES)
        filter_columns(out + c, between, in + c, count, q, wide, FILTERED);
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

static void transpose(double *out, const double *in, int64_t rows, int64_t columns) {
    for (int64_t r = 0; r < rows; r += LANES)
        for (int64_t c = 0; c < columns; c += LANES)
            transpose_square(out + c * TILE_WIDTH + r, in + r * TILE_WIDTH + c);
}

const spline_functions FOR_ISA(splines) = {
    .sums = sums, .sums_float = sums_float, .filter = filter, .transpose = transpose};
