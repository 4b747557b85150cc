#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/checked.h"
#include "comm/agree.h"
#include "comm/fatal.h"
#include "comm/watchdog.h"
#include "pipeline/checkpoint.h"
#include "pipeline/job_operator.h"
#include "pipeline/output.h"
#include "pipeline/resources.h"
#include "pipeline/warning.h"

enum { DEFAULT_IO_TIMEOUT = 600 };

/* One job on one communicator. */
typedef struct run {
    MPI_Comm comm;
    int rank;
    const vxs_job *options;
    resolved_job job;
    vxs_report report;
    output files; /* of rank 0, but for published and done, which all have at the begin */
    box *regions; /* still to do */
    int64_t region_count;
    engine_plan plan;          /* of the region under way */
    volume *in, *points, *out; /* points: NULL without */
    watchdog *dog;
    bad_list bad;
    checkpoint saving;
    round_times times;
    double open_seconds, save_seconds, close_seconds;
    vxs_progress progress;
    int64_t epochs_before, rounds_before; /* the region under way */
    double began, first_round;
} run;

/* What rank 0 found out alone, for all. */
static vxs_status share_inputs(run *r, job_inputs *inputs) {
    watchdog_begin(r->dog, "looking at '%s'", r->options->input ? r->options->input : "");
    vxs_status status = r->rank == 0 ? job_probe_inputs(r->options, inputs) : VXS_OK;
    TRY(comm_agree(r->comm, status));
    watchdog_end(r->dog);
    MPI_Bcast(inputs, (int)sizeof *inputs, MPI_BYTE, 0, r->comm);
    return VXS_OK;
}

static vxs_status resolve(run *r) {
    job_inputs *inputs = calloc(1, sizeof *inputs); /* several KiB: not for the stack */
    vxs_status status = comm_agree(r->comm, inputs ? VXS_OK : status_fail(VXS_IO, "out of memory"));
    if (status == VXS_OK)
        status = share_inputs(r, inputs);
    if (status == VXS_OK)
        status = comm_agree(r->comm, job_resolve(&r->job, r->options, inputs));
    free(inputs);
    return status;
}

static vxs_status plan(run *r) {
    resources have;
    TRY(resources_take(r->comm, r->options->threads, r->options->memory, &have));
    TRY(comm_agree(r->comm, job_plan(&r->job, have.ranks, have.threads, have.memory)));
    job_describe(&r->job, have.ranks, &r->report);
    r->report.nodes = have.nodes;
    return VXS_OK;
}

/* ---- the output's begin and what is left to do ---- */

/* What rank 0 found: how far an earlier run came. */
static vxs_status share_done(run *r) {
    int published = r->files.published;
    MPI_Bcast(&published, 1, MPI_INT, 0, r->comm);
    r->files.published = published;
    vxs_status status =
        r->rank == 0 ? VXS_OK : tile_set_create(&r->files.done, r->job.out.shape, r->job.tile);
    TRY(comm_agree(r->comm, status));
    MPI_Bcast(r->files.done.bits, (int)tile_set_bytes(&r->files.done), MPI_BYTE, 0, r->comm);
    return VXS_OK;
}

static vxs_status begin_output(run *r) {
    vxs_status status = VXS_OK;
    if (r->rank == 0)
        status = output_begin(&r->files, &r->job, r->dog, r->report.warnings, sizeof r->report.warnings);
    const bool goes_on = r->files.recorded && !r->files.published;
    if (r->rank == 0 && status == VXS_OK && goes_on && r->options->skip_bad_chunks)
        status = bad_list_load(&r->bad, r->job.bad_chunks);
    if (status == VXS_IO)
        comm_abort(r->comm, status); /* HDF5 can't let go of such a file, and would crash at the end */
    TRY(comm_agree(r->comm, status));
    return share_done(r);
}

/* The regions still to do, one unless the job resumes, and what the report says of them. */
static vxs_status plan_regions(run *r) {
    vxs_report *report = &r->report;
    TRY(comm_agree(r->comm, tile_set_missing(&r->files.done, &r->regions, &r->region_count)));
    report->resumed_bytes = tile_set_voxels(&r->files.done) * (int64_t)dtype_bytes(r->job.out.dtype);
    if (report->resumed_bytes == 0)
        return VXS_OK;
    report->epochs = report->rounds = report->memory_planned = 0;
    for (int64_t i = 0; i < r->region_count; i++) {
        engine_plan p;
        TRY(comm_agree(r->comm, job_plan_region(&r->job, &r->regions[i], report->ranks, &p)));
        report->epochs += p.epochs;
        report->rounds += p.epochs * p.rounds;
        report->memory_planned = max_i64(report->memory_planned, p.memory_bytes);
    }
    return VXS_OK;
}

/* ---- rounds ---- */

/* part: of the round under way. */
static void report_progress(run *r, double part) {
    double done = ((double)r->progress.round + part) / (double)r->report.rounds;
    int64_t last = max_i64(r->progress.round - (part > 0 ? 0 : 1), r->rounds_before);
    r->progress.epoch = r->epochs_before + (last - r->rounds_before) / r->plan.rounds + 1;
    r->progress.part = part;
    r->progress.output_bytes_done = (int64_t)((double)r->progress.output_bytes * done);
    r->progress.seconds = MPI_Wtime() - r->first_round;
    if (r->rank == 0 && r->options->progress)
        r->options->progress(&r->progress, r->options->context);
}

/* The other ranks may wait inside a failed write for ever: only ending the program frees them. */
static vxs_status write_output(void *context, const box *where, const box_view *view) {
    run *r = context;
    if (volume_write(r->out, where, view) != VXS_OK)
        output_abort(&r->job, r->comm);
    return VXS_OK;
}

static vxs_status round_done(void *context, int64_t epoch_index, int64_t round) {
    run *r = context;
    if (r->rank == 0)
        r->job.engine->add_round(&r->plan, epoch_index, round, &r->files.done);
    r->progress.round++;
    report_progress(r, 0);
    return checkpoint_after_round(&r->saving, r->progress.round == r->report.rounds);
}

static vxs_status step_done(void *context, double part) {
    run *r = context;
    if (part < 1)
        report_progress(r, part);
    return checkpoint_within_round(&r->saving, part);
}

static void note_warning(run *r, const char *text) {
    if (text[0])
        warning_add(r->report.warnings, sizeof r->report.warnings, "%s\n", text);
}

static vxs_status run_regions(run *r) {
    const round_sink sink = {.take = write_output, .done = round_done, .step = step_done, .context = r};
    const engine_run at_hand = {
        .comm = r->comm, .plan = &r->plan, .in = r->in, .points = r->points, .sink = &sink};
    for (int64_t i = 0; i < r->region_count; i++) {
        TRY(comm_agree(r->comm, job_plan_region(&r->job, &r->regions[i], r->report.ranks, &r->plan)));
        r->rounds_before = r->progress.round;
        TRY(r->job.engine->run(&r->job, &at_hand, &r->times));
        r->epochs_before += r->plan.epochs;
    }
    return VXS_OK;
}

static vxs_status open_volumes(run *r) {
    watchdog_begin(r->dog, "opening '%s'", r->job.in.file);
    TRY(volume_open_read(&r->job.in, r->comm, r->job.read_threads, &r->in));
    if (r->job.kind->points) {
        watchdog_begin(r->dog, "opening '%s'", r->job.points.file);
        TRY(volume_open_read(&r->job.points, r->comm, r->job.gather.point_threads, &r->points));
    }
    watchdog_begin(r->dog, "opening '%s'", r->job.partial);
    vxs_status status = volume_open_write(r->job.partial, r->job.out_dataset, r->comm, &r->out);
    watchdog_end(r->dog);
    if (status == VXS_IO && r->rank == 0)
        output_abort(&r->job, r->comm); /* closing such a file crashes OMPIO */
    TRY(status);
    if (r->options->skip_bad_chunks)
        volume_fill_bad_chunks(r->in, r->job.bad_voxel);
    volume_watch(r->in, r->dog);
    if (r->points)
        volume_watch(r->points, r->dog);
    volume_watch(r->out, r->dog);
    volume_io_component(r->out, r->report.io_component);
    const char *method = getenv("OMPI_MCA_fcoll");
    if (strcmp(r->report.io_component, "ompio") == 0 && (!method || strcmp(method, "individual") != 0))
        note_warning(r, "OMPIO takes a write that was cut short, as by a full disk, for a whole one: leave "
                        "OMPI_MCA_io unset, or set OMPI_MCA_fcoll=individual");
    return VXS_OK;
}

static vxs_status transform(run *r) {
    TRY(plan_regions(r));
    TRY(open_volumes(r));
    if (r->rank == 0 && r->options->started)
        r->options->started(&r->report, r->options->context);
    r->first_round = MPI_Wtime();
    r->open_seconds = r->first_round - r->began;
    r->progress = (vxs_progress){.epochs = r->report.epochs,
                                 .rounds = r->report.rounds,
                                 .output_bytes = r->report.output_bytes - r->report.resumed_bytes};
    r->saving = (checkpoint){.comm = r->comm,
                             .rank = r->rank,
                             .job = &r->job,
                             .options = r->options,
                             .files = &r->files,
                             .in = r->in,
                             .out = r->out,
                             .bad = &r->bad,
                             .dog = r->dog,
                             .began = r->began};
    checkpoint_begin(&r->saving);
    TRY(run_regions(r));
    if (r->options->skip_bad_chunks)
        TRY(bad_list_finish(&r->bad, &r->job, r->comm, r->in, r->out, &r->report));
    note_warning(r, volume_not_collective(r->out));
    return VXS_OK;
}

/* ---- the end ---- */

/* The message of a failure stays over what cleaning up has to say. */
static void keep_message(char kept[STATUS_MESSAGE_BYTES]) {
    snprintf(kept, STATUS_MESSAGE_BYTES, "%s", status_message());
}

/* What is done is recorded even after a failure, if all ranks live. Without a failure: all is done. */
static vxs_status save_at_end(run *r, vxs_status status) {
    char kept[STATUS_MESSAGE_BYTES];
    keep_message(kept);
    r->report.checkpoints = r->saving.saves;
    r->save_seconds = r->saving.save_seconds;
    bool to_save = r->saving.unsaved || (status == VXS_STOPPED && r->saving.saves == 0);
    if (!r->out || !to_save || status == VXS_BAD_INPUT)
        return status; /* nobody resumes from input that must change first */
    vxs_status saved = checkpoint_save(&r->saving);
    if (status != VXS_OK)
        status_set_message(kept);
    return status != VXS_OK ? status : saved;
}

/* Close all, even after a failure; the first error counts. */
static vxs_status close_volumes(run *r, vxs_status status) {
    char kept[STATUS_MESSAGE_BYTES];
    keep_message(kept);
    vxs_status guarded = r->out ? checkpoint_guard(&r->saving) : VXS_OK;
    status = status != VXS_OK ? status : guarded;
    vxs_status closed = volume_close(r->out), closed_in = volume_close(r->in);
    vxs_status closed_points = volume_close(r->points);
    if (status != VXS_OK) {
        status_set_message(kept);
        return status;
    }
    return comm_agree(r->comm, closed != VXS_OK ? closed : closed_in != VXS_OK ? closed_in : closed_points);
}

static vxs_status publish(run *r) {
    vxs_status status = VXS_OK;
    if (r->rank == 0) {
        watchdog_begin(r->dog, "renaming '%s' to '%s'", r->job.partial, r->job.out_file);
        status = output_publish(&r->files, r->report.warnings, sizeof r->report.warnings);
        watchdog_end(r->dog);
    }
    return comm_agree(r->comm, status);
}

/* How to go on after a failure that left something to go on with. */
static void add_advice(const run *r, vxs_status status) {
    char kept[STATUS_MESSAGE_BYTES];
    keep_message(kept);
    if (status == VXS_IO)
        status_fail(status, "%.800s; what is done is kept in '%.200s': with the cause gone, --resume goes on",
                    kept, r->job.partial);
}

static vxs_status finish(run *r, vxs_status status) {
    double begin = MPI_Wtime();
    status = save_at_end(r, status);
    status = close_volumes(r, status);
    if (status == VXS_OK)
        status = publish(r);
    if (status == VXS_OK)
        bad_list_visit(&r->bad, &r->job);
    bad_list_free(&r->bad);
    if (r->rank == 0 && r->files.recorded && status != VXS_OK)
        add_advice(r, status);
    output_end(&r->files, status != VXS_OK);
    if (r->rank != 0)
        tile_set_destroy(&r->files.done);
    free(r->regions);
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
    report->exchange = phase_over_ranks(r, r->times.exchange, r->times.ghost_bytes + r->times.piece_bytes);
    MPI_Allreduce(&r->times.ghost_bytes, &report->ghost_bytes, 1, MPI_INT64_T, MPI_SUM, r->comm);
    MPI_Allreduce(&r->times.piece_bytes, &report->piece_bytes, 1, MPI_INT64_T, MPI_SUM, r->comm);
    MPI_Allreduce(&r->times.travelled_points, &report->travelled_points, 1, MPI_INT64_T, MPI_SUM, r->comm);
    report->compute = phase_over_ranks(r, r->times.compute, r->times.written_bytes);
    report->write = phase_over_ranks(r, r->times.write, r->times.written_bytes);
    report->checkpoint = phase_over_ranks(r, r->save_seconds, 0);
    report->close = phase_over_ranks(r, r->close_seconds, 0);
    int64_t peak = resources_peak_rss();
    MPI_Allreduce(&peak, &report->peak_rss, 1, MPI_INT64_T, MPI_MAX, r->comm);
    MPI_Bcast(report->warnings, (int)sizeof report->warnings, MPI_CHAR, 0, r->comm);
    report->seconds = MPI_Wtime() - r->began;
}

static vxs_status run_job(run *r) {
    const double timeout = r->options->io_timeout_seconds;
    TRY(comm_agree(r->comm, watchdog_start(r->rank, timeout > 0 ? timeout : DEFAULT_IO_TIMEOUT, &r->dog)));
    TRY(resolve(r));
    TRY(plan(r));
    vxs_status status = begin_output(r);
    if (r->files.published)
        r->report.resumed_bytes = r->report.output_bytes;
    else if (status == VXS_OK)
        status = transform(r);
    return finish(r, status);
}

vxs_status vxs_mpi_run(MPI_Comm comm, const vxs_job *options, vxs_report *report) {
    run *r = calloc(1, sizeof *r);
    TRY(comm_agree(comm, r ? VXS_OK : status_fail(VXS_IO, "out of memory")));
    r->options = options;
    MPI_Comm_dup(comm, &r->comm);
    MPI_Comm_rank(r->comm, &r->rank);
    r->began = MPI_Wtime();
    vxs_status status = run_job(r);
    watchdog_stop(r->dog);
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

vxs_status vxs_mpi_grid_sample(MPI_Comm comm, const vxs_job *options, vxs_report *report) {
    return run_as(comm, options, VXS_OP_GRID_SAMPLE, report);
}

vxs_status vxs_mpi_affine(MPI_Comm comm, const vxs_job *options, vxs_report *report) {
    return run_as(comm, options, VXS_OP_AFFINE, report);
}

vxs_status vxs_mpi_warp(MPI_Comm comm, const vxs_job *options, vxs_report *report) {
    return run_as(comm, options, VXS_OP_WARP, report);
}
