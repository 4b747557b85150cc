/* Running a job, or its plan, and what rank 0 says meanwhile. */
#include <stdlib.h>
#include <string.h>

#include "cli/banner.h"
#include "cli/json_file.h"
#include "cli/json_report.h"
#include "cli/launch.h"
#include "cli/plan_table.h"
#include "cli/progress.h"
#include "cli/report.h"
#include "cli/job_args.h"

static void say_started(const vxs_report *report, void *context) {
    progress_line *line = context;
    banner_print(line->out, report);
    banner_print_warnings(line->out, report->warnings);
    line->warned = strlen(report->warnings);
    fflush(line->out);
}

static void say_progress(const vxs_progress *progress, void *context) {
    progress_line_update(context, progress);
}

static vxs_status run_job(const job_args *args, const run_context *context, vxs_report *report) {
    json_file json = {0};
    progress_line line = progress_line_begin(stderr, args->progress_seconds);
    vxs_job job = args->job;
    job.command = context->command_line;
    job.context = &line;
    job.stop = launch_stop_flag();
    job.started = args->quiet ? NULL : say_started;
    job.progress = args->quiet ? NULL : say_progress;
    TRY(json_file_open_on_root(&json, args->json, context));
    vxs_status status = vxs_mpi_run(context->comm, &job, report);
    progress_line_end(&line);
    if (status == VXS_OK && context->rank == 0 && !args->quiet) {
        banner_print_warnings(stderr, report->warnings + line.warned); /* those that came later */
        report_print(stderr, report);
    }
    if (status == VXS_OK && json.stream) {
        json_report_print(json.stream, report, context->command_line);
        status = json_file_commit(&json);
    }
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
    TRY_CLEAN(vxs_mpi_plan(&args->job, ranks, report, visit_part, visit));
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

vxs_status job_command_run(const void *args, const run_context *context) {
    const job_args *given = args;
    vxs_report *report = calloc(1, sizeof *report);
    CHECK(report, VXS_IO, "no memory for the report (%zu bytes)", sizeof *report);
    vxs_status status = given->dry_run ? run_plan(given, context, report) : run_job(given, context, report);
    free(report);
    return status;
}
