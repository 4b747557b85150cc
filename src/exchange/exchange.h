/*
 * Ghosts, and pieces of shared tiles: begin with sends and receives of boxes, end by waiting. Messages are
 * datatypes over the views themselves, nothing is packed. Between two ranks, messages of a kind match in the
 * order in which they were begun, so both sides must enumerate them alike (partition/epoch.h does).
 */
#ifndef EXCHANGE_EXCHANGE_H
#define EXCHANGE_EXCHANGE_H

#include <mpi.h>

#include "base/status.h"
#include "partition/epoch.h"

/* Messages of one kind match among themselves. */
typedef enum exchange_kind { EXCHANGE_INPUT = 1, EXCHANGE_OUTPUT } exchange_kind;

typedef struct exchange {
    MPI_Comm comm;
    size_t voxel_bytes;
    int tag;
    MPI_Request *requests; /* grows with the number of neighbours */
    int count, capacity;
    int64_t sent_bytes; /* since exchange_init */
    vxs_status status;  /* the first failure; later calls do nothing */
} exchange;

void exchange_init(exchange *x, MPI_Comm comm, size_t voxel_bytes, exchange_kind kind);

/* The box m->what of a view to, or from, m->peer. The view must stay untouched, or unread, until
 * exchange_end. Local. */
void exchange_begin_send(exchange *x, const box_view *from, const message *m);
void exchange_begin_receive(exchange *x, const box_view *into, const message *m);

/* Let messages move on while we compute; cheap. Local. */
void exchange_progress(exchange *x);

/* Wait for all that was begun. VXS_IO if MPI failed, VXS_INTERNAL when memory ran out. Local. */
vxs_status exchange_end(exchange *x);

/* Free; nothing may be under way. Legal on a zeroed exchange. */
void exchange_free(exchange *x);

#endif
