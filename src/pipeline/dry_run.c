#include <stdlib.h>

#include "base/checked.h"
#include "pipeline/job.h"
#include "pipeline/resources.h"

typedef int (*part_visit)(const vxs_plan_part *part, void *context);

static void copy_box(const box *b, int64_t begin[AXES], int64_t end[AXES]) {
    for (int a = 0; a < AXES; a++) {
        begin[a] = b->axis[a].begin;
        end[a] = b->axis[a].end;
    }
}

static vxs_plan_part describe_part(const resolved_job *job, int64_t index, const epoch *e,
                                   const int part[3]) {
    box out = epoch_out_box(e, part), need = epoch_need_box(e, part), own = epoch_own_box(e, part);
    box ghosts = need, beside = need, kept = box_intersect(&need, &own);
    ghosts.axis[AXIS_D] = epoch_ghost_range(e, part[0]);
    beside.axis[AXIS_D] = kept.axis[AXIS_D] = (range){0, epoch_traded_planes(e, part[0])};
    vxs_plan_part p = {.epoch = index,
                       .rank = epoch_rank_of_part(e, part),
                       .writer = epoch_writer_of_part(e, part),
                       .rounds = region_plan_rounds(&job->plan),
                       .memory_bytes = job->plan.memory_bytes};
    copy_box(&out, p.out_begin, p.out_end);
    copy_box(&need, p.need_begin, p.need_end);
    copy_box(&own, p.own_begin, p.own_end);
    p.ghost_bytes = saturating_mul(box_voxels(&ghosts) + (box_voxels(&beside) - box_voxels(&kept)),
                                   job->shape.in_voxel_bytes);
    return p;
}

static void visit_parts(const resolved_job *job, part_visit visit, void *context) {
    for (int64_t i = 0; i < region_plan_epochs(&job->plan); i++) {
        epoch e = region_plan_epoch(&job->plan, i);
        int part[3];
        for (int64_t rank = 0; epoch_part_of_rank(&e, rank, part); rank++) {
            vxs_plan_part p = describe_part(job, i, &e, part);
            if (visit(&p, context))
                return;
        }
    }
}

static vxs_status plan_job(resolved_job *job, const vxs_job *options, int ranks, vxs_report *report) {
    volume_info in;
    CHECK(ranks >= 1, VXS_USAGE, "--ranks %d: must be at least 1", ranks);
    TRY(job_probe_input(options, &in));
    TRY(job_resolve(job, options, &in));
    resources have = resources_of_process();
    int threads = options->threads > 0 ? options->threads : have.threads;
    TRY(job_plan(job, ranks, threads, options->memory > 0 ? options->memory : have.memory));
    *report = (vxs_report){0};
    job_describe(job, ranks, report);
    return VXS_OK;
}

vxs_status vxs_mpi_plan(const vxs_job *options, int ranks, vxs_report *report, part_visit visit,
                        void *context) {
    resolved_job *job = calloc(1, sizeof *job);
    vxs_report *scratch = calloc(1, sizeof *scratch);
    vxs_status status = job && scratch ? VXS_OK : status_fail(VXS_IO, "out of memory");
    if (status == VXS_OK)
        status = plan_job(job, options, ranks, report ? report : scratch);
    if (status == VXS_OK && visit)
        visit_parts(job, visit, context);
    free(scratch);
    free(job);
    return status;
}
