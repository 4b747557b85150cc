#include "base/box.h"

#include <string.h>

#include "base/checked.h"

range range_hull(range a, range b) {
    if (range_size(a) == 0)
        return b;
    if (range_size(b) == 0)
        return a;
    return (range){min_i64(a.begin, b.begin), max_i64(a.end, b.end)};
}

range range_align(range r, int64_t step, int64_t limit) {
    if (range_size(r) == 0)
        return r;
    return (range){round_down(r.begin, step), min_i64(round_up(r.end, step), limit)};
}

bool box_is_empty(const box *b) {
    for (int a = 0; a < AXES; a++)
        if (range_size(b->axis[a]) == 0)
            return true;
    return false;
}

int64_t box_voxels(const box *b) {
    if (box_is_empty(b))
        return 0;
    int64_t voxels = 1;
    for (int a = 0; a < AXES; a++)
        voxels = saturating_mul(voxels, range_size(b->axis[a]));
    return voxels;
}

box box_intersect(const box *a, const box *b) {
    box both;
    for (int i = 0; i < AXES; i++)
        both.axis[i] = range_intersect(a->axis[i], b->axis[i]);
    return both;
}

box box_of_shape(const int64_t shape[AXES]) {
    box b;
    for (int a = 0; a < AXES; a++)
        b.axis[a] = (range){0, shape[a]};
    return b;
}

box_view box_view_packed(void *data, const box *where) {
    box_view view = {.data = data, .where = *where};
    int64_t stride = 1;
    for (int a = AXES - 1; a >= 0; a--) {
        view.stride[a] = stride;
        stride *= range_size(where->axis[a]);
    }
    return view;
}

void *box_view_at(const box_view *view, size_t element_bytes, const int64_t index[AXES]) {
    int64_t offset = 0;
    for (int a = 0; a < AXES; a++)
        offset += (index[a] - view->where.axis[a].begin) * view->stride[a];
    return (char *)view->data + offset * (int64_t)element_bytes;
}

box_view box_view_part(const box_view *view, const box *where, size_t element_bytes) {
    box_view part = *view;
    int64_t first[AXES];
    for (int a = 0; a < AXES; a++)
        first[a] = where->axis[a].begin;
    part.data = box_view_at(view, element_bytes, first);
    part.where = *where;
    return part;
}

void box_view_copy(const box_view *src, const box_view *dst, const box *where, size_t element_bytes) {
    if (box_is_empty(where))
        return;
    const range *r = where->axis;
    int64_t width = range_size(r[AXIS_W]);
    int64_t i[AXES] = {0};
    i[AXIS_W] = r[AXIS_W].begin;
    for (i[AXIS_N] = r[AXIS_N].begin; i[AXIS_N] < r[AXIS_N].end; i[AXIS_N]++)
        for (i[AXIS_C] = r[AXIS_C].begin; i[AXIS_C] < r[AXIS_C].end; i[AXIS_C]++)
            for (i[AXIS_D] = r[AXIS_D].begin; i[AXIS_D] < r[AXIS_D].end; i[AXIS_D]++)
                for (i[AXIS_H] = r[AXIS_H].begin; i[AXIS_H] < r[AXIS_H].end; i[AXIS_H]++) {
                    const char *from = box_view_at(src, element_bytes, i);
                    char *to = box_view_at(dst, element_bytes, i);
                    if (src->stride[AXIS_W] == 1 && dst->stride[AXIS_W] == 1) {
                        memcpy(to, from, (size_t)width * element_bytes);
                        continue;
                    }
                    for (int64_t w = 0; w < width; w++)
                        memcpy(to + w * dst->stride[AXIS_W] * (int64_t)element_bytes,
                               from + w * src->stride[AXIS_W] * (int64_t)element_bytes, element_bytes);
                }
}
