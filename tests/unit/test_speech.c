/* How numbers, progress and plans are worded. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "cli/banner.h"
#include "cli/format.h"
#include "cli/plan_table.h"
#include "cli/progress.h"

static void bytes_and_seconds_read_well(void **state) {
    (void)state;
    format_text text;
    assert_string_equal(format_bytes(text, 0), "0 B");
    assert_string_equal(format_bytes(text, 1023), "1023 B");
    assert_string_equal(format_bytes(text, (int64_t)3 << 29), "1.50 GiB");
    assert_string_equal(format_bytes(text, 1048575), "1.00 MiB");
    assert_string_equal(format_bytes(text, INT64_MAX), "8.00 EiB");
    assert_string_equal(format_seconds(text, 0.424), "0.42 s");
    assert_string_equal(format_seconds(text, 200), "3 min 20 s");
    assert_string_equal(format_seconds(text, 7500), "2 h 05 min");
    assert_string_equal(format_seconds(text, -1), "unknown");
    assert_string_equal(format_rate(text, 1.79e9, "B"), "1.79 GB/s");
}

static void progress_tells_share_rate_and_time_left(void **state) {
    (void)state;
    vxs_progress progress = {
        .round = 3, .rounds = 12, .output_bytes_done = 1000000000, .output_bytes = 4000000000, .seconds = 5};
    char text[256];
    progress_line_text(text, sizeof text, &progress);
    assert_string_equal(text, " 25.0 %  round 3 of 12, 0.20 GB/s of output, 15.0 s left");
}

static void the_banner_tells_of_ranks_without_work(void **state) {
    (void)state;
    static vxs_report report = {.axes = 3, .ranks = 6, .grid = {1, 2, 2}};
    for (int idle = 2; idle >= 0; idle -= 2) {
        char *text = NULL;
        size_t bytes = 0;
        FILE *out = open_memstream(&text, &bytes);
        report.ranks = 4 + idle;
        banner_print(out, &report);
        fclose(out);
        assert_int_equal(strstr(text, ", 2 without work") != NULL, idle == 2);
        assert_int_equal(strstr(text, "smaller --chunk") != NULL, idle == 2);
        free(text);
    }
}

static int count_lines(const plan_table *table) {
    char *text = NULL;
    size_t bytes = 0;
    FILE *out = open_memstream(&text, &bytes);
    plan_table_print(out, table, 3);
    fclose(out);
    int lines = 0;
    for (const char *at = text; *at; at++)
        lines += *at == '\n';
    free(text);
    return lines;
}

static void long_plans_show_their_ends_only(void **state) {
    (void)state;
    plan_table *table = calloc(1, sizeof *table);
    for (int64_t i = 0; i < 1000; i++) {
        vxs_plan_part part = {.rank = i};
        plan_table_add(table, &part);
        int rows = (int)table->count;
        assert_int_equal(count_lines(table), 1 + (rows <= 64 ? rows : 16 + 1 + 4));
    }
    free(table);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(bytes_and_seconds_read_well),
        cmocka_unit_test(the_banner_tells_of_ranks_without_work),
        cmocka_unit_test(progress_tells_share_rate_and_time_left),
        cmocka_unit_test(long_plans_show_their_ends_only),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
