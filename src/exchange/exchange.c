#include "exchange/exchange.h"

#include <stdlib.h>

#include "base/checked.h"

static const int64_t most_message_bytes = (int64_t)512 << 20;

void exchange_init(exchange *x, MPI_Comm comm, size_t voxel_bytes, exchange_kind kind) {
    *x = (exchange){.comm = comm, .voxel_bytes = voxel_bytes, .tag = kind, .status = VXS_OK};
}

void exchange_free(exchange *x) {
    free(x->requests);
    x->requests = NULL;
    x->count = x->capacity = 0;
}

static vxs_status reserve(exchange *x) {
    if (x->count < x->capacity)
        return VXS_OK;
    int capacity = x->capacity ? 2 * x->capacity : 16;
    MPI_Request *grown = realloc(x->requests, (size_t)capacity * sizeof *grown);
    CHECK(grown, VXS_IO, "out of memory for %d ghost messages", capacity);
    x->requests = grown;
    x->capacity = capacity;
    return VXS_OK;
}

/* One voxel, then repeated along w, h, d, c, n with the view's strides. */
static int box_datatype(const box_view *view, const box *what, size_t voxel_bytes, MPI_Datatype *type) {
    MPI_Datatype inner, outer;
    int error = MPI_Type_contiguous((int)voxel_bytes, MPI_BYTE, &inner);
    for (int a = AXES - 1; a >= 0 && error == MPI_SUCCESS; a--) {
        MPI_Aint stride = (MPI_Aint)(view->stride[a] * (int64_t)voxel_bytes);
        error = MPI_Type_create_hvector((int)range_size(what->axis[a]), 1, stride, inner, &outer);
        MPI_Type_free(&inner);
        inner = outer;
    }
    if (error == MPI_SUCCESS)
        error = MPI_Type_commit(&inner);
    *type = inner;
    return error;
}

static void post(exchange *x, const box_view *view, const box *what, int peer, int sending) {
    if (x->status != VXS_OK || (x->status = reserve(x)) != VXS_OK)
        return;
    int64_t first[AXES];
    for (int a = 0; a < AXES; a++)
        first[a] = what->axis[a].begin;
    void *data = box_view_at(view, x->voxel_bytes, first);
    MPI_Datatype type;
    int error = box_datatype(view, what, x->voxel_bytes, &type);
    if (error == MPI_SUCCESS) {
        MPI_Request *request = &x->requests[x->count];
        error = sending ? MPI_Isend(data, 1, type, peer, x->tag, x->comm, request)
                        : MPI_Irecv(data, 1, type, peer, x->tag, x->comm, request);
        MPI_Type_free(&type);
    }
    if (error == MPI_SUCCESS)
        x->count++;
    else
        x->status =
            status_fail(VXS_IO, "MPI could not begin a ghost message with rank %d (error %d)", peer, error);
}

/* MPI 3.1 counts in int: boxes beyond half a GiB go in halves, cut alike on both sides. */
static void post_in_pieces(exchange *x, const box_view *view, const box *what, int peer, int sending) {
    int64_t bytes = saturating_mul(box_voxels(what), (int64_t)x->voxel_bytes);
    if (bytes <= most_message_bytes) {
        post(x, view, what, peer, sending);
        return;
    }
    int a = 0;
    while (a < AXIS_W && range_size(what->axis[a]) == 1)
        a++;
    int64_t middle = what->axis[a].begin + range_size(what->axis[a]) / 2;
    box low = *what, high = *what;
    low.axis[a].end = high.axis[a].begin = middle;
    post_in_pieces(x, view, &low, peer, sending);
    post_in_pieces(x, view, &high, peer, sending);
}

void exchange_begin_send(exchange *x, const box_view *from, const message *m) {
    x->sent_bytes += box_voxels(&m->what) * (int64_t)x->voxel_bytes;
    post_in_pieces(x, from, &m->what, (int)m->peer, 1);
}

void exchange_begin_receive(exchange *x, const box_view *into, const message *m) {
    post_in_pieces(x, into, &m->what, (int)m->peer, 0);
}

void exchange_progress(exchange *x) {
    int done;
    if (x->count > 0)
        MPI_Testall(x->count, x->requests, &done, MPI_STATUSES_IGNORE);
}

vxs_status exchange_end(exchange *x) {
    if (x->count > 0 && MPI_Waitall(x->count, x->requests, MPI_STATUSES_IGNORE) != MPI_SUCCESS &&
        x->status == VXS_OK)
        x->status = status_fail(VXS_IO, "MPI could not deliver the ghost messages");
    x->count = 0;
    return x->status;
}
