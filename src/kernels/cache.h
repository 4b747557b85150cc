/* The processor's caches. Local. */
#ifndef KERNELS_CACHE_H
#define KERNELS_CACHE_H

#include <stdint.h>

/* Bytes of the largest cache that a core can use; a guess where the system does not tell. */
int64_t cache_last_bytes(void);

/* What the caller says, if it is more than 0; else that. */
int64_t cache_bytes_or_last(int64_t said);

#endif
