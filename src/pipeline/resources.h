/* What a rank may take of its node: memory and cores. */
#ifndef PIPELINE_RESOURCES_H
#define PIPELINE_RESOURCES_H

#include <mpi.h>
#include <stdint.h>

typedef struct resources {
    int ranks, nodes;
    int64_t memory; /* a fair share of what the node has free, the same on all ranks: the least */
    int threads; /* the cores given to this process, shared among the ranks that have the same ones; the least
                  */
} resources;

/* Collective. */
resources resources_of_ranks(MPI_Comm comm);

/* The same for a process on its own, without MPI. Local. */
resources resources_of_process(void);

/* The most memory this process ever had resident, bytes (VmHWM). Local. */
int64_t resources_peak_rss(void);

#endif
