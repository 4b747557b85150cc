/* What all ranks found, as if one had found it. */
#ifndef PIPELINE_FINDINGS_H
#define PIPELINE_FINDINGS_H

#include <mpi.h>

#include "kernels/compare.h"

/* Each rank's findings become those of all; integers are added, so that the figures do not depend on how many
 * ranks there are. Collective. */
void findings_reduce(MPI_Comm comm, compare_findings *findings);

#endif
