/* A vxs_job made definite: sizes, output dataset, operator, plan. Everything follows from the options, the
 * input's volume_info and a few numbers that all ranks share, so that all ranks resolve it alike. Local. */
#ifndef PIPELINE_JOB_H
#define PIPELINE_JOB_H

#include <voxslab/voxslab_mpi.h>

#include "base/voxel_text.h"
#include "geometry/affine.h"
#include "operators/label.h"
#include "operators/resample.h"
#include "operators/sample.h"
#include "pipeline/engine.h"
#include "volume/volume.h"

struct job_operator;

/* What the stream engine works from; the plans point to it. */
typedef struct stream_side {
    stream_operator op;
    stream_shape shape;
    stream_costs costs;
} stream_side;

/* The gather engine's. */
typedef struct gather_side {
    gather_shape shape;
    int point_threads; /* of read_threads' kind, for the grid or field */
} gather_side;

/* What rank 0 finds out about the files. */
typedef struct job_inputs {
    volume_info in, points; /* points: the grid or field of operators that have one */
} job_inputs;

enum { JOB_PARAMETERS_BYTES = 1024 };

typedef struct resolved_job {
    const vxs_job *options;
    const struct job_operator *kind; /* what options->op means */
    const job_engine *engine;        /* the kind's */
    volume_info in, points;
    char out_file[VOLUME_PATH_BYTES], out_dataset[VOLUME_NAME_BYTES];
    char partial[VOLUME_PATH_BYTES];    /* OUT.partial, where the output grows */
    char journal[VOLUME_PATH_BYTES];    /* OUT.partial.journal */
    char bad_chunks[VOLUME_PATH_BYTES]; /* OUT.partial.bad_chunks */
    char lock[VOLUME_PATH_BYTES];       /* OUT.lock */
    bool has_spacing;
    double in_spacing[3];
    unsigned char bad_voxel[VOXEL_BYTES]; /* options->skip_bad_chunks, if any, as a voxel of the input */
    bool has_origin;
    double in_origin[3];   /* 0 without */
    double map[12];        /* affine: from output to input voxels */
    volume_spec out;       /* without attributes */
    bool replaces_filters; /* the output can't have the input's filters */
    union {
        resample_operator resample;
        label_operator label;
        sample_operator sample;
    } operator; /* options->op says which */
    union {
        stream_side stream;
        gather_side gather;
    };                         /* the engine's */
    int threads, read_threads; /* of these, as many as decode chunks at a time */
    bool only_compares;        /* nothing is written */
    int64_t memory, reserve;   /* budget, bytes per rank; what it was cut by to verify the output */
    int64_t tile[AXES];        /* of the output */
    engine_plan plan;          /* of the whole output */
} resolved_job;

/* Split the names and look at the files: what rank 0 does alone. */
vxs_status job_probe_inputs(const vxs_job *options, job_inputs *inputs);

/* Sizes, spacing, dtype, chunks and filters of the output, the operator. VXS_USAGE for what does not fit. */
vxs_status job_resolve(resolved_job *job, const vxs_job *options, const job_inputs *inputs);

/* Of job_resolve: shape, spacing and origin of the output. */
vxs_status job_lattice_resolve(resolved_job *job);

/* The plan for so many ranks, given threads and budget. The job must stay where it is: the plan points into
 * it. */
vxs_status job_plan(resolved_job *job, int ranks, int threads, int64_t memory);

/* The plan for a part of the output, cut at tiles, once job_plan has been called. */
vxs_status job_plan_region(const resolved_job *job, const box *region, int ranks, engine_plan *plan);

/* The part of the report that the plan tells. */
void job_describe(const resolved_job *job, int ranks, vxs_report *report);

/* "mode=linear align_corners=0 coords=auto size=...", or what the operator has, for the provenance; in
 * JOB_PARAMETERS_BYTES. */
void job_parameters(const resolved_job *job, char *text, size_t bytes);

/* The journal's head: all that must be the same for a job that resumes this one. */
vxs_status job_head(const resolved_job *job, char *text, size_t bytes);

#endif
