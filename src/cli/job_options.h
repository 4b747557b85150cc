/*
 * What the subcommands that run a job have in common: arguments, and options of the output's storage, of the
 * run and of its report; the rows of these options are in job_options.inc. Local.
 */
#ifndef CLI_JOB_OPTIONS_H
#define CLI_JOB_OPTIONS_H

#include "cli/job_args.h"
#include "cli/value.h"

/* IN and OUT */
extern const positional_row job_positionals[];

const char *job_parse_dtype(const char *text, void *target);  /* vxs_job */
const char *job_parse_chunk(const char *text, void *target);  /* vxs_job */
const char *job_parse_filter(const char *text, void *target); /* vxs_job */

/* For command.set_defaults, .check and .needs_mpi; a subcommand may add to the first two. */
void job_set_defaults(void *args);
vxs_status job_check(void *args);
bool job_needs_mpi(const void *args);

#endif
