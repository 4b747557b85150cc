/* What the program says about itself: --help and the man page, both from the tables. Local. */
#ifndef CLI_MANUAL_H
#define CLI_MANUAL_H

#include <stdio.h>

#include "cli/command.h"

#define MANUAL_SUMMARY "resample, sample and label HDF5 volumes that do not fit one machine"

/* Rows of two columns, the second one prose; end with a NULL name. */
typedef struct manual_row {
    const char *name;
    const char *text;
} manual_row;

extern const manual_row manual_general_options[];
extern const manual_row manual_exit_statuses[];
extern const manual_row manual_environment[];

/* "-s, --size D,H,W" */
void manual_option_label(const option_row *row, char *label, size_t label_bytes);

void manual_print_help(FILE *out);
void manual_print_command_help(FILE *out, const command *which);
void manual_print_man(FILE *out);
void manual_print_version(FILE *out);

#endif
