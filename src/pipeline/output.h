/* The output's life on disk: OUT.partial until it is complete, then OUT. One rank makes these calls. Local.
 */
#ifndef PIPELINE_OUTPUT_H
#define PIPELINE_OUTPUT_H

#include "pipeline/job.h"

/* Whether the output may be made: its folder is there and writable, it is not the input (VXS_USAGE), neither
 * OUT nor OUT.partial exists, or --force may replace them, and an uncompressed output fits the disk
 * (VXS_CANT_CREATE). Changes nothing. */
vxs_status output_check(const resolved_job *job);

/* Make OUT.partial with its dataset, attributes and provenance; warnings as volume_create gives them. */
vxs_status output_create(const resolved_job *job, char *warnings, size_t warnings_bytes);

/* fsync, rename to OUT, fsync the folder. VXS_IO. */
vxs_status output_publish(const resolved_job *job);

/* Remove OUT.partial after a failure. */
void output_discard(const resolved_job *job);

#endif
