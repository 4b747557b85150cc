/*
 * What every file of row functions begins with. Each is built once per instruction set: ISA is the set's
 * name, given by the build, and FOR_ISA(name) the global names that it may define.
 */
#ifndef KERNELS_ROWS_PROLOGUE_H
#define KERNELS_ROWS_PROLOGUE_H

#include <math.h>
#include <stdbool.h>
#include <string.h>

#include "kernels/rows.h"

/* Voxels whose intermediate values stay in the first-level cache. */
enum { TILE = 512 };

#define JOIN_(a, b)   a##_##b
#define JOIN(a, b)    JOIN_(a, b)
#define FOR_ISA(name) JOIN(name, ISA)

#define INT16_ROWS(f)                                                                                        \
    [VXS_UINT8] = f##_VXS_UINT8, [VXS_INT8] = f##_VXS_INT8, [VXS_UINT16] = f##_VXS_UINT16,                   \
    [VXS_INT16] = f##_VXS_INT16
#define INT32_ROWS(f) [VXS_UINT32] = f##_VXS_UINT32, [VXS_INT32] = f##_VXS_INT32
#define INT64_ROWS(f) [VXS_UINT64] = f##_VXS_UINT64, [VXS_INT64] = f##_VXS_INT64
#define FLOAT_ROWS(f) [VXS_FLOAT32] = f##_VXS_FLOAT32, [VXS_FLOAT64] = f##_VXS_FLOAT64
#define ROWS(f)       INT16_ROWS(f), INT32_ROWS(f), INT64_ROWS(f), FLOAT_ROWS(f)

/* Which NaN an operation passes on may differ between vector and scalar code: one for all. */
#define ONE_NAN(v) ((v) == (v) ? (v) : (__typeof__(v))NAN)

/* double for a floating-point target U, float for an integer one */
#define SMALL_REAL __typeof__(_Generic((U)0, float : 0.0, double : 0.0, default : 0.0f))

#endif
