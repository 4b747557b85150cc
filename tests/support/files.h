/* Volumes for tests: data that are a function of the global index, and HDF5 files written and read whole, by
 * HDF5 itself and not by the code under test. */
#ifndef SUPPORT_FILES_H
#define SUPPORT_FILES_H

#include <voxslab/voxslab.h>

#include <stddef.h>

typedef struct test_file {
    vxs_dtype dtype;
    int axes;
    int64_t shape[VXS_MAX_AXES]; /* axes numbers */
    int64_t chunk[VXS_MAX_AXES]; /* all 0: contiguous */
    int gzip, shuffle, fletcher32, szip;
    int big_endian;
    double spacing[3]; /* 0: no attribute */
} test_file;

/* Voxels of a file. */
size_t test_voxels(const test_file *file);

/* Row-major data, in this machine's byte order: a hash of the index, floats in [-1000, 1000). */
void test_fill(vxs_dtype dtype, void *data, size_t voxels);

/* Write data as dataset /volume. Aborts on failure. */
void test_write(const char *path, const test_file *file, const void *data);

/* Read /volume whole, in this machine's byte order; returns malloc'ed data, NULL if it can't be read. */
void *test_read(const char *path, test_file *file);

#endif
