/* A job as its output's provenance tells it. Local. */
#ifndef PIPELINE_JOB_RECALL_H
#define PIPELINE_JOB_RECALL_H

#include "pipeline/job.h"

typedef struct recalled_job {
    vxs_job options;
    bool has_scale; /* of displacements, d, h, w, which no option gives as such */
    double scale[3];
    bool has_step, has_shift; /* of the output's voxels in the input */
    double step[3], shift[3];
} recalled_job;

/*
 * What job_parameters wrote: operator, options, size, dtype. Texts in *job point into parameters, which is
 * cut up. VXS_BAD_INPUT, naming it, for a parameter or value that this version does not know.
 */
vxs_status job_recall(char *parameters, recalled_job *job);

/* job_resolve for such a job. */
vxs_status job_resolve_recalled(resolved_job *job, const recalled_job *recalled, const job_inputs *inputs);

#endif
