/*
 * Filters of chunks that voxslab undoes itself, so that every thread can: deflate, shuffle and fletcher32, as
 * HDF5 stores them (HDF5 File Format Specification, "Filter Pipeline Message"). No HDF5 calls here. Local.
 */
#ifndef VOLUME_DECODE_H
#define VOLUME_DECODE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/status.h"

typedef enum filter_kind { FILTER_DEFLATE, FILTER_SHUFFLE, FILTER_FLETCHER32 } filter_kind;

enum { PIPELINE_FILTERS = 8 };

/* Plain data; the filters in the order in which a writer applies them. */
typedef struct filter_pipeline {
    bool known; /* all filters are of the above, at most one of them deflate; otherwise HDF5 decodes */
    bool partial_chunks_plain; /* chunks that reach past the dataset's end pass no filter */
    int32_t count;
    int32_t kind[PIPELINE_FILTERS];
    int64_t element_bytes[PIPELINE_FILTERS]; /* of shuffle */
} filter_pipeline;

/* The most that a chunk of chunk_bytes takes in the file, for us to decode it: deflate may lengthen. */
int64_t decode_raw_bytes(int64_t chunk_bytes);

/* Bytes that a decoder takes. */
int64_t decoder_bytes(const filter_pipeline *pipeline, int64_t chunk_bytes, int64_t voxel_bytes);

/* One thread's buffers. */
typedef struct decoder decoder;

/* The pipeline must stay where it is. VXS_IO when memory runs out; then *made is NULL. */
vxs_status decoder_create(const filter_pipeline *pipeline, int64_t chunk_bytes, int64_t voxel_bytes,
                          decoder **made);
void decoder_destroy(decoder *d);

/* A chunk's voxels, in the decoder's buffer or in the raw chunk. */
typedef struct decoded_chunk {
    const unsigned char *bytes;
    bool shuffled; /* still to be undone, voxel by voxel: see unshuffle */
} decoded_chunk;

enum { DECODE_REASON_BYTES = 128 };

/* Undo the filters; bit i of mask set: the chunk did not pass filter i. False, with the reason in words, for
 * a chunk that is damaged. */
bool decoder_run(decoder *d, uint32_t mask, const void *raw, size_t raw_bytes, decoded_chunk *chunk,
                 char reason[DECODE_REASON_BYTES]);

#endif
