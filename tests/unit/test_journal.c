/* The journal gives back what was recorded, or the version before, or nothing: never anything else. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "journal/journal.h"

enum { BODY = 5000, BLOCK = 4096 };
static const char head[] = "version=1\ninput=/data/a.h5\nparameters=mode=area size=2,3,4\n";
static char folder[] = "/tmp/voxslab-journal-XXXXXX", path[64];

/* Version v of the body. */
static void fill(unsigned char body[BODY], int v) {
    for (int i = 0; i < BODY; i++)
        body[i] = (unsigned char)(i * 7 + v * 31);
}

static void make(int versions) {
    unsigned char body[BODY];
    journal *j = NULL;
    assert_int_equal(journal_create(path, head, BODY, &j), VXS_OK);
    for (int v = 1; v <= versions; v++) {
        fill(body, v);
        assert_int_equal(journal_record(j, body, 100 + v), VXS_OK);
    }
    journal_close(j);
}

static vxs_status look(const char *with_head, unsigned char body[BODY], journal_found *found) {
    journal *j = NULL;
    vxs_status status = journal_open(path, with_head, body, BODY, found, &j);
    assert_true((status == VXS_OK) == (j != NULL));
    journal_close(j);
    return status;
}

/* Whatever it says it found is right. */
static int version_found(void) {
    unsigned char body[BODY], expected[BODY];
    journal_found found;
    if (look(head, body, &found) != VXS_OK)
        return -1;
    fill(expected, (int)found.version);
    if (found.version == 0)
        memset(expected, 0, BODY);
    else
        assert_int_equal(found.note, 100 + (int)found.version);
    assert_memory_equal(body, expected, BODY);
    return (int)found.version;
}

static off_t size_of(void) {
    struct stat info;
    assert_int_equal(stat(path, &info), 0);
    return info.st_size;
}

static unsigned char flip(off_t offset, unsigned char with) {
    unsigned char byte = 0;
    int file = open(path, O_RDWR);
    assert_int_equal(pread(file, &byte, 1, offset), 1);
    byte ^= with;
    assert_int_equal(pwrite(file, &byte, 1, offset), 1);
    close(file);
    return byte;
}

static void the_newest_version_comes_back(void **state) {
    (void)state;
    for (int versions = 0; versions < 6; versions++) {
        make(versions);
        assert_int_equal(version_found(), versions);
    }
}

static void recording_goes_on_where_another_process_left_it(void **state) {
    (void)state;
    make(3);
    unsigned char body[BODY];
    journal_found found;
    journal *j = NULL;
    assert_int_equal(journal_open(path, head, body, BODY, &found, &j), VXS_OK);
    fill(body, 4);
    assert_int_equal(journal_record(j, body, 104), VXS_OK);
    journal_close(j);
    assert_int_equal(version_found(), 4);
}

static void a_torn_record_leaves_the_version_before(void **state) {
    (void)state;
    make(3); /* version 3 lies in the last slot */
    for (off_t cut = 1; cut < BODY; cut += 37) {
        make(3);
        assert_int_equal(truncate(path, size_of() - cut), 0);
        assert_int_equal(version_found(), 2);
    }
}

/* Every byte of the file, one at a time: what is found is right, and says so when it is nothing. */
static void a_flipped_byte_anywhere_never_gives_wrong_data(void **state) {
    (void)state;
    make(3);
    int counts[5] = {0};
    for (off_t at = 0; at < size_of(); at += at % 11 + 1) {
        flip(at, (unsigned char)(1 << (at % 8)));
        int version = version_found();
        assert_true(version >= -1 && version <= 3 && version != 0 && version != 1);
        counts[version + 1]++;
        flip(at, (unsigned char)(1 << (at % 8)));
    }
    assert_true(counts[0] > 0 && counts[3] > 0 && counts[4] > 0);
    assert_int_equal(version_found(), 3);
}

static void two_damaged_versions_are_told_from_none(void **state) {
    (void)state;
    unsigned char body[BODY];
    journal_found found;
    make(2);
    flip(size_of() - 1, 4);
    flip(size_of() - 3 * BLOCK, 4);
    assert_int_equal(look(head, body, &found), VXS_OK);
    assert_int_equal(found.version, 0);
    assert_true(found.damaged);
    make(0);
    assert_int_equal(look(head, body, &found), VXS_OK);
    assert_false(found.damaged);
}

/* Version 2 comes first in the file; here its last bytes, zeros, are missing, and version 1 is. */
static void a_record_cut_short_among_zeros_is_not_whole_again_later(void **state) {
    (void)state;
    unsigned char body[BODY] = {1}, found_body[BODY];
    journal_found found;
    journal *j = NULL;
    assert_int_equal(journal_create(path, head, BODY, &j), VXS_OK);
    for (int v = 1; v <= 2; v++)
        assert_int_equal(journal_record(j, body, 100 + v), VXS_OK);
    journal_close(j);
    assert_int_equal(truncate(path, size_of() - 2 * BLOCK - BODY / 2), 0);
    assert_int_equal(journal_open(path, head, found_body, BODY, &found, &j), VXS_OK);
    assert_int_equal(found.version, 0);
    assert_true(found.damaged);
    body[0] = 2;
    assert_int_equal(journal_record(j, body, 201), VXS_OK);
    journal_close(j);
    assert_int_equal(look(head, found_body, &found), VXS_OK);
    assert_int_equal(found.version, 1);
    assert_memory_equal(found_body, body, BODY);
}

static void another_head_is_refused_and_the_line_that_differs_is_named(void **state) {
    (void)state;
    static const char *const others[][2] = {
        {"version=2\ninput=/data/a.h5\nparameters=mode=area size=2,3,4\n", "version=2"},
        {"version=1\ninput=/data/b.h5\nparameters=mode=area size=2,3,4\n", "input=/data/b.h5"},
        {"version=1\ninput=/data/a.h5\nparameters=mode=area size=2,3,5\n", "size=2,3,5"},
        {"version=1\ninput=/data/a.h5\n", "mode=area"},
        {"version=1\ninput=/data/a.h5\nparameters=mode=area size=2,3,4\nmore=1\n", "more=1"},
    };
    unsigned char body[BODY];
    journal_found found;
    make(1);
    for (size_t i = 0; i < sizeof others / sizeof *others; i++) {
        assert_int_equal(look(others[i][0], body, &found), VXS_CANT_CREATE);
        assert_non_null(strstr(vxs_message(), others[i][1]));
        assert_non_null(strstr(vxs_message(), "--force"));
    }
}

static void another_size_of_the_body_is_refused(void **state) {
    (void)state;
    unsigned char body[2 * BODY];
    journal_found found;
    journal *j = NULL;
    make(1);
    assert_int_equal(journal_open(path, head, body, BODY + 1, &found, &j), VXS_CANT_CREATE);
    assert_null(j);
}

static void files_that_are_no_journal_are_refused(void **state) {
    (void)state;
    unsigned char body[BODY];
    journal_found found;
    for (int length = 0; length < 20000; length += 999) {
        int file = open(path, O_CREAT | O_TRUNC | O_WRONLY, 0666);
        for (int i = 0; i < length; i++)
            assert_int_equal(write(file, "VXSJRNLx" + i % 8, 1), 1);
        close(file);
        assert_int_equal(look(head, body, &found), VXS_CANT_CREATE);
        assert_non_null(strstr(vxs_message(), "damaged"));
    }
    unlink(path);
    assert_int_equal(look(head, body, &found), VXS_CANT_CREATE);
    assert_non_null(strstr(vxs_message(), "No such file"));
}

static void a_journal_that_can_not_be_written_is_told_with_the_reason(void **state) {
    (void)state;
    journal *j = NULL;
    assert_int_equal(journal_create("/nowhere/x.journal", head, BODY, &j), VXS_CANT_CREATE);
    assert_null(j);
    assert_non_null(strstr(vxs_message(), "/nowhere/x.journal"));
}

/* ---- what is kept of another file ---- */

enum { OTHER = 200000 };
static const file_range parts[] = {{0, 10}, {100, 70000}, {150001, OTHER - 150001}};

/* Another file, made of one letter. */
static int other_file(char letter) {
    char *bytes = malloc(OTHER);
    FILE *f = tmpfile();
    assert_true(f && bytes);
    memset(bytes, letter, OTHER);
    int file = dup(fileno(f));
    fclose(f);
    assert_int_equal(pwrite(file, bytes, OTHER, 0), OTHER);
    free(bytes);
    return file;
}

/* Everything of an 'a' file is kept, then put back into a 'b' one: is it? */
static bool comes_back(journal *j) {
    bool done = false;
    int file = other_file('b');
    assert_int_equal(journal_put_back(j, file, &done), VXS_OK);
    for (int64_t i = 0; i < OTHER; i++) {
        char letter = 0, wanted = 'b';
        for (size_t p = 0; p < sizeof parts / sizeof *parts && done; p++)
            wanted = i >= parts[p].begin && i < parts[p].begin + parts[p].bytes ? 'a' : wanted;
        if (pread(file, &letter, 1, (off_t)i) != 1 || letter != wanted)
            fail_msg("byte %lld is %c, not %c", (long long)i, letter, wanted);
    }
    close(file);
    return done;
}

static journal *open_again(void) {
    unsigned char body[BODY];
    journal_found found;
    journal *j = NULL;
    assert_int_equal(journal_open(path, head, body, BODY, &found, &j), VXS_OK);
    return j;
}

static journal *make_and_keep(int versions) {
    make(versions);
    journal *j = open_again();
    int file = other_file('a');
    assert_false(comes_back(j)); /* nothing is kept yet */
    assert_int_equal(journal_keep(j, file, parts, 3), VXS_OK);
    close(file);
    return j;
}

static void what_was_kept_comes_back_until_the_next_record(void **state) {
    (void)state;
    unsigned char body[BODY];
    for (int versions = 1; versions <= 2; versions++) {
        journal *j = make_and_keep(versions);
        assert_true(comes_back(j));
        journal_close(j);
        assert_int_equal(version_found(), versions); /* the record is not touched */
        j = open_again();
        assert_true(comes_back(j));
        fill(body, versions + 1);
        assert_int_equal(journal_record(j, body, 101 + versions), VXS_OK);
        assert_false(comes_back(j));
        journal_close(j);
        j = open_again();
        assert_false(comes_back(j));
        journal_close(j);
        assert_int_equal(version_found(), versions + 1);
    }
}

static void what_was_kept_in_part_does_not_come_back(void **state) {
    (void)state;
    journal *j = make_and_keep(1);
    journal_close(j);
    struct stat whole;
    assert_int_equal(stat(path, &whole), 0);
    int file = open(path, O_RDWR);
    for (off_t at = whole.st_size - 1; at > whole.st_size - 120000; at -= 9973) {
        char byte;
        assert_int_equal(pread(file, &byte, 1, at), 1);
        byte ^= 4;
        assert_int_equal(pwrite(file, &byte, 1, at), 1);
        j = open_again();
        assert_false(comes_back(j));
        journal_close(j);
        byte ^= 4;
        assert_int_equal(pwrite(file, &byte, 1, at), 1);
    }
    j = open_again();
    assert_true(comes_back(j));
    journal_close(j);
    assert_int_equal(ftruncate(file, whole.st_size - 1), 0);
    close(file);
    j = open_again();
    assert_false(comes_back(j));
    journal_close(j);
}

static void what_can_not_be_kept_is_told(void **state) {
    (void)state;
    make(1);
    journal *j = open_again();
    int file = other_file('a');
    const file_range beyond = {OTHER - 5, 6};
    assert_int_equal(journal_keep(j, file, &beyond, 1), VXS_IO);
    assert_non_null(strstr(vxs_message(), "ends before"));
    assert_int_equal(journal_keep(j, -1, parts, 1), VXS_IO);
    assert_non_null(strstr(vxs_message(), "Bad file"));
    assert_int_equal(journal_keep(j, file, parts, JOURNAL_MOST_RANGES + 1), VXS_INTERNAL);
    assert_false(comes_back(j));
    close(file);
    journal_close(j);
}

static int enter(void **state) {
    (void)state;
    if (!mkdtemp(folder))
        return 1;
    snprintf(path, sizeof path, "%s/out.journal", folder);
    return 0;
}

static int leave(void **state) {
    (void)state;
    unlink(path);
    return rmdir(folder);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_newest_version_comes_back),
        cmocka_unit_test(recording_goes_on_where_another_process_left_it),
        cmocka_unit_test(a_torn_record_leaves_the_version_before),
        cmocka_unit_test(a_flipped_byte_anywhere_never_gives_wrong_data),
        cmocka_unit_test(two_damaged_versions_are_told_from_none),
        cmocka_unit_test(a_record_cut_short_among_zeros_is_not_whole_again_later),
        cmocka_unit_test(another_head_is_refused_and_the_line_that_differs_is_named),
        cmocka_unit_test(another_size_of_the_body_is_refused),
        cmocka_unit_test(files_that_are_no_journal_are_refused),
        cmocka_unit_test(a_journal_that_can_not_be_written_is_told_with_the_reason),
        cmocka_unit_test(what_was_kept_comes_back_until_the_next_record),
        cmocka_unit_test(what_was_kept_in_part_does_not_come_back),
        cmocka_unit_test(what_can_not_be_kept_is_told),
    };
    return cmocka_run_group_tests(tests, enter, leave);
}
