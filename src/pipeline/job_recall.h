/* A job as its output's provenance tells it. Local. */
#ifndef PIPELINE_JOB_RECALL_H
#define PIPELINE_JOB_RECALL_H

#include "pipeline/job.h"

/*
 * Set in job what job_parameters wrote: operator, options, size, dtype. Texts in job point into parameters,
 * which is cut up. VXS_BAD_INPUT, naming it, for a parameter or value that this version does not know.
 */
vxs_status job_recall(char *parameters, vxs_job *job);

#endif
