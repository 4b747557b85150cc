/*
 * Where a file keeps the index of its filtered chunks. Source: HDF5 File Format Specification 3.0, IV.A.1.b
 * (object headers, version 2), IV.A.2.i (data layout message, version 4) and VII.C (fixed array index). Only
 * what volume_create makes is known: with its newest formats HDF5 writes a fixed array, or a single chunk's
 * address into the header itself.
 */
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/checked.h"
#include "base/whole.h"
#include "volume/internal.h"

enum {
    HEAD_BYTES =
        65536, /* the file's head: superblock, groups, most often the object header; more does no harm */
    MOST_HEADER_BYTES = 1 << 20,
    PREFIX_BYTES = 64, /* holds the beginning of any object header, up to its first message */
    LAYOUT_MESSAGE = 8,
    CONTINUATION_MESSAGE = 16,
    CHUNKED = 2,
    FIXED_ARRAY = 3,
    ARRAY_HEADER_BYTES = 28,
    BLOCK_HEAD_BYTES = 14,
    CHECKSUM_BYTES = 4
};

typedef struct finder {
    int file;
    int64_t file_bytes, array; /* address of the fixed array's header, 0 for none */
    file_range *ranges;
    int count, message_bytes; /* of a message's own head */
} finder;

static int64_t number(const unsigned char *at, int bytes) {
    uint64_t value = 0;
    for (int i = bytes - 1; i >= 0; i--)
        value = value << 8 | at[i];
    return value > INT64_MAX ? -1 : (int64_t)value; /* -1: all ones, HDF5's undefined address */
}

/* Add a range, of which no more counts than the file has; whether there was room. */
static bool add(finder *f, int64_t begin, int64_t bytes) {
    if (begin < 0 || bytes <= 0 || begin >= f->file_bytes || f->count == VOLUME_INDEX_RANGES)
        return false;
    f->ranges[f->count++] =
        (file_range){begin, bytes < f->file_bytes - begin ? bytes : f->file_bytes - begin};
    return true;
}

static bool read_at(const finder *f, int64_t begin, void *to, int64_t bytes) {
    return begin > 0 && read_whole(f->file, to, (size_t)bytes, (off_t)begin) == (ssize_t)bytes;
}

static void note_layout(finder *f, const unsigned char *at, int64_t bytes) {
    if (bytes < 5 || at[0] != 4 || at[1] != CHUNKED)
        return;
    int64_t type = 5 + (int64_t)at[3] * at[4]; /* behind the chunk's shape */
    if (type + 10 <= bytes && at[type] == FIXED_ARRAY)
        f->array = number(at + type + 2, 8);
}

static bool walk_block(finder *f, int64_t begin, int64_t bytes);

static bool walk_messages(finder *f, const unsigned char *at, int64_t bytes) {
    for (int64_t i = 0; i + f->message_bytes <= bytes;) {
        const unsigned char *message = at + i;
        int64_t size = number(message + 1, 2);
        i += f->message_bytes + size;
        if (i > bytes)
            return false;
        const unsigned char *content = message + f->message_bytes;
        if (message[0] == LAYOUT_MESSAGE)
            note_layout(f, content, size);
        if (message[0] == CONTINUATION_MESSAGE &&
            (size < 16 || !walk_block(f, number(content, 8), number(content + 8, 8))))
            return false;
    }
    return true;
}

/* The messages of a header's first part, or of a continuation, which has a signature and a checksum around
 * them. */
static bool walk_part(finder *f, int64_t begin, int64_t bytes) {
    if (bytes <= 0 || bytes > MOST_HEADER_BYTES)
        return false;
    unsigned char *part = malloc((size_t)bytes);
    bool good = part && read_at(f, begin, part, bytes) && walk_messages(f, part, bytes);
    free(part);
    return good;
}

static bool walk_block(finder *f, int64_t begin, int64_t bytes) {
    return add(f, begin, bytes) && walk_part(f, begin + 4, bytes - 4 - CHECKSUM_BYTES);
}

static bool walk_header(finder *f, int64_t header) {
    unsigned char prefix[PREFIX_BYTES];
    if (!read_at(f, header, prefix, PREFIX_BYTES) || memcmp(prefix, "OHDR", 4) != 0 || prefix[4] != 2)
        return false;
    const int flags = prefix[5], size_bytes = 1 << (flags & 3);
    const int size_at = 6 + (flags & 0x20 ? 16 : 0) + (flags & 0x10 ? 4 : 0), first = size_at + size_bytes;
    const int64_t bytes = number(prefix + size_at, size_bytes);
    f->message_bytes = flags & 4 ? 6 : 4;
    return bytes > 0 && bytes <= MOST_HEADER_BYTES && add(f, header, first + bytes + CHECKSUM_BYTES) &&
           walk_part(f, header + first, bytes);
}

/* The array's block of elements, in pages where it is long. */
static int64_t block_bytes(int64_t elements, int64_t element_bytes, int page_bits) {
    const int64_t page = (int64_t)1 << page_bits, pages = elements > page ? (elements + page - 1) / page : 0;
    return saturating_add(BLOCK_HEAD_BYTES + CHECKSUM_BYTES + (pages + 7) / 8 + pages * CHECKSUM_BYTES,
                          saturating_mul(elements, element_bytes));
}

static bool walk_array(finder *f) {
    unsigned char header[ARRAY_HEADER_BYTES];
    if (f->array <= 0) /* there is none, or none yet */
        return true;
    if (!read_at(f, f->array, header, sizeof header) || memcmp(header, "FAHD", 4) != 0 || header[4] != 0 ||
        header[7] > 30)
        return false;
    const int64_t elements = number(header + 8, 8), block = number(header + 16, 8);
    return add(f, f->array, ARRAY_HEADER_BYTES) &&
           (block < 0 || add(f, block, block_bytes(elements, header[6], header[7])));
}

int volume_index_ranges(int file, int64_t header, file_range ranges[VOLUME_INDEX_RANGES]) {
    struct stat info;
    if (fstat(file, &info) != 0)
        return 0;
    finder f = {.file = file, .file_bytes = info.st_size, .ranges = ranges};
    return add(&f, 0, HEAD_BYTES) && walk_header(&f, header) && walk_array(&f) ? f.count : 0;
}

vxs_status volume_header_address(const char *path, const char *dataset, int64_t *address) {
    hid_t file = H5I_INVALID_HID;
    H5O_info_t info;
    hdf5_prepare();
    io_watch_begin();
    vxs_status status = io_watch_judge(file_open_serial(path, &file), path);
    TRY(status);
    bool known = H5Oget_info_by_name2(file, dataset, &info, H5O_INFO_BASIC, H5P_DEFAULT) >= 0;
    *address = known ? (int64_t)info.addr : -1;
    status = io_watch_judge(VXS_OK, path);
    H5Fclose(file);
    TRY(known ? VXS_OK : status);
    CHECK(known, VXS_CANT_CREATE, "dataset '%s' is not in '%s'", dataset, path);
    return VXS_OK;
}
