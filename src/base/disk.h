/* Parts of files, and what a failed system call on the output's disk means. */
#ifndef BASE_DISK_H
#define BASE_DISK_H

#include <errno.h>
#include <stdint.h>

#include "base/status.h"

/* A part of a file. */
typedef struct file_range {
    int64_t begin, bytes;
} file_range;

/* VXS_IO for a disk that is full or fails, which later calls may find mended; VXS_CANT_CREATE for a place
 * where nothing can be made. */
static inline vxs_status disk_status(int cause) {
    switch (cause) {
    case EIO:
    case ENOSPC:
    case EDQUOT:
    case EFBIG:
    case ESTALE:
        return VXS_IO;
    default:
        return VXS_CANT_CREATE;
    }
}

#endif
