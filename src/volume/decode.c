#include "volume/decode.h"

#include <libdeflate.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/checked.h"
#include "volume/shuffle.h"

enum { CHECKSUM_BYTES = 4, DECOMPRESSOR_BYTES = 16 << 10 };

struct decoder {
    const filter_pipeline *pipeline;
    size_t chunk_bytes, voxel_bytes, buffer_bytes;
    unsigned char *buffer[2];
    struct libdeflate_decompressor *inflater;
};

/* A chunk on its way back through the pipeline. */
typedef struct passage {
    decoder *d;
    uint32_t mask;
    const unsigned char *bytes;
    size_t size;
    char *reason;
} passage;

int64_t decode_raw_bytes(int64_t chunk_bytes) {
    return saturating_add(saturating_add(chunk_bytes, chunk_bytes / 8), 1024);
}

/* The first filter may be left to whoever takes the voxels. */
static bool can_stay_shuffled(const filter_pipeline *p, int i, int64_t voxel_bytes) {
    return i == 0 && p->kind[0] == FILTER_SHUFFLE && p->element_bytes[0] == voxel_bytes;
}

/* Filters that need a buffer to decode into; two take turns. */
static int buffers_needed(const filter_pipeline *p, int64_t voxel_bytes) {
    int count = 0;
    for (int i = 0; i < p->count && count < 2; i++)
        count += p->kind[i] != FILTER_FLETCHER32 && !can_stay_shuffled(p, i, voxel_bytes);
    return count;
}

int64_t decoder_bytes(const filter_pipeline *pipeline, int64_t chunk_bytes, int64_t voxel_bytes) {
    int64_t buffers = saturating_mul(buffers_needed(pipeline, voxel_bytes), decode_raw_bytes(chunk_bytes));
    return saturating_add(buffers, DECOMPRESSOR_BYTES);
}

vxs_status decoder_create(const filter_pipeline *pipeline, int64_t chunk_bytes, int64_t voxel_bytes,
                          decoder **made) {
    int64_t bytes = decode_raw_bytes(chunk_bytes);
    decoder *d = *made = calloc(1, sizeof *d);
    vxs_status status;
    CHECK(d, VXS_IO, "out of memory for a decoder");
    d->pipeline = pipeline;
    d->chunk_bytes = (size_t)chunk_bytes;
    d->voxel_bytes = (size_t)voxel_bytes;
    d->buffer_bytes = (size_t)bytes;
    d->inflater = libdeflate_alloc_decompressor();
    CHECK_CLEAN(d->inflater, VXS_IO, "out of memory for libdeflate's tables");
    for (int i = 0; i < buffers_needed(pipeline, voxel_bytes); i++) {
        d->buffer[i] = malloc(d->buffer_bytes);
        CHECK_CLEAN(d->buffer[i], VXS_IO, "out of memory: %lld bytes to decode a chunk", (long long)bytes);
    }
    return VXS_OK;
cleanup:
    decoder_destroy(d);
    *made = NULL;
    return status;
}

void decoder_destroy(decoder *d) {
    if (!d)
        return;
    for (int i = 0; i < 2; i++)
        free(d->buffer[i]);
    if (d->inflater)
        libdeflate_free_decompressor(d->inflater);
    free(d);
}

/* ---- one filter ---- */

static bool fail_because(const passage *p, const char *text, size_t value) {
    snprintf(p->reason, DECODE_REASON_BYTES, text, value);
    return false;
}

static unsigned char *other_buffer(const passage *p) {
    return p->d->buffer[p->bytes == p->d->buffer[0]];
}

/* What a chunk measures before filter i is applied: no filter but fletcher32 before deflate changes that. */
static size_t size_before(const passage *p, int i) {
    size_t size = p->d->chunk_bytes;
    for (int j = 0; j < i; j++)
        if (p->d->pipeline->kind[j] == FILTER_FLETCHER32 && !(p->mask >> j & 1))
            size += CHECKSUM_BYTES;
    return size;
}

static bool undo_deflate(passage *p, int i) {
    size_t size = size_before(p, i);
    unsigned char *to = other_buffer(p);
    enum libdeflate_result result =
        libdeflate_zlib_decompress(p->d->inflater, p->bytes, p->size, to, size, NULL);
    if (result == LIBDEFLATE_SHORT_OUTPUT)
        return fail_because(p, "it inflates to less than %zu bytes", size);
    if (result == LIBDEFLATE_INSUFFICIENT_SPACE)
        return fail_because(p, "it inflates to more than %zu bytes", size);
    if (result != LIBDEFLATE_SUCCESS)
        return fail_because(p, "its deflate stream of %zu bytes is damaged or cut short", p->size);
    p->bytes = to;
    p->size = size;
    return true;
}

static bool undo_shuffle(passage *p, int i) {
    size_t element = (size_t)p->d->pipeline->element_bytes[i], elements = p->size / element;
    unsigned char *to = other_buffer(p);
    if (p->size > p->d->buffer_bytes)
        return fail_because(p, "%zu shuffled bytes are too many", p->size);
    unshuffle(to, p->bytes, element, elements, 0, elements, false);
    memcpy(to + elements * element, p->bytes + elements * element, p->size % element);
    p->bytes = to;
    return true;
}

/* Sums modulo 65535 of big-endian 16-bit words, an odd byte counting as a high one; 65535 stands for 0 unless
 * all words are 0. */
static uint32_t fletcher32(const unsigned char *bytes, size_t size) {
    enum { WORDS = 4096 }; /* without reduction; sum2 stays below 2^64 */
    uint64_t sum1 = 0, sum2 = 0;
    for (size_t i = 0; i < size;) {
        size_t end = size - i < 2 * WORDS ? size : i + 2 * WORDS;
        for (; i + 1 < end; i += 2) {
            sum1 += (uint64_t)bytes[i] << 8 | bytes[i + 1];
            sum2 += sum1;
        }
        if (i < end) {
            sum1 += (uint64_t)bytes[i++] << 8;
            sum2 += sum1;
        }
        sum1 = sum1 > 0xffff ? (sum1 - 1) % 0xffff + 1 : sum1;
        sum2 = sum2 > 0xffff ? (sum2 - 1) % 0xffff + 1 : sum2;
    }
    return (uint32_t)(sum2 << 16 | sum1);
}

/* Files of HDF5 1.6.2 and older have the bytes of each half exchanged; HDF5 accepts both. */
static bool undo_fletcher32(passage *p, int i) {
    (void)i;
    if (p->size < CHECKSUM_BYTES)
        return fail_because(p, "%zu bytes are too few for a checksum", p->size);
    size_t size = p->size - CHECKSUM_BYTES;
    const unsigned char *end = p->bytes + size;
    uint32_t stored = end[0] | (uint32_t)end[1] << 8 | (uint32_t)end[2] << 16 | (uint32_t)end[3] << 24;
    uint32_t sum = fletcher32(p->bytes, size), old = (sum & 0x00ff00ff) << 8 | (sum >> 8 & 0x00ff00ff);
    if (stored != sum && stored != old)
        return fail_because(p, "the fletcher32 checksum of its %zu bytes is wrong", size);
    p->size = size;
    return true;
}

/* ---- the pipeline ---- */

static bool (*const undo[])(passage *p, int i) = {
    [FILTER_DEFLATE] = undo_deflate,
    [FILTER_SHUFFLE] = undo_shuffle,
    [FILTER_FLETCHER32] = undo_fletcher32,
};

bool decoder_run(decoder *d, uint32_t mask, const void *raw, size_t raw_bytes, decoded_chunk *chunk,
                 char reason[DECODE_REASON_BYTES]) {
    passage p = {d, mask, raw, raw_bytes, reason};
    *chunk = (decoded_chunk){0};
    for (int i = d->pipeline->count - 1; i >= 0; i--) {
        if (mask >> i & 1)
            continue;
        if (can_stay_shuffled(d->pipeline, i, (int64_t)d->voxel_bytes))
            chunk->shuffled = d->voxel_bytes > 1;
        else if (!undo[d->pipeline->kind[i]](&p, i))
            return false;
    }
    if (p.size != d->chunk_bytes)
        return fail_because(&p, "it has %zu bytes, other than a chunk", p.size);
    chunk->bytes = p.bytes;
    return true;
}
