/* What a killed job left, made fit to be written again. */
#include <string.h>

#include "base/checked.h"
#include "volume/internal.h"

/* The file that we began, as far as it can be seen: the same dataset in the same layout. */
static vxs_status check_same(const volume_info *found, const char *path, const volume_spec *spec,
                             const volume_info *like) {
    bool same = found->axes == spec->axes && found->dtype == spec->dtype &&
                memcmp(found->shape, spec->shape, sizeof found->shape) == 0 &&
                (found->layout == VOLUME_CHUNKED) == spec->chunked &&
                found->filtered == volume_spec_is_filtered(spec, like);
    for (int a = 0; a < AXES && spec->chunked; a++)
        same = same && found->chunk[a] == spec->chunk[a];
    CHECK(same, VXS_CANT_CREATE, "dataset '%s' of '%s' is not the one that this job writes", found->dataset,
          path);
    return VXS_OK;
}

/* A chunk that the index does not know would read as zeros. */
static vxs_status check_chunk(hid_t dataset, const volume_spec *spec, const int64_t begin[AXES]) {
    hsize_t offset[AXES], bytes = 0;
    int lead = AXES - spec->axes;
    for (int a = lead; a < AXES; a++)
        offset[a - lead] = (hsize_t)begin[a];
    CHECK(H5Dget_chunk_storage_size(dataset, offset, &bytes) >= 0 && bytes > 0, VXS_CANT_CREATE,
          "the chunk at d %lld, h %lld, w %lld, which was finished, is not in the file",
          (long long)begin[AXIS_D], (long long)begin[AXIS_H], (long long)begin[AXIS_W]);
    return VXS_OK;
}

static bool next_chunk(const volume_spec *spec, int64_t begin[AXES]) {
    for (int a = AXES - 1; a >= 0; a--) {
        begin[a] += spec->chunk[a];
        if (begin[a] < spec->shape[a])
            return true;
        begin[a] = 0;
    }
    return false;
}

static vxs_status check_chunks(hid_t file, const volume_spec *spec, volume_counts_as_written *written,
                               const void *context) {
    int64_t begin[AXES] = {0};
    vxs_status status = VXS_OK;
    hid_t dataset = H5Dopen2(file, spec->dataset, H5P_DEFAULT);
    CHECK(dataset >= 0, VXS_CANT_CREATE, "dataset '%s' can't be opened", spec->dataset);
    do
        if (written(context, begin))
            status = check_chunk(dataset, spec, begin);
    while (status == VXS_OK && next_chunk(spec, begin));
    hdf5_drop(dataset);
    return status;
}

/*
 * The index may know chunks that were written after the end that the file's head knows, if the job was killed
 * inside a flush. They will be written again; but in the mean time their room must not be given to others. So
 * whatever is new goes behind all that is there.
 */
static vxs_status mend(const char *path, const volume_spec *spec, volume_counts_as_written *written,
                       const void *context) {
    enum { GAP = 4096 };
    char words[HDF5_WORDS_BYTES];
    hid_t access = H5Pcreate(H5P_FILE_ACCESS);
    H5Pset_libver_bounds(access, H5F_LIBVER_V110, H5F_LIBVER_V110);
    hid_t file = H5Fopen(path, H5F_ACC_RDWR, access);
    hdf5_words(words);
    hdf5_drop(access);
    CHECK(file >= 0, VXS_CANT_CREATE, "it can't be opened: %s", words);
    vxs_status status = check_chunks(file, spec, written, context);
    if (status == VXS_OK && H5Fincrement_filesize(file, GAP) < 0)
        status = status_fail(VXS_CANT_CREATE, "its end can't be set: %s", hdf5_words(words));
    if (H5Fclose(file) < 0 && status == VXS_OK)
        status = status_fail(VXS_CANT_CREATE, "it can't be written: %s", hdf5_words(words));
    return status;
}

vxs_status volume_recover(const char *path, const volume_spec *spec, const volume_info *like,
                          volume_counts_as_written *written, const void *context) {
    volume_info info;
    hdf5_prepare();
    vxs_status status = volume_probe(path, spec->dataset, &info);
    if (status == VXS_OK)
        status = check_same(&info, path, spec, like);
    if (status == VXS_OK && volume_spec_is_filtered(spec, like)) {
        io_watch_begin();
        status = mend(path, spec, written, context);
        status = status == VXS_OK ? status : io_watch_judge(status, path);
    }
    if (status == VXS_OK)
        return VXS_OK;
    char why[STATUS_MESSAGE_BYTES];
    snprintf(why, sizeof why, "%s", status_message());
    CHECK(status != VXS_IO, VXS_IO, "can't resume: %.700s: with the cause gone, the same command goes on",
          why);
    return status_fail(VXS_CANT_CREATE, "can't resume: '%s' was damaged: %.700s: start over with --force",
                       path, why);
}
