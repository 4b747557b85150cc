/*
 * What the subcommands that run a job have in common: arguments, and options of the output's storage, of the
 * run and of its report; the rows of these options are in job_options.inc. Local.
 */
#ifndef CLI_JOB_OPTIONS_H
#define CLI_JOB_OPTIONS_H

#include "cli/job_args.h"
#include "cli/value.h"

#define JOB_POSITIONAL_IN                                                                                    \
    {                                                                                                        \
        "IN[:DATASET]",                                                                                      \
            "The input: an HDF5 file and a dataset of shape (D,H,W), (C,D,H,W) or (N,C,D,H,W) in it. "       \
            "DATASET may "                                                                                   \
            "be left out when only one can be a volume.",                                                    \
            offsetof(job_args, job.input)                                                                    \
    }
#define JOB_POSITIONAL_OUT                                                                                   \
    {                                                                                                        \
        "OUT[:DATASET]",                                                                                     \
            "The output: a new HDF5 file. It is OUT.partial until complete. DATASET defaults to the "        \
            "input's.",                                                                                      \
            offsetof(job_args, job.output)                                                                   \
    }

/* IN and OUT */
extern const positional_row job_positionals[];

const char *job_parse_dtype(const char *text, void *target);   /* vxs_job */
const char *job_parse_size(const char *text, void *target);    /* vxs_job */
const char *job_parse_spacing(const char *text, void *target); /* vxs_job */
const char *job_parse_chunk(const char *text, void *target);   /* vxs_job */
const char *job_parse_filter(const char *text, void *target);  /* vxs_job */

/* For command.set_defaults, .check and .needs_mpi; a subcommand may add to the first two. */
void job_set_defaults(void *args);
vxs_status job_check(void *args);
bool job_needs_mpi(const void *args);

#endif
