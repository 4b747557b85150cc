/* What job_lattice.c and job_lattice_sampled.c share. */
#ifndef PIPELINE_JOB_LATTICE_H
#define PIPELINE_JOB_LATTICE_H

#include "pipeline/job.h"
#include "pipeline/job_operator.h"

extern const char *const lattice_axis_names[3];

/* A whole number of voxels, at least 1. */
vxs_status lattice_size(double size, int axis, int64_t *out);

/* Finite and above 0; what: the option's name. */
vxs_status lattice_check_positive(const double values[3], const char *what);

/* Whether --spacing is, and means something: the input's is known. */
vxs_status lattice_check_spacing(const resolved_job *job);

#endif
