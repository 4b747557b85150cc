/* Where the output is to be: whether it can be made there, and fits. One rank makes these calls. Local. */
#ifndef PIPELINE_OUTPUT_PLACE_H
#define PIPELINE_OUTPUT_PLACE_H

#include "pipeline/job.h"

void output_folder_of(const char *path, char folder[VOLUME_PATH_BYTES]);

/* The folder is there and may be written to; nothing that the job writes is what it reads. VXS_CANT_CREATE,
 * VXS_USAGE. */
vxs_status output_check_names(const resolved_job *job);

/* An uncompressed output, whole chunks, fits what is free and what 'ulimit -f' allows. VXS_CANT_CREATE with
 * both numbers. */
vxs_status output_check_space(const resolved_job *job);

/* What a compressed output may take at worst, when that is more than there is. */
void output_warn_of_space(const resolved_job *job, char *warnings, size_t bytes);

#endif
