/* What an output's attributes tell of how it was made: writing them, and reading them back. Local. */
#ifndef PIPELINE_PROVENANCE_H
#define PIPELINE_PROVENANCE_H

#include "pipeline/job.h"
#include "pipeline/value_text.h"

enum { PROVENANCE_MOST = 24 };

typedef struct source_texts {
    char modified[32], shape[VALUE_TEXT_BYTES];
} source_texts;

/* A list, and the texts that it points to, besides those of the job. */
typedef struct provenance {
    volume_attribute attributes[PROVENANCE_MOST];
    int count;
    char parameters[JOB_PARAMETERS_BYTES], date[32];
    source_texts texts[2];
} provenance;

/* What the output of the job is to tell. *p must stay where it is. */
vxs_status provenance_describe(const resolved_job *job, provenance *p);

typedef struct made_source {
    bool found; /* it is recorded */
    char file[VOLUME_PATH_BYTES], dataset[VOLUME_NAME_BYTES];
    char shape[VALUE_TEXT_BYTES];     /* "(30, 40, 44)"; "" where it is not recorded */
    int64_t bytes, mtime_ns, sources; /* sources: volume_info's sources_stamp */
} made_source;

/* Plain data, so that rank 0 can broadcast it as bytes. */
typedef struct made_from {
    char version[32], parameters[JOB_PARAMETERS_BYTES];
    made_source input, points; /* points: the grid or field of operators that have one */
    int64_t job;               /* the checksum of all that makes it this job's, chunks and filters too */
} made_from;

/* VXS_BAD_INPUT when the dataset is no output of voxslab's. One rank calls it. */
vxs_status provenance_read(const volume_info *output, made_from *found);

/*
 * Look at a recorded source: where it was, and VXS_BAD_INPUT unless it is as it was; or at given, FILE or
 * FILE:DATASET, if that is not NULL, whatever it is, if only it has the shape. what: "input"; option:
 * "--input". One rank calls it.
 */
vxs_status provenance_probe(const made_source *made, const char *given, const char *what, const char *option,
                            volume_info *info);

/* Whether the complete output is what the job would make: of the same input, options and version. false as
 * well when it is no output of voxslab's, or can't be read. One rank calls it. */
bool provenance_is_of(const resolved_job *job);

#endif
