#include "volume/place.h"

#include <string.h>

#include "base/checked.h"
#include "base/dtype.h"
#include "volume/shuffle.h"

/* A view of LARGE_BYTES leaves the caches before anybody reads it. */
enum { CACHE_LINE = 64, SHORT_ROW_BYTES = 1024, ROWS_AHEAD = 8, LARGE_BYTES = 32 << 20 };

typedef struct placing {
    const chunk_form *form;
    const decoded_chunk *chunk;
    size_t voxels; /* of the chunk */
    bool past_caches;
} placing;

/* count voxels of the chunk from number first on. */
static void place_row(const placing *p, char *to, size_t first, size_t count) {
    size_t bytes = p->form->voxel_bytes;
    if (p->chunk->shuffled) {
        unshuffle(to, p->chunk->bytes, bytes, p->voxels, first, count, p->form->swapped);
        return;
    }
    if (p->past_caches) {
        p->form->rows->stream_copy(to, p->chunk->bytes + first * bytes, (int64_t)(count * bytes));
        return;
    }
    memcpy(to, p->chunk->bytes + first * bytes, count * bytes);
    if (p->form->swapped)
        dtype_swap_bytes(to, bytes, count);
}

/* Whole rows that follow each other in both places are one: the longest run from axis W outwards. */
static int run_axis(const chunk_form *form, const box *where, const box_view *dst, int64_t *run) {
    int a = AXIS_W;
    *run = range_size(where->axis[AXIS_W]);
    while (a > 0 && *run == dst->stride[a - 1] && range_size(where->axis[a]) == form->extent[a])
        *run *= range_size(where->axis[--a]);
    return a;
}

int64_t place_runs(const chunk_form *form, const box *where, const box_view *dst) {
    int64_t run;
    run_axis(form, where, dst, &run);
    return box_voxels(where) / max_i64(1, run);
}

/* The number of a voxel within its chunk. */
static size_t number_in_chunk(const chunk_form *form, const int64_t index[AXES]) {
    size_t number = 0;
    for (int a = 0; a < AXES; a++)
        number = number * (size_t)form->extent[a] + (size_t)(index[a] % form->extent[a]);
    return number;
}

/* Short rows lie far apart in memory, where no hardware foresees the next one. */
static void expect_row(const char *to, size_t bytes) {
    for (size_t b = 0; b < bytes; b += CACHE_LINE)
        __builtin_prefetch(to + b, 1);
}

/* The rows along h from index on, each of run voxels. */
static void place_rows(const placing *p, const box_view *dst, const int64_t index[AXES], int64_t rows,
                       int64_t run) {
    size_t bytes = p->form->voxel_bytes, first = number_in_chunk(p->form, index);
    size_t row_bytes = (size_t)run * bytes;
    ptrdiff_t step = (ptrdiff_t)dst->stride[AXIS_H] * (ptrdiff_t)bytes;
    char *to = box_view_at(dst, bytes, index);
    for (int64_t row = 0; row < rows; row++, to += step, first += (size_t)p->form->extent[AXIS_W]) {
        if (!p->past_caches && row_bytes <= SHORT_ROW_BYTES && row + ROWS_AHEAD < rows)
            expect_row(to + ROWS_AHEAD * step, row_bytes);
        place_row(p, to, first, (size_t)run);
    }
}

/* Worth it for rows that have whole lines; what is swapped or unshuffled is written voxel by voxel. */
static bool goes_past_caches(const placing *p, const box_view *dst, int64_t run) {
    const int64_t bytes = (int64_t)p->form->voxel_bytes;
    return !p->form->swapped && !p->chunk->shuffled && run * bytes >= 2 * CACHE_LINE &&
           saturating_mul(box_voxels(&dst->where), bytes) >= LARGE_BYTES;
}

void place_chunk(const chunk_form *form, const decoded_chunk *chunk, const box *where, const box_view *dst) {
    placing p = {.form = form, .chunk = chunk, .voxels = 1};
    int64_t run, i[AXES], end[AXES];
    int axis = run_axis(form, where, dst, &run);
    p.past_caches = goes_past_caches(&p, dst, run);
    for (int a = 0; a < AXES; a++) {
        i[a] = where->axis[a].begin;
        end[a] = a < axis ? where->axis[a].end : i[a] + 1;
        p.voxels *= (size_t)form->extent[a];
    }
    const range *r = where->axis;
    for (i[0] = r[0].begin; i[0] < end[0]; i[0]++)
        for (i[1] = r[1].begin; i[1] < end[1]; i[1]++)
            for (i[2] = r[2].begin; i[2] < end[2]; i[2]++)
                place_rows(&p, dst, i, end[AXIS_H] - r[AXIS_H].begin, run);
    if (p.past_caches)
        form->rows->stream_end();
}
