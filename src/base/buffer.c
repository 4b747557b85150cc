#include "base/buffer.h"

#include <stdlib.h>
#include <sys/mman.h>

#include "base/checked.h"

/* A smaller one gains nothing worth a page that it fills in part only. */
enum { LINE_BYTES = 64, HUGE_PAGE_BYTES = 2 << 20, LEAST_HUGE_BYTES = 4 << 20 };

vxs_status buffer_allocate(void **memory, int64_t bytes, const char *what) {
    const int64_t unit = bytes < LEAST_HUGE_BYTES ? LINE_BYTES : HUGE_PAGE_BYTES;
    *memory = NULL;
    if (bytes == 0)
        return VXS_OK;
    CHECK(bytes < INT64_MAX - unit, VXS_USAGE, "%s would take more than 2^63 bytes", what);
    *memory = aligned_alloc((size_t)unit, (size_t)round_up(bytes, unit));
    CHECK(*memory, VXS_IO, "out of memory: %lld bytes for %s; use more nodes or a smaller --memory",
          (long long)bytes, what);
#ifdef MADV_HUGEPAGE
    if (unit == HUGE_PAGE_BYTES) /* a wish: without it the pages are small ones */
        madvise(*memory, (size_t)round_up(bytes, unit), MADV_HUGEPAGE);
#endif
    return VXS_OK;
}
