#include "partition/epoch.h"

#include "base/checked.h"

/* Axis 0..2 of the grid is axis 2..4 of a volume. */
static int volume_axis(int axis) {
    return AXIS_D + axis;
}

static int64_t tile_size(const epoch *e, int axis) {
    return e->shape->tile[volume_axis(axis)];
}

static int64_t chunk_size(const epoch *e, int axis) {
    return e->shape->in_chunk[volume_axis(axis)];
}

bool epoch_part_of_rank(const epoch *e, int64_t rank, int part[3]) {
    int64_t plane = (int64_t)e->parts[1] * e->parts[2];
    if (rank >= plane * e->parts[0])
        return false;
    part[0] = (int)(rank / plane);
    part[1] = (int)(rank % plane / e->parts[2]);
    part[2] = (int)(rank % e->parts[2]);
    return true;
}

int64_t epoch_rank_of_part(const epoch *e, const int part[3]) {
    return ((int64_t)part[0] * e->parts[1] + part[1]) * e->parts[2] + part[2];
}

/* How many parts share the same tiles along an axis. */
static int sharers(const epoch *e, int axis) {
    return e->shares[axis] > 1 ? e->shares[axis] : 1;
}

range epoch_tiles_range(const epoch *e, int axis, int part) {
    range region = e->region.axis[volume_axis(axis)];
    int64_t tile = tile_size(e, axis);
    int64_t tiles = div_ceil(range_size(region), tile);
    int group = part / sharers(e, axis), groups = e->parts[axis] / sharers(e, axis);
    int64_t first = muldiv(tiles, group, groups), last = muldiv(tiles, group + 1, groups);
    return (range){region.begin + first * tile, min_i64(region.begin + last * tile, region.end)};
}

/* Share number index of so many; empty where there are more shares than voxels, but never the first. */
static range share_of(range whole, int64_t index, int64_t shares) {
    int64_t size = range_size(whole), last = shares - 1;
    return (range){whole.end - muldiv(size, shares - index, shares),
                   whole.end - muldiv(size, last - index, shares)};
}

/* Nobody computes nothing: an empty share becomes the voxel before it, which its owner computes as well. */
static range at_least_one(range share, int64_t begin) {
    if (range_size(share) > 0)
        return share;
    return share.begin > begin ? (range){share.begin - 1, share.begin} : (range){begin, begin + 1};
}

range epoch_piece_range(const epoch *e, int axis, int part) {
    return share_of(epoch_tiles_range(e, axis, part), part % sharers(e, axis), sharers(e, axis));
}

range epoch_out_range(const epoch *e, int axis, int part) {
    range mine = at_least_one(epoch_piece_range(e, axis, part), epoch_tiles_range(e, axis, part).begin);
    if (axis == 0 || e->passes[axis - 1] <= 1)
        return mine;
    return at_least_one(share_of(mine, e->pass[axis - 1], e->passes[axis - 1]), mine.begin);
}

range epoch_need_range(const epoch *e, int axis, int part) {
    return e->shape->source(e->shape->context, axis, epoch_out_range(e, axis, part));
}

/* What all parts together read, where it is not more by whole chunks. Along h and w, a little that nobody
 * needs at the edge of the volume is read with the rest: rows that follow each other in the file are one
 * call, and with a gap between them, each is one of its own. */
static range read_by_all(const epoch *e, int axis) {
    enum { LITTLE = 8 }; /* the part of what is needed */
    range need = range_hull(epoch_need_range(e, axis, 0), epoch_need_range(e, axis, e->parts[axis] - 1));
    const range region = e->region.axis[volume_axis(axis)];
    const int64_t little = range_size(need) / LITTLE, in = e->shape->in[volume_axis(axis)];
    if (axis > 0 && region.begin == 0 && need.begin <= little)
        need.begin = 0;
    if (axis > 0 && region.end == e->shape->out[volume_axis(axis)] && in - need.end <= little)
        need.end = in;
    return need;
}

range epoch_own_range(const epoch *e, int axis, int part) {
    int64_t chunk = chunk_size(e, axis);
    range need = epoch_need_range(e, axis, part);
    range own = {round_down(need.begin, chunk), round_up(need.end, chunk)};
    if (part == 0)
        own.begin = 0;
    if (part + 1 == e->parts[axis])
        own.end = INT64_MAX;
    if (part > 0)
        own.begin = max_i64(own.begin, round_up(epoch_need_range(e, axis, part - 1).end, chunk));
    own = range_intersect(own, read_by_all(e, axis));
    own.end = max_i64(own.end, own.begin);
    return own;
}

range epoch_early_range(const epoch *e, int part_d) {
    range own = epoch_own_range(e, 0, part_d);
    if (part_d + 1 == e->parts[0])
        return (range){own.end, own.end};
    int64_t first = round_down(epoch_need_range(e, 0, part_d + 1).begin, chunk_size(e, 0));
    return (range){min_i64(max_i64(first, own.begin), own.end), own.end};
}

range epoch_ghost_range(const epoch *e, int part_d) {
    range need = epoch_need_range(e, 0, part_d);
    range own = epoch_own_range(e, 0, part_d);
    return (range){need.begin, max_i64(need.begin, min_i64(need.end, own.begin))};
}

range epoch_hull_range(const epoch *e, int axis, int part) {
    return range_hull(epoch_need_range(e, axis, part), epoch_own_range(e, axis, part));
}

static box box_of_parts(const epoch *e, const int part[3], range (*along)(const epoch *, int, int)) {
    box b = e->region;
    for (int axis = 0; axis < 3; axis++)
        b.axis[volume_axis(axis)] = along(e, axis, part[axis]);
    return b;
}

box epoch_out_box(const epoch *e, const int part[3]) {
    return box_of_parts(e, part, epoch_out_range);
}

int64_t epoch_writer_of_part(const epoch *e, const int part[3]) {
    int first[3];
    for (int axis = 0; axis < 3; axis++)
        first[axis] = part[axis] - part[axis] % sharers(e, axis);
    return epoch_rank_of_part(e, first);
}

static bool writes(const epoch *e, const int part[3]) {
    return epoch_writer_of_part(e, part) == epoch_rank_of_part(e, part);
}

box epoch_write_box(const epoch *e, const int part[3]) {
    return writes(e, part) ? box_of_parts(e, part, epoch_tiles_range) : (box){{{0, 0}}};
}

box epoch_piece_box(const epoch *e, const int part[3]) {
    return box_of_parts(e, part, epoch_piece_range);
}

box epoch_need_box(const epoch *e, const int part[3]) {
    return box_of_parts(e, part, epoch_need_range);
}

box epoch_own_box(const epoch *e, const int part[3]) {
    return box_of_parts(e, part, epoch_own_range);
}

box epoch_fetched_box(const epoch *e, const box *read) {
    box fetched = *read;
    for (int a = 0; a < AXES && e->shape->in_filtered; a++)
        fetched.axis[a] = range_align(read->axis[a], e->shape->in_chunk[a], e->shape->in[a]);
    return fetched;
}

/* ---- steps ---- */

static range source_of_output(const epoch *e, int64_t output) {
    return e->shape->source(e->shape->context, 0, (range){output, output + 1});
}

/* The first output plane of the region whose taps end after plane; the region's end if there is none. */
static int64_t first_output_beyond(const epoch *e, int64_t plane) {
    int64_t low = e->region.axis[AXIS_D].begin, high = e->region.axis[AXIS_D].end;
    while (low < high) {
        int64_t middle = low + (high - low) / 2;
        if (source_of_output(e, middle).end > plane)
            high = middle;
        else
            low = middle + 1;
    }
    return low;
}

/* The first plane at or after from that an output needs; INT64_MAX if there is none. */
static int64_t first_needed(const epoch *e, int64_t from) {
    int64_t output = first_output_beyond(e, from);
    if (output == e->region.axis[AXIS_D].end)
        return INT64_MAX;
    return max_i64(from, source_of_output(e, output).begin);
}

range epoch_next_step(const epoch *e, int64_t from, int64_t limit) {
    int64_t plane = first_needed(e, from);
    if (plane >= limit)
        return (range){limit, limit};
    int64_t begin = max_i64(from, round_down(plane, chunk_size(e, 0)));
    int64_t end = min_i64(round_down(begin, chunk_size(e, 0)) + e->step_planes, limit);
    return (range){begin, end};
}

range epoch_next_run(const epoch *e, range step, int64_t from) {
    int64_t chunk = chunk_size(e, 0);
    int64_t begin = first_needed(e, max_i64(from, step.begin));
    if (begin >= step.end)
        return (range){step.end, step.end};
    int64_t end = begin;
    for (int64_t next = begin; next <= end && next < step.end; next = first_needed(e, end))
        end = round_up(source_of_output(e, first_output_beyond(e, next)).end, chunk);
    return (range){max_i64(step.begin, round_down(begin, chunk)), min_i64(end, step.end)};
}

int64_t epoch_traded_planes(const epoch *e, int part_d) {
    range need = epoch_need_range(e, 0, part_d), own = epoch_own_range(e, 0, part_d);
    range early = epoch_early_range(e, part_d);
    int64_t planes = range_size(range_intersect(early, need));
    for (range step = epoch_next_step(e, own.begin, early.begin); range_size(step) > 0;
         step = epoch_next_step(e, step.end, early.begin))
        planes += range_size(range_intersect(step, need));
    return planes;
}

/* ---- messages ---- */

/* The parts along an axis whose need (or, for owners, whose own) can meet a range: since needs never fall, a
 * run. Owners of what part needs are at or before it; those that need what part owns, at or after it. */
static int last_part_needing(const epoch *e, int axis, int part, range what) {
    int last = part;
    while (last + 1 < e->parts[axis] && epoch_need_range(e, axis, last + 1).begin < what.end)
        last++;
    return last;
}

static int first_part_owning(const epoch *e, int axis, int part, range what) {
    int first = part;
    while (first > 0) {
        range before = epoch_need_range(e, axis, first - 1);
        if (round_up(before.end, chunk_size(e, axis)) <= what.begin)
            break;
        first--;
    }
    return first;
}

static void visit_parts(const epoch *e, const int part[3], const int first[3], const int last[3],
                        const box *mine, box (*theirs)(const epoch *, const int[3]), message_visit visit,
                        void *context) {
    int other[3];
    for (other[0] = first[0]; other[0] <= last[0]; other[0]++)
        for (other[1] = first[1]; other[1] <= last[1]; other[1]++)
            for (other[2] = first[2]; other[2] <= last[2]; other[2]++) {
                if (other[0] == part[0] && other[1] == part[1] && other[2] == part[2])
                    continue;
                box peer_box = theirs(e, other);
                message m = {epoch_rank_of_part(e, other), box_intersect(mine, &peer_box)};
                if (!box_is_empty(&m.what))
                    visit(&m, context);
            }
}

void epoch_visit_sends(const epoch *e, const int part[3], range planes, message_visit visit, void *context) {
    box mine = epoch_own_box(e, part);
    mine.axis[AXIS_D] = range_intersect(mine.axis[AXIS_D], planes);
    if (box_is_empty(&mine))
        return;
    int last[3];
    for (int axis = 0; axis < 3; axis++)
        last[axis] = last_part_needing(e, axis, part[axis], mine.axis[volume_axis(axis)]);
    visit_parts(e, part, part, last, &mine, epoch_need_box, visit, context);
}

void epoch_visit_receives(const epoch *e, const int part[3], range planes, message_visit visit,
                          void *context) {
    box mine = epoch_need_box(e, part);
    mine.axis[AXIS_D] = range_intersect(mine.axis[AXIS_D], planes);
    if (box_is_empty(&mine))
        return;
    int first[3];
    for (int axis = 0; axis < 3; axis++)
        first[axis] = first_part_owning(e, axis, part[axis], mine.axis[volume_axis(axis)]);
    visit_parts(e, part, first, part, &mine, epoch_own_box, visit, context);
}

/* ---- shared tiles ---- */

void epoch_visit_pieces(const epoch *e, const int part[3], range planes, message_visit visit, void *context) {
    int first[3], last[3];
    for (int axis = 0; axis < 3; axis++) {
        first[axis] = part[axis] - part[axis] % sharers(e, axis);
        last[axis] = first[axis] + sharers(e, axis) - 1;
    }
    box tiles = box_of_parts(e, part, epoch_tiles_range);
    tiles.axis[AXIS_D] = range_intersect(tiles.axis[AXIS_D], planes);
    if (writes(e, part)) {
        visit_parts(e, part, first, last, &tiles, epoch_piece_box, visit, context);
        return;
    }
    box mine = epoch_piece_box(e, part);
    message m = {epoch_writer_of_part(e, part), box_intersect(&tiles, &mine)};
    if (!box_is_empty(&m.what))
        visit(&m, context);
}
