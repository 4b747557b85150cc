/* A vxs_job made definite: sizes, output dataset, operator, plan. Everything follows from the options, the
 * input's volume_info and a few numbers that all ranks share, so that all ranks resolve it alike. Local. */
#ifndef PIPELINE_JOB_H
#define PIPELINE_JOB_H

#include <voxslab/voxslab_mpi.h>

#include "operators/label.h"
#include "operators/resample.h"
#include "partition/plan.h"
#include "volume/volume.h"

struct job_operator;

typedef struct resolved_job {
    const vxs_job *options;
    const struct job_operator *kind; /* what options->op means */
    volume_info in;
    char out_file[VOLUME_PATH_BYTES], out_dataset[VOLUME_NAME_BYTES];
    char partial[VOLUME_PATH_BYTES]; /* OUT.partial, where the output grows */
    bool has_spacing;
    double in_spacing[3];
    volume_spec out; /* without attributes */
    union {
        resample_operator resample;
        label_operator label;
    } operator; /* options->op says which */
    stream_operator op;
    int threads;
    int64_t memory; /* budget, bytes per rank */
    stream_shape shape;
    stream_costs costs;
    region_plan plan;
} resolved_job;

/* Split the names and look at the input: what rank 0 does alone. */
vxs_status job_probe_input(const vxs_job *options, volume_info *in);

/* Sizes, spacing, dtype, chunks and filters of the output, the operator. VXS_USAGE for what does not fit. */
vxs_status job_resolve(resolved_job *job, const vxs_job *options, const volume_info *in);

/* The plan for so many ranks, given threads and budget. The job must stay where it is: the plan points into
 * it. */
vxs_status job_plan(resolved_job *job, int ranks, int threads, int64_t memory);

/* The part of the report that the plan tells. */
void job_describe(const resolved_job *job, int ranks, vxs_report *report);

/* "mode=linear align_corners=0 coords=auto size=...", or what the operator has, for the provenance. */
void job_parameters(const resolved_job *job, char *text, size_t bytes);

#endif
