/* What is kept of another file: a head with the ranges, then their bytes one after another. */
#include <errno.h>
#include <libdeflate.h>
#include <string.h>

#include "base/checked.h"
#include "base/whole.h"
#include "journal/internal.h"

enum { PIECE = 65536 }; /* bytes that are moved at a time */

typedef struct kept_head {
    uint32_t crc, data_crc; /* crc: of what follows it; data_crc: of the bytes of all ranges */
    uint64_t version;       /* it was kept when this was the newest */
    int64_t count;
    file_range ranges[JOURNAL_MOST_RANGES];
} kept_head;

/* One walk over the bytes of all ranges, in the journal and in the other file. */
typedef struct transfer {
    const journal *j;
    const kept_head *head;
    int file;
    uint32_t crc; /* of the bytes seen */
} transfer;

typedef vxs_status move_piece(transfer *t, int64_t outside, off_t inside, size_t bytes);

static off_t data_offset(const journal *j) {
    return journal_kept_offset(j) + BLOCK;
}

static vxs_status cant_read(const transfer *t) {
    return status_fail(VXS_IO, "what is about to change in the output can't be kept in '%s': %s", t->j->path,
                       errno ? strerror(errno) : "the file ends before it");
}

static vxs_status keep_piece(transfer *t, int64_t outside, off_t inside, size_t bytes) {
    unsigned char piece[PIECE];
    errno = 0;
    if (read_whole(t->file, piece, bytes, (off_t)outside) != (ssize_t)bytes)
        return cant_read(t);
    t->crc = libdeflate_crc32(t->crc, piece, bytes);
    return write_whole(t->j->file, piece, bytes, inside) ? VXS_OK : cant_read(t);
}

static vxs_status check_piece(transfer *t, int64_t outside, off_t inside, size_t bytes) {
    unsigned char piece[PIECE];
    (void)outside;
    if (read_whole(t->j->file, piece, bytes, inside) != (ssize_t)bytes)
        return VXS_IO; /* then it is not to be trusted, no more */
    t->crc = libdeflate_crc32(t->crc, piece, bytes);
    return VXS_OK;
}

static vxs_status put_back_piece(transfer *t, int64_t outside, off_t inside, size_t bytes) {
    unsigned char piece[PIECE];
    CHECK(read_whole(t->j->file, piece, bytes, inside) == (ssize_t)bytes, VXS_IO,
          "journal '%s' can't be read", t->j->path);
    CHECK(write_whole(t->file, piece, bytes, (off_t)outside), VXS_IO, "what '%s' keeps can't be put back: %s",
          t->j->path, strerror(errno));
    return VXS_OK;
}

static vxs_status move_all(transfer *t, move_piece *move) {
    off_t inside = data_offset(t->j);
    for (int64_t i = 0; i < t->head->count; i++)
        for (int64_t done = 0, bytes = t->head->ranges[i].bytes, now; done < bytes;
             done += now, inside += now) {
            now = bytes - done < PIECE ? bytes - done : PIECE;
            TRY(move(t, t->head->ranges[i].begin + done, inside, (size_t)now));
        }
    return VXS_OK;
}

vxs_status journal_keep(journal *j, int file, const file_range *ranges, int count) {
    kept_head head = {.version = j->version, .count = count};
    CHECK(count >= 0 && count <= JOURNAL_MOST_RANGES, VXS_INTERNAL, "%d parts to keep, at most %d", count,
          JOURNAL_MOST_RANGES);
    memcpy(head.ranges, ranges, (size_t)count * sizeof *ranges);
    transfer t = {.j = j, .head = &head, .file = file};
    TRY(move_all(&t, keep_piece));
    head.data_crc = t.crc;
    head.crc = crc_behind(&head, sizeof head, offsetof(kept_head, data_crc));
    errno = 0;
    return write_whole(j->file, &head, sizeof head, journal_kept_offset(j)) && sync_file(j->file)
               ? VXS_OK
               : cant_read(&t);
}

/* Whether what is kept is whole, and of the newest version. */
static bool is_valid(const journal *j, const kept_head *head, ssize_t got) {
    if (got != (ssize_t)sizeof *head ||
        head->crc != crc_behind(head, sizeof *head, offsetof(kept_head, data_crc)))
        return false;
    if (head->version != j->version || head->count < 0 || head->count > JOURNAL_MOST_RANGES)
        return false;
    transfer t = {.j = j, .head = head};
    return move_all(&t, check_piece) == VXS_OK && t.crc == head->data_crc;
}

vxs_status journal_put_back(const journal *j, int file, bool *put_back) {
    kept_head head;
    ssize_t got = read_whole(j->file, &head, sizeof head, journal_kept_offset(j));
    *put_back = is_valid(j, &head, got);
    if (!*put_back)
        return VXS_OK;
    transfer t = {.j = j, .head = &head, .file = file};
    TRY(move_all(&t, put_back_piece));
    CHECK(sync_file(file), VXS_IO, "what '%s' keeps can't be flushed to the disk: %s", j->path,
          strerror(errno));
    return VXS_OK;
}
