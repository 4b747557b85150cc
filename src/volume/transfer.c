#include <errno.h>
#include <string.h>

#include "base/checked.h"
#include "volume/internal.h"
#include "volume/pieces.h"
#include "volume/raw_chunks.h"

const char *volume_box_text(const volume *v, const box *b, char text[BOX_TEXT_BYTES]) {
    size_t used = 0;
    for (int a = AXES - v->axes; a < AXES; a++)
        used += (size_t)snprintf(text + used, BOX_TEXT_BYTES - used, "%s%lld:%lld", used ? ", " : "[",
                                 (long long)b->axis[a].begin, (long long)b->axis[a].end);
    snprintf(text + used, BOX_TEXT_BYTES - used, "]");
    return text;
}

/* The extent of the row-major array that a view is cut from, as its strides tell. */
static vxs_status enclosing_extent(const volume *v, const box_view *view, hsize_t extent[AXES]) {
    int top = AXES - v->axes;
    CHECK(view->stride[AXIS_W] == 1, VXS_INTERNAL, "view with stride %lld along w, need 1",
          (long long)view->stride[AXIS_W]);
    extent[top] = (hsize_t)range_size(view->where.axis[top]);
    for (int a = top + 1; a < AXES; a++) {
        int64_t inner = view->stride[a], outer = view->stride[a - 1];
        CHECK(inner > 0 && outer % inner == 0 && outer / inner >= range_size(view->where.axis[a]),
              VXS_INTERNAL, "view with stride %lld above %lld does not enclose %lld voxels", (long long)outer,
              (long long)inner, (long long)range_size(view->where.axis[a]));
        extent[a] = (hsize_t)(outer / inner);
    }
    return VXS_OK;
}

/* The dataspace of a view, with the voxels of where selected. To be closed. */
static vxs_status select_in_memory(const volume *v, const box_view *view, const box *where, hid_t *space) {
    hsize_t extent[AXES], start[AXES], count[AXES];
    TRY(enclosing_extent(v, view, extent));
    int top = AXES - v->axes;
    for (int a = top; a < AXES; a++) {
        start[a] = (hsize_t)(where->axis[a].begin - view->where.axis[a].begin);
        count[a] = (hsize_t)range_size(where->axis[a]);
    }
    *space = H5Screate_simple(v->axes, extent + top, NULL);
    CHECK(*space >= 0 &&
              H5Sselect_hyperslab(*space, H5S_SELECT_SET, start + top, NULL, count + top, NULL) >= 0,
          VXS_INTERNAL, "the selection in memory can't be made");
    return VXS_OK;
}

static vxs_status select_in_file(const volume *v, const box *where, hid_t *space) {
    hsize_t start[AXES], count[AXES];
    char words[HDF5_WORDS_BYTES];
    int top = AXES - v->axes;
    for (int a = 0; a < AXES; a++) {
        start[a] = (hsize_t)where->axis[a].begin;
        count[a] = (hsize_t)range_size(where->axis[a]);
    }
    *space = H5Dget_space(v->dataset);
    CHECK(
        *space >= 0 && H5Sselect_hyperslab(*space, H5S_SELECT_SET, start + top, NULL, count + top, NULL) >= 0,
        VXS_INTERNAL, "the selection in dataset '%s' can't be made: %s", v->dataset_name, hdf5_words(words));
    return VXS_OK;
}

/* Collective writers without anything to write still take part. */
static vxs_status select_nothing(const volume *v, hid_t *memory, hid_t *file) {
    *memory = H5Screate_simple(1, (hsize_t[]){1}, NULL);
    *file = H5Dget_space(v->dataset);
    CHECK(*memory >= 0 && *file >= 0 && H5Sselect_none(*memory) >= 0 && H5Sselect_none(*file) >= 0,
          VXS_INTERNAL, "an empty selection can't be made");
    return VXS_OK;
}

static void swap_box(const volume *v, const box_view *view, const box *where) {
    const range *r = where->axis;
    int64_t i[AXES] = {[AXIS_W] = r[AXIS_W].begin};
    for (i[AXIS_N] = r[AXIS_N].begin; i[AXIS_N] < r[AXIS_N].end; i[AXIS_N]++)
        for (i[AXIS_C] = r[AXIS_C].begin; i[AXIS_C] < r[AXIS_C].end; i[AXIS_C]++)
            for (i[AXIS_D] = r[AXIS_D].begin; i[AXIS_D] < r[AXIS_D].end; i[AXIS_D]++)
                for (i[AXIS_H] = r[AXIS_H].begin; i[AXIS_H] < r[AXIS_H].end; i[AXIS_H]++)
                    dtype_swap_bytes(box_view_at(view, v->element_bytes, i), v->element_bytes,
                                     (size_t)range_size(r[AXIS_W]));
}

static bool box_fits(const volume *v, const box *where, const box_view *view) {
    for (int a = 0; a < AXES; a++)
        if (!range_contains(view->where.axis[a], where->axis[a]) ||
            !range_contains((range){0, v->shape[a]}, where->axis[a]))
            return false;
    return true;
}

/* The most voxels of a call, and where it may be cut: at chunks, unless they are over the limit themselves
 * (filtered ones are held in memory as a whole anyway). */
static int64_t call_voxels(const volume *v, const box *where, bool writing, int64_t unit[AXES]) {
    int64_t element = (int64_t)v->element_bytes, chunk_voxels = v->chunk_bytes / element;
    int64_t most = (writing && v->filtered ? VOLUME_FILTERED_CALL_BYTES : VOLUME_CALL_BYTES) / element;
    bool whole = v->chunk_bytes > 0 && (v->filtered || v->chunk_bytes <= VOLUME_CALL_BYTES);
    for (int a = 0; a < AXES; a++)
        unit[a] = whole ? v->chunk[a] : 1;
    if (v->chunk_bytes > 0)
        most = min_i64(most, saturating_mul(chunk_voxels, v->call_chunks));
    if (v->source_bytes > 0)
        most = min_i64(most, max_i64(v->source_bytes / element, 1));
    int64_t row = v->chunk_bytes > 0 ? v->chunk[AXIS_W] : range_size(where->axis[AXIS_W]);
    return writing ? min_i64(most, saturating_mul(row, WRITE_CALL_ROWS)) : most;
}

/* ---- reading ---- */

/* What a failed H5Dread says; cause is the errno that it left. */
static vxs_status fail_to_read(const volume *v, const box *where, int cause) {
    char words[HDF5_WORDS_BYTES], place[BOX_TEXT_BYTES], reason[64], offset[OFFSET_TEXT_BYTES];
    const bool damaged = cause == 0 && hdf5_error_is_damage();
    box chunk = *where;
    for (int a = 0; a < AXES && damaged && v->chunk_bytes > 0; a++)
        chunk.axis[a] = range_align(chunk.axis[a], v->chunk[a], v->shape[a]);
    hdf5_words(words);
    if (damaged)
        return status_fail(VXS_BAD_INPUT, "chunk %s of dataset '%s' in '%s' can't be decoded (damaged?): %s",
                           volume_box_text(v, &chunk, place), v->dataset_name, v->file_name, words);
    return status_fail(VXS_IO, "reading %s of dataset '%s' in '%s'%s failed%s: %s",
                       volume_box_text(v, where, place), v->dataset_name, v->file_name,
                       volume_offset_text(v, where, offset), errno_words(cause, reason), words);
}

vxs_status volume_read_by_library(volume *v, const box *where, const box_view *dst) {
    char place[BOX_TEXT_BYTES];
    hid_t memory = H5I_INVALID_HID, file = H5I_INVALID_HID;
    vxs_status status;
    TRY_CLEAN(select_in_memory(v, dst, where, &memory));
    TRY_CLEAN(select_in_file(v, where, &file));
    watchdog_begin(v->dog, "reading %s of dataset '%s' in '%s'", volume_box_text(v, where, place),
                   v->dataset_name, v->file_name);
    io_watch_begin();
    const bool done = H5Dread(v->dataset, v->type, memory, file, H5P_DEFAULT, dst->data) >= 0;
    const int cause = io_watch_end();
    if (!done || cause != 0)
        status = fail_to_read(v, where, cause); /* looks up the offset, which reads, too */
    watchdog_end(v->dog);
    if (status != VXS_OK)
        goto cleanup;
    if (v->swapped)
        swap_box(v, dst, where);
cleanup:
    hdf5_drop(file);
    hdf5_drop(memory);
    return status;
}

/* Before a piece that might open too many sources; see volume's source_bytes. */
static vxs_status close_sources(volume *v, const box *piece) {
    int64_t bytes = box_voxels(piece) * (int64_t)v->element_bytes;
    if (v->source_bytes == 0)
        return VXS_OK;
    bool full = v->bytes_since_open > 0 && v->bytes_since_open + bytes > v->source_bytes;
    v->bytes_since_open = full ? bytes : v->bytes_since_open + bytes;
    return full ? volume_reopen_dataset(v) : VXS_OK;
}

/* To find the chunk that is damaged, and to go on without it. */
static vxs_status read_chunk_by_chunk(volume *v, const box *where, const box_view *dst) {
    piece_walk walk;
    pieces_begin(&walk, where, v->chunk, 1);
    while (pieces_next(&walk)) {
        vxs_status status = volume_read_by_library(v, &walk.piece, dst);
        if (status == VXS_BAD_INPUT && v->bad.filling)
            status = bad_chunk_fill(v, &walk.piece, dst);
        TRY(status);
    }
    return VXS_OK;
}

vxs_status volume_beat(const volume *v, int64_t done, int64_t pieces) {
    if (!v->pulse || done == 0)
        return VXS_OK;
    return v->pulse->between(v->pulse->context, (double)done / (double)pieces);
}

vxs_status volume_read(volume *source, const box *where, const box_view *dst) {
    piece_walk walk;
    char place[BOX_TEXT_BYTES];
    if (box_is_empty(where))
        return VXS_OK;
    hdf5_prepare();
    CHECK(box_fits(source, where, dst), VXS_INTERNAL, "box %s is outside dataset '%s' or its view",
          volume_box_text(source, where, place), source->dataset_name);
    if (source->raw && raw_reader_is_faster(source, where, dst))
        return raw_reader_read(source, where, dst);
    int64_t unit[AXES], most = call_voxels(source, where, false, unit);
    pieces_begin(&walk, where, unit, most);
    const int64_t pieces = pieces_count(&walk);
    for (int64_t done = 0; pieces_next(&walk); done++) {
        TRY(volume_beat(source, done, pieces));
        TRY(close_sources(source, &walk.piece));
        vxs_status status = volume_read_by_library(source, &walk.piece, dst);
        if (status == VXS_BAD_INPUT && source->chunk_bytes > 0)
            status = read_chunk_by_chunk(source, &walk.piece, dst);
        TRY(status);
    }
    return VXS_OK;
}

/* ---- writing ---- */

/* HDF5 may silently write independently; say why. */
static void note_cause(volume *v, hid_t transfer) {
    uint32_t local = 0, global = 0;
    if (H5Pget_mpio_no_collective_cause(transfer, &local, &global) >= 0 && global != H5D_MPIO_COLLECTIVE)
        snprintf(
            v->not_collective, sizeof v->not_collective,
            "HDF5 wrote independently, cause 0x%x here, 0x%x on all ranks (H5Pget_mpio_no_collective_cause)",
            (unsigned)local, (unsigned)global);
}

static vxs_status write_selected(volume *v, hid_t memory, hid_t file, const box *where, const void *data) {
    char words[HDF5_WORDS_BYTES], place[BOX_TEXT_BYTES], cause[64], offset[OFFSET_TEXT_BYTES] = "";
    const char *what = where ? volume_box_text(v, where, place) : "nothing";
    hid_t transfer = H5Pcreate(H5P_DATASET_XFER);
    if (!v->serial)
        H5Pset_dxpl_mpio(transfer, H5FD_MPIO_COLLECTIVE);
    watchdog_begin(v->dog, "writing %s of dataset '%s' in '%s'", what, v->dataset_name, v->file_name);
    errno = 0;
    const bool written = H5Dwrite(v->dataset, v->type, memory, file, transfer, data) >= 0 && !io_watch_end();
    errno_words(errno, cause);
    watchdog_end(v->dog);
    hdf5_words(words);
    if (written && !v->serial)
        note_cause(v, transfer);
    hdf5_drop(transfer);
    if (!written && where && !v->filtered)
        volume_offset_text(v, where, offset);
    CHECK(written, VXS_IO,
          "writing %s of dataset '%s' in '%s'%s failed%s: %s; with the cause gone, --resume goes on", what,
          v->dataset_name, v->file_name, offset, cause, words);
    return VXS_OK;
}

/* One collective call; piece NULL: nothing of ours. */
static vxs_status write_piece(volume *v, const box *piece, const box_view *src) {
    hid_t memory = H5I_INVALID_HID, file = H5I_INVALID_HID;
    vxs_status status;
    if (piece) {
        TRY_CLEAN(select_in_memory(v, src, piece, &memory));
        TRY_CLEAN(select_in_file(v, piece, &file));
        if (v->swapped)
            swap_box(v, src, piece);
    } else {
        TRY_CLEAN(select_nothing(v, &memory, &file));
    }
    TRY_CLEAN(write_selected(v, memory, file, piece, piece ? src->data : ""));
cleanup:
    hdf5_drop(file);
    hdf5_drop(memory);
    return status;
}

vxs_status volume_write(volume *target, const box *where, const box_view *src) {
    piece_walk walk;
    char place[BOX_TEXT_BYTES];
    hdf5_prepare();
    CHECK(box_is_empty(where) || box_fits(target, where, src), VXS_INTERNAL,
          "box %s is outside dataset '%s' or its view", volume_box_text(target, where, place),
          target->dataset_name);
    int64_t unit[AXES], most = call_voxels(target, where, true, unit);
    pieces_begin(&walk, where, unit, max_i64(most, 1));
    int64_t mine = pieces_count(&walk), calls = 0;
    MPI_Allreduce(&mine, &calls, 1, MPI_INT64_T, MPI_MAX, target->comm);
    target->not_collective[0] = '\0';
    for (int64_t i = 0; i < calls; i++)
        TRY(write_piece(target, pieces_next(&walk) ? &walk.piece : NULL, src));
    return VXS_OK;
}

const char *volume_not_collective(const volume *target) {
    return target->not_collective;
}
