/* A list of numbers gives back what was saved, or says that it can't: no damage changes it silently. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "journal/number_list.h"

enum { MOST = 4096 };
static char folder[] = "/tmp/voxslab-list-XXXXXX", path[64];
static const int64_t numbers[] = {0, 7, 12, 100, 65536, INT64_MAX};
enum { COUNT = sizeof numbers / sizeof *numbers };

static size_t contents(char text[MOST]) {
    FILE *file = fopen(path, "r");
    assert_non_null(file);
    const size_t bytes = fread(text, 1, MOST, file);
    fclose(file);
    return bytes;
}

static void put(const char *text, size_t bytes) {
    FILE *file = fopen(path, "w");
    assert_non_null(file);
    assert_int_equal(fwrite(text, 1, bytes, file), bytes);
    fclose(file);
}

/* The list as it was saved, or a refusal: true for the list. */
static bool is_whole_or_refused(const char *word) {
    int64_t *found, count;
    const vxs_status status = number_list_load(path, &found, &count);
    if (status == VXS_OK) {
        assert_int_equal(count, COUNT);
        assert_memory_equal(found, numbers, sizeof numbers);
    } else {
        assert_int_equal(status, VXS_CANT_CREATE);
        assert_null(found);
        assert_non_null(strstr(vxs_message(), path));
        assert_non_null(strstr(vxs_message(), word));
    }
    free(found);
    return status == VXS_OK;
}

static void lists_come_back_as_they_were_saved(void **state) {
    (void)state;
    for (int64_t saved = 0; saved <= COUNT; saved++) {
        int64_t *found, count;
        assert_int_equal(number_list_save(path, numbers, saved), VXS_OK);
        assert_int_equal(number_list_load(path, &found, &count), VXS_OK);
        assert_int_equal(count, saved);
        assert_memory_equal(found, numbers, (size_t)saved * sizeof *numbers);
        free(found);
    }
}

static void a_list_that_is_not_there_is_refused(void **state) {
    (void)state;
    unlink(path);
    assert_false(is_whole_or_refused("is not there"));
}

static void every_changed_byte_is_seen(void **state) {
    (void)state;
    static const unsigned char flips[] = {1, 2, 4, 8, 16, 32, 64, 128, 255};
    char text[MOST];
    assert_int_equal(number_list_save(path, numbers, COUNT), VXS_OK);
    const size_t bytes = contents(text);
    for (size_t i = 0; i < bytes; i++)
        for (size_t k = 0; k < sizeof flips; k++) {
            text[i] = (char)(text[i] ^ flips[k]);
            put(text, bytes);
            is_whole_or_refused("--force");
            text[i] = (char)(text[i] ^ flips[k]);
        }
    char *seven = strstr(text, "\n7\n");
    assert_non_null(seven);
    seven[1] = '8';
    put(text, bytes);
    assert_false(is_whole_or_refused("damaged"));
}

static void a_list_cut_short_is_told_from_one_that_is_damaged(void **state) {
    (void)state;
    char text[MOST];
    assert_int_equal(number_list_save(path, numbers, COUNT), VXS_OK);
    const size_t bytes = contents(text);
    const size_t head = (size_t)(strchr(text, '\n') + 1 - text);
    for (size_t left = 0; left < bytes; left++) {
        put(text, left);
        assert_false(is_whole_or_refused(left < head ? "first line" : "ends too early"));
    }
    memcpy(text + bytes, "9\n", 2);
    put(text, bytes + 2);
    assert_false(is_whole_or_refused("behind its end"));
    put("3\n17\n", 5); /* without a head */
    assert_false(is_whole_or_refused("first line"));
}

static int begin(void **state) {
    (void)state;
    if (!mkdtemp(folder))
        return 1;
    snprintf(path, sizeof path, "%s/list", folder);
    return 0;
}

static int end(void **state) {
    (void)state;
    unlink(path);
    return rmdir(folder);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(lists_come_back_as_they_were_saved),
        cmocka_unit_test(a_list_that_is_not_there_is_refused),
        cmocka_unit_test(every_changed_byte_is_seen),
        cmocka_unit_test(a_list_cut_short_is_told_from_one_that_is_damaged),
    };
    return cmocka_run_group_tests(tests, begin, end);
}
