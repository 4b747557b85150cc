/* From a decoded chunk into the volume's view: unshuffled, in the machine's byte order. Local. */
#ifndef VOLUME_PLACE_H
#define VOLUME_PLACE_H

#include "base/box.h"
#include "kernels/rows.h"
#include "volume/decode.h"

/* How voxels lie in a chunk. */
typedef struct chunk_form {
    int64_t extent[AXES]; /* as stored: edge chunks are whole */
    size_t voxel_bytes;
    bool swapped;              /* not in the machine's byte order */
    const row_functions *rows; /* how to copy past the caches */
} chunk_form;

/* Copy the voxels of where, all of one chunk, to dst, whose w stride is 1. */
void place_chunk(const chunk_form *form, const decoded_chunk *chunk, const box *where, const box_view *dst);

/* In how many runs these voxels follow each other both in the chunk and in dst. */
int64_t place_runs(const chunk_form *form, const box *where, const box_view *dst);

#endif
