#include "base/whole.h"

#include <errno.h>
#include <unistd.h>

bool write_whole(int file, const void *data, size_t bytes, off_t offset) {
    for (size_t done = 0; done < bytes;) {
        ssize_t wrote = pwrite(file, (const char *)data + done, bytes - done, offset + (off_t)done);
        if (wrote < 0 && errno == EINTR)
            continue;
        if (wrote <= 0) {
            errno = wrote == 0 ? ENOSPC : errno;
            return false;
        }
        done += (size_t)wrote;
    }
    return true;
}

ssize_t read_whole(int file, void *data, size_t bytes, off_t offset) {
    size_t done = 0;
    while (done < bytes) {
        ssize_t got = pread(file, (char *)data + done, bytes - done, offset + (off_t)done);
        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0)
            return -1;
        if (got == 0)
            break;
        done += (size_t)got;
    }
    return (ssize_t)done;
}
