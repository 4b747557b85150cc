/*
 * Chunks as they are stored, fetched by the calling thread and decoded by all: reading filtered data,
 * and chunks without filters whose voxels lie scattered in memory.
 * Local but for what HDF5 does below; independent.
 */
#ifndef VOLUME_RAW_CHUNKS_H
#define VOLUME_RAW_CHUNKS_H

#include "volume/internal.h"

/* Whether the chunks can be read so; HDF5 reads all others. */
bool raw_reader_serves(const volume_info *info);

/* Bytes that a reader of so many threads takes, HDF5's part included. */
int64_t raw_reader_bytes(const volume_info *info, int threads);

/* All that reading will need. VXS_IO when memory runs out; then *made is NULL. */
vxs_status raw_reader_create(const volume_info *info, int threads, raw_reader **made);
void raw_reader_destroy(raw_reader *r);

/* Whether it reads that box faster than HDF5: always, if it decodes. */
bool raw_reader_is_faster(const volume *v, const box *where, const box_view *dst);

/* What volume_read does, for the volume's raw reader. */
vxs_status raw_reader_read(volume *v, const box *where, const box_view *dst);

#endif
