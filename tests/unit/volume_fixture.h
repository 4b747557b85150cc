/* Files for the tests of volume, in a folder of their own. One copy per test program. */
#ifndef VOLUME_FIXTURE_H
#define VOLUME_FIXTURE_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <hdf5.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "volume/volume.h"

static char folder[] = "/tmp/voxslab-unit-XXXXXX";

/* The path of a file in the folder; one buffer per call, 8 of them in turn. */
static inline const char *in_folder(const char *name) {
    static char paths[8][512];
    static int next;
    char *path = paths[next++ % 8];
    snprintf(path, sizeof paths[0], "%s/%s", folder, name);
    return path;
}

static inline hid_t new_file(const char *name) {
    hid_t file = H5Fcreate(in_folder(name), H5F_ACC_TRUNC, H5P_DEFAULT, H5P_DEFAULT);
    assert_true(file >= 0);
    return file;
}

/* A dataset of any type and layout, without data; to be closed. */
static inline hid_t new_dataset(hid_t file, const char *name, hid_t type, int axes, const hsize_t *shape,
                                hid_t plist) {
    hid_t links = H5Pcreate(H5P_LINK_CREATE), space = H5Screate_simple(axes, shape, NULL);
    H5Pset_create_intermediate_group(links, 1);
    hid_t dataset = H5Dcreate2(file, name, type, space, links, plist, H5P_DEFAULT);
    H5Sclose(space);
    H5Pclose(links);
    assert_true(dataset >= 0);
    return dataset;
}

/* A file with one dataset /raw. */
static inline void make_file(const char *file_name, hid_t type, int axes, const hsize_t *shape, hid_t plist) {
    hid_t file = new_file(file_name);
    H5Dclose(new_dataset(file, "/raw", type, axes, shape, plist));
    assert_true(H5Fclose(file) >= 0);
}

static inline uint16_t voxel_at(int64_t index) {
    return (uint16_t)((uint64_t)index * 40503u >> 3);
}

/* Fill /raw of type (16 bits, either order) with voxel_at of the row-major index. */
static inline void fill_dataset(hid_t dataset, int64_t first) {
    hid_t space = H5Dget_space(dataset);
    int64_t count = (int64_t)H5Sget_simple_extent_npoints(space);
    uint16_t *data = malloc((size_t)count * sizeof *data);
    for (int64_t i = 0; i < count; i++)
        data[i] = voxel_at(first + i);
    assert_true(H5Dwrite(dataset, H5T_NATIVE_UINT16, H5S_ALL, H5S_ALL, H5P_DEFAULT, data) >= 0);
    free(data);
    H5Sclose(space);
}

/* Does the message contain each of the words? NULL ends them. */
static inline void assert_says(const char *const *words) {
    for (; *words; words++)
        if (!strstr(status_message(), *words))
            fail_msg("'%s' is not in the message: %s", *words, status_message());
}

#define ASSERT_SAYS(...) assert_says((const char *const[]){__VA_ARGS__, NULL})

static inline int make_folder(void **state) {
    (void)state;
    return mkdtemp(folder) == NULL;
}

static inline int remove_folder(void **state) {
    (void)state;
    char command[600];
    snprintf(command, sizeof command, "rm -rf '%s'", folder);
    return system(command);
}

#endif
