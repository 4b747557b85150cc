#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/checked.h"
#include "comm/agree.h"
#include "pipeline/job.h"
#include "pipeline/output.h"
#include "pipeline/resources.h"
#include "pipeline/stream.h"

/* One job on one communicator. */
typedef struct run {
    MPI_Comm comm;
    int rank;
    const vxs_job *options;
    resolved_job job;
    vxs_report report;
    volume *in, *out;
    stream_times times;
    double open_seconds, close_seconds;
    vxs_progress progress;
    double began, first_round;
} run;

/* What rank 0 found out alone, for all. */
static vxs_status share_input(run *r, volume_info *in) {
    vxs_status status = r->rank == 0 ? job_probe_input(r->options, in) : VXS_OK;
    TRY(comm_agree(r->comm, status));
    MPI_Bcast(in, (int)sizeof *in, MPI_BYTE, 0, r->comm);
    return VXS_OK;
}

static vxs_status resolve(run *r) {
    volume_info *in = calloc(1, sizeof *in); /* several KiB: not for the stack */
    vxs_status status = comm_agree(r->comm, in ? VXS_OK : status_fail(VXS_IO, "out of memory"));
    if (status == VXS_OK)
        status = share_input(r, in);
    if (status == VXS_OK)
        status = comm_agree(r->comm, job_resolve(&r->job, r->options, in));
    free(in);
    return status;
}

static vxs_status plan(run *r) {
    resources have = resources_of_ranks(r->comm);
    int threads = r->options->threads > 0 ? r->options->threads : have.threads;
    int64_t memory = r->options->memory > 0 ? r->options->memory : have.memory;
    TRY(comm_agree(r->comm, job_plan(&r->job, have.ranks, threads, memory)));
    job_describe(&r->job, have.ranks, &r->report);
    r->report.nodes = have.nodes;
    return VXS_OK;
}

static vxs_status create(run *r) {
    vxs_status status = VXS_OK;
    if (r->rank == 0) {
        status = output_check(&r->job);
        if (status == VXS_OK)
            status = output_create(&r->job, r->report.warnings, sizeof r->report.warnings);
    }
    return comm_agree(r->comm, status);
}

static void report_rounds(void *context) {
    run *r = context;
    const region_plan *p = &r->job.plan;
    r->progress.round++;
    r->progress.epoch = (r->progress.round - 1) / region_plan_rounds(p) + 1;
    r->progress.output_bytes_done =
        (int64_t)((double)r->report.output_bytes * (double)r->progress.round / (double)r->report.rounds);
    r->progress.seconds = MPI_Wtime() - r->first_round;
    if (r->rank == 0 && r->options->progress)
        r->options->progress(&r->progress, r->options->context);
}

static void note_warning(run *r, const char *text) {
    size_t used = strlen(r->report.warnings);
    if (text[0])
        snprintf(r->report.warnings + used, sizeof r->report.warnings - used, "%s\n", text);
}

static vxs_status transform(run *r) {
    TRY(volume_open_read(&r->job.in, r->comm, &r->in));
    TRY(volume_open_write(r->job.partial, r->job.out_dataset, r->comm, &r->out));
    volume_io_component(r->out, r->report.io_component);
    if (r->rank == 0 && r->options->started)
        r->options->started(&r->report, r->options->context);
    r->first_round = MPI_Wtime();
    r->open_seconds = r->first_round - r->began;
    r->progress = (vxs_progress){
        .epochs = r->report.epochs, .rounds = r->report.rounds, .output_bytes = r->report.output_bytes};
    stream_job stream = {.comm = r->comm,
                         .op = &r->job.op,
                         .plan = &r->job.plan,
                         .in = r->in,
                         .out = r->out,
                         .threads = r->job.threads,
                         .round_done = report_rounds,
                         .context = r};
    TRY(stream_run(&stream, &r->times));
    note_warning(r, volume_not_collective(r->out));
    return VXS_OK;
}

/* Close both, even after a failure; the first error counts. */
static vxs_status close_volumes(run *r, vxs_status status) {
    char kept[STATUS_MESSAGE_BYTES];
    snprintf(kept, sizeof kept, "%s", status_message());
    vxs_status closed = volume_close(r->out), closed_in = volume_close(r->in);
    if (status != VXS_OK) {
        status_set_message(kept);
        return status;
    }
    return comm_agree(r->comm, closed != VXS_OK ? closed : closed_in);
}

static vxs_status finish(run *r, vxs_status status) {
    double begin = MPI_Wtime();
    status = close_volumes(r, status);
    if (status == VXS_OK)
        status = comm_agree(r->comm, r->rank == 0 ? output_publish(&r->job) : VXS_OK);
    if (status != VXS_OK && r->rank == 0)
        output_discard(&r->job);
    r->close_seconds = MPI_Wtime() - begin;
    return status;
}

/* ---- the report ---- */

static vxs_phase phase_over_ranks(const run *r, double seconds, int64_t bytes) {
    double most = 0, sum = 0;
    int64_t all = 0;
    MPI_Allreduce(&seconds, &most, 1, MPI_DOUBLE, MPI_MAX, r->comm);
    MPI_Allreduce(&seconds, &sum, 1, MPI_DOUBLE, MPI_SUM, r->comm);
    MPI_Allreduce(&bytes, &all, 1, MPI_INT64_T, MPI_SUM, r->comm);
    return (vxs_phase){most, sum / r->report.ranks, all};
}

static void complete_report(run *r) {
    vxs_report *report = &r->report;
    report->open = phase_over_ranks(r, r->open_seconds, 0);
    report->read = phase_over_ranks(r, r->times.read, r->times.read_bytes);
    report->exchange = phase_over_ranks(r, r->times.exchange, r->times.ghost_bytes);
    report->compute = phase_over_ranks(r, r->times.compute, r->times.written_bytes);
    report->write = phase_over_ranks(r, r->times.write, r->times.written_bytes);
    report->close = phase_over_ranks(r, r->close_seconds, 0);
    int64_t peak = resources_peak_rss();
    MPI_Allreduce(&peak, &report->peak_rss, 1, MPI_INT64_T, MPI_MAX, r->comm);
    MPI_Bcast(report->warnings, (int)sizeof report->warnings, MPI_CHAR, 0, r->comm);
    report->seconds = MPI_Wtime() - r->began;
}

static vxs_status run_job(run *r) {
    TRY(resolve(r));
    TRY(plan(r));
    TRY(create(r));
    return finish(r, transform(r));
}

vxs_status vxs_mpi_run(MPI_Comm comm, const vxs_job *options, vxs_report *report) {
    run *r = calloc(1, sizeof *r);
    TRY(comm_agree(comm, r ? VXS_OK : status_fail(VXS_IO, "out of memory")));
    r->options = options;
    MPI_Comm_dup(comm, &r->comm);
    MPI_Comm_rank(r->comm, &r->rank);
    r->began = MPI_Wtime();
    vxs_status status = run_job(r);
    if (status == VXS_OK)
        complete_report(r);
    if (report)
        *report = r->report;
    MPI_Comm_free(&r->comm);
    free(r);
    return status;
}

static vxs_status run_as(MPI_Comm comm, const vxs_job *options, vxs_operator op, vxs_report *report) {
    vxs_job job = *options;
    job.op = op;
    return vxs_mpi_run(comm, &job, report);
}

vxs_status vxs_mpi_resample(MPI_Comm comm, const vxs_job *options, vxs_report *report) {
    return run_as(comm, options, VXS_OP_RESAMPLE, report);
}

vxs_status vxs_mpi_label(MPI_Comm comm, const vxs_job *options, vxs_report *report) {
    return run_as(comm, options, VXS_OP_LABEL, report);
}
