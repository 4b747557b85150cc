/* Running a job, or its plan, and what rank 0 says meanwhile. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "cli/banner.h"
#include "cli/format.h"
#include "cli/json_file.h"
#include "cli/json_report.h"
#include "cli/launch.h"
#include "cli/plan_table.h"
#include "cli/progress.h"
#include "cli/report.h"
#include "cli/job_args.h"
#include "cli/verify.h"

enum { MOST_BAD_SHOWN = 10 };

/* What rank 0 says of a run. */
typedef struct speech {
    progress_line line;
    vxs_report *report;
    json_t *bad_chunks; /* NULL unless they are asked for */
    int64_t bad_shown;
    int axes; /* of the input */
    bool quiet;
} speech;

static void say_started(const vxs_report *report, void *context) {
    speech *said = context;
    progress_line *line = &said->line;
    said->axes = report->axes;
    if (said->quiet)
        return;
    banner_print(line->out, report);
    banner_print_warnings(line->out, report->warnings);
    line->warned = strlen(report->warnings);
    fflush(line->out);
}

static void say_progress(const vxs_progress *progress, void *context) {
    progress_line_update(&((speech *)context)->line, progress);
}

/* A few on the terminal, all in the JSON. */
static void say_bad_chunk(const int64_t *begin, const int64_t *end, void *context) {
    speech *s = context;
    format_text text;
    if (s->bad_chunks)
        json_array_append_new(s->bad_chunks, json_box(begin, end, s->axes));
    if (s->quiet)
        return;
    if (s->bad_shown == 0)
        progress_line_end(&s->line);
    if (s->bad_shown++ < MOST_BAD_SHOWN)
        fprintf(s->line.out, "skipped  chunk %s of the input\n", format_box(text, begin, end, s->axes));
}

/* What became known after the start, and the report. */
static void say_done(const speech *s) {
    if (s->bad_shown > MOST_BAD_SHOWN)
        fprintf(s->line.out, "skipped  %lld more, all of which --json lists\n",
                (long long)(s->bad_shown - MOST_BAD_SHOWN));
    banner_print_warnings(s->line.out, s->report->warnings + s->line.warned);
    report_print(s->line.out, s->report);
}

static vxs_status run_job(const job_args *args, const run_context *context, vxs_report *report) {
    json_file json = {0};
    speech said = {.line = progress_line_begin(stderr, args->progress_seconds),
                   .report = report,
                   .quiet = args->quiet != 0};
    vxs_job job = args->job;
    job.command = context->command_line;
    job.verify = args->verify;
    job.context = &said;
    job.bad_chunk = say_bad_chunk;
    job.stop = launch_stop_flag();
    job.started = say_started;
    job.progress = args->quiet ? NULL : say_progress;
    TRY(json_file_open_on_root(&json, args->json, context));
    if (json.stream && job.skip_bad_chunks)
        said.bad_chunks = json_array();
    vxs_status status = vxs_mpi_run(context->comm, &job, report);
    progress_line_end(&said.line);
    if (status == VXS_OK && context->rank == 0 && !args->quiet)
        say_done(&said);
    if (status == VXS_OK && json.stream) {
        json_report_print(json.stream, report, said.bad_chunks, context->command_line);
        status = json_file_commit(&json);
    }
    json_decref(said.bad_chunks);
    json_file_discard(&json);
    return status;
}

typedef struct plan_visit {
    FILE *json; /* NULL without */
    int axes;   /* of the report, which is known before the first part */
    const vxs_report *report;
    plan_table table;
} plan_visit;

static int visit_part(const vxs_plan_part *part, void *context) {
    plan_visit *visit = context;
    if (visit->json)
        json_plan_add(visit->json, part, visit->report->axes, visit->table.count);
    plan_table_add(&visit->table, part);
    return 0;
}

static void say_plan(const job_args *args, const plan_visit *visit) {
    /* The table would spoil JSON that goes to the same place. */
    if (args->quiet || visit->json == stdout)
        return;
    banner_print(stdout, visit->report);
    plan_table_print(stdout, &visit->table, visit->report->axes);
    plan_table_print_totals(stdout, &visit->table, visit->report);
    fflush(stdout);
    banner_print_warnings(stderr, visit->report->warnings);
}

static vxs_status run_plan(const job_args *args, const run_context *context, vxs_report *report) {
    vxs_status status = VXS_OK;
    json_file json = {0};
    int ranks = args->ranks ? args->ranks : context->planned_ranks;
    plan_visit *visit = calloc(1, sizeof *visit);
    CHECK_CLEAN(visit, VXS_IO, "no memory for the plan's table (%zu bytes)", sizeof *visit);
    if (args->json)
        TRY_CLEAN(json_file_open(&json, args->json));
    visit->json = json.stream;
    visit->report = report;
    if (json.stream)
        json_plan_begin(json.stream);
    vxs_job job = args->job;
    job.verify = args->verify;
    TRY_CLEAN(vxs_mpi_plan(&job, ranks, report, visit_part, visit));
    say_plan(args, visit);
    if (json.stream) {
        json_plan_end(json.stream, report, context->command_line);
        status = json_file_commit(&json);
    }
cleanup:
    json_file_discard(&json);
    free(visit);
    return status;
}

static vxs_status verify_output(const job_args *args, const run_context *context, const vxs_report *report) {
    char *output = malloc(sizeof report->output + sizeof report->output_dataset);
    CHECK(output, VXS_IO, "no memory for a name");
    sprintf(output, "%s:%s", report->output, report->output_dataset);
    const vxs_verification verification = {
        .output = output,
        .memory = args->job.memory,
        .threads = args->job.threads,
        .io_timeout_seconds = args->job.io_timeout_seconds,
        .max_seconds = args->job.max_seconds > 0 ? fmax(args->job.max_seconds - report->seconds, 1e-9) : 0,
        .stop = launch_stop_flag()};
    const vxs_status status = verify_and_say(&verification, args->quiet, NULL, context);
    free(output);
    return status;
}

vxs_status job_command_run(const void *args, const run_context *context) {
    const job_args *given = args;
    vxs_report *report = calloc(1, sizeof *report);
    CHECK(report, VXS_IO, "no memory for the report (%zu bytes)", sizeof *report);
    vxs_status status = given->dry_run ? run_plan(given, context, report) : run_job(given, context, report);
    if (status == VXS_OK && given->verify && !given->dry_run)
        status = verify_output(given, context, report);
    free(report);
    return status;
}
