#include "cli/option.h"

#include <getopt.h>
#include <stdio.h>
#include <string.h>

enum { MAX_OPTIONS = 64, FIRST_LONG = 256, VALUE_SHOWN = 200 };

/* getopt's view of a table; option i returns FIRST_LONG + i from its long form, its letter from the short. */
typedef struct getopt_tables {
    struct option longs[MAX_OPTIONS + 2];
    char shorts[2 * MAX_OPTIONS + 4];
    int count;
    int help_value;
} getopt_tables;

static vxs_status tables_build(const option_row *options, getopt_tables *tables) {
    memset(tables, 0, sizeof *tables);
    char *letter = tables->shorts;
    *letter++ = ':'; /* a missing value is told apart from an unknown option */
    *letter++ = 'h';
    int i = 0;
    for (; options[i].name; i++) {
        CHECK(i < MAX_OPTIONS, VXS_INTERNAL, "more than %d options in a table", MAX_OPTIONS);
        tables->longs[i] = (struct option){
            options[i].name, options[i].argument ? required_argument : no_argument, NULL, FIRST_LONG + i};
        if (options[i].letter) {
            *letter++ = options[i].letter;
            if (options[i].argument)
                *letter++ = ':';
        }
    }
    tables->count = i;
    tables->help_value = FIRST_LONG + i;
    tables->longs[i] = (struct option){"help", no_argument, NULL, tables->help_value};
    return VXS_OK;
}

/* The row that a value of getopt_long or optopt stands for, NULL if none. */
static const option_row *find_row(const option_row *options, int count, int value) {
    if (value >= FIRST_LONG && value < FIRST_LONG + count)
        return &options[value - FIRST_LONG];
    for (int i = 0; i < count && value > 0; i++)
        if (options[i].letter == value)
            return &options[i];
    return NULL;
}

static vxs_status refuse_unknown(const option_row *row, int help_value, const char *text) {
    CHECK(!row && optopt != help_value, VXS_USAGE, "--%s takes no value", row ? row->name : "help");
    if (optopt > 0 && optopt < FIRST_LONG)
        return status_fail(VXS_USAGE, "unknown option '-%c'", optopt);
    return status_fail(VXS_USAGE, "unknown or ambiguous option '%.*s'", VALUE_SHOWN, text);
}

static vxs_status refuse_twice(const option_row *options, int index, const bool *seen) {
    CHECK(!seen[index], VXS_USAGE, "--%s is given twice", options[index].name);
    for (int i = 0; options[i].name; i++)
        CHECK(!seen[i] || options[i].group == 0 || options[i].group != options[index].group, VXS_USAGE,
              "--%s and --%s exclude each other: give one of them", options[i].name, options[index].name);
    return VXS_OK;
}

static vxs_status apply(const option_row *row, const char *text, void *args) {
    void *target = (char *)args + row->offset;
    if (!row->argument) {
        *(int *)target = 1;
        return VXS_OK;
    }
    const char *accepted = row->parse(text, target);
    if (!accepted)
        return VXS_OK;
    char copy[STATUS_MESSAGE_BYTES]; /* accepted may be the message that status_fail is about to write */
    snprintf(copy, sizeof copy, "%s", accepted);
    return status_fail(VXS_USAGE, "--%s '%.*s': %s", row->name, VALUE_SHOWN, text, copy);
}

static vxs_status take_positionals(const positional_row *rows, int argc, char **argv, void *args) {
    int given = 0;
    for (; rows[given].name; given++) {
        CHECK(given < argc, VXS_USAGE, "%s is missing", rows[given].name);
        CHECK(argv[given][0] != '\0', VXS_USAGE, "%s is an empty name ''", rows[given].name);
        *(const char **)((char *)args + rows[given].offset) = argv[given];
    }
    CHECK(argc == given, VXS_USAGE, "unexpected argument '%.*s' after %s", VALUE_SHOWN, argv[given],
          given ? rows[given - 1].name : "the subcommand");
    return VXS_OK;
}

vxs_status options_parse(const option_row *options, const positional_row *positionals, int argc, char **argv,
                         void *args, bool *help) {
    getopt_tables tables;
    TRY(tables_build(options, &tables));
    bool seen[MAX_OPTIONS] = {false};
    vxs_status first = VXS_OK; /* a later --help still wins over a wrong value */
    char first_message[STATUS_MESSAGE_BYTES] = "";
    *help = false;
    opterr = 0;
    optind = 0; /* glibc: start afresh, also after an earlier scan */
    int value;
    while ((value = getopt_long(argc, argv, tables.shorts, tables.longs, NULL)) != -1) {
        if (value == 'h' || value == tables.help_value) {
            *help = true;
            continue;
        }
        const option_row *row =
            find_row(options, tables.count, value == '?' || value == ':' ? optopt : value);
        if (value == '?')
            return refuse_unknown(row, tables.help_value, argv[optind - 1]);
        vxs_status status = VXS_OK;
        if (value == ':')
            status = status_fail(VXS_USAGE, "--%s needs a value: %s", row->name, row->argument);
        else if ((status = refuse_twice(options, (int)(row - options), seen)) == VXS_OK)
            status = apply(row, optarg, args);
        if (value != ':')
            seen[row - options] = true;
        if (status != VXS_OK && first == VXS_OK) {
            first = status;
            snprintf(first_message, sizeof first_message, "%s", status_message());
        }
    }
    if (*help)
        return VXS_OK;
    if (first != VXS_OK) {
        status_set_message(first_message);
        return first;
    }
    return take_positionals(positionals, argc - optind, argv + optind, args);
}
