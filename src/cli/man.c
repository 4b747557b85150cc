/* The man page in roff, for man(7) macros. */
#include <string.h>

#include "cli/manual.h"

/* Text as roff shows it literally: dashes that can be copied, no requests at the start of a line. */
static void print_text(FILE *out, const char *text) {
    if (*text == '.' || *text == '\'')
        fputs("\\&", out);
    for (; *text; text++) {
        if (*text == '\\')
            fputs("\\e", out);
        else if (*text == '-')
            fputs("\\-", out);
        else if (*text == '\n')
            fputs("\n.PP\n", out);
        else
            fputc(*text, out);
    }
    fputc('\n', out);
}

static void print_row(FILE *out, const char *label, const char *text) {
    fputs(".TP\n.B ", out);
    print_text(out, label);
    print_text(out, text);
}

static void print_rows(FILE *out, const char *title, const manual_row *rows) {
    fprintf(out, ".SH %s\n", title);
    for (; rows->name; rows++)
        print_row(out, rows->name, rows->text);
}

static void print_synopsis(FILE *out, const command *which) {
    fprintf(out, ".PP\n.B voxslab %s\n", which->name);
    for (const char *at = which->synopsis; *at; at += *at == '\n') {
        char line[256];
        size_t length = strcspn(at, "\n");
        snprintf(line, sizeof line, "%.*s", (int)length, at);
        print_text(out, line);
        at += length;
    }
}

static void print_command(FILE *out, const command *which) {
    fprintf(out, ".SS voxslab %s\n", which->name);
    print_text(out, which->description);
    for (const positional_row *row = which->positionals; row->name; row++)
        print_row(out, row->name, row->help);
    for (const option_row *row = which->options; row->name; row++) {
        char label[128];
        manual_option_label(row, label, sizeof label);
        print_row(out, label, row->help);
    }
}

void manual_print_man(FILE *out) {
    fprintf(out, ".TH VOXSLAB 1 \"\" \"voxslab %s\" \"User Commands\"\n.SH NAME\nvoxslab \\- ", VXS_VERSION);
    print_text(out, MANUAL_SUMMARY);
    fputs(".SH SYNOPSIS\n", out);
    for (int i = 0; commands[i]; i++)
        print_synopsis(out, commands[i]);
    fputs(".SH SUBCOMMANDS\n", out);
    for (int i = 0; commands[i]; i++)
        print_command(out, commands[i]);
    print_rows(out, "GENERAL OPTIONS", manual_general_options);
    print_rows(out, "EXIT STATUS", manual_exit_statuses);
    print_rows(out, "ENVIRONMENT", manual_environment);
    fputs(".SH EXAMPLES\n", out);
    for (int i = 0; commands[i]; i++)
        for (const example *e = commands[i]->examples; e->text; e++) {
            fputs(".PP\n", out);
            print_text(out, e->text);
            fputs(".PP\n.nf\n.RS\n", out);
            print_text(out, e->line);
            fputs(".RE\n.fi\n", out);
        }
}
