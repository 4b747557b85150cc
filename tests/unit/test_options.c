/* The command line: what each option takes and refuses, and that help and man page name every option. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "cli/manual.h"
#include "cli/job_args.h"

enum { MAX_WORDS = 32, LINE_BYTES = 512 };

/* A command line split at spaces; "''" is an empty word. */
typedef struct words {
    char text[LINE_BYTES];
    int argc;
    char *argv[MAX_WORDS + 1];
} words;

static void words_split(words *split, const char *line) {
    memset(split, 0, sizeof *split);
    snprintf(split->text, sizeof split->text, "resample %s", line);
    char *rest = NULL;
    for (char *word = strtok_r(split->text, " ", &rest); word; word = strtok_r(NULL, " ", &rest))
        split->argv[split->argc++] = strcmp(word, "''") == 0 ? word + 2 : word;
}

static words line_words; /* texts in parsed arguments point into it */

static vxs_status parse(const char *line, job_args *args, bool *help) {
    words_split(&line_words, line);
    return command_parse(command_find("resample"), line_words.argc, line_words.argv, args, help);
}

static job_args parse_good(const char *line) {
    job_args args;
    bool help;
    if (parse(line, &args, &help) != VXS_OK)
        fail_msg("'%s': %s", line, status_message());
    return args;
}

/* ---- accepted ---- */

static void sizes_are_three_whole_numbers(void **state) {
    (void)state;
    job_args args = parse_good("in.h5:/a out.h5 --size 1,20,9223372036854775807");
    assert_string_equal(args.job.input, "in.h5:/a");
    assert_string_equal(args.job.output, "out.h5");
    assert_int_equal(args.job.sizing, VXS_BY_SIZE);
    assert_int_equal(args.job.size[0], 1);
    assert_int_equal(args.job.size[1], 20);
    assert_true(args.job.size[2] == INT64_MAX);
}

static void scales_are_one_or_three_factors(void **state) {
    (void)state;
    job_args one = parse_good("--scale 0.5 i o"), three = parse_good("i --scale=1,.5,2e-1 o");
    assert_int_equal(one.job.sizing, VXS_BY_SCALE);
    assert_true(one.job.scale[0] == 0.5 && one.job.scale[1] == 0.5 && one.job.scale[2] == 0.5);
    assert_true(three.job.scale[0] == 1 && three.job.scale[1] == 0.5 && three.job.scale[2] == 0.2);
}

static void spacings_are_three_numbers_or_iso(void **state) {
    (void)state;
    job_args three = parse_good("i o --spacing 2,1,0.5"), iso = parse_good("i o --spacing iso=0.25");
    assert_int_equal(three.job.sizing, VXS_BY_SPACING);
    assert_true(three.job.spacing[0] == 2 && three.job.spacing[2] == 0.5);
    assert_true(iso.job.spacing[0] == 0.25 && iso.job.spacing[1] == 0.25 && iso.job.spacing[2] == 0.25);
}

static void everything_unset_is_left_to_the_job(void **state) {
    (void)state;
    job_args args = parse_good("i o --size 1,1,1");
    assert_int_equal(args.job.resample.mode, VXS_LINEAR);
    assert_int_equal(args.job.resample.coords, VXS_COORDS_AUTO);
    assert_false(args.job.resample.align_corners || args.job.has_dtype || args.job.force);
    assert_int_equal(args.job.chunking, VXS_CHUNK_SAME);
    assert_int_equal(args.job.filter, VXS_FILTER_SAME);
    assert_true(args.job.memory == 0 && args.job.threads == 0 && args.job.input_spacing[0] == 0);
    assert_true(args.progress_seconds == 30 && !args.quiet && !args.json && !args.dry_run && args.ranks == 0);
}

static void every_option_reaches_its_field(void **state) {
    (void)state;
    job_args args =
        parse_good("i o -s 4,5,6 -m nearest --align-corners --coords torch --dtype float32 --chunk "
                   "1,2,3,4 --filter shuffle+gzip=9 --memory 1.5g -t 3 -f --progress 0.5 -q --json - "
                   "-n --ranks 4096 --input-spacing 3,2,1");
    assert_int_equal(args.job.resample.mode, VXS_NEAREST);
    assert_int_equal(args.job.resample.coords, VXS_COORDS_TORCH);
    assert_true(args.job.resample.align_corners && args.job.has_dtype && args.job.force);
    assert_int_equal(args.job.dtype, VXS_FLOAT32);
    assert_int_equal(args.job.chunking, VXS_CHUNK_GIVEN);
    assert_int_equal(args.job.chunk_axes, 4);
    assert_int_equal(args.job.chunk[3], 4);
    assert_int_equal(args.job.filter, VXS_FILTER_SHUFFLE_GZIP);
    assert_int_equal(args.job.gzip_level, 9);
    assert_true(args.job.memory == (int64_t)3 << 29);
    assert_int_equal(args.job.threads, 3);
    assert_true(args.progress_seconds == 0.5 && args.quiet && args.dry_run && args.ranks == 4096);
    assert_string_equal(args.json, "-");
    assert_true(args.job.input_spacing[0] == 3 && args.job.input_spacing[2] == 1);
}

static void times_are_seconds_or_numbers_with_units(void **state) {
    (void)state;
    static const struct {
        const char *text;
        double seconds;
    } rows[] = {{"45", 45},        {"0.5", 0.5},        {"90s", 90},    {"3h50m", 13800},
                {"1d12h", 129600}, {"1d2h3m4s", 93784}, {"1.5h", 5400}, {"2m0.5s", 120.5}};
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        char line[128];
        snprintf(line, sizeof line, "i o --scale 1 --max-time %s", rows[i].text);
        assert_true(parse_good(line).job.max_seconds == rows[i].seconds);
    }
}

static void memory_takes_binary_and_decimal_suffixes(void **state) {
    (void)state;
    static const struct {
        const char *text;
        int64_t bytes;
    } rows[] = {{"1", 1},
                {"1000000", 1000000},
                {"512M", (int64_t)512 << 20},
                {"4GiB", (int64_t)4 << 30},
                {"4gib", (int64_t)4 << 30},
                {"2k", 2048},
                {"1.5T", (int64_t)3 << 39},
                {"6MB", 6000000},
                {"1.5kB", 1500},
                {"2Gb", 2000000000},
                {"1TB", 1000000000000},
                {"9223372036854775807", INT64_MAX}};
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        char line[LINE_BYTES];
        snprintf(line, sizeof line, "i o --scale 1 --memory %s", rows[i].text);
        assert_true(parse_good(line).job.memory == rows[i].bytes);
    }
}

static void filters_and_chunks_have_their_words(void **state) {
    (void)state;
    assert_int_equal(parse_good("i o --scale 1 --filter none").job.filter, VXS_FILTER_NONE);
    assert_int_equal(parse_good("i o --scale 1 --filter gzip").job.gzip_level, 4);
    assert_int_equal(parse_good("i o --scale 1 --filter gzip=1").job.filter, VXS_FILTER_GZIP);
    assert_int_equal(parse_good("i o --scale 1 --chunk none").job.chunking, VXS_CHUNK_NONE);
    assert_int_equal(parse_good("i o --scale 1 --chunk none --filter none").job.filter, VXS_FILTER_NONE);
}

static void help_wins_over_wrong_and_missing_values(void **state) {
    (void)state;
    static const char *const lines[] = {"--help", "-h", "in.h5 --size 0 --help", "--help --size"};
    for (size_t i = 0; i < sizeof lines / sizeof *lines; i++) {
        job_args args;
        bool help = false;
        assert_int_equal(parse(lines[i], &args, &help), VXS_OK);
        assert_true(help);
    }
}

static void label_takes_its_own_and_the_common_options(void **state) {
    (void)state;
    job_args args;
    bool help;
    words_split(&line_words, "i o --minimum-label --dtype int16 --memory 1k -q --chunk 1,2,3");
    assert_int_equal(command_parse(command_find("label"), line_words.argc, line_words.argv, &args, &help),
                     VXS_OK);
    assert_int_equal(args.job.op, VXS_OP_LABEL);
    assert_true(args.job.label.minimum_label && args.job.has_dtype && args.job.dtype == VXS_INT16);
    assert_true(args.job.memory == 1024 && args.quiet && args.job.chunk_axes == 3);
    words_split(&line_words, "i o --mode linear");
    assert_int_equal(command_parse(command_find("label"), line_words.argc, line_words.argv, &args, &help),
                     VXS_USAGE);
    assert_int_equal(parse_good("i o --scale 1").job.op, VXS_OP_RESAMPLE);
}

/* ---- refused ---- */

/* The message must hold both texts: the option or argument, and what was given or is accepted. */
static const struct {
    const char *line, *names, *says;
} refused[] = {
    {"", "IN[:DATASET]", "missing"},
    {"i", "OUT[:DATASET]", "missing"},
    {"i o", "--size", "--spacing"},
    {"i o x --scale 1", "'x'", "unexpected"},
    {"'' o --scale 1", "IN[:DATASET]", "empty"},
    {"i o --bogus", "'--bogus'", "unknown"},
    {"i o -Q", "'-Q'", "unknown"},
    {"i o --s 1", "'--s'", "ambiguous"},
    {"i o --force=1", "--force", "no value"},
    {"i o --size", "--size", "needs a value"},
    {"i o --size ''", "--size ''", "three whole numbers"},
    {"i o --size 1,2", "--size '1,2'", "three whole numbers"},
    {"i o --size 1,2,3,4", "--size '1,2,3,4'", "three whole numbers"},
    {"i o --size 1,2,3,", "--size '1,2,3,'", "three whole numbers"},
    {"i o --size 0,2,3", "--size '0,2,3'", "1 to 9223372036854775807"},
    {"i o --size -1,2,3", "--size '-1,2,3'", "1 to"},
    {"i o --size +1,2,3", "--size '+1,2,3'", "1 to"},
    {"i o --size 1.5,2,3", "--size '1.5,2,3'", "whole"},
    {"i o --size 0x10,2,3", "--size '0x10,2,3'", "whole"},
    {"i o --size 1,2,3x", "--size '1,2,3x'", "whole"},
    {"i o --size 9223372036854775808,1,1", "'9223372036854775808,1,1'", "9223372036854775807"},
    {"i o --size 99999999999999999999999,1,1", "--size", "9223372036854775807"},
    {"i o --scale nan", "--scale 'nan'", "above 0"},
    {"i o --scale inf", "--scale 'inf'", "above 0"},
    {"i o --scale 0", "--scale '0'", "above 0"},
    {"i o --scale -1", "--scale '-1'", "above 0"},
    {"i o --scale 1e999", "--scale '1e999'", "above 0"},
    {"i o --scale 1e-999", "--scale '1e-999'", "above 0"},
    {"i o --scale 0x1", "--scale '0x1'", "above 0"},
    {"i o --scale 1,2", "--scale '1,2'", "three"},
    {"i o --scale 1,2,3,4", "--scale '1,2,3,4'", "three"},
    {"i o --scale .", "--scale '.'", "above 0"},
    {"i o --spacing 1", "--spacing '1'", "iso=X"},
    {"i o --spacing iso=0", "--spacing 'iso=0'", "iso=X"},
    {"i o --spacing iso=1,1,1", "--spacing 'iso=1,1,1'", "iso=X"},
    {"i o --spacing 1,1,nan", "--spacing '1,1,nan'", "iso=X"},
    {"i o --size 1,1,1 --scale 1", "--size and --scale", "exclude"},
    {"i o --scale 1 --spacing iso=1", "--scale and --spacing", "exclude"},
    {"i o --scale 1 --scale 2", "--scale", "twice"},
    {"i o --scale 1 --input-spacing 1", "--input-spacing '1'", "three numbers"},
    {"i o --scale 1 --mode cubicc", "--mode 'cubicc'", "nearest, linear, area, cubic"},
    {"i o --scale 1 --coords x", "--coords 'x'", "auto, exact, torch"},
    {"i o --scale 1 --dtype int128", "--dtype 'int128'", "uint8"},
    {"i o --scale 1 --chunk 64", "--chunk '64'", "none"},
    {"i o --scale 1 --chunk 1,2,3,4,5,6", "--chunk '1,2,3,4,5,6'", "none"},
    {"i o --scale 1 --chunk 0,1,1", "--chunk '0,1,1'", "above 0"},
    {"i o --scale 1 --filter lzf", "--filter 'lzf'", "shuffle+gzip[=L]"},
    {"i o --scale 1 --filter gzip=0", "--filter 'gzip=0'", "1 to 9"},
    {"i o --scale 1 --filter gzip=10", "--filter 'gzip=10'", "1 to 9"},
    {"i o --scale 1 --filter gzip=", "--filter 'gzip='", "1 to 9"},
    {"i o --scale 1 --filter gzi", "--filter 'gzi'", "gzip"},
    {"i o --scale 1 --filter none=3", "--filter 'none=3'", "gzip"},
    {"i o --scale 1 --max-time 0", "--max-time '0'", "3h50m"},
    {"i o --scale 1 --max-time 5m3h", "--max-time '5m3h'", "3h50m"},
    {"i o --scale 1 --max-time 3h3h", "--max-time '3h3h'", "3h50m"},
    {"i o --scale 1 --max-time 3h5", "--max-time '3h5'", "3h50m"},
    {"i o --scale 1 --max-time h", "--max-time 'h'", "3h50m"},
    {"i o --scale 1 --max-time 1w", "--max-time '1w'", "3h50m"},
    {"i o --scale 1 --max-time -1h", "--max-time '-1h'", "3h50m"},
    {"i o --scale 1 --checkpoint 0", "--checkpoint '0'", "seconds"},
    {"i o --scale 1 --io-timeout x", "--io-timeout 'x'", "seconds"},
    {"i o --scale 1 --memory 0", "--memory '0'", "4GiB"},
    {"i o --scale 1 --memory 4GBs", "--memory '4GBs'", "6MB"},
    {"i o --scale 1 --memory 4B", "--memory '4B'", "4GiB"},
    {"i o --scale 1 --memory 4P", "--memory '4P'", "4GiB"},
    {"i o --scale 1 --memory 1.5", "--memory '1.5'", "4GiB"},
    {"i o --scale 1 --memory -4G", "--memory '-4G'", "4GiB"},
    {"i o --scale 1 --memory 8388608T", "--memory '8388608T'", "2^63"},
    {"i o --scale 1 --memory 9223372036854775808", "--memory", "2^63"},
    {"i o --scale 1 --memory nanG", "--memory 'nanG'", "4GiB"},
    {"i o --scale 1 --threads 0", "--threads '0'", "1 to"},
    {"i o --scale 1 --threads 2147483648", "--threads", "1 to 2147483647"},
    {"i o --scale 1 --progress 0", "--progress '0'", "above 0"},
    {"i o --scale 1 --dry-run --ranks 0", "--ranks '0'", "1 to"},
    {"i o --scale 1 --ranks 4", "--ranks 4", "--dry-run"},
    {"i o --scale 1 --json ''", "--json ''", "not empty"},
    {"i o.h5:/d --scale 1 --json o.h5", "--json 'o.h5'", "own file"},
    {"i o --scale 1 --chunk none --filter gzip", "--filter gzip", "--chunk"},
    {"i o --scale 1 --align-corners --mode area", "--align-corners", "area"},
};

static void what_is_refused_is_named_with_what_is_accepted(void **state) {
    (void)state;
    for (size_t i = 0; i < sizeof refused / sizeof *refused; i++) {
        job_args args;
        bool help = false;
        vxs_status status = parse(refused[i].line, &args, &help);
        const char *message = status_message();
        if (status != VXS_USAGE || !strstr(message, refused[i].names) || !strstr(message, refused[i].says) ||
            !strstr(message, "(try 'voxslab resample --help')"))
            fail_msg("'%s' gives status %d, \"%s\"", refused[i].line, (int)status, message);
    }
}

/* ---- tables, help and man page ---- */

static char *printed(void (*print)(FILE *out, const command *which), const command *which) {
    char *text = NULL;
    size_t bytes = 0;
    FILE *out = open_memstream(&text, &bytes);
    print(out, which);
    fclose(out);
    return text;
}

static void print_man(FILE *out, const command *which) {
    (void)which;
    manual_print_man(out);
}

/* The text without roff's backslashes. */
static void unescape(char *text) {
    char *to = text;
    for (; *text; text++)
        if (*text != '\\')
            *to++ = *text;
    *to = '\0';
}

static void assert_holds(const char *where, const char *text, const char *needle) {
    if (!strstr(text, needle))
        fail_msg("the %s lacks '%s'", where, needle);
}

static void help_and_man_page_name_every_option(void **state) {
    (void)state;
    char *man = printed(print_man, NULL);
    unescape(man);
    for (int c = 0; commands[c]; c++) {
        char *help = printed(manual_print_command_help, commands[c]);
        for (const option_row *row = commands[c]->options; row->name; row++) {
            char label[128];
            manual_option_label(row, label, sizeof label);
            assert_holds("help", help, label);
            assert_holds("man page", man, label);
            assert_true(strlen(row->help) > 10);
            assert_true((row->parse != NULL) == (row->argument != NULL));
        }
        for (const manual_row *row = manual_exit_statuses; row->name; row++)
            assert_holds("help", help, row->text);
        free(help);
    }
    free(man);
}

static void help_lines_fit_80_columns_but_for_examples(void **state) {
    (void)state;
    for (int c = 0; commands[c]; c++) {
        char *help = printed(manual_print_command_help, commands[c]), *rest = NULL;
        for (char *line = strtok_r(help, "\n", &rest); line; line = strtok_r(NULL, "\n", &rest))
            if (strlen(line) > 80 && strstr(line, "voxslab ") == NULL)
                fail_msg("%zu columns: %s", strlen(line), line);
        free(help);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(sizes_are_three_whole_numbers),
        cmocka_unit_test(scales_are_one_or_three_factors),
        cmocka_unit_test(spacings_are_three_numbers_or_iso),
        cmocka_unit_test(everything_unset_is_left_to_the_job),
        cmocka_unit_test(every_option_reaches_its_field),
        cmocka_unit_test(times_are_seconds_or_numbers_with_units),
        cmocka_unit_test(memory_takes_binary_and_decimal_suffixes),
        cmocka_unit_test(filters_and_chunks_have_their_words),
        cmocka_unit_test(label_takes_its_own_and_the_common_options),
        cmocka_unit_test(help_wins_over_wrong_and_missing_values),
        cmocka_unit_test(what_is_refused_is_named_with_what_is_accepted),
        cmocka_unit_test(help_and_man_page_name_every_option),
        cmocka_unit_test(help_lines_fit_80_columns_but_for_examples),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
