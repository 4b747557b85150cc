#include "journal/journal.h"

#include <errno.h>
#include <fcntl.h>
#include <libdeflate.h>
#include <libgen.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/disk.h"
#include "base/whole.h"
#include "journal/internal.h"

static const char magic[8] = "VXSJRNL";
static const uint32_t byte_order = 0x01020304;

typedef struct file_head {
    char magic[8];
    uint32_t byte_order, crc; /* crc: of what follows */
    uint64_t body_bytes, text_bytes;
    char text[JOURNAL_HEAD_BYTES];
} file_head;

typedef struct slot_head {
    uint32_t crc, filler; /* crc: of what follows, body included */
    uint64_t version;
    int64_t note;
} slot_head;

static size_t slot_bytes(size_t body_bytes) {
    return sizeof(slot_head) + body_bytes;
}

static size_t blocks(size_t bytes) {
    return (bytes + BLOCK - 1) / BLOCK * BLOCK;
}

static off_t slot_offset(size_t body_bytes, uint64_t version) {
    return (off_t)(blocks(sizeof(file_head)) + version % 2 * blocks(slot_bytes(body_bytes)));
}

off_t journal_kept_offset(const journal *j) {
    return slot_offset(j->body_bytes, 1) + (off_t)blocks(slot_bytes(j->body_bytes));
}

uint32_t crc_behind(const void *start, size_t bytes, size_t offset) {
    return libdeflate_crc32(0, (const unsigned char *)start + offset, bytes - offset);
}

/* ---- files ---- */

bool sync_file(int file) {
    return fsync(file) == 0 || errno == EINVAL;
}

/* Some file systems know no fsync of a folder. */
bool sync_folder_of(const char *path) {
    char copy[MOST_PATH];
    snprintf(copy, sizeof copy, "%s", path);
    int folder = open(dirname(copy), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    bool synced = folder >= 0 && sync_file(folder);
    int reason = errno;
    if (folder >= 0)
        close(folder);
    errno = reason;
    return synced;
}

static vxs_status new_journal(const char *path, size_t body_bytes, journal **made) {
    journal *j = calloc(1, sizeof *j);
    *made = j;
    CHECK(j, VXS_IO, "out of memory for the journal");
    j->file = -1;
    j->body_bytes = body_bytes;
    j->slot = calloc(1, slot_bytes(body_bytes));
    CHECK(j->slot, VXS_IO, "out of memory for the journal (%zu bytes)", slot_bytes(body_bytes));
    int length = snprintf(j->path, sizeof j->path, "%s", path);
    CHECK(length < MOST_PATH, VXS_USAGE, "the path is too long: '%.200s...'", path);
    return VXS_OK;
}

void journal_close(journal *j) {
    if (!j)
        return;
    if (j->file >= 0)
        close(j->file);
    free(j->slot);
    free(j);
}

/* ---- the head ---- */

/* Written under another name first, so that a journal is never found half made. */
static vxs_status write_head(const journal *j, const char *head, int *file) {
    char fresh[MOST_PATH + 8];
    snprintf(fresh, sizeof fresh, "%s.new", j->path);
    file_head *h = calloc(1, sizeof *h);
    CHECK(h, VXS_IO, "out of memory for the journal's head");
    memcpy(h->magic, magic, sizeof magic);
    h->byte_order = byte_order;
    h->body_bytes = j->body_bytes;
    h->text_bytes = strlen(head);
    snprintf(h->text, sizeof h->text, "%s", head);
    h->crc = crc_behind(h, sizeof *h, offsetof(file_head, body_bytes));
    *file = open(fresh, O_CREAT | O_TRUNC | O_RDWR | O_CLOEXEC, 0666);
    bool written = *file >= 0 && write_whole(*file, h, sizeof *h, 0) && rename(fresh, j->path) == 0;
    int reason = errno;
    free(h);
    if (!written && *file >= 0)
        unlink(fresh);
    CHECK(written, disk_status(reason), "journal '%s' can't be created: %s", j->path, strerror(reason));
    return VXS_OK;
}

vxs_status journal_create(const char *path, const char *head, size_t body_bytes, journal **made) {
    journal *j = NULL;
    vxs_status status;
    *made = NULL;
    CHECK(strlen(head) < JOURNAL_HEAD_BYTES, VXS_INTERNAL, "the journal's head has %zu bytes, %d at most",
          strlen(head), JOURNAL_HEAD_BYTES - 1);
    TRY_CLEAN(new_journal(path, body_bytes, &j));
    TRY_CLEAN(write_head(j, head, &j->file));
    *made = j;
    return VXS_OK;
cleanup:
    journal_close(j);
    return status;
}

/* The first line that the two heads do not share, in words. */
static vxs_status differ(const char *path, const char *then, const char *now) {
    while (*then || *now) {
        int old_length = (int)strcspn(then, "\n"), new_length = (int)strcspn(now, "\n");
        CHECK(old_length == new_length && strncmp(then, now, (size_t)old_length) == 0, VXS_CANT_CREATE,
              "can't resume: '%s' was begun with %.*s, but this job has %.*s; repeat that command, or start "
              "over with --force",
              path, old_length > 300 ? 300 : old_length, then, new_length > 300 ? 300 : new_length, now);
        then += old_length + (then[old_length] == '\n');
        now += new_length + (now[new_length] == '\n');
    }
    return VXS_OK;
}

/* Not damage: it may be as it should be. */
static vxs_status cant_read(const journal *j, int reason) {
    return status_fail(VXS_IO, "journal '%s' can't be read: %s: run the same command again", j->path,
                       strerror(reason));
}

static vxs_status check_head(const journal *j, const char *head) {
    file_head *h = malloc(sizeof *h);
    CHECK(h, VXS_IO, "out of memory for the journal's head");
    ssize_t got = read_whole(j->file, h, sizeof *h, 0);
    const int failed = got < 0 ? errno : 0;
    vxs_status status = VXS_OK;
    if (failed)
        status = cant_read(j, failed);
    else if (got != (ssize_t)sizeof *h || memcmp(h->magic, magic, sizeof magic) != 0 ||
             h->byte_order != byte_order ||
             h->crc != crc_behind(h, sizeof *h, offsetof(file_head, body_bytes)) ||
             h->text_bytes >= JOURNAL_HEAD_BYTES || h->text[h->text_bytes] != '\0')
        status = status_fail(VXS_CANT_CREATE,
                             "can't resume: journal '%s' is damaged: start over with --force", j->path);
    else
        status = differ(j->path, h->text, head);
    if (status == VXS_OK && h->body_bytes != j->body_bytes)
        status =
            status_fail(VXS_CANT_CREATE,
                        "can't resume: journal '%s' counts other tiles: start over with --force", j->path);
    free(h);
    return status;
}

/* ---- versions ---- */

/* What has been found out of both slots. */
typedef struct slots_seen {
    bool used;
    int failed; /* errno of a read that failed, 0 without */
} slots_seen;

/* Read the slot of one parity into j->slot; 0 when it holds no version to trust. */
static uint64_t read_slot(journal *j, int parity, slots_seen *seen) {
    size_t bytes = slot_bytes(j->body_bytes);
    slot_head head;
    memset(j->slot, 0, bytes);
    ssize_t got = read_whole(j->file, j->slot, bytes, slot_offset(j->body_bytes, (uint64_t)parity));
    if (got < 0)
        seen->failed = errno;
    memcpy(&head, j->slot, sizeof head);
    seen->used |= got > 0 && head.version != 0;
    if (got != (ssize_t)bytes || head.version == UINT64_MAX /* none could follow */ ||
        head.version % 2 != (uint64_t)parity ||
        head.crc != crc_behind(j->slot, bytes, offsetof(slot_head, filler)))
        return 0;
    return head.version;
}

/* What was cut short among zeros would be whole again once the file grows, and count as newer than what is
 * recorded then: so nothing of it may stay. */
static vxs_status forget_records(const journal *j) {
    CHECK(ftruncate(j->file, (off_t)blocks(sizeof(file_head))) == 0, VXS_CANT_CREATE,
          "journal '%s' can't be cut: %s", j->path, strerror(errno));
    return VXS_OK;
}

static vxs_status take_newest(journal *j, void *body, journal_found *found) {
    slots_seen seen = {0};
    uint64_t even = read_slot(j, 0, &seen), odd = read_slot(j, 1, &seen);
    if (seen.failed)
        return cant_read(j, seen.failed);
    *found = (journal_found){.version = even > odd ? even : odd};
    found->damaged = seen.used && found->version == 0;
    memset(body, 0, j->body_bytes);
    if (found->version == 0)
        return forget_records(j);
    slot_head head;
    read_slot(j, (int)(found->version % 2), &seen);
    if (seen.failed)
        return cant_read(j, seen.failed);
    memcpy(&head, j->slot, sizeof head);
    found->note = head.note;
    memcpy(body, j->slot + sizeof head, j->body_bytes);
    j->version = found->version;
    return VXS_OK;
}

vxs_status journal_open(const char *path, const char *head, void *body, size_t body_bytes,
                        journal_found *found, journal **opened) {
    journal *j = NULL;
    vxs_status status;
    *opened = NULL;
    TRY_CLEAN(new_journal(path, body_bytes, &j));
    j->file = open(path, O_RDWR | O_CLOEXEC);
    CHECK_CLEAN(j->file >= 0, VXS_CANT_CREATE, "journal '%s' can't be opened: %s", path, strerror(errno));
    TRY_CLEAN(check_head(j, head));
    TRY_CLEAN(take_newest(j, body, found));
    *opened = j;
    return VXS_OK;
cleanup:
    journal_close(j);
    return status;
}

vxs_status journal_record(journal *j, const void *body, int64_t note) {
    size_t bytes = slot_bytes(j->body_bytes);
    slot_head head = {.version = j->version + 1, .note = note};
    memcpy(j->slot, &head, sizeof head);
    memcpy(j->slot + sizeof head, body, j->body_bytes);
    head.crc = crc_behind(j->slot, bytes, offsetof(slot_head, filler));
    memcpy(j->slot, &head, sizeof head);
    CHECK(write_whole(j->file, j->slot, bytes, slot_offset(j->body_bytes, head.version)), VXS_IO,
          "journal '%s' can't be written: %s", j->path, strerror(errno));
    CHECK(sync_file(j->file), VXS_IO, "journal '%s' can't be flushed to disk: %s", j->path, strerror(errno));
    j->version = head.version;
    if (!j->folder_synced)
        CHECK(sync_folder_of(j->path), VXS_IO, "the folder of '%s' can't be flushed to disk: %s", j->path,
              strerror(errno));
    j->folder_synced = true;
    return VXS_OK;
}
