#include <string.h>

#include "volume/internal.h"

static herr_t count_attribute(hid_t object, const char *name, const H5A_info_t *info, void *data) {
    (void)object, (void)info;
    snprintf(data, VOLUME_NAME_BYTES, "%s", name);
    return 1;
}

/* A group on the way: nothing in it but the next link, and nothing written on it. */
static vxs_status check_group(hid_t group, const char *path, const char *where, const char *next) {
    char other[VOLUME_NAME_BYTES] = "";
    hsize_t start = 0;
    H5G_info_t info;
    CHECK(H5Gget_info(group, &info) >= 0, VXS_CANT_CREATE, "'%s' can't be read, so --force won't replace it",
          path);
    for (hsize_t i = 0; i < info.nlinks; i++) {
        H5Lget_name_by_idx(group, ".", H5_INDEX_NAME, H5_ITER_INC, i, other, sizeof other, H5P_DEFAULT);
        CHECK(strcmp(other, next) == 0, VXS_CANT_CREATE,
              "'%s' also holds '%.300s/%.300s', so --force won't replace it: choose another output file",
              path, where, other);
    }
    CHECK(H5Aiterate2(group, H5_INDEX_NAME, H5_ITER_INC, &start, count_attribute, other) <= 0,
          VXS_CANT_CREATE,
          "'%s' also holds the attribute '%.300s' of group '%.300s/', so --force won't replace it: choose "
          "another output file",
          path, other, where);
    return VXS_OK;
}

/* Down the dataset's path, one group after the other. */
static vxs_status check_way(hid_t file, const char *path, const char *dataset) {
    char where[VOLUME_NAME_BYTES] = "", next[VOLUME_NAME_BYTES];
    for (const char *part = dataset + 1; *part;) {
        size_t length = strcspn(part, "/");
        memcpy(next, part, length);
        next[length] = '\0';
        hid_t group = H5Oopen(file, where[0] ? where : "/", H5P_DEFAULT);
        H5I_type_t kind = group < 0 ? H5I_BADID : H5Iget_type(group);
        vxs_status status = kind == H5I_GROUP ? check_group(group, path, where, next) : VXS_OK;
        hdf5_drop(group);
        TRY(status);
        CHECK(kind == H5I_GROUP, VXS_CANT_CREATE,
              "'%s' holds something else at '%s', so --force won't replace it: choose another output file",
              path, where);
        part += length + (part[length] == '/');
        memcpy(where, dataset, (size_t)(part - dataset));
        where[part - dataset - (*part != '\0')] = '\0';
    }
    return VXS_OK;
}

/* An empty file is nothing to lose; what is at the end of the way must be a dataset. */
static vxs_status check_end(hid_t file, const char *path, const char *dataset) {
    if (H5Lexists(file, dataset, H5P_DEFAULT) <= 0)
        return VXS_OK;
    hid_t object = H5Oopen(file, dataset, H5P_DEFAULT);
    H5I_type_t kind = object < 0 ? H5I_BADID : H5Iget_type(object);
    hdf5_drop(object);
    CHECK(kind == H5I_DATASET || kind == H5I_BADID, VXS_CANT_CREATE,
          "'%s' holds a group or type at '%s', so --force won't replace it: choose another output file", path,
          dataset);
    return VXS_OK;
}

vxs_status volume_check_replaceable(const char *path, const char *dataset) {
    char name[VOLUME_NAME_BYTES];
    hid_t file;
    hdf5_prepare();
    TRY(dataset_name_normalise(dataset, name));
    CHECK(H5Fis_hdf5(path) > 0, VXS_CANT_CREATE,
          "output file '%s' is not an HDF5 file, so --force won't replace it: choose another name", path);
    if (file_open_serial(path, &file) != VXS_OK) {
        char words[HDF5_WORDS_BYTES];
        return status_fail(VXS_CANT_CREATE,
                           "output file '%s' can't be read (%s), so --force won't replace it: choose another "
                           "name",
                           path, hdf5_words(words));
    }
    vxs_status status = check_way(file, path, name);
    if (status == VXS_OK)
        status = check_end(file, path, name);
    hdf5_drop(file);
    return status;
}
