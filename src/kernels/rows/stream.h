/* Stores past the caches, see row_functions. */
#ifndef KERNELS_ROWS_STREAM_H
#define KERNELS_ROWS_STREAM_H

#include "kernels/rows/prologue.h"

void FOR_ISA(stream_copy)(void *dst, const void *src, int64_t bytes);
void FOR_ISA(stream_end)(void);

#endif
