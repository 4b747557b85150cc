#include "comm/fatal.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static vxs_status status_at_exit;

/* Open MPI prints a text of its own, and without memory ends with a status of its own. */
static void leave(void) {
    _exit((int)status_at_exit);
}

_Noreturn void comm_abort(MPI_Comm comm, vxs_status status) {
    char host[256] = "";
    int rank;
    MPI_Comm_rank(comm, &rank);
    gethostname(host, sizeof host - 1);
    if (strncmp(status_message(), "rank ", 5) == 0)
        fprintf(stderr, "voxslab: %s\n", status_message());
    else
        fprintf(stderr, "voxslab: rank %d on %s: %s\n", rank, host, status_message());
    fflush(stderr);
    status_at_exit = status;
    atexit(leave);
    MPI_Abort(comm, (int)status);
    abort();
}
