/* Filtered files for test_volume_raw_chunks.c, and what HDF5 itself reads from them. */
#ifndef RAW_FIXTURE_H
#define RAW_FIXTURE_H

#include "volume_fixture.h"

typedef struct form {
    int axes;
    hsize_t shape[5], chunk[5], written[5]; /* written: the corner that holds data */
    bool grows, plain_edges;
} form;

/* "SDF": shuffle, deflate, fletcher32, in that order; Z: szip. */
static inline void add_filters(hid_t plist, const char *filters) {
    for (; *filters; filters++) {
        if (*filters == 'S')
            assert_true(H5Pset_filter(plist, H5Z_FILTER_SHUFFLE, 0, 0, NULL) >= 0);
        if (*filters == 'D')
            assert_true(H5Pset_filter(plist, H5Z_FILTER_DEFLATE, H5Z_FLAG_OPTIONAL, 1, (unsigned[]){6}) >= 0);
        if (*filters == 'F')
            assert_true(H5Pset_filter(plist, H5Z_FILTER_FLETCHER32, 0, 0, NULL) >= 0);
        if (*filters == 'Z')
            assert_true(H5Pset_szip(plist, H5_SZIP_NN_OPTION_MASK, 4) >= 0);
    }
}

static inline hid_t filtered_plist(const form *f, hid_t type, const char *filters) {
    hid_t plist = H5Pcreate(H5P_DATASET_CREATE);
    unsigned char fill[8] = {3, 1, 4, 1, 5, 9, 2, 6};
    H5Pset_chunk(plist, f->axes, f->chunk);
    H5Pset_fill_value(plist, type, fill);
    add_filters(plist, filters);
    if (f->plain_edges)
        H5Pset_chunk_opts(plist, H5D_CHUNK_DONT_FILTER_PARTIAL_CHUNKS);
    return plist;
}

static inline hid_t latest_file(const char *name) {
    hid_t access = H5Pcreate(H5P_FILE_ACCESS);
    H5Pset_libver_bounds(access, H5F_LIBVER_V110, H5F_LIBVER_V110);
    hid_t file = H5Fcreate(in_folder(name), H5F_ACC_TRUNC, H5P_DEFAULT, access);
    H5Pclose(access);
    return file;
}

static inline int64_t product(const hsize_t *extent, int axes) {
    int64_t n = 1;
    for (int a = 0; a < axes; a++)
        n *= (int64_t)extent[a];
    return n;
}

/* Data that deflate shortens, different in each voxel's neighbourhood. */
static inline void fill_bytes(unsigned char *data, size_t bytes, size_t element) {
    for (size_t i = 0; i < bytes; i++)
        data[i] = (unsigned char)(i % element == 0 ? i / element * 7 % 31 : i / 50 + i % element);
}

/* /raw of the form, with data in its corner, left open in an open file. */
static inline hid_t make_filtered(const char *name, const form *f, hid_t type, const char *filters,
                                  hid_t *file) {
    hsize_t most[5] = {H5S_UNLIMITED, H5S_UNLIMITED, H5S_UNLIMITED, H5S_UNLIMITED, H5S_UNLIMITED};
    hsize_t start[5] = {0};
    hid_t plist = filtered_plist(f, type, filters);
    hid_t space = H5Screate_simple(f->axes, f->shape, f->grows ? most : NULL);
    *file = latest_file(name);
    hid_t dataset = H5Dcreate2(*file, "/raw", type, space, H5P_DEFAULT, plist, H5P_DEFAULT);
    assert_true(dataset >= 0);
    size_t element = H5Tget_size(type), bytes = (size_t)product(f->written, f->axes) * element;
    unsigned char *data = malloc(bytes + 1);
    fill_bytes(data, bytes, element);
    hid_t memory = H5Screate_simple(f->axes, f->written, NULL);
    H5Sselect_hyperslab(space, H5S_SELECT_SET, start, NULL, f->written, NULL);
    if (bytes > 0)
        assert_true(H5Dwrite(dataset, type, memory, space, H5P_DEFAULT, data) >= 0);
    free(data);
    H5Sclose(memory);
    H5Sclose(space);
    H5Pclose(plist);
    return dataset;
}

static inline void close_file(hid_t dataset, hid_t file) {
    assert_true(H5Dclose(dataset) >= 0);
    assert_true(H5Fclose(file) >= 0);
}

/* All of /raw by H5Dread, in the machine's byte order. */
static inline unsigned char *read_by_hdf5(const char *name, const volume_info *info) {
    hid_t file = H5Fopen(in_folder(name), H5F_ACC_RDONLY, H5P_DEFAULT);
    hid_t dataset = H5Dopen2(file, "/raw", H5P_DEFAULT), type = H5Dget_type(dataset);
    size_t voxels = 1, element = H5Tget_size(type);
    for (int a = 0; a < AXES; a++)
        voxels *= (size_t)info->shape[a];
    unsigned char *data = calloc(voxels, element);
    assert_true(H5Dread(dataset, type, H5S_ALL, H5S_ALL, H5P_DEFAULT, data) >= 0);
    if (info->swapped)
        dtype_swap_bytes(data, element, voxels);
    H5Tclose(type);
    close_file(dataset, file);
    return data;
}

/* Read where into an array of its size or the middle of a larger one, then compare with expected (all of the
 * volume). */
static inline void check_box(volume *in, const volume_info *info, const box *where, bool packed,
                             const unsigned char *expected) {
    const int64_t pad[AXES] = {0, 0, 1, 2, 3};
    size_t element = dtype_bytes(info->dtype);
    box_view view = {.where = *where}, all;
    int64_t stride = 1, wrong = 0, i[AXES];
    for (int a = AXES - 1; a >= 0; a--) {
        view.stride[a] = stride;
        stride *= range_size(where->axis[a]) + (packed ? 0 : pad[a]);
    }
    unsigned char *data = malloc((size_t)stride * element);
    memset(data, 0xee, (size_t)stride * element);
    view.data = data;
    if (volume_read(in, where, &view) != VXS_OK)
        fail_msg("%s", status_message());
    box whole = box_of_shape(info->shape);
    all = box_view_packed((void *)(uintptr_t)expected, &whole);
    const range *r = where->axis;
    for (i[0] = r[0].begin; i[0] < r[0].end; i[0]++)
        for (i[1] = r[1].begin; i[1] < r[1].end; i[1]++)
            for (i[2] = r[2].begin; i[2] < r[2].end; i[2]++)
                for (i[3] = r[3].begin; i[3] < r[3].end; i[3]++)
                    for (i[4] = r[4].begin; i[4] < r[4].end; i[4]++) {
                        unsigned char *got = box_view_at(&view, element, i);
                        wrong += memcmp(got, box_view_at(&all, element, i), element) != 0;
                        memset(got, 0xee, element);
                    }
    assert_int_equal(wrong, 0);
    for (int64_t b = 0; b < stride * (int64_t)element; b++) /* nothing beside the box was touched */
        wrong += data[b] != 0xee;
    assert_int_equal(wrong, 0);
    free(data);
}

/* The whole, an inner box, a plane and half a chunk's columns, with 1, 2 and 5 threads, equal what HDF5
 * reads. */
static inline void check_equals_hdf5(const char *name, bool known) {
    static const int threads[] = {1, 2, 5};
    volume_info info;
    volume *in;
    assert_int_equal(volume_probe(in_folder(name), "/raw", &info), VXS_OK);
    assert_int_equal(info.pipeline.known, known);
    unsigned char *expected = read_by_hdf5(name, &info);
    for (int t = 0; t < 3; t++) {
        assert_int_equal(volume_open_read(&info, MPI_COMM_SELF, threads[t], &in), VXS_OK);
        box whole = box_of_shape(info.shape), inner = whole, plane = whole, columns = whole;
        for (int a = 0; a < AXES; a++)
            inner.axis[a] = (range){info.shape[a] / 3, info.shape[a] - info.shape[a] / 5};
        columns.axis[AXIS_W].end = (info.chunk[AXIS_W] + 1) / 2;
        plane.axis[AXIS_D] = (range){info.shape[AXIS_D] - 1, info.shape[AXIS_D]};
        check_box(in, &info, &whole, t == 1, expected);
        check_box(in, &info, &inner, t == 1, expected);
        check_box(in, &info, &plane, t == 1, expected);
        check_box(in, &info, &columns, t == 1, expected);
        assert_int_equal(volume_close(in), VXS_OK);
    }
    free(expected);
}

/* Read all of /raw with so many threads; the status. */
static inline vxs_status read_status(const char *name, int threads) {
    volume_info info;
    volume *in;
    assert_int_equal(volume_probe(in_folder(name), "/raw", &info), VXS_OK);
    assert_int_equal(volume_open_read(&info, MPI_COMM_SELF, threads, &in), VXS_OK);
    box whole = box_of_shape(info.shape);
    void *data = malloc((size_t)box_voxels(&whole) * dtype_bytes(info.dtype));
    box_view view = box_view_packed(data, &whole);
    vxs_status status = volume_read(in, &whole, &view);
    free(data);
    volume_close(in);
    return status;
}

#endif
