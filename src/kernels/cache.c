#include "kernels/cache.h"

#include <stdatomic.h>
#include <stdio.h>
#include <unistd.h>

/* Of Linux: of the largest cache that the first core uses; 0: it does not tell. */
static int64_t told_by_system(void) {
    int64_t most = 0;
    for (int level = 0; level < 8; level++) {
        char path[80];
        long kib = 0;
        snprintf(path, sizeof path, "/sys/devices/system/cpu/cpu0/cache/index%d/size", level);
        FILE *file = fopen(path, "r");
        if (!file)
            break;
        if (fscanf(file, "%ldK", &kib) == 1 && (int64_t)kib * 1024 > most)
            most = (int64_t)kib * 1024;
        fclose(file);
    }
    return most;
}

/* The C library's word comes second: glibc 2.36 takes what all cores of an AMD processor have together for
 * one core's. */
static int64_t find(void) {
    const int64_t told = told_by_system();
    if (told > 0)
        return told;
#ifdef _SC_LEVEL3_CACHE_SIZE
    const long bytes = sysconf(_SC_LEVEL3_CACHE_SIZE);
    if (bytes > 0)
        return bytes;
#endif
    return INT64_C(1) << 25;
}

int64_t cache_last_bytes(void) {
    static _Atomic int64_t found; /* a constant of the machine, that takes longer to find than a small job */
    int64_t bytes = atomic_load(&found);
    if (bytes == 0) {
        bytes = find();
        atomic_store(&found, bytes);
    }
    return bytes;
}

int64_t cache_bytes_or_last(int64_t said) {
    return said > 0 ? said : cache_last_bytes();
}
