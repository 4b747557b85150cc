/* Verifying, and what rank 0 says of it. */
#ifndef CLI_VERIFY_H
#define CLI_VERIFY_H

#include <voxslab/voxslab_mpi.h>

#include "cli/command.h"

/* Verify and print the outcome, unless quiet. json: FILE, "-" or NULL. Collective over context->comm. */
vxs_status verify_and_say(const vxs_verification *verification, int quiet, const char *json,
                          const run_context *context);

#endif
