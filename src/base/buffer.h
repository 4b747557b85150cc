/* Memory for voxels. Local. */
#ifndef BASE_BUFFER_H
#define BASE_BUFFER_H

#include <stdint.h>

#include "base/status.h"

/* Uninitialised bytes at a whole cache line, for free(); NULL for 0 bytes. Large ones in huge pages where the
 * system has some: kernels, and the copies of reads and writes, then walk over fewer pages. what: for the
 * message, "the input window". VXS_USAGE, VXS_IO; then *memory is NULL. */
vxs_status buffer_allocate(void **memory, int64_t bytes, const char *what);

#endif
