/* How this process was started, and MPI's start and end. */
#ifndef CLI_LAUNCH_H
#define CLI_LAUNCH_H

#include <signal.h>
#include <stdbool.h>

#include <mpi.h>

#include "base/status.h"

/* What the launcher's environment says, before MPI_Init. */
typedef struct launch {
    bool launched;       /* by mpirun, srun or the like */
    int rank;            /* 0 when nothing launched us */
    int size;            /* 1 when nothing launched us */
    int allocated_ranks; /* size, or the tasks of the Slurm allocation that this shell runs in */
} launch;

/* Local. */
launch launch_from_environment(void);

/*
 * Choose the MPI-IO component where the user did not (HPC: OMPIO of Open MPI 4.1 can corrupt data), start MPI
 * with funneled threads, ignore SIGXFSZ so that a file size limit becomes an error, and, with stops, take
 * SIGUSR1 and SIGTERM as launch_stop_flag tells. VXS_USAGE when the
 * launcher started several processes that do not see each other. Collective.
 */
vxs_status launch_mpi(const launch *from, bool stops);

/* VXS_IO, VXS_CANT_CREATE where 'ulimit' leaves too little for MPI_Init to survive. Before MPI. Local. */
vxs_status launch_check_limits(const launch *from);

/* From here on a library that ends the program with 1, which means that something differs, ends it with
 * VXS_IO; until launch_leave, which gives back status for main to return. */
void launch_correct_status(void);
int launch_leave(int status);

/* A vxs_stop, or 0: what SIGUSR1 and SIGTERM wish for, from launch_mpi with stops on. */
const volatile sig_atomic_t *launch_stop_flag(void);

#endif
