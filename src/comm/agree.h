/* One error on one rank becomes the same error on all. Collective. */
#ifndef COMM_AGREE_H
#define COMM_AGREE_H

#include <mpi.h>

#include "base/status.h"

/*
 * The worst status of all ranks, on all of them, with the message of the lowest rank that has it. One
 * reduction of four bytes when all is well. Of VXS_IO it says "rank 3 on HOST: ", since that is one
 * machine's. Collective.
 */
vxs_status comm_agree(MPI_Comm comm, vxs_status status);

#endif
