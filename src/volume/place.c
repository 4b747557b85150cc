#include "volume/place.h"

#include <string.h>

#include "base/checked.h"
#include "base/dtype.h"
#include "volume/shuffle.h"

typedef struct placing {
    const chunk_form *form;
    const decoded_chunk *chunk;
    size_t voxels; /* of the chunk */
} placing;

/* count voxels of the chunk from number first on. */
static void place_row(const placing *p, char *to, size_t first, size_t count) {
    size_t bytes = p->form->voxel_bytes;
    if (p->chunk->shuffled) {
        unshuffle(to, p->chunk->bytes, bytes, p->voxels, first, count, p->form->swapped);
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

void place_chunk(const chunk_form *form, const decoded_chunk *chunk, const box *where, const box_view *dst) {
    placing p = {form, chunk, 1};
    int64_t run, i[AXES], end[AXES];
    int axis = run_axis(form, where, dst, &run);
    for (int a = 0; a < AXES; a++) {
        i[a] = where->axis[a].begin;
        end[a] = a < axis ? where->axis[a].end : i[a] + 1;
        p.voxels *= (size_t)form->extent[a];
    }
    const range *r = where->axis;
    for (i[0] = r[0].begin; i[0] < end[0]; i[0]++)
        for (i[1] = r[1].begin; i[1] < end[1]; i[1]++)
            for (i[2] = r[2].begin; i[2] < end[2]; i[2]++)
                for (i[3] = r[3].begin; i[3] < end[3]; i[3]++) {
                    size_t first = 0;
                    for (int a = 0; a < AXES; a++)
                        first = first * (size_t)form->extent[a] + (size_t)(i[a] % form->extent[a]);
                    place_row(&p, box_view_at(dst, form->voxel_bytes, i), first, (size_t)run);
                }
}
