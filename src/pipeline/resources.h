/* What a rank may take of its node: memory and cores. */
#ifndef PIPELINE_RESOURCES_H
#define PIPELINE_RESOURCES_H

#include <mpi.h>
#include <stdint.h>

#include "base/status.h"

typedef struct resources {
    int ranks, nodes;
    int64_t memory; /* a fair share of what the node has free, the same on all ranks: the least */
    int threads; /* the cores given to this process, shared among the ranks that have the same ones; the least
                  */
} resources;

/*
 * What each rank has; threads and memory above 0 are the user's and stand in its place. VXS_IO, with the rank
 * and what to give instead, where not all ranks can have that many threads at a time: OpenMP would end the
 * rank in the middle of a round. Collective.
 */
vxs_status resources_take(MPI_Comm comm, int threads, int64_t memory, resources *taken);

/* What a process on its own has, without MPI. Local. */
resources resources_of_process(void);

/* The most memory this process ever had resident, bytes (VmHWM). Local. */
int64_t resources_peak_rss(void);

#endif
