/* A transfer cut into calls: pure arithmetic. */
#ifndef VOLUME_PIECES_H
#define VOLUME_PIECES_H

#include "base/box.h"

typedef struct piece_walk {
    box where, piece; /* piece: valid after pieces_next was true */
    int64_t step[AXES], unit[AXES];
    bool begun;
} piece_walk;

/*
 * Cut where into pieces of at most voxels, slowest axis first, at multiples of unit (in global indices), so
 * that no unit falls into two pieces. A unit of more than voxels is a piece of its own.
 */
void pieces_begin(piece_walk *walk, const box *where, const int64_t unit[AXES], int64_t voxels);

/* On to the next piece, in row-major order; false after the last one. */
bool pieces_next(piece_walk *walk);

int64_t pieces_count(const piece_walk *walk);

#endif
