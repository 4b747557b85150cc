/*
 * What HDF5 1.10.8 and MPI-IO take beside the caller's buffer, measured as growth of VmHWM on 2 ranks over
 * calls of 64 MiB, ROMIO and OMPIO, chunks of 8^3 to 64^3 (the figures are bounds with a margin):
 * - a read takes 4 KiB per chunk touched, and for filtered ones the compressed and the inflated chunk, whose
 *   buffer grows by doubling;
 * - an unfiltered collective write takes 13 to 16 KiB per chunk and 40 bytes per row of voxels (MPI
 *   datatypes, flattened);
 * - a filtered one takes 8 to 12 KiB per chunk, all chunks of the call as compressed, one as inflated, and
 * half a KiB for each chunk of all ranks; and the whole chunk index stays in memory, INDEX_BYTES a chunk.
 * Buffers of a fixed size (ROMIO's, up to 24 MiB) count as the libraries' own memory, not as the job's.
 */
#include <string.h>

#include "base/checked.h"
#include "volume/raw_chunks.h"

enum { KIB = 1 << 10, MIB = 1 << 20, INDEX_BYTES = 64 };

/* Chunks of a box of so many bytes that lies anywhere: at least those of a corner. */
static int64_t chunks_of_call(int64_t bytes, int64_t chunk_bytes) {
    return min_i64(CALL_CHUNKS, 8 + saturating_mul(bytes / chunk_bytes, 2));
}

int64_t volume_read_overhead(const volume_info *info, int64_t bytes, int threads) {
    int64_t chunk_bytes = layout_chunk_bytes(info->chunk, info->dtype), total = 0;
    if (raw_reader_serves(info)) {
        const int64_t by_library = info->filtered ? 0 : chunks_of_call(bytes, chunk_bytes) * 6 * KIB;
        return saturating_add(raw_reader_bytes(info, threads), by_library);
    }
    if (info->layout == VOLUME_VIRTUAL) {
        /* Sources of sources have HDF5's default chunk cache, 1 MiB. */
        total += min_i64(info->sources, SOURCES_OPEN) * (info->nested_sources ? 2 : 1) * MIB;
        total = saturating_add(total, saturating_mul(3, info->source_chunk_bytes));
        chunk_bytes = layout_chunk_bytes(info->read_chunk, info->dtype);
        return saturating_add(total, chunks_of_call(bytes, chunk_bytes) * 6 * KIB);
    }
    if (chunk_bytes > 0)
        total += chunks_of_call(bytes, chunk_bytes) * 6 * KIB;
    return info->filtered ? saturating_add(total, saturating_mul(3, chunk_bytes)) : total;
}

int64_t volume_reread_overhead(const volume_spec *spec) {
    const filter_pipeline two_buffers = {.known = true, .count = 2, .kind = {FILTER_DEFLATE, FILTER_DEFLATE}};
    volume_info info = {.layout = VOLUME_CHUNKED, .dtype = spec->dtype, .filtered = true};
    memcpy(info.chunk, spec->chunk, sizeof info.chunk);
    memcpy(info.stored_chunk, spec->chunk, sizeof info.stored_chunk);
    const int64_t chunk_bytes = layout_chunk_bytes(spec->chunk, spec->dtype);
    const int64_t by_library = volume_read_overhead(&info, chunk_bytes, 1);
    info.pipeline = two_buffers;
    return max_i64(by_library, volume_read_overhead(&info, chunk_bytes, 1));
}

static int64_t all_chunks(const volume_spec *spec) {
    int64_t chunks = 1;
    for (int a = 0; a < AXES; a++)
        chunks = saturating_mul(chunks, div_ceil(spec->shape[a], spec->chunk[a]));
    return chunks;
}

static int64_t filtered_overhead(const volume_spec *spec, int64_t bytes, int64_t chunk_bytes) {
    int64_t call = max_i64(min_i64(bytes, VOLUME_FILTERED_CALL_BYTES), chunk_bytes);
    call = min_i64(call, saturating_mul(chunk_bytes, CALL_CHUNKS));
    int64_t chunks = all_chunks(spec);
    int64_t total = saturating_mul(chunks, INDEX_BYTES);
    total = saturating_add(total, min_i64(chunks, WRITE_ALL_CHUNKS) * KIB / 2);
    total = saturating_add(total, chunks_of_call(call, chunk_bytes) * 14 * KIB);
    return saturating_add(total, saturating_add(saturating_mul(2, call), chunk_bytes));
}

int64_t volume_write_overhead(const volume_spec *spec, const volume_info *like, int64_t bytes) {
    int64_t chunk_bytes = spec->chunked ? layout_chunk_bytes(spec->chunk, spec->dtype) : 0;
    if (volume_spec_is_filtered(spec, like))
        return filtered_overhead(spec, bytes, chunk_bytes);
    int64_t call = min_i64(bytes, VOLUME_CALL_BYTES), total = 0;
    if (chunk_bytes > 0)
        total += chunks_of_call(call, chunk_bytes) * 20 * KIB;
    int64_t row = spec->chunked ? spec->chunk[AXIS_W] : min_i64(spec->shape[AXIS_W], 1024);
    int64_t rows = min_i64(WRITE_CALL_ROWS, call / (row * (int64_t)dtype_bytes(spec->dtype)) + 1);
    return total + rows * 48;
}
