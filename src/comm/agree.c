#include "comm/agree.h"

#include <stdio.h>

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
    snprintf(text, sizeof text, "%s", status_message());
    MPI_Bcast(text, sizeof text, MPI_CHAR, speaker, comm);
    status_set_message(text);
    return (vxs_status)worst;
}
