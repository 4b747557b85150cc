#include "volume/pieces.h"

#include "base/checked.h"

/* The product of steps but axis a's. */
static int64_t others(const int64_t step[AXES], int a) {
    int64_t product = 1;
    for (int b = 0; b < AXES; b++)
        if (b != a)
            product = saturating_mul(product, step[b]);
    return product;
}

void pieces_begin(piece_walk *walk, const box *where, const int64_t unit[AXES], int64_t voxels) {
    *walk = (piece_walk){.where = *where, .piece = *where};
    for (int a = 0; a < AXES; a++) {
        walk->unit[a] = unit[a];
        walk->step[a] = round_up(max_i64(range_size(where->axis[a]), 1), unit[a]);
    }
    for (int a = 0; a < AXES; a++) {
        int64_t most = voxels / others(walk->step, a);
        if (most < walk->step[a])
            walk->step[a] = max_i64(unit[a], round_down(most, unit[a]));
    }
}

static void set_range(piece_walk *walk, int a, int64_t begin) {
    int64_t end = saturating_add(round_down(begin, walk->unit[a]), walk->step[a]);
    walk->piece.axis[a] = (range){begin, min_i64(end, walk->where.axis[a].end)};
}

bool pieces_next(piece_walk *walk) {
    if (box_is_empty(&walk->where))
        return false;
    for (int a = AXES - 1; a >= 0 && walk->begun; a--) {
        if (walk->piece.axis[a].end < walk->where.axis[a].end) {
            set_range(walk, a, walk->piece.axis[a].end);
            return true;
        }
        set_range(walk, a, walk->where.axis[a].begin);
    }
    for (int a = 0; a < AXES && !walk->begun; a++)
        set_range(walk, a, walk->where.axis[a].begin);
    bool first = !walk->begun;
    walk->begun = true;
    return first;
}

int64_t pieces_count(const piece_walk *walk) {
    if (box_is_empty(&walk->where))
        return 0;
    int64_t count = 1;
    for (int a = 0; a < AXES; a++) {
        range r = walk->where.axis[a];
        int64_t base = round_down(r.begin, walk->unit[a]);
        count = saturating_mul(count, div_ceil(r.end - base, walk->step[a]));
    }
    return count;
}
