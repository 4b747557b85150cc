/* What differs between jobs by their operator: one row in a table each. Local. */
#ifndef PIPELINE_JOB_OPERATOR_H
#define PIPELINE_JOB_OPERATOR_H

#include "pipeline/job.h"

typedef struct job_operator {
    const job_engine *engine;
    const char *points; /* "grid", "field": what its points come from; NULL without */
    /* Fill shape, spacing and origin of job->out along d, h, w, where they are not the input's. */
    vxs_status (*lattice)(resolved_job *job);
    vxs_dtype (*default_dtype)(vxs_dtype in);
    vxs_status (*check_dtypes)(const vxs_job *options, vxs_dtype in, vxs_dtype out);
    /* Fill job->operator and what its engine works from; input and output are resolved. */
    vxs_status (*init)(resolved_job *job);
    /* For the provenance. */
    void (*parameters)(const resolved_job *job, char *text, size_t bytes);
} job_operator;

/* job_lattice.c */
vxs_status job_lattice_resampled(resolved_job *job);
vxs_status job_lattice_same(resolved_job *job);
vxs_status job_lattice_of_grid(resolved_job *job);
vxs_status job_lattice_of_affine(resolved_job *job);
vxs_status job_lattice_of_field(resolved_job *job);

/* job_sample.c: what grid-sample, affine and warp have in common. */
vxs_status job_sample_check_dtypes(const vxs_job *options, vxs_dtype in, vxs_dtype out);
vxs_status job_sample_init(resolved_job *job);
void job_sample_parameters(const resolved_job *job, char *text, size_t bytes);

const job_operator *job_operator_of(vxs_operator op);

#endif
