/*
 * What the subcommands that sample points have in common; the rows of their options are in
 * sample_options.inc. All parsers' target is the job_args. Local.
 */
#ifndef CLI_SAMPLE_OPTIONS_H
#define CLI_SAMPLE_OPTIONS_H

#include "cli/job_options.h"

const char *sample_parse_padding(const char *text, void *target);
const char *sample_parse_fill(const char *text, void *target);
const char *sample_parse_matrix(const char *text, void *target);
const char *sample_parse_coordinates(const char *text, void *target);
const char *sample_parse_unit(const char *text, void *target);
const char *sample_parse_input_origin(const char *text, void *target);
const char *sample_parse_origin(const char *text, void *target);

/* For command.set_defaults and .check. */
void sample_set_defaults(void *args, vxs_operator op);
vxs_status sample_check(void *args);

#endif
