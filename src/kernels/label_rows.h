/*
 * What the label kernel does to rows, behind a table of functions: rows/label.c, built once per instruction
 * set. No function allocates or keeps state. Private to kernels/.
 */
#ifndef KERNELS_LABEL_ROWS_H
#define KERNELS_LABEL_ROWS_H

#include <stdbool.h>
#include <stdint.h>

#include <voxslab/voxslab.h>

enum {
    LABEL_TILE = 512
}; /* voxels along w that a call may label: what it keeps fits the first-level cache */

/* dst[i] = the voxel src[i * stride] as float32 */
typedef void label_load_fn(float *dst, const void *src, int64_t stride, int64_t n);
/* dst[i * stride] = src[i] */
typedef void label_store_fn(void *dst, const uint8_t *src, int64_t stride, int64_t n);
/* labels[i] of n <= LABEL_TILE centres rows[4][i]; rows[3*(dz+1) + dy+1], each to be read from -1 to n. */
typedef void label_row_fn(uint8_t *labels, const float *const rows[9], int64_t n, bool minimum_label);

typedef struct label_functions {
    label_load_fn *load[VXS_DTYPES];
    label_store_fn *store[VXS_DTYPES]; /* NULL but for integers and floats */
    label_row_fn *row;
} label_functions;

#endif
