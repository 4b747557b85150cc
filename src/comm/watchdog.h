/*
 * A thread that ends the program when a transfer makes no progress: a failed disk or a rank that is gone
 * leaves the others inside a collective call for ever (HPC.md). It makes no MPI or HDF5 call. Local.
 */
#ifndef COMM_WATCHDOG_H
#define COMM_WATCHDOG_H

#include "base/status.h"

typedef struct watchdog watchdog;

/* Start the thread. seconds: what a transfer may take, above 0; time in which the whole process was stopped
 * does not count. VXS_IO when there is no thread to be had. */
vxs_status watchdog_start(int rank, double seconds, watchdog **started);

/* A transfer begins, described as after "while": "writing [0:8, ...] of 'out.h5'". When it has not ended in
 * time: that, with rank and host, on stderr, and _exit(74). A NULL watchdog watches nothing. */
void watchdog_begin(watchdog *dog, const char *format, ...) __attribute__((format(printf, 2, 3)));
void watchdog_end(watchdog *dog);

/* End the thread; NULL is legal. */
void watchdog_stop(watchdog *dog);

#endif
