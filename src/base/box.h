/*
 * Half-open ranges and boxes of the five axes that every volume is normalised to: (N, C, D, H, W), with
 * leading axes of length 1 where a dataset has fewer. All in global voxel indices.
 */
#ifndef BASE_BOX_H
#define BASE_BOX_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <voxslab/voxslab.h>

enum { AXIS_N, AXIS_C, AXIS_D, AXIS_H, AXIS_W, AXES };

typedef struct range {
    int64_t begin, end; /* empty when end <= begin */
} range;

typedef struct box {
    range axis[AXES];
} box;

/* A part of a volume in memory: the voxel where.axis[].begin is at data, strides in elements. */
typedef struct box_view {
    void *data;
    box where;
    int64_t stride[AXES];
} box_view;

static inline int64_t range_size(range r) {
    return r.end > r.begin ? r.end - r.begin : 0;
}

static inline range range_intersect(range a, range b) {
    range r = {a.begin > b.begin ? a.begin : b.begin, a.end < b.end ? a.end : b.end};
    return r;
}

/* The smallest range that holds both; an empty one counts for nothing. */
range range_hull(range a, range b);

static inline bool range_contains(range outer, range inner) {
    return range_size(inner) == 0 || (outer.begin <= inner.begin && inner.end <= outer.end);
}

/* Grown outwards to multiples of step, then cut to [0, limit). An empty range stays empty. */
range range_align(range r, int64_t step, int64_t limit);

bool box_is_empty(const box *b);

/* Voxels in the box; INT64_MAX when that does not fit. */
int64_t box_voxels(const box *b);

box box_intersect(const box *a, const box *b);

/* The box [0, shape) */
box box_of_shape(const int64_t shape[AXES]);

/* Row-major, contiguous view of a box. */
box_view box_view_packed(void *data, const box *where);

/* Address of a voxel given in global indices. The voxel must lie in view->where. */
void *box_view_at(const box_view *view, size_t element_bytes, const int64_t index[AXES]);

/* The part of a view that is where, which the view holds. */
box_view box_view_part(const box_view *view, const box *where, size_t element_bytes);

/* Copy the voxels of where, which both views hold. Local. */
void box_view_copy(const box_view *src, const box_view *dst, const box *where, size_t element_bytes);

#endif
