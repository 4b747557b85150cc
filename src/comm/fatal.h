/* Ends of a job that no collective call can agree upon any more. */
#ifndef COMM_FATAL_H
#define COMM_FATAL_H

#include <mpi.h>

#include "base/status.h"

/*
 * Print the last message with this rank and its host on stderr, and end all ranks with status: for a failure
 * inside a collective transfer, where the others would wait for ever. Does not return. Local.
 */
_Noreturn void comm_abort(MPI_Comm comm, vxs_status status);

#endif
