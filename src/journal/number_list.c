#include "journal/number_list.h"

#include <errno.h>
#include <inttypes.h>
#include <libdeflate.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "journal/internal.h"

/* The first line: how many numbers follow, each on a line, and the checksum of all of them. */
#define HEAD "voxslab list of %" PRId64 " checksum %08" PRIx32 "\n"
enum { LINE = 80 };

static uint32_t checksum(const int64_t *numbers, int64_t count) {
    const uint32_t crc = libdeflate_crc32(0, &count, sizeof count);
    return count > 0 ? libdeflate_crc32(crc, numbers, (size_t)count * sizeof *numbers) : crc;
}

/* ---- to write ---- */

static bool print_all(FILE *file, const int64_t *numbers, int64_t count) {
    bool printed = fprintf(file, HEAD, count, checksum(numbers, count)) > 0;
    for (int64_t i = 0; i < count && printed; i++)
        printed = fprintf(file, "%" PRId64 "\n", numbers[i]) > 0;
    return printed;
}

vxs_status number_list_save(const char *path, const int64_t *numbers, int64_t count) {
    char fresh[MOST_PATH + 8];
    snprintf(fresh, sizeof fresh, "%s.new", path);
    FILE *file = fopen(fresh, "w");
    CHECK(file, VXS_IO, "can't write '%s': %s", fresh, strerror(errno));
    bool written = print_all(file, numbers, count) && fflush(file) == 0 && sync_file(fileno(file));
    int reason = errno;
    if (fclose(file) != 0 && written) {
        written = false;
        reason = errno;
    }
    if (written && (rename(fresh, path) != 0 || !sync_folder_of(path))) {
        written = false;
        reason = errno;
    }
    if (!written)
        unlink(fresh);
    CHECK(written, VXS_IO, "can't write '%s': %s", path, strerror(reason));
    return VXS_OK;
}

/* ---- to read ---- */

static vxs_status damaged(const char *path, const char *how) {
    return status_fail(VXS_CANT_CREATE,
                       "can't resume: '%s', which tells the input chunks that were skipped so far, %s: start "
                       "over with --force",
                       path, how);
}

/* A line of the file as it is written, and nothing else; at the end or after an error *text is "". */
static bool next_line(FILE *file, char text[LINE]) {
    if (!fgets(text, LINE, file))
        text[0] = '\0';
    return strchr(text, '\n') != NULL;
}

static bool parse_head(const char *line, int64_t *count, uint32_t *crc) {
    char again[LINE];
    if (sscanf(line, "voxslab list of %" SCNd64 " checksum %" SCNx32, count, crc) != 2 || *count < 0)
        return false;
    snprintf(again, sizeof again, HEAD, *count, *crc);
    return strcmp(line, again) == 0;
}

static bool parse_number(const char *line, int64_t *number) {
    char *end;
    *number = strtoll(line, &end, 10);
    return end > line && strcmp(end, "\n") == 0;
}

/* Room grows with what is there, not with what a damaged head says. */
static vxs_status make_room(int64_t **numbers, int64_t i, int64_t *room) {
    if (i < *room)
        return VXS_OK;
    *room = 2 * *room + 64;
    int64_t *grown = realloc(*numbers, (size_t)*room * sizeof *grown);
    CHECK(grown, VXS_IO, "out of memory: a list of %lld numbers", (long long)*room);
    *numbers = grown;
    return VXS_OK;
}

static vxs_status parse(FILE *file, const char *path, int64_t **numbers, int64_t *count) {
    char line[LINE];
    uint32_t crc;
    int64_t room = 0;
    if (!next_line(file, line) || !parse_head(line, count, &crc))
        return ferror(file) ? VXS_OK : damaged(path, "is damaged in its first line");
    TRY(make_room(numbers, 0, &room));
    for (int64_t i = 0; i < *count; i++) {
        TRY(make_room(numbers, i, &room));
        if (!next_line(file, line))
            return ferror(file) ? VXS_OK : damaged(path, "ends too early");
        if (!parse_number(line, &(*numbers)[i]))
            return damaged(path, "is damaged");
    }
    if (checksum(*numbers, *count) != crc)
        return damaged(path, "is damaged");
    return next_line(file, line) || line[0] ? damaged(path, "goes on behind its end") : VXS_OK;
}

vxs_status number_list_load(const char *path, int64_t **numbers, int64_t *count) {
    *numbers = NULL;
    *count = 0;
    FILE *file = fopen(path, "r");
    if (!file && errno == ENOENT)
        return damaged(path, "is not there");
    vxs_status status = file ? parse(file, path, numbers, count) : VXS_OK;
    if (!file || ferror(file))
        status =
            status_fail(VXS_IO, "'%s' can't be read: %s: run the same command again", path, strerror(errno));
    if (file)
        fclose(file);
    if (status != VXS_OK) {
        free(*numbers);
        *numbers = NULL;
        *count = 0;
    }
    return status;
}
