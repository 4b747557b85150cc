#include "support/files.h"

#include <hdf5.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define MUST(call)                                                                                           \
    do {                                                                                                     \
        if ((call) < 0) {                                                                                    \
            fprintf(stderr, "%s:%d: %s failed\n", __FILE__, __LINE__, #call);                                \
            abort();                                                                                         \
        }                                                                                                    \
    } while (0)

static const size_t bytes_of[VXS_DTYPES] = {
#define BYTES(id, name, ctype, class) [id] = sizeof(ctype),
    VXS_DTYPE_LIST(BYTES)
#undef BYTES
};

size_t test_voxels(const test_file *file) {
    size_t n = 1;
    for (int a = 0; a < file->axes; a++)
        n *= (size_t)file->shape[a];
    return n;
}

static uint64_t hash(uint64_t i) {
    uint64_t z = (i + 1) * 0x9e3779b97f4a7c15u;
    z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9u;
    z = (z ^ z >> 27) * 0x94d049bb133111ebu;
    return z ^ z >> 31;
}

void test_fill(vxs_dtype dtype, void *data, size_t voxels) {
    for (size_t i = 0; i < voxels; i++) {
        uint64_t h = hash(i);
        double real = ((double)(h >> 11) / 9007199254740992.0 - 0.5) * 2000.0;
        float single = (float)real;
        uint16_t half = (uint16_t)((h & 0x83ff) | 0x3c00); /* 1 to 2, both signs */
        uint8_t truth = (uint8_t)(h >> 40 & 1);
        const void *value = &h;
        if (dtype == VXS_FLOAT64)
            value = &real;
        if (dtype == VXS_FLOAT32)
            value = &single;
        if (dtype == VXS_FLOAT16)
            value = &half;
        if (dtype == VXS_BOOL)
            value = &truth;
        memcpy((char *)data + i * bytes_of[dtype], value, bytes_of[dtype]);
    }
}

static hid_t half_type(void) {
    hid_t type = H5Tcopy(H5T_IEEE_F32LE);
    MUST(H5Tset_fields(type, 15, 10, 5, 0, 10));
    MUST(H5Tset_size(type, 2));
    MUST(H5Tset_ebias(type, 15));
    return type;
}

static hid_t bool_type(void) {
    hid_t type = H5Tenum_create(H5T_STD_I8LE);
    int8_t no = 0, yes = 1;
    MUST(H5Tenum_insert(type, "FALSE", &no));
    MUST(H5Tenum_insert(type, "TRUE", &yes));
    return type;
}

static hid_t native_type(vxs_dtype dtype) {
    switch (dtype) {
    case VXS_UINT8:
        return H5Tcopy(H5T_NATIVE_UINT8);
    case VXS_INT8:
        return H5Tcopy(H5T_NATIVE_INT8);
    case VXS_UINT16:
        return H5Tcopy(H5T_NATIVE_UINT16);
    case VXS_INT16:
        return H5Tcopy(H5T_NATIVE_INT16);
    case VXS_UINT32:
        return H5Tcopy(H5T_NATIVE_UINT32);
    case VXS_INT32:
        return H5Tcopy(H5T_NATIVE_INT32);
    case VXS_UINT64:
        return H5Tcopy(H5T_NATIVE_UINT64);
    case VXS_INT64:
        return H5Tcopy(H5T_NATIVE_INT64);
    case VXS_FLOAT32:
        return H5Tcopy(H5T_NATIVE_FLOAT);
    case VXS_FLOAT64:
        return H5Tcopy(H5T_NATIVE_DOUBLE);
    case VXS_FLOAT16:
        return half_type();
    case VXS_BOOL:
        return bool_type();
    case VXS_DTYPES:
        break;
    }
    abort();
}

static hid_t creation_list(const test_file *file) {
    hid_t list = H5Pcreate(H5P_DATASET_CREATE);
    hsize_t chunk[VXS_MAX_AXES];
    for (int a = 0; a < file->axes; a++)
        chunk[a] = (hsize_t)file->chunk[a];
    if (chunk[0] > 0)
        MUST(H5Pset_chunk(list, file->axes, chunk));
    if (file->shuffle)
        MUST(H5Pset_shuffle(list));
    if (file->gzip)
        MUST(H5Pset_deflate(list, (unsigned)file->gzip));
    if (file->szip)
        MUST(H5Pset_szip(list, H5_SZIP_NN_OPTION_MASK, 8));
    if (file->fletcher32)
        MUST(H5Pset_fletcher32(list));
    return list;
}

void test_write(const char *path, const test_file *file, const void *data) {
    hsize_t shape[VXS_MAX_AXES], three = 3;
    for (int a = 0; a < file->axes; a++)
        shape[a] = (hsize_t)file->shape[a];
    hid_t out = H5Fcreate(path, H5F_ACC_TRUNC, H5P_DEFAULT, H5P_DEFAULT);
    hid_t memory = native_type(file->dtype), type = H5Tcopy(memory);
    hid_t space = H5Screate_simple(file->axes, shape, NULL), list = creation_list(file);
    if (file->big_endian)
        MUST(H5Tset_order(type, H5T_ORDER_BE));
    hid_t set = H5Dcreate2(out, "/volume", type, space, H5P_DEFAULT, list, H5P_DEFAULT);
    if (set < 0)
        H5Eprint2(H5E_DEFAULT, stderr);
    MUST(set);
    MUST(H5Dwrite(set, memory, H5S_ALL, H5S_ALL, H5P_DEFAULT, data));
    if (file->spacing[0] > 0) {
        hid_t triple = H5Screate_simple(1, &three, NULL);
        hid_t attribute =
            H5Acreate2(set, "element_size_um", H5T_IEEE_F64LE, triple, H5P_DEFAULT, H5P_DEFAULT);
        MUST(H5Awrite(attribute, H5T_NATIVE_DOUBLE, file->spacing));
        MUST(H5Aclose(attribute));
        MUST(H5Sclose(triple));
    }
    MUST(H5Dclose(set));
    MUST(H5Pclose(list));
    MUST(H5Sclose(space));
    MUST(H5Tclose(type));
    MUST(H5Tclose(memory));
    MUST(H5Fclose(out));
}

void *test_read(const char *path, test_file *file) {
    hid_t in = H5Fopen(path, H5F_ACC_RDONLY, H5P_DEFAULT);
    if (in < 0)
        return NULL;
    hid_t set = H5Dopen2(in, "/volume", H5P_DEFAULT), space = H5Dget_space(set),
          list = H5Dget_create_plist(set);
    hid_t memory = native_type(file->dtype);
    hsize_t shape[VXS_MAX_AXES], chunk[VXS_MAX_AXES] = {0};
    file->axes = H5Sget_simple_extent_ndims(space);
    H5Sget_simple_extent_dims(space, shape, NULL);
    if (H5Pget_layout(list) == H5D_CHUNKED)
        MUST(H5Pget_chunk(list, file->axes, chunk));
    for (int a = 0; a < file->axes; a++) {
        file->shape[a] = (int64_t)shape[a];
        file->chunk[a] = (int64_t)chunk[a];
    }
    void *data = malloc(test_voxels(file) * bytes_of[file->dtype] + 1);
    if (H5Dread(set, memory, H5S_ALL, H5S_ALL, H5P_DEFAULT, data) < 0) {
        free(data);
        data = NULL;
    }
    H5Tclose(memory);
    H5Pclose(list);
    H5Sclose(space);
    H5Dclose(set);
    H5Fclose(in);
    return data;
}
