/* What the files of this room that know a journal from inside share. Nobody else includes it. */
#ifndef JOURNAL_INTERNAL_H
#define JOURNAL_INTERNAL_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include "journal/journal.h"

/* The layout: a head, two slots for versions, and what is kept. Everything lies at a multiple of BLOCK, so
 * that no write touches what another part needs. */
enum { BLOCK = 4096, MOST_PATH = 4096 };

struct journal {
    char path[MOST_PATH];
    int file;
    size_t body_bytes;
    uint64_t version;
    bool folder_synced;  /* the file's name is on disk, too */
    unsigned char *slot; /* slot_bytes() */
};

/* Behind both slots. */
off_t journal_kept_offset(const journal *j);

/* The checksum of all but the first bytes of a struct. */
uint32_t crc_behind(const void *start, size_t bytes, size_t offset);

/* fsync, where the file system knows it; or the reason why not in errno. */
bool sync_file(int file);

/* Of the folder that holds path: names that were made or changed there survive. */
bool sync_folder_of(const char *path);

#endif
