#include "comm/agree.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

/* An I/O error, or memory that ran out, is one machine's: say whose, unless that was said. */
static void name_place(int rank, int status, char text[STATUS_MESSAGE_BYTES]) {
    char host[64] = "";
    gethostname(host, sizeof host - 1);
    if (status == VXS_IO && strncmp(status_message(), "rank ", 5) != 0)
        snprintf(text, STATUS_MESSAGE_BYTES, "rank %d on %s: %.900s", rank, host, status_message());
    else
        snprintf(text, STATUS_MESSAGE_BYTES, "%s", status_message());
}

vxs_status comm_agree(MPI_Comm comm, vxs_status status) {
    int mine = status, worst = status, rank, size;
    MPI_Allreduce(&mine, &worst, 1, MPI_INT, MPI_MAX, comm);
    if (worst == VXS_OK)
        return VXS_OK;
    MPI_Comm_rank(comm, &rank);
    MPI_Comm_size(comm, &size);
    int candidate = mine == worst ? rank : size, speaker;
    MPI_Allreduce(&candidate, &speaker, 1, MPI_INT, MPI_MIN, comm);
    char text[STATUS_MESSAGE_BYTES];
    name_place(rank, mine, text);
    MPI_Bcast(text, sizeof text, MPI_CHAR, speaker, comm);
    status_set_message(text);
    return (vxs_status)worst;
}
