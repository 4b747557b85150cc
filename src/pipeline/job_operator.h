/* What differs between jobs by their operator: one row in a table each. Local. */
#ifndef PIPELINE_JOB_OPERATOR_H
#define PIPELINE_JOB_OPERATOR_H

#include "pipeline/job.h"

typedef struct job_operator {
    const job_engine *engine;
    bool keeps_shape; /* else --size, --scale or --spacing give the output's */
    vxs_dtype (*default_dtype)(vxs_dtype in);
    vxs_status (*check_dtypes)(const vxs_job *options, vxs_dtype in, vxs_dtype out);
    /* Fill job->operator and what its engine works from; input and output are resolved. */
    vxs_status (*init)(resolved_job *job);
    /* For the provenance. */
    void (*parameters)(const resolved_job *job, char *text, size_t bytes);
} job_operator;

const job_operator *job_operator_of(vxs_operator op);

#endif
