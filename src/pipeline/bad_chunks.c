#include "pipeline/bad_chunks.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/checked.h"
#include "comm/agree.h"
#include "journal/number_list.h"

/* ---- lists ---- */

static vxs_status allocate(int64_t count, int64_t **numbers) {
    *numbers = malloc((size_t)max_i64(count, 1) * sizeof **numbers);
    CHECK(*numbers, VXS_IO, "out of memory: a list of %lld bad chunks", (long long)count);
    return VXS_OK;
}

/* Both ascending; what both have, once. */
static vxs_status merge(bad_list *list, const int64_t *more, int64_t count) {
    int64_t *merged, kept = 0, i = 0, k = 0;
    TRY(allocate(list->count + count, &merged));
    while (i < list->count || k < count) {
        const bool old = k == count || (i < list->count && list->number[i] <= more[k]);
        const int64_t next = old ? list->number[i++] : more[k++];
        if (kept == 0 || merged[kept - 1] != next)
            merged[kept++] = next;
    }
    free(list->number);
    list->number = merged;
    list->count = kept;
    return VXS_OK;
}

void bad_list_free(bad_list *list) {
    free(list->number);
    *list = (bad_list){.number = NULL};
}

/* ---- from all ranks ---- */

typedef struct growing {
    int64_t *number, count, room;
} growing;

static vxs_status append(growing *g, int64_t number) {
    if (g->count == g->room) {
        const int64_t room = max_i64(64, 2 * g->room);
        int64_t *grown = realloc(g->number, (size_t)room * sizeof *grown);
        CHECK(grown, VXS_IO, "out of memory: a list of %lld bad chunks", (long long)room);
        g->number = grown;
        g->room = room;
    }
    g->number[g->count++] = number;
    return VXS_OK;
}

/* The least of all ranks' heads, again and again: ascending, and nobody holds what all have. */
static vxs_status take_minima(MPI_Comm comm, const int64_t *mine, int64_t count, growing *all) {
    int rank;
    vxs_status status = VXS_OK;
    MPI_Comm_rank(comm, &rank);
    for (int64_t next = 0;;) {
        int64_t head = next < count ? mine[next] : INT64_MAX, least;
        MPI_Allreduce(&head, &least, 1, MPI_INT64_T, MPI_MIN, comm);
        if (least == INT64_MAX)
            return status;
        next += head == least;
        if (rank == 0 && status == VXS_OK)
            status = append(all, least);
    }
}

vxs_status bad_list_collect(bad_list *list, MPI_Comm comm, volume *in) {
    int64_t *mine, count;
    growing all = {NULL, 0, 0};
    volume_take_bad_chunks(in, &mine, &count);
    vxs_status status = take_minima(comm, mine, count, &all);
    if (status == VXS_OK && all.count > 0)
        status = merge(list, all.number, all.count);
    free(mine);
    free(all.number);
    return comm_agree(comm, status);
}

/* ---- beside the output ---- */

/* Also a list of none: one that is not there when a run resumes was lost. */
vxs_status bad_list_save(bad_list *list, const char *path) {
    if (list->on_disk && list->count == list->saved)
        return VXS_OK;
    TRY(number_list_save(path, list->number, list->count));
    list->saved = list->count;
    list->on_disk = true;
    return VXS_OK;
}

vxs_status bad_list_load(bad_list *list, const char *path) {
    TRY(number_list_load(path, &list->number, &list->count));
    list->saved = list->count;
    list->on_disk = true;
    return VXS_OK;
}

/* ---- what the job needs ---- */

/* Whether some output along the axis has a tap in the range: the first one whose taps end behind its begin.
 */
static bool axis_touches(const resolved_job *job, int axis, range in) {
    const stream_operator *op = &job->stream.op;
    int64_t low = 0, high = job->out.shape[AXIS_D + axis];
    while (low < high) {
        const int64_t middle = low + (high - low) / 2;
        if (op->source(op->self, axis, (range){middle, middle + 1}).end > in.begin)
            high = middle;
        else
            low = middle + 1;
    }
    return low < job->out.shape[AXIS_D + axis] &&
           op->source(op->self, axis, (range){low, low + 1}).begin < in.end;
}

static void keep_touched(bad_list *list, const resolved_job *job) {
    int64_t kept = 0;
    if (job->engine != &stream_engine)
        return;
    for (int64_t i = 0; i < list->count; i++) {
        const box chunk = volume_chunk_box(&job->in, list->number[i]);
        bool touched = true;
        for (int axis = 0; axis < 3; axis++)
            touched = touched && axis_touches(job, axis, chunk.axis[AXIS_D + axis]);
        if (touched)
            list->number[kept++] = list->number[i];
    }
    list->count = kept;
}

/* ---- the end ---- */

vxs_status bad_list_finish(bad_list *list, const resolved_job *job, MPI_Comm comm, volume *in, volume *out,
                           vxs_report *report) {
    TRY(bad_list_collect(list, comm, in));
    keep_touched(list, job);
    int64_t figures[2] = {list->count, 0};
    for (int64_t i = 0; i < list->count; i++) {
        const box chunk = volume_chunk_box(&job->in, list->number[i]);
        figures[1] += box_voxels(&chunk);
    }
    MPI_Bcast(figures, 2, MPI_INT64_T, 0, comm);
    report->bad_chunks = figures[0];
    report->bad_voxels = figures[1];
    const size_t used = strlen(report->warnings);
    if (figures[0] > 0)
        snprintf(report->warnings + used, sizeof report->warnings - used,
                 "%lld chunk%s of the input, %lld voxels, could not be decoded and counted as %s\n",
                 (long long)figures[0], figures[0] == 1 ? "" : "s", (long long)figures[1],
                 job->options->skip_bad_chunks);
    return comm_agree(comm, volume_rewrite_number(out, "voxslab_bad_chunks", figures[0]));
}

void bad_list_visit(const bad_list *list, const resolved_job *job) {
    for (int64_t i = 0; i < list->count && job->options->bad_chunk; i++) {
        const box chunk = volume_chunk_box(&job->in, list->number[i]);
        int64_t begin[AXES], end[AXES];
        for (int a = 0; a < AXES; a++) {
            begin[a] = chunk.axis[a].begin;
            end[a] = chunk.axis[a].end;
        }
        job->options->bad_chunk(begin, end, job->options->context);
    }
}
