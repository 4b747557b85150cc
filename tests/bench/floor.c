#include "bench/floor.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#if defined(__SSE2__)
#include <emmintrin.h>
#endif

#include "base/checked.h"
#include "base/dtype.h"
#include "bench/machine.h"
#include "geometry/axis_map.h"

enum { LINE = 64, AHEAD_BYTES = 8192, LEAST_TIMES = 3, MOST_TIMES = 1000, WAYS = 4 };

/* A cube on its way to another; one table for all axes. */
typedef struct passage {
    const tap_table *table;
    const char *src;
    char *dst;
    int64_t in, out, bytes; /* voxels along an axis, bytes of a voxel */
    int64_t ahead;          /* rows to ask for early; 0: none */
    bool stream;
    const int32_t *line; /* [lines] offsets from a row's begin, of lines that hold a tap */
    int64_t lines;
    bool whole; /* all lines of a row */
} passage;

/* A line, in as many registers as it takes. */
typedef uint64_t line_words __attribute__((vector_size(LINE), aligned(1), may_alias));

#if defined(__x86_64__)
#define FOR_EVERY_ISA __attribute__((target_clones("default", "avx2", "avx512f")))
#else
#define FOR_EVERY_ISA
#endif

FOR_EVERY_ISA static uint64_t read_row(const passage *p, const char *row) {
    line_words sum = {0};
    if (p->whole)
        for (int64_t i = 0; i < p->lines; i++)
            sum += *(const line_words *)(row + i * LINE);
    else
        for (int64_t i = 0; i < p->lines; i++)
            sum += *(const line_words *)(row + p->line[i]);
    return sum[0];
}

static void ask_for_row(const passage *p, const char *row) {
    for (int64_t i = 0; i < p->lines; i++)
        __builtin_prefetch(row + p->line[i], 0, 2);
    __asm__ volatile("");
}

static void write_bytes(const passage *p, char *to, int64_t bytes, int value) {
#if defined(__SSE2__)
    const int64_t head = min_i64((int64_t)(-(uintptr_t)to % LINE), bytes),
                  end = head + (bytes - head) / LINE * LINE;
    if (p->stream) {
        const __m128i v = _mm_set1_epi8((char)value);
        memset(to, value, (size_t)head);
        for (int64_t i = head; i < end; i += (int64_t)sizeof v)
            _mm_stream_si128((__m128i *)(to + i), v);
        memset(to + end, value, (size_t)(bytes - end));
        return;
    }
#endif
    memset(to, value, (size_t)bytes);
}

/* The voxels that output o needs and the outputs before it do not. */
static range fresh(const tap_table *t, int64_t o) {
    return (range){o > 0 ? max_i64(t->first[o], t->last[o - 1] + 1) : t->first[o], t->last[o] + 1};
}

/* One plane of outputs: of the source planes that it is the first to need, the rows as its rows need them. */
static uint64_t pass_plane(const passage *p, int64_t d) {
    const range planes = fresh(p->table, d);
    uint64_t sum = 0;
    for (int64_t o = 0; o < p->out; o++) {
        const range rows = fresh(p->table, o);
        const range early = o + p->ahead < p->out ? fresh(p->table, o + p->ahead) : (range){0, 0};
        for (int64_t z = planes.begin; z < planes.end; z++) {
            const char *plane = p->src + z * p->in * p->in * p->bytes;
            for (int64_t y = early.begin; p->ahead > 0 && y < early.end; y++)
                ask_for_row(p, plane + y * p->in * p->bytes);
            for (int64_t y = rows.begin; y < rows.end; y++)
                sum += read_row(p, plane + y * p->in * p->bytes);
        }
        write_bytes(p, p->dst + (d * p->out + o) * p->out * p->bytes, p->out * p->bytes, (int)o);
    }
    return sum;
}

static double pass(const passage *p, int threads) {
    uint64_t sum = 0;
    const double begin = seconds_now();
#pragma omp parallel for num_threads(threads) schedule(dynamic) reduction(+ : sum)
    for (int64_t d = 0; d < p->out; d++)
        sum += pass_plane(p, d);
    const double took = seconds_now() - begin;
    volatile uint64_t sink = sum;
    (void)sink;
    return took;
}

/* The lines of a row that hold a tap; how many. */
static int64_t find_lines(const passage *p, int32_t *line) {
    const int64_t last_line = (p->in * p->bytes - LINE) / LINE;
    int64_t lines = 0;
    for (int64_t o = 0; o < p->out; o++)
        for (int64_t i = p->table->first[o]; i <= p->table->last[o]; i++) {
            const int32_t at = (int32_t)(min_i64(i * p->bytes / LINE, max_i64(last_line, 0)) * LINE);
            if (lines == 0 || line[lines - 1] < at)
                line[lines++] = at;
        }
    return lines;
}

static int by_value(const void *a, const void *b) {
    const double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

/* The median, as the kernels' own figures are. */
static double repeat(const passage *p, int threads, double seconds) {
    static double took[MOST_TIMES];
    int times = 0;
    pass(p, threads);
    for (double spent = 0; times < MOST_TIMES && (times < LEAST_TIMES || spent < seconds); times++)
        spent += took[times] = pass(p, threads);
    qsort(took, (size_t)times, sizeof *took, by_value);
    return took[times / 2];
}

static double best_way(passage *p, int threads, double seconds) {
    const int64_t row_bytes = p->lines * LINE;
    double best = 0;
    for (int way = 0; way < WAYS; way++) {
        p->ahead = way & 1 ? max_i64(AHEAD_BYTES / row_bytes, 1) : 0;
        p->stream = way & 2;
        const double took = repeat(p, threads, seconds / WAYS);
        best = way == 0 || took < best ? took : best;
    }
    return best;
}

double floor_seconds(vxs_mode mode, const vxs_view *src, const vxs_view *dst, int threads, double seconds) {
    const vxs_resample_options options = {mode, VXS_COORDS_AUTO, 0};
    passage p = {.src = src->data, .dst = dst->data, .in = src->shape[2], .out = dst->shape[2]};
    axis_map map;
    tap_table table = {0};
    double found = 0;
    p.bytes = (int64_t)dtype_bytes(src->dtype);
    int32_t *line = malloc((size_t)p.in * sizeof *line);
    if (line && p.in * p.bytes >= LINE && axis_map_init(&map, &options, src->dtype, p.in, p.out) == VXS_OK &&
        tap_table_build(&table, &map, (range){0, p.out}) == VXS_OK) {
        p.table = &table;
        p.lines = find_lines(&p, line);
        p.line = line;
        p.whole = p.lines * LINE == p.in * p.bytes;
        found = best_way(&p, threads, seconds);
    }
    tap_table_free(&table);
    free(line);
    return found;
}
