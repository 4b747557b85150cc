/* What an output's attributes tell of how it was made. Local. */
#ifndef PIPELINE_PROVENANCE_H
#define PIPELINE_PROVENANCE_H

#include "volume/volume.h"

enum { PROVENANCE_TEXT_BYTES = 1024 };

/* Plain data, so that rank 0 can broadcast it as bytes. */
typedef struct provenance {
    char version[32], input[VOLUME_PATH_BYTES], input_dataset[VOLUME_NAME_BYTES];
    char parameters[PROVENANCE_TEXT_BYTES];
    int64_t input_bytes, input_mtime_ns;
} provenance;

/* VXS_BAD_INPUT when the dataset is no output of voxslab's. One rank calls it. */
vxs_status provenance_read(const volume_info *output, provenance *found);

/* VXS_BAD_INPUT, with what has changed, unless in is the recorded input as it was. */
vxs_status provenance_check_input(const provenance *found, const volume_info *in);

#endif
