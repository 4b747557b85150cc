/* A file that appears under its name only when complete. Local. */
#ifndef CLI_JSON_FILE_H
#define CLI_JSON_FILE_H

#include <stdbool.h>
#include <stdio.h>

#include "cli/command.h"

typedef struct json_file {
    FILE *stream;     /* NULL when not open */
    const char *path; /* borrowed */
    char *temporary;  /* NULL: written in place, that is stdout, a pipe or a device */
} json_file;

/* "-" is stdout. Opening before a long job tells early what would fail after it. VXS_CANT_CREATE. */
vxs_status json_file_open(json_file *file, const char *path);

/* Rank 0 opens it, unless path is NULL; all ranks fail alike if it can't. Collective. */
vxs_status json_file_open_on_root(json_file *file, const char *path, const run_context *context);

/* Close and rename. VXS_CANT_CREATE; nothing of ours is left behind then. */
vxs_status json_file_commit(json_file *file);

/* Legal on a zeroed, a committed or a discarded one. */
void json_file_discard(json_file *file);

/* Whether path, where a file may or may not be yet, is that same file by another name. */
bool json_file_is(const char *path, const char *other);

#endif
