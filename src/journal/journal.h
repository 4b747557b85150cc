/*
 * OUT.partial.journal: what of the output is safely on disk. A head, text of lines "key=value" that must be
 * the same for whoever goes on; then two slots that take turns, each one version of the body, which here is
 * only bytes. A version counts when its checksum is right, the newest such; so a record that was being
 * written when the power failed leaves the one before. One rank makes these calls. Local.
 */
#ifndef JOURNAL_JOURNAL_H
#define JOURNAL_JOURNAL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/disk.h"

enum {
    JOURNAL_HEAD_BYTES = 16384, /* the longest head, its final 0 included */
    JOURNAL_MOST_RANGES = 16
};

typedef struct journal journal;

/* Make the journal with nothing recorded, complete or not at all, in place of any that is there. path is
 * copied. VXS_CANT_CREATE. */
vxs_status journal_create(const char *path, const char *head, size_t body_bytes, journal **made);

/* What was found in a journal that is there. */
typedef struct journal_found {
    uint64_t version; /* 0: nothing was recorded */
    int64_t note;     /* as it was recorded */
    bool damaged;     /* something was recorded, but no version of it can be trusted */
} journal_found;

/* Open the journal, and take its newest version into body (all 0 without one). VXS_CANT_CREATE, naming what
 * differs, when the head is not this one, is damaged, or the file can't be read. */
vxs_status journal_open(const char *path, const char *head, void *body, size_t body_bytes,
                        journal_found *found, journal **opened);

/* Record a version and force it to the disk: once this returns VXS_OK, it survives anything. VXS_IO
 * otherwise; then the version before counts, or this one. note: any number. */
vxs_status journal_record(journal *j, const void *body, int64_t note);

/*
 * Keep what is about to be written over: these parts of another file as they are now, forced to the disk. It
 * belongs to the newest version, and counts for nothing once there is another. count: at most
 * JOURNAL_MOST_RANGES, which must lie within the file. VXS_IO.
 */
vxs_status journal_keep(journal *j, int file, const file_range *ranges, int count);

/* Write back into file what was kept since the newest version, all of it to the disk, if there is any that
 * can be trusted: *put_back says so. VXS_IO. */
vxs_status journal_put_back(const journal *j, int file, bool *put_back);

/* NULL is legal. */
void journal_close(journal *j);

#endif
