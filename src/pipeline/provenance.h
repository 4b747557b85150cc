/* What an output's attributes tell of how it was made. Local. */
#ifndef PIPELINE_PROVENANCE_H
#define PIPELINE_PROVENANCE_H

#include "pipeline/job.h"

typedef struct made_source {
    bool found; /* it is recorded */
    char file[VOLUME_PATH_BYTES], dataset[VOLUME_NAME_BYTES];
    int64_t bytes, mtime_ns;
} made_source;

/* Plain data, so that rank 0 can broadcast it as bytes. */
typedef struct made_from {
    char version[32], parameters[JOB_PARAMETERS_BYTES];
    made_source input, points; /* points: the grid or field of operators that have one */
} made_from;

/* VXS_BAD_INPUT when the dataset is no output of voxslab's. One rank calls it. */
vxs_status provenance_read(const volume_info *output, made_from *found);

/*
 * Look at a recorded source: where it was, and VXS_BAD_INPUT unless it is as it was; or at given, FILE or
 * FILE:DATASET, if that is not NULL, whatever it is. what: "input"; option: "--input". One rank calls it.
 */
vxs_status provenance_probe(const made_source *made, const char *given, const char *what, const char *option,
                            volume_info *info);

#endif
