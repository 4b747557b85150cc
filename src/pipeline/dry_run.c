#include <stdlib.h>

#include "pipeline/job.h"
#include "pipeline/resources.h"

static vxs_status plan_job(resolved_job *job, const vxs_job *options, job_inputs *inputs, int ranks,
                           vxs_report *report) {
    CHECK(ranks >= 1, VXS_USAGE, "--ranks %d: must be at least 1", ranks);
    TRY(job_probe_inputs(options, inputs));
    TRY(job_resolve(job, options, inputs));
    resources have = resources_of_process();
    int threads = options->threads > 0 ? options->threads : have.threads;
    TRY(job_plan(job, ranks, threads, options->memory > 0 ? options->memory : have.memory));
    *report = (vxs_report){0};
    job_describe(job, ranks, report);
    return VXS_OK;
}

vxs_status vxs_mpi_plan(const vxs_job *options, int ranks, vxs_report *report, part_visit *visit,
                        void *context) {
    resolved_job *job = calloc(1, sizeof *job);
    job_inputs *inputs = calloc(1, sizeof *inputs);
    vxs_report *scratch = calloc(1, sizeof *scratch);
    vxs_status status = job && inputs && scratch ? VXS_OK : status_fail(VXS_IO, "out of memory");
    if (status == VXS_OK)
        status = plan_job(job, options, inputs, ranks, report ? report : scratch);
    if (status == VXS_OK && visit)
        job->engine->visit(job, visit, context);
    free(scratch);
    free(inputs);
    free(job);
    return status;
}
