/*
 * libFuzzer: a journal with any bytes changed is refused, or gives back what a slot with a right checksum
 * holds, or nothing; and it can be gone on with. An input patches a good journal: FLAGS RECORDS CUT_LOW
 * CUT_HIGH (OFFSET_LOW OFFSET_HIGH COUNT BYTE...)... FLAGS: 1, 2, 4 set the checksums of the head, the even
 * and the odd slot right afterwards; 8: something is kept behind them, 16: with the checksum of its head
 * right, too. RECORDS % 4 were recorded; CUT bytes are cut off the end.
 */
#include <libdeflate.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "journal/journal.h"

/* As journal.c lays it out, for a body of BODY bytes. */
enum {
    BODY = 48,
    BLOCK = 4096,
    HEAD = 20480,
    SLOT_HEAD = 24,
    SLOT = SLOT_HEAD + BODY,
    FILE_BYTES = HEAD + BLOCK + SLOT,
    KEPT = HEAD + 2 * BLOCK,
    KEPT_HEAD = 24 + 16 * JOURNAL_MOST_RANGES,
    KEPT_FROM = 100, /* the parts of the other file */
    KEPT_DATA = 60,
    KEPT_BYTES = KEPT + BLOCK + KEPT_DATA
};
static const char head[] = "version=1\ninput=/data/a.h5\n";

static void insist(int holds, const char *what) {
    if (holds)
        return;
    fprintf(stderr, "%s\n", what);
    abort();
}

static void body_of(int version, unsigned char body[BODY]) {
    memset(body, 0x40 + version, BODY);
}

static int memory, other; /* the journal, and the file of which it keeps parts */

static void fill_other(char letter) {
    char bytes[KEPT_FROM + KEPT_DATA];
    memset(bytes, letter, sizeof bytes);
    insist(ftruncate(other, 0) == 0 && pwrite(other, bytes, sizeof bytes, 0) == sizeof bytes, "no memory");
}

/* A journal with so many records, on a file of its own in memory. */
static void make(const char *path, int records) {
    unsigned char body[BODY];
    journal *j = NULL;
    insist(journal_create(path, head, BODY, &j) == VXS_OK, "can't create");
    for (int v = 1; v <= records; v++) {
        body_of(v, body);
        insist(journal_record(j, body, v) == VXS_OK, "can't record");
    }
    const file_range parts[] = {{KEPT_FROM, KEPT_DATA / 3}, {0, KEPT_DATA - KEPT_DATA / 3}};
    insist(journal_keep(j, other, parts, 2) == VXS_OK, "can't keep");
    journal_close(j);
}

static unsigned char good[4][KEPT_BYTES];
static char path[64];

static void make_good_ones(void) {
    char folder[] = "/tmp/voxslab-fuzz-XXXXXX", name[64];
    insist(mkdtemp(folder) != NULL, "no folder");
    other = memfd_create("other", 0);
    fill_other('a');
    snprintf(name, sizeof name, "%s/journal", folder);
    for (int records = 0; records < 4; records++) {
        make(name, records);
        FILE *file = fopen(name, "rb");
        insist(file && fread(good[records], 1, KEPT_BYTES, file) == KEPT_BYTES, "can't read");
        fclose(file);
    }
    unlink(name);
    rmdir(folder);
    memory = memfd_create("journal", 0);
    snprintf(path, sizeof path, "/proc/self/fd/%d", memory);
}

static void put_crc(unsigned char *start, size_t at, size_t from, size_t bytes) {
    uint32_t crc = libdeflate_crc32(0, start + from, bytes - from);
    memcpy(start + at, &crc, sizeof crc);
}

static size_t patch(unsigned char file[KEPT_BYTES], const uint8_t *data, size_t size) {
    uint8_t flags = size > 0 ? data[0] : 0, records = size > 1 ? data[1] % 4 : 0;
    size_t cut = size > 3 ? data[2] + 256u * data[3] : 0;
    const size_t whole = flags & 8 ? KEPT_BYTES : FILE_BYTES;
    memcpy(file, good[records], KEPT_BYTES);
    for (size_t i = 4; i + 3 < size; i += 3 + data[i + 2]) {
        size_t offset = (data[i] + 256u * data[i + 1]) % whole, count = data[i + 2];
        for (size_t b = 0; b < count && i + 3 + b < size && offset + b < whole; b++)
            file[offset + b] = data[i + 3 + b];
    }
    if (flags & 1)
        put_crc(file, 12, 16, 32 + JOURNAL_HEAD_BYTES);
    for (int slot = 0; slot < 2; slot++)
        if (flags & (2 << slot))
            put_crc(file + HEAD + slot * BLOCK, 0, 4, SLOT);
    if (flags & 16)
        put_crc(file + KEPT, 0, 4, KEPT_HEAD);
    return whole - cut % whole;
}

/* The version that a slot holds for certain, 0 for none. */
static uint64_t version_of(const unsigned char *file, size_t size, int slot) {
    const unsigned char *at = file + HEAD + slot * BLOCK;
    uint32_t crc;
    uint64_t version;
    if (size < (size_t)(HEAD + slot * BLOCK + SLOT))
        return 0;
    memcpy(&crc, at, sizeof crc);
    memcpy(&version, at + 8, sizeof version);
    return crc == libdeflate_crc32(0, at + 4, SLOT - 4) && version < UINT64_MAX &&
                   version % 2 == (uint64_t)slot
               ? version
               : 0;
}

static void check_body(const unsigned char *file, size_t size, const journal_found *found,
                       const unsigned char *body) {
    static const unsigned char nothing[BODY];
    uint64_t even = version_of(file, size, 0), odd = version_of(file, size, 1);
    insist(found->version == (even > odd ? even : odd), "not the newest version");
    const unsigned char *expected =
        found->version ? file + HEAD + found->version % 2 * BLOCK + SLOT_HEAD : nothing;
    insist(memcmp(body, expected, BODY) == 0, "not what was recorded");
}

/* All of what is kept, or nothing, unless its head's checksum was made right. */
static void check_kept(const journal *j, bool honest) {
    char now[KEPT_FROM + KEPT_DATA];
    bool done = false;
    fill_other('b');
    vxs_status status = journal_put_back(j, other, &done);
    insist(status == VXS_OK || (status == VXS_IO && !honest), "can't put back");
    if (!honest)
        return;
    insist(pread(other, now, sizeof now, 0) == sizeof now, "no memory");
    for (size_t i = 0; i < sizeof now; i++) {
        bool kept = i < KEPT_DATA - KEPT_DATA / 3 || (i >= KEPT_FROM && i < KEPT_FROM + KEPT_DATA / 3);
        insist(now[i] == (done && kept ? 'a' : 'b'), "not what was kept");
    }
}

static void check_going_on(journal *j, uint64_t version) {
    unsigned char body[BODY], again[BODY];
    journal_found found;
    body_of(9, body);
    insist(journal_record(j, body, 99) == VXS_OK, "can't go on");
    journal_close(j);
    insist(journal_open(path, head, again, BODY, &found, &j) == VXS_OK, "can't be opened again");
    insist(found.version == version + 1 && found.note == 99 && memcmp(body, again, BODY) == 0,
           "the next record is lost");
    journal_close(j);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    static unsigned char file[KEPT_BYTES];
    unsigned char body[BODY];
    journal_found found;
    journal *j = NULL;
    if (memory == 0)
        make_good_ones();
    size_t bytes = patch(file, data, size);
    insist(ftruncate(memory, 0) == 0 && pwrite(memory, file, bytes, 0) == (ssize_t)bytes, "no memory");
    vxs_status status = journal_open(path, head, body, BODY, &found, &j);
    insist((status == VXS_OK) == (j != NULL), "a journal without VXS_OK");
    insist(status == VXS_OK || status == VXS_CANT_CREATE, "another status");
    if (status != VXS_OK)
        return 0;
    check_body(file, bytes, &found, body);
    check_kept(j, size == 0 || !(data[0] & 16));
    if (found.version < UINT64_MAX - 1) /* no journal gets there: the next could not be told from no record */
        check_going_on(j, found.version);
    else
        journal_close(j);
    return 0;
}
