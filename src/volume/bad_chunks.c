#include <stdlib.h>
#include <string.h>

#include "base/checked.h"
#include "volume/internal.h"

/* ---- numbers of chunks, row-major ---- */

static int64_t chunks_along(const int64_t shape[AXES], const int64_t chunk[AXES], int a) {
    return div_ceil(shape[a], chunk[a]);
}

box volume_chunk_box(const volume_info *info, int64_t number) {
    box b;
    for (int a = AXES - 1; a >= 0; a--) {
        const int64_t along = chunks_along(info->shape, info->read_chunk, a);
        const int64_t begin = number % along * info->read_chunk[a];
        b.axis[a] = (range){begin, min_i64(begin + info->read_chunk[a], info->shape[a])};
        number /= along;
    }
    return b;
}

static int64_t number_of(const volume *v, const box *part) {
    int64_t number = 0;
    for (int a = 0; a < AXES; a++)
        number = number * chunks_along(v->shape, v->chunk, a) + part->axis[a].begin / v->chunk[a];
    return number;
}

/* ---- the list ---- */

static int compare_numbers(const void *a, const void *b) {
    const int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;
    return (x > y) - (x < y);
}

/* In order, each once. */
static void tidy(bad_chunks *bad) {
    int64_t kept = 0;
    if (bad->count > 0)
        qsort(bad->number, (size_t)bad->count, sizeof *bad->number, compare_numbers);
    for (int64_t i = 0; i < bad->count; i++)
        if (kept == 0 || bad->number[i] != bad->number[kept - 1])
            bad->number[kept++] = bad->number[i];
    bad->count = kept;
}

/* A list that is full may hold each chunk many times: one that is read again for each block of channels. */
static vxs_status make_room(bad_chunks *bad) {
    if (bad->count < bad->room)
        return VXS_OK;
    tidy(bad);
    if (bad->count <= bad->room / 2 && bad->room > 0)
        return VXS_OK;
    const int64_t room = max_i64(64, 2 * bad->room);
    int64_t *grown = realloc(bad->number, (size_t)room * sizeof *grown);
    CHECK(grown, VXS_IO, "out of memory: %lld bytes for the list of bad chunks",
          (long long)(room * (int64_t)sizeof *grown));
    bad->number = grown;
    bad->room = room;
    return VXS_OK;
}

/* ---- voxels ---- */

static void fill_box(const volume *v, const box *where, const box_view *dst) {
    const range *r = where->axis;
    int64_t i[AXES] = {[AXIS_W] = r[AXIS_W].begin};
    for (i[AXIS_N] = r[AXIS_N].begin; i[AXIS_N] < r[AXIS_N].end; i[AXIS_N]++)
        for (i[AXIS_C] = r[AXIS_C].begin; i[AXIS_C] < r[AXIS_C].end; i[AXIS_C]++)
            for (i[AXIS_D] = r[AXIS_D].begin; i[AXIS_D] < r[AXIS_D].end; i[AXIS_D]++)
                for (i[AXIS_H] = r[AXIS_H].begin; i[AXIS_H] < r[AXIS_H].end; i[AXIS_H]++) {
                    char *row = box_view_at(dst, v->element_bytes, i);
                    for (int64_t w = 0; w < range_size(r[AXIS_W]); w++, row += v->element_bytes)
                        memcpy(row, v->bad.voxel, v->element_bytes);
                }
}

vxs_status bad_chunk_fill(volume *v, const box *part, const box_view *dst) {
    TRY(make_room(&v->bad));
    v->bad.number[v->bad.count++] = number_of(v, part);
    fill_box(v, part, dst);
    return VXS_OK;
}

void volume_fill_bad_chunks(volume *source, const void *voxel) {
    source->bad.filling = true;
    memcpy(source->bad.voxel, voxel, source->element_bytes);
}

void volume_take_bad_chunks(volume *source, int64_t **numbers, int64_t *count) {
    tidy(&source->bad);
    *numbers = source->bad.number;
    *count = source->bad.count;
    source->bad.number = NULL;
    source->bad.count = source->bad.room = 0;
}
