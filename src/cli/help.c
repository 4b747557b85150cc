#include <string.h>

#include "cli/manual.h"

enum { LINE_COLUMNS = 80, LABEL_COLUMNS = 26, LABEL_INDENT = 2 };

void manual_option_label(const option_row *row, char *label, size_t label_bytes) {
    char letter[8] = "";
    if (row->letter)
        snprintf(letter, sizeof letter, "-%c, ", row->letter);
    snprintf(label, label_bytes, "%s--%s%s%s", letter, row->name, row->argument ? " " : "",
             row->argument ? row->argument : "");
}

/* Words of text from the given column on, broken before LINE_COLUMNS and continued at indent. */
static void print_wrapped(FILE *out, const char *text, int indent, int column) {
    bool first = true;
    while (*text) {
        int length = (int)strcspn(text, " \n");
        if (!first && column + 1 + length > LINE_COLUMNS) {
            fprintf(out, "\n%*s", indent, "");
            column = indent;
        } else if (!first) {
            fputc(' ', out);
            column++;
        }
        fprintf(out, "%.*s", length, text);
        column += length;
        first = false;
        text += length;
        if (*text == '\n') {
            fprintf(out, "\n%*s", indent, "");
            column = indent;
            first = true;
        }
        text += *text != '\0';
    }
    fputc('\n', out);
}

static void print_row(FILE *out, const char *label, const char *text) {
    int column = LABEL_INDENT + fprintf(out, "%*s%s", LABEL_INDENT, "", label) - LABEL_INDENT;
    if (column + 2 > LABEL_COLUMNS) {
        fputc('\n', out);
        column = 0;
    }
    fprintf(out, "%*s", LABEL_COLUMNS - column, "");
    print_wrapped(out, text, LABEL_COLUMNS, LABEL_COLUMNS);
}

static void print_rows(FILE *out, const char *title, const manual_row *rows) {
    fprintf(out, "\n%s:\n", title);
    for (; rows->name; rows++)
        print_row(out, rows->name, rows->text);
}

static void print_synopsis(FILE *out, const command *which) {
    int indent = fprintf(out, "  voxslab %s ", which->name);
    print_wrapped(out, which->synopsis, indent, indent);
}

static void print_examples(FILE *out, const command *which) {
    for (const example *e = which->examples; e->text; e++)
        fprintf(out, "  %s:\n    %s\n", e->text, e->line);
}

void manual_print_command_help(FILE *out, const command *which) {
    fprintf(out, "voxslab %s: %s\n\nUsage:\n", which->name, which->summary);
    print_synopsis(out, which);
    fputc('\n', out);
    print_wrapped(out, which->description, 0, 0);
    fprintf(out, "\nArguments:\n");
    for (const positional_row *row = which->positionals; row->name; row++)
        print_row(out, row->name, row->help);
    fprintf(out, "\nOptions:\n");
    for (const option_row *row = which->options; row->name; row++) {
        char label[128];
        manual_option_label(row, label, sizeof label);
        print_row(out, label, row->help);
    }
    print_row(out, "-h, --help", "Print this help.");
    fprintf(out, "\nExamples:\n");
    print_examples(out, which);
    print_rows(out, "Exit status", manual_exit_statuses);
    print_rows(out, "Environment", manual_environment);
}

void manual_print_help(FILE *out) {
    fprintf(out, "voxslab: " MANUAL_SUMMARY "\n\nUsage:\n");
    for (int i = 0; commands[i]; i++)
        print_synopsis(out, commands[i]);
    fprintf(out, "\nSubcommands ('voxslab SUBCOMMAND --help' for each):\n");
    for (int i = 0; commands[i]; i++)
        print_row(out, commands[i]->name, commands[i]->summary);
    print_rows(out, "General options", manual_general_options);
    fprintf(out, "\nExamples:\n");
    for (int i = 0; commands[i]; i++)
        print_examples(out, commands[i]);
    print_rows(out, "Exit status", manual_exit_statuses);
    print_rows(out, "Environment", manual_environment);
}
