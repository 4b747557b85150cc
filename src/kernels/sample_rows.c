/* Sampling rows of outputs that share d and h, as all do of an axis-aligned affine map. Where along d and h a
 * row lies is found once, and rows between the same source rows take their taps together. */
#include <string.h>

#include "base/checked.h"
#include "kernels/sampling.h"

bool sampling_goes_by_row(const sampling *s) {
    const sample_kernel *kernel = s->kernel;
    return s->points->blend_rows[kernel->src_dtype] && kernel->options.mode == VXS_LINEAR &&
           points_share_rows(kernel) && points_are_fast(kernel) && !s->src_empty && s->source.up[2] == 1;
}

/* d does not matter where the matrix has none of it: then planes have the same places. */
static bool is_placed(const row_block *b, int axis, int64_t plane) {
    const range placed = b->placed[axis].rows;
    return placed.begin == b->rows.begin && placed.end == b->rows.end &&
           (b->placed[axis].plane == plane || b->s->kernel->map.matrix[4 * axis] == 0);
}

static const int64_t not_held = INT64_MIN;

/* A row's taps need not be held where its points are all outside, which may be along w alone: then their
 * weights are 0, and any others do. */
static int64_t offset_of(const point_place *place, int axis, const point_source *from) {
    const int64_t at = place->index - from->begin[axis];
    const bool held = at >= 0 && at + (from->size[axis] > 1) < from->held[axis];
    return held && !(place->flag & POINT_OUTSIDE) ? at * from->stride[axis] : not_held;
}

static int64_t origin_of(const shared_row *row) {
    return row->offset[0] == not_held || row->offset[1] == not_held ? 0 : row->offset[0] + row->offset[1];
}

static point_place place_row(const row_block *b, points *p, int axis, const int64_t at[AXES]) {
    p->row[axis].count = 0; /* none: as if it had moved */
    points_locate_axis(p, b->s->kernel, axis, at);
    return points_place_shared(p, b->s->kernel, axis);
}

static void place_axis_of_rows(row_block *b, points *p, int axis, int64_t at[AXES]) {
    if (is_placed(b, axis, at[AXIS_D]))
        return;
    const bool moves = b->s->kernel->map.matrix[4 * axis + 1] != 0; /* from row to row */
    for (int64_t i = 0; i < range_size(b->rows); i++) {
        at[AXIS_H] = b->rows.begin + i;
        b->row[i].place[axis] = i == 0 || moves ? place_row(b, p, axis, at) : b->row[0].place[axis];
        b->row[i].offset[axis] = offset_of(&b->row[i].place[axis], axis, &b->s->source);
    }
    b->placed[axis].plane = at[AXIS_D];
    b->placed[axis].rows = b->rows;
}

/* Whether d, the same of all rows, has gone on by whole voxels since the last plane, and nothing else has. */
static bool only_d_moves(row_block *b, points *p, int64_t at[AXES]) {
    const range placed = b->placed[0].rows;
    if (b->s->kernel->map.matrix[1] != 0 || placed.begin != b->rows.begin || placed.end != b->rows.end ||
        !is_placed(b, 1, at[AXIS_D]))
        return false;
    at[AXIS_H] = b->rows.begin;
    const point_place d = place_row(b, p, 0, at), *was = &b->row[0].place[0];
    if (d.flag != was->flag || d.weight[0] != was->weight[0] || d.weight[1] != was->weight[1])
        return false;
    const int64_t offset = offset_of(&d, 0, &b->s->source);
    for (int64_t i = 0; i < range_size(b->rows); i++) {
        b->row[i].place[0].index = d.index;
        b->row[i].offset[0] = offset;
    }
    b->placed[0].plane = at[AXIS_D];
    return true;
}

static bool lie_together(const shared_row *a, const shared_row *b) {
    return a->place[0].index == b->place[0].index && a->place[1].index == b->place[1].index &&
           ((a->flags ^ b->flags) & POINT_OUTSIDE) == 0;
}

static bool weigh_alike(const shared_row *a, const shared_row *b) {
    bool alike = true;
    for (int i = 0; i < 2; i++)
        for (int tap = 0; tap < 2; tap++)
            alike = alike && a->place[i].weight[tap] == b->place[i].weight[tap];
    return alike;
}

/* Of a few rows, or where places along w move, it would not pay. */
static void find_kinds(row_block *b) {
    const int64_t rows = range_size(b->rows);
    bool few = b->s->kernel->src_dtype == VXS_FLOAT32 && !b->w_moves && rows >= 4 * PRODUCTS;
    b->kinds = 0;
    for (int64_t i = 0; few && i < rows; i++) {
        int k = 0;
        while (k < b->kinds && !weigh_alike(b->of_kind[k], &b->row[i]))
            k++;
        few = k < PRODUCTS;
        b->row[i].kind = k;
        if (few && k == b->kinds)
            b->of_kind[b->kinds++] = &b->row[i];
    }
    b->kinds = few ? b->kinds : 0;
}

static void place_rows(row_block *b, points *p, int64_t at[AXES]) {
    if (only_d_moves(b, p, at))
        return;
    for (int axis = 0; axis < 2; axis++)
        place_axis_of_rows(b, p, axis, at);
    const int64_t rows = range_size(b->rows);
    for (int64_t i = rows - 1; i >= 0; i--) {
        shared_row *row = &b->row[i];
        row->flags = row->place[0].flag | row->place[1].flag;
        row->together = i + 1 < rows && lie_together(row, row + 1) ? row[1].together + 1 : 1;
    }
    find_kinds(b);
}

/* What the blend leaves to be done of a row. */
static void end_row(const row_block *b, points *p, const point_source *from, const int64_t at[AXES],
                    void *blended, void *out, bool odd) {
    const sampling *s = b->s;
    const int of_row = b->row[at[AXIS_H] - b->rows.begin].flags;
    if ((of_row | p->w_flags) && (odd || from->blend_fill)) {
        points_locate_axis(p, s->kernel, 0, at);
        points_locate_axis(p, s->kernel, 1, at);
        points_join_flags(p, of_row);
        sampling_correct_edges(blended, p, s, from, at);
    }
    if (blended == out)
        return;
    if (s->kernel->src_dtype == VXS_FLOAT32 && s->kernel->dst_dtype == VXS_FLOAT32) {
        sampling_put(s, out, blended, p->count);
        return;
    }
    _Alignas(64) char apart[POINTS * WIDEST];
    const bool direct = s->dst->stride[AXIS_W] == 1 && !s->stream;
    sampling_linear_end(direct ? out : apart, blended, p, s);
    if (!direct)
        sampling_put(s, out, apart, p->count);
}

/* So many rows on from at, one channel; between the same source rows, or apart. */
static void blend_some(row_block *b, points *p, const point_source *from, const int64_t begin[AXES],
                       int64_t count) {
    const sampling *s = b->s;
    const shared_row *first = &b->row[begin[AXIS_H] - b->rows.begin];
    const bool in_place = s->kernel->src_dtype == VXS_FLOAT32 && s->kernel->dst_dtype == VXS_FLOAT32 &&
                          s->dst->stride[AXIS_W] == 1 && !s->stream;
    const int64_t to_next = s->dst->stride[AXIS_H] * (int64_t)s->dst_bytes;
    char *out = box_view_at(s->dst, s->dst_bytes, begin);
    point_rows r;
    r.count = 0;
    for (; r.count < count; r.count++) {
        const int64_t k = r.count;
        r.out[k] = in_place ? out + k * to_next : (void *)b->blended[k];
        r.origin[k] = origin_of(&first[k]);
        r.place[k][0] = &first[k].place[0];
        r.place[k][1] = &first[k].place[1];
        r.products[k] = b->kinds ? &b->products[first[k].kind] : NULL;
    }
    blend_rows_fn *blend = first->together < count ? s->points->blend_apart
                           : b->kinds              ? s->points->blend_alike
                                                   : s->points->blend_rows[s->kernel->src_dtype];
    const bool odd = blend(&r, p, from);
    int64_t at[AXES];
    memcpy(at, begin, sizeof at);
    for (int64_t k = 0; k < count; k++, at[AXIS_H]++)
        end_row(b, p, from, at, r.out[k], out + k * to_next, odd);
}

static void place_w(row_block *b, points *p, const int64_t at[AXES]) {
    points_locate_axis(p, b->s->kernel, 2, at);
    points_place_w(p, b->s->kernel, &b->s->source);
    for (int k = 0; k < b->kinds; k++)
        b->s->points->products(&b->products[k], p, b->of_kind[k]->place);
}

/* So many rows on from at, which have their places along w in common. */
static void sample_some(row_block *b, points *p, int64_t at[AXES], int64_t count) {
    const sampling *s = b->s;
    const range channels = s->dst->where.axis[AXIS_C];
    point_source from = s->source;
    from.data = b->data;
    if (b->w_moves)
        place_w(b, p, at);
    for (at[AXIS_C] = channels.begin; at[AXIS_C] < channels.end; at[AXIS_C]++) {
        if (range_size(channels) > 1)
            from.data = sampling_channel(s, at);
        blend_some(b, p, &from, at, count);
    }
}

/* How many rows to take at once, from that of the block on: between the same source rows, or, where there is
 * a way, each between its own. */
static int64_t rows_at_once(const row_block *b, const points *p, int64_t i) {
    const int64_t most = min_i64(range_size(b->rows) - i, ROWS_AT_ONCE);
    if (b->w_moves)
        return 1;
    int64_t count = min_i64(b->row[i].together, most);
    if (count > 1 || !p->one_form || !b->kinds)
        return count;
    while (count < most && b->row[i + count].together == 1)
        count++;
    return count;
}

void sampling_rows_begin(row_block *b, const sampling *s) {
    b->s = s; /* all else is not cleared: it is large */
    b->w_moves = s->kernel->map.matrix[9] != 0;
    b->placed[0].rows = b->placed[1].rows = (range){0, 0};
}

void sampling_rows(row_block *b, points *p, int64_t at[AXES], range rows) {
    const sampling *s = b->s;
    const range along_w = s->dst->where.axis[AXIS_W];
    b->rows = rows;
    at[AXIS_C] = s->dst->where.axis[AXIS_C].begin;
    b->data = sampling_channel(s, at);
    at[AXIS_W] = along_w.begin;
    p->count = min_i64(POINTS, range_size(along_w));
    place_rows(b, p, at);
    for (; at[AXIS_W] < along_w.end; at[AXIS_W] += p->count) {
        p->count = min_i64(POINTS, along_w.end - at[AXIS_W]);
        at[AXIS_H] = rows.begin;
        place_w(b, p, at);
        for (at[AXIS_H] = rows.begin; at[AXIS_H] < rows.end;) {
            const int64_t count = rows_at_once(b, p, at[AXIS_H] - rows.begin);
            sample_some(b, p, at, count);
            at[AXIS_H] += count;
        }
    }
}
