/* What the command line of a subcommand that runs a job says. Texts point into argv. */
#ifndef CLI_JOB_ARGS_H
#define CLI_JOB_ARGS_H

#include <voxslab/voxslab_mpi.h>

#include "cli/command.h"

enum { COORDINATES_NOT_GIVEN, COORDINATES_VOXELS, COORDINATES_PHYSICAL };

typedef struct job_args {
    vxs_job job;             /* its callbacks are not set */
    double progress_seconds; /* between lines where stderr is no terminal */
    int quiet;
    int verify;
    const char *json; /* NULL without; "-" is stdout */
    int dry_run;
    int ranks; /* 0 when not given */
    /* grid-sample, affine, warp: */
    int fill_given, matrix_given, matrix_is_itk, unit_given;
    int coordinates; /* COORDINATES_* */
} job_args;

/* Run or plan the job, and speak about it. Collective over context->comm, or local for a plan. */
vxs_status job_command_run(const void *args, const run_context *context);

#endif
