#include "volume/raw_chunks.h"

#include <omp.h>
#include <stdlib.h>
#include <string.h>

#include "base/checked.h"
#include "kernels/isa.h"
#include "volume/pieces.h"
#include "volume/place.h"
#include "volume/turns.h"

/* Small chunks share a parcel, or handing them over would cost more than decoding them. */
enum { PARCEL_CHUNKS = 16, PARCEL_BYTES = 16 << 10, LIBRARY_BYTES = 16 << 10 };

/* HDF5 reads a chunk without filters run by run, as its voxels lie in memory: often a row of 64 of them at a
 * time. To read all of the chunk and place it is faster while a run for each RUN_BYTES of it is wanted.
 * Larger chunks have longer rows, and would take much memory. */
enum { PLAIN_CHUNK_BYTES = 4 << 20, RUN_BYTES = 8 << 10 };

typedef struct raw_chunk {
    box part; /* the voxels wanted of it */
    size_t begin, bytes;
    uint32_t mask;
} raw_chunk;

/* What the calling thread hands over to the team at a time. */
typedef struct parcel {
    unsigned char *raw;
    size_t used;
    int count;
    raw_chunk chunk[PARCEL_CHUNKS];
} parcel;

/* The first chunk, in reading order, that could not be decoded. */
typedef struct damage {
    bool found;
    vxs_status status;
    box part;
    char reason[DECODE_REASON_BYTES];
} damage;

struct raw_reader {
    filter_pipeline pipeline;
    chunk_form form;
    int64_t chunk_bytes;
    size_t parcel_bytes;
    int threads, parcels;
    parcel *parcel;
    decoder **decoder; /* by thread */
    turns turns;
    bool *busy;     /* by parcel, the turns' */
    volume *volume; /* of the read under way */
    const box_view *dst;
    damage damage;
};

/* The chunks of one read, in row-major order. */
typedef struct fetching {
    volume *v;
    piece_walk walk;
    bool waiting; /* walk.piece is still to be fetched */
    int64_t done, pieces;
} fetching;

/* ---- memory ---- */

static int64_t stored_bytes(const volume_info *info) {
    return layout_chunk_bytes(info->stored_chunk, info->dtype);
}

bool raw_reader_serves(const volume_info *info) {
    return info->layout == VOLUME_CHUNKED && info->pipeline.known &&
           (info->filtered || stored_bytes(info) <= PLAIN_CHUNK_BYTES);
}

/* One parcel is decoded by each thread while the next ones are fetched. A lone thread fetches and decodes in
 * turn. */
static int parcels_of(int threads) {
    return threads == 1 ? 1 : 2 * threads;
}

static int64_t parcel_bytes(const volume_info *info) {
    return max_i64(decode_raw_bytes(stored_bytes(info)), PARCEL_BYTES);
}

/* HDF5 itself fills the chunks that are not there, one at a time, in a buffer of its own. */
int64_t raw_reader_bytes(const volume_info *info, int threads) {
    int64_t one_parcel = saturating_add(parcel_bytes(info), (int64_t)sizeof(parcel));
    int64_t one_decoder =
        decoder_bytes(&info->pipeline, stored_bytes(info), (int64_t)dtype_bytes(info->dtype));
    int64_t total =
        saturating_add(saturating_mul(one_parcel, parcels_of(threads)), saturating_mul(one_decoder, threads));
    return saturating_add(total, saturating_add(stored_bytes(info), LIBRARY_BYTES));
}

int volume_read_threads(const volume_info *info, int threads, int64_t bytes) {
    if (!raw_reader_serves(info))
        return 1;
    int64_t chunks = 1;
    for (int a = 0; a < AXES; a++)
        chunks = saturating_mul(chunks, div_ceil(info->shape[a], info->chunk[a]));
    int most = (int)min_i64(max_i64(threads, 1), chunks);
    while (most > 1 && raw_reader_bytes(info, most) > bytes)
        most--;
    return most;
}

static vxs_status allocate(raw_reader *r) {
    r->parcel = calloc((size_t)r->parcels, sizeof *r->parcel);
    r->busy = calloc((size_t)r->parcels, sizeof *r->busy);
    r->decoder = calloc((size_t)r->threads, sizeof(decoder *));
    CHECK(r->parcel && r->busy && r->decoder, VXS_IO, "out of memory for %d parcels of chunks", r->parcels);
    for (int i = 0; i < r->parcels; i++) {
        r->parcel[i].raw = malloc(r->parcel_bytes);
        CHECK(r->parcel[i].raw, VXS_IO, "out of memory: %zu bytes for chunks as stored", r->parcel_bytes);
    }
    for (int i = 0; i < r->threads; i++)
        TRY(decoder_create(&r->pipeline, r->chunk_bytes, (int64_t)r->form.voxel_bytes, &r->decoder[i]));
    return VXS_OK;
}

vxs_status raw_reader_create(const volume_info *info, int threads, raw_reader **made) {
    raw_reader *r = *made = calloc(1, sizeof *r);
    CHECK(r, VXS_IO, "out of memory while opening '%s'", info->file);
    r->pipeline = info->pipeline;
    memcpy(r->form.extent, info->stored_chunk, sizeof r->form.extent);
    r->form.voxel_bytes = dtype_bytes(info->dtype);
    r->form.swapped = info->swapped;
    r->form.rows = isa_row_functions();
    r->chunk_bytes = stored_bytes(info);
    r->parcel_bytes = (size_t)parcel_bytes(info);
    r->threads = threads;
    r->parcels = parcels_of(threads);
    vxs_status status = allocate(r);
    if (status != VXS_OK) {
        raw_reader_destroy(r);
        *made = NULL;
    }
    return status;
}

void raw_reader_destroy(raw_reader *r) {
    if (!r)
        return;
    for (int i = 0; i < r->parcels && r->parcel; i++)
        free(r->parcel[i].raw);
    for (int i = 0; i < r->threads && r->decoder; i++)
        decoder_destroy(r->decoder[i]);
    free(r->busy);
    free(r->parcel);
    free(r->decoder);
    free(r);
}

/* ---- decoding, on any thread ---- */

/* Whether box a comes before b, both of the same walk. */
static bool comes_before(const box *a, const box *b) {
    for (int i = 0; i < AXES; i++)
        if (a->axis[i].begin != b->axis[i].begin)
            return a->axis[i].begin < b->axis[i].begin;
    return false;
}

static void note_damage(raw_reader *r, vxs_status status, const box *part, const char *reason) {
    if (!r->damage.found || comes_before(part, &r->damage.part)) {
        r->damage.status = status;
        r->damage.part = *part;
        snprintf(r->damage.reason, sizeof r->damage.reason, "%s", reason);
#pragma omp atomic write
        r->damage.found = true;
    }
}

/* Fill it where that is wished. */
static void take_damage(raw_reader *r, const box *part, const char *reason) {
#pragma omp critical(voxslab_raw_chunks)
    {
        vxs_status status = VXS_BAD_INPUT;
        if (r->volume->bad.filling)
            status = bad_chunk_fill(r->volume, part, r->dst);
        if (status != VXS_OK)
            note_damage(r, status, part, reason);
    }
}

static bool is_damaged(const raw_reader *r) {
    bool found;
#pragma omp atomic read
    found = r->damage.found;
    return found;
}

static void decode_parcel(raw_reader *r, int slot) {
    char reason[DECODE_REASON_BYTES];
    decoder *mine = r->decoder[omp_get_thread_num()];
    const parcel *p = &r->parcel[slot];
    for (int i = 0; i < p->count; i++) {
        const raw_chunk *c = &p->chunk[i];
        decoded_chunk voxels;
        if (decoder_run(mine, c->mask, p->raw + c->begin, c->bytes, &voxels, reason))
            place_chunk(&r->form, &voxels, &c->part, r->dst);
        else
            take_damage(r, &c->part, reason);
    }
    turns_done(&r->turns, slot);
}

/* ---- fetching, on the calling thread ---- */

static herr_t read_stored(hid_t dataset, const hsize_t *at, uint32_t *mask, void *raw, hsize_t bytes) {
#if H5_VERSION_GE(2, 0, 0)
    size_t room = (size_t)bytes;
    return H5Dread_chunk2(dataset, H5P_DEFAULT, at, mask, raw, &room);
#else
    (void)bytes;
    return H5Dread_chunk(dataset, H5P_DEFAULT, at, mask, raw);
#endif
}

/* Where the chunk begins that a box is of; whether it reaches past the dataset's end. */
static bool find_chunk(const volume *v, const box *part, hsize_t at[AXES]) {
    bool partial = false;
    for (int a = 0; a < AXES; a++) {
        int64_t extent = v->raw->form.extent[a], begin = round_down(part->axis[a].begin, extent);
        at[a] = (hsize_t)begin;
        partial = partial || begin + extent > v->shape[a];
    }
    return partial;
}

/* Whether a chunk is read as a whole, for the part of it that is wanted. */
static bool takes_whole(const raw_reader *r, const box *part, const box_view *dst) {
    return r->pipeline.count > 0 ||
           saturating_mul(place_runs(&r->form, part, dst), RUN_BYTES) >= r->chunk_bytes;
}

/* Bytes of a chunk in the file; 0 for one that HDF5 has to deliver: not there, or of an odd size. */
static hsize_t stored_size(volume *v, const hsize_t *at) {
    hsize_t bytes = 0, most = (hsize_t)decode_raw_bytes(v->raw->chunk_bytes);
    watchdog_begin(v->dog, "reading the index of chunks of dataset '%s' in '%s'", v->dataset_name,
                   v->file_name);
    const bool known = H5Dget_chunk_storage_size(v->dataset, at, &bytes) >= 0;
    watchdog_end(v->dog);
    const bool odd = v->raw->pipeline.count == 0 && bytes != (hsize_t)v->raw->chunk_bytes;
    return known && bytes <= most && !odd ? bytes : 0;
}

static vxs_status fetch_chunk(volume *v, const box *part, const hsize_t *at, bool plain, hsize_t bytes,
                              parcel *p) {
    char words[HDF5_WORDS_BYTES], place[BOX_TEXT_BYTES], reason[64], offset[OFFSET_TEXT_BYTES];
    raw_chunk *c = &p->chunk[p->count];
    *c = (raw_chunk){.part = *part, .begin = p->used, .bytes = (size_t)bytes};
    watchdog_begin(v->dog, "reading chunk %s of dataset '%s' in '%s'", volume_box_text(v, part, place),
                   v->dataset_name, v->file_name);
    io_watch_begin();
    const bool fetched = read_stored(v->dataset, at, &c->mask, p->raw + p->used, bytes) >= 0;
    const int cause = io_watch_end();
    vxs_status status = VXS_OK;
    if (!fetched || cause != 0) {
        const bool damaged = cause == 0 && hdf5_error_is_damage();
        hdf5_words(words);
        status =
            status_fail(damaged ? VXS_BAD_INPUT : VXS_IO,
                        "reading chunk %s of dataset '%s' in '%s'%s failed%s: %s", place, v->dataset_name,
                        v->file_name, volume_offset_text(v, part, offset), errno_words(cause, reason), words);
    }
    watchdog_end(v->dog); /* looking up the offset reads, too */
    TRY(status);
    if (plain)
        c->mask = UINT32_MAX;
    p->used += (size_t)bytes;
    p->count++;
    return VXS_OK;
}

static vxs_status fill_chunk(volume *v, const box *part) {
    vxs_status status;
#pragma omp critical(voxslab_raw_chunks)
    status = bad_chunk_fill(v, part, v->raw->dst);
    return status;
}

/* As many chunks as a parcel takes, at least one, until the walk ends. */
static vxs_status fill_parcel(fetching *f, parcel *p) {
    volume *v = f->v;
    p->count = 0;
    p->used = 0;
    while (f->waiting && p->count < PARCEL_CHUNKS) {
        hsize_t at[AXES];
        bool partial = find_chunk(v, &f->walk.piece, at);
        const hsize_t *origin = at + (AXES - v->axes);
        hsize_t bytes = takes_whole(v->raw, &f->walk.piece, v->raw->dst) ? stored_size(v, origin) : 0;
        if (p->count > 0 && p->used + bytes > PARCEL_BYTES)
            break;
        const bool plain = partial && v->raw->pipeline.partial_chunks_plain;
        vxs_status status = bytes == 0 ? volume_read_by_library(v, &f->walk.piece, v->raw->dst)
                                       : fetch_chunk(v, &f->walk.piece, origin, plain, bytes, p);
        if (status == VXS_BAD_INPUT && v->bad.filling)
            status = fill_chunk(v, &f->walk.piece);
        TRY(status);
        f->waiting = pieces_next(&f->walk);
        f->done++;
    }
    return VXS_OK;
}

/* What the calling thread does: it alone talks to HDF5, and lends a hand when every parcel is full. */
static vxs_status fetch_all(fetching *f) {
    raw_reader *r = f->v->raw;
    vxs_status status = VXS_OK;
    int slot;
    while (f->waiting && status == VXS_OK && !is_damaged(r))
        if (turns_next(&r->turns, &slot)) {
            r->parcel[slot].count = 0;
            status = volume_beat(f->v, f->done, f->pieces);
            if (status == VXS_OK)
                status = fill_parcel(f, &r->parcel[slot]);
            turns_filled(&r->turns);
        } else {
            decode_parcel(r, slot);
        }
    turns_end(&r->turns);
    return status;
}

static void decode_all(raw_reader *r) {
    int slot;
    while (turns_take(&r->turns, &slot))
        decode_parcel(r, slot);
}

/* A chunk amid the box stands for all. */
bool raw_reader_is_faster(const volume *v, const box *where, const box_view *dst) {
    box part = *where;
    for (int a = 0; a < AXES; a++) {
        const int64_t middle = where->axis[a].begin + range_size(where->axis[a]) / 2;
        const range chunk = range_align((range){middle, middle + 1}, v->chunk[a], v->shape[a]);
        part.axis[a] = range_intersect(chunk, where->axis[a]);
    }
    return takes_whole(v->raw, &part, dst);
}

vxs_status raw_reader_read(volume *v, const box *where, const box_view *dst) {
    raw_reader *r = v->raw;
    char place[BOX_TEXT_BYTES];
    vxs_status status = VXS_OK;
    fetching f = {.v = v};
    pieces_begin(&f.walk, where, v->chunk, 1);
    f.pieces = pieces_count(&f.walk);
    f.waiting = pieces_next(&f.walk);
    r->volume = v;
    r->dst = dst;
    r->damage.found = false;
    turns_begin(&r->turns, r->parcels, r->busy);
#pragma omp parallel num_threads(r->threads)
    {
        if (omp_get_thread_num() == 0)
            status = fetch_all(&f);
        decode_all(r);
    }
    turns_destroy(&r->turns);
    if (!r->damage.found)
        return status;
    CHECK(r->damage.status != VXS_IO, VXS_IO, "out of memory for the list of bad chunks");
    for (int a = 0; a < AXES; a++)
        r->damage.part.axis[a] = range_align(r->damage.part.axis[a], v->chunk[a], v->shape[a]);
    return status_fail(VXS_BAD_INPUT, "chunk %s of dataset '%s' in '%s' can't be decoded (damaged?): %s",
                       volume_box_text(v, &r->damage.part, place), v->dataset_name, v->file_name,
                       r->damage.reason);
}
