/* Two volumes compared: boxes of both, read and looked at side by side. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <voxslab/voxslab_mpi.h>

#include "base/checked.h"
#include "comm/agree.h"
#include "comm/watchdog.h"
#include "partition/scan_plan.h"
#include "pipeline/findings.h"
#include "pipeline/resources.h"
#include "pipeline/value_text.h"
#include "volume/volume.h"

enum { DEFAULT_IO_TIMEOUT = 600, READ_SHARE = 8 };

typedef struct side {
    volume_info info;
    int threads; /* that decode chunks */
    volume *source;
    void *buffer;
} side;

typedef struct comparing {
    MPI_Comm comm;
    int rank;
    const vxs_comparison *options;
    side sides[2];
    scan_plan plan;
    int threads;
    int64_t memory;
    watchdog *dog;
    compare_findings found;
    int64_t read_bytes;
} comparing;

static vxs_status probe(const char *name, volume_info *info) {
    char file[VOLUME_PATH_BYTES], dataset[VOLUME_NAME_BYTES];
    CHECK(name, VXS_USAGE, "a comparison needs two volumes");
    TRY(volume_split_name(name, file, dataset));
    return volume_probe(file, dataset, info);
}

static vxs_status probe_both(comparing *c) {
    const char *const names[2] = {c->options->a, c->options->b};
    for (int i = 0; i < 2; i++) {
        watchdog_begin(c->dog, "looking at '%s'", names[i] ? names[i] : "");
        TRY(comm_agree(c->comm, c->rank == 0 ? probe(names[i], &c->sides[i].info) : VXS_OK));
        watchdog_end(c->dog);
        MPI_Bcast(&c->sides[i].info, (int)sizeof c->sides[i].info, MPI_BYTE, 0, c->comm);
    }
    return VXS_OK;
}

static vxs_status check_shapes(const volume_info *a, const volume_info *b) {
    char text_a[VALUE_TEXT_BYTES], text_b[VALUE_TEXT_BYTES];
    if (a->axes == b->axes && memcmp(a->shape, b->shape, sizeof a->shape) == 0)
        return VXS_OK;
    return status_fail(VXS_DIFFERS, "the shapes differ: %s in '%.300s:%s', %s in '%.300s:%s'",
                       index_text(a->shape, a->axes, text_a), a->file, a->dataset,
                       index_text(b->shape, b->axes, text_b), b->file, b->dataset);
}

/* ---- plan ---- */

static int64_t read_overhead(const void *context, int64_t bytes) {
    const side *s = context;
    return volume_read_overhead(&s->info, bytes, s->threads);
}

static vxs_status plan(comparing *c) {
    resources have;
    scan_side sides[2];
    TRY(resources_take(c->comm, c->options->threads, c->options->memory, &have));
    c->threads = have.threads;
    c->memory = have.memory;
    for (int i = 0; i < 2; i++) {
        side *s = &c->sides[i];
        s->threads = volume_read_threads(&s->info, c->threads, c->memory / READ_SHARE);
        sides[i] = (scan_side){s->info.read_chunk, (int64_t)dtype_bytes(s->info.dtype), read_overhead, s};
    }
    return scan_plan_make(&c->plan, c->sides[0].info.shape, sides, have.ranks, c->memory);
}

static vxs_status open_side(comparing *c, side *s) {
    int64_t bytes = (int64_t)dtype_bytes(s->info.dtype);
    for (int a = 0; a < AXES; a++)
        bytes *= c->plan.box[a];
    s->buffer = malloc((size_t)bytes);
    TRY(comm_agree(c->comm, s->buffer ? VXS_OK
                                      : status_fail(VXS_IO,
                                                    "out of memory: %lld bytes for a box of '%s'; use more "
                                                    "nodes or a smaller --memory",
                                                    (long long)bytes, s->info.file)));
    watchdog_begin(c->dog, "opening '%s'", s->info.file);
    TRY(volume_open_read(&s->info, c->comm, s->threads, &s->source));
    watchdog_end(c->dog);
    volume_watch(s->source, c->dog);
    return VXS_OK;
}

/* ---- boxes ---- */

static vxs_status compare_box(comparing *c, const box *where) {
    const compare_rule rule = {false, c->options->absolute, c->options->relative};
    box_view views[2];
    for (int i = 0; i < 2; i++) {
        side *s = &c->sides[i];
        views[i] = box_view_packed(s->buffer, where);
        TRY(volume_read(s->source, where, &views[i]));
        c->read_bytes += box_voxels(where) * (int64_t)dtype_bytes(s->info.dtype);
    }
    compare_boxes(&c->found, &rule, c->plan.shape, where, &views[0], c->sides[0].info.dtype, &views[1],
                  c->sides[1].info.dtype, c->threads);
    return VXS_OK;
}

/* Ranks agree after each box: when one can't read, the others need not go on to the end. */
static vxs_status compare_all(comparing *c, int ranks) {
    const range mine = scan_plan_run(&c->plan, c->rank, ranks);
    const int64_t most = div_ceil(c->plan.boxes, ranks);
    compare_begin(&c->found);
    for (int64_t i = 0; i < most; i++) {
        vxs_status status = VXS_OK;
        if (mine.begin + i < mine.end) {
            const box where = scan_plan_box(&c->plan, mine.begin + i);
            status = compare_box(c, &where);
        }
        TRY(comm_agree(c->comm, status));
    }
    return VXS_OK;
}

/* ---- what was found ---- */

static vxs_difference difference_of(const compare_place *place, const int64_t shape[AXES]) {
    vxs_difference d = {.a = place->a, .b = place->b};
    int64_t rest = place->index;
    for (int a = AXES - 1; a >= 0; a--) {
        d.index[a] = place->index < 0 ? -1 : rest % shape[a];
        rest /= shape[a];
    }
    return d;
}

static void describe(const comparing *c, vxs_comparison_report *r) {
    const volume_info *a = &c->sides[0].info, *b = &c->sides[1].info;
    memcpy(r->a, a->file, sizeof r->a);
    memcpy(r->a_dataset, a->dataset, sizeof r->a_dataset);
    memcpy(r->b, b->file, sizeof r->b);
    memcpy(r->b_dataset, b->dataset, sizeof r->b_dataset);
    r->axes = a->axes;
    memcpy(r->shape, a->shape, sizeof r->shape);
    r->a_dtype = a->dtype;
    r->b_dtype = b->dtype;
    r->first = r->worst = difference_of(&(compare_place){.index = -1}, a->shape);
}

static void report_findings(comparing *c, vxs_comparison_report *r) {
    compare_findings *f = &c->found;
    const int64_t counted = f->voxels - f->one_nan;
    r->voxels = f->voxels;
    r->differing = f->differing;
    r->one_nan = f->one_nan;
    r->first = difference_of(&f->first, c->plan.shape);
    r->worst = difference_of(&f->worst, c->plan.shape);
    r->greatest = f->greatest;
    r->relative = f->relative;
    if (counted > 0)
        r->mean = f->infinite > 0 ? f->greatest : exact_sum_mean(&f->sum, counted);
    r->threads = c->threads;
    r->memory_budget = c->memory;
    r->memory_planned = c->plan.memory_bytes;
    const int64_t peak = resources_peak_rss();
    MPI_Allreduce(&peak, &r->peak_rss, 1, MPI_INT64_T, MPI_MAX, c->comm);
    MPI_Allreduce(&c->read_bytes, &r->read_bytes, 1, MPI_INT64_T, MPI_SUM, c->comm);
}

static vxs_status verdict(const vxs_comparison_report *r) {
    char place[VALUE_TEXT_BYTES], a[VALUE_TEXT_BYTES], b[VALUE_TEXT_BYTES];
    if (r->differing == 0)
        return VXS_OK;
    return status_fail(VXS_DIFFERS,
                       "'%.300s:%.100s' and '%.300s:%.100s' differ in %lld of %lld voxels, first at %s: %s "
                       "and %s",
                       r->a, r->a_dataset, r->b, r->b_dataset, (long long)r->differing, (long long)r->voxels,
                       index_text(r->first.index, r->axes, place), value_text_of(r->first.a, r->a_dtype, a),
                       value_text_of(r->first.b, r->b_dtype, b));
}

static vxs_status compare(comparing *c, vxs_comparison_report *r) {
    const double timeout = c->options->io_timeout_seconds;
    TRY(comm_agree(c->comm, watchdog_start(c->rank, timeout > 0 ? timeout : DEFAULT_IO_TIMEOUT, &c->dog)));
    TRY(probe_both(c));
    describe(c, r);
    TRY(check_shapes(&c->sides[0].info, &c->sides[1].info));
    TRY(plan(c));
    for (int i = 0; i < 2; i++)
        TRY(open_side(c, &c->sides[i]));
    TRY(compare_all(c, r->ranks));
    findings_reduce(c->comm, &c->found);
    report_findings(c, r);
    return VXS_OK;
}

/* ---- begin to end ---- */

static vxs_status close_both(comparing *c, vxs_status status) {
    char kept[STATUS_MESSAGE_BYTES];
    snprintf(kept, sizeof kept, "%s", status_message());
    vxs_status closed = VXS_OK;
    for (int i = 0; i < 2; i++) {
        const vxs_status one = volume_close(c->sides[i].source);
        closed = closed != VXS_OK ? closed : one;
        free(c->sides[i].buffer);
    }
    watchdog_stop(c->dog);
    if (status == VXS_OK)
        return comm_agree(c->comm, closed);
    status_set_message(kept);
    return status;
}

vxs_status vxs_mpi_compare(MPI_Comm comm, const vxs_comparison *options, vxs_comparison_report *report) {
    const double began = MPI_Wtime();
    comparing *c = calloc(1, sizeof *c);
    vxs_comparison_report *r = calloc(1, sizeof *r);
    vxs_status status = comm_agree(comm, c && r ? VXS_OK : status_fail(VXS_IO, "out of memory"));
    if (status == VXS_OK) {
        c->options = options;
        MPI_Comm_dup(comm, &c->comm);
        MPI_Comm_rank(c->comm, &c->rank);
        MPI_Comm_size(c->comm, &r->ranks);
        status = close_both(c, compare(c, r));
        if (status == VXS_OK)
            status = verdict(r);
        r->seconds = MPI_Wtime() - began;
        MPI_Comm_free(&c->comm);
    }
    if (report && r)
        *report = *r;
    free(r);
    free(c);
    return status;
}
