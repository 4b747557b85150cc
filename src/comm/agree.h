/* Errors on one rank become the same error on all. */
#ifndef COMM_AGREE_H
#define COMM_AGREE_H

#include <mpi.h>

#include "base/status.h"

/*
 * The worst status (the largest) of any rank, returned on every rank, with the message of the lowest rank
 * that has it. One allreduce when all is well. Collective. Not for a failure inside a collective transfer:
 * the others may hang in it (print and abort).
 */
vxs_status comm_agree(MPI_Comm comm, vxs_status status);

/* TRY for a call whose failure may be one rank's alone. */
#define TRY_AGREED(comm, call) TRY(comm_agree(comm, call))

#endif
