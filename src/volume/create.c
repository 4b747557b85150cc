#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "base/checked.h"
#include "base/disk.h"
#include "volume/internal.h"

bool volume_spec_is_filtered(const volume_spec *spec, const volume_info *like) {
    return spec->chunked &&
           (spec->filter == VOLUME_FILTER_GZIP || spec->filter == VOLUME_FILTER_SHUFFLE_GZIP ||
            (spec->filter == VOLUME_FILTER_SAME && like->filtered));
}

/* Every filter is set as mandatory. A parallel write of HDF5 1.10 records each chunk as filtered, even one
 * that an optional filter refused and that is stored as it was: it could never be read again. A mandatory
 * filter that refuses fails the write. One filter of the input's pipeline, if this HDF5 can also encode it.
 */
static vxs_status copy_filter(hid_t from, unsigned index, hid_t to) {
    unsigned flags, config, values[256], here = 0;
    size_t count = sizeof values / sizeof *values;
    char name[64] = "", words[HDF5_WORDS_BYTES];
    H5Z_filter_t id = H5Pget_filter2(from, index, &flags, &count, values, sizeof name, name, &config);
    CHECK(id >= 0 && count <= sizeof values / sizeof *values, VXS_CANT_CREATE,
          "filter %u of the input can't be copied: choose one with --filter none, gzip or shuffle+gzip",
          index);
    CHECK(H5Zget_filter_info(id, &here) >= 0 && (here & H5Z_FILTER_CONFIG_ENCODE_ENABLED), VXS_CANT_CREATE,
          "the input's filter %d (%s) can be read here but not written: choose another with --filter none, "
          "gzip or shuffle+gzip",
          (int)id, name);
    CHECK(H5Pset_filter(to, id, H5Z_FLAG_MANDATORY, count, values) >= 0, VXS_CANT_CREATE,
          "the input's filter %d (%s) can't be set: %s; choose another with --filter none, gzip or "
          "shuffle+gzip",
          (int)id, name, hdf5_words(words));
    return VXS_OK;
}

static vxs_status copy_filters(hid_t like, hid_t to) {
    hid_t from = H5Dget_create_plist(like);
    vxs_status status = VXS_OK;
    int filters = H5Pget_nfilters(from);
    for (int i = 0; i < filters && status == VXS_OK; i++)
        status = copy_filter(from, (unsigned)i, to);
    hdf5_drop(from);
    return status;
}

static vxs_status set_filters(const volume_spec *spec, const volume_info *like, hid_t like_dataset,
                              hid_t plist) {
    if (!volume_spec_is_filtered(spec, like))
        return VXS_OK;
    if (spec->filter == VOLUME_FILTER_SAME)
        return copy_filters(like_dataset, plist);
    CHECK(spec->gzip_level >= 0 && spec->gzip_level <= 9, VXS_USAGE, "gzip level %d, need 0 to 9",
          spec->gzip_level);
    CHECK(H5Zfilter_avail(H5Z_FILTER_DEFLATE) > 0, VXS_CANT_CREATE,
          "this HDF5 was built without deflate: choose --filter none");
    const unsigned level[] = {(unsigned)spec->gzip_level};
    if (spec->filter == VOLUME_FILTER_SHUFFLE_GZIP)
        H5Pset_filter(plist, H5Z_FILTER_SHUFFLE, H5Z_FLAG_MANDATORY, 0, NULL);
    H5Pset_filter(plist, H5Z_FILTER_DEFLATE, H5Z_FLAG_MANDATORY, 1, level);
    return VXS_OK;
}

static vxs_status set_chunks(const volume_spec *spec, hid_t plist) {
    hsize_t dims[AXES];
    int lead = AXES - spec->axes;
    for (int a = lead; a < AXES; a++) {
        CHECK(spec->chunk[a] >= 1 && spec->chunk[a] <= spec->shape[a], VXS_USAGE,
              "a chunk of %lld along an axis of %lld, need 1 to its length", (long long)spec->chunk[a],
              (long long)spec->shape[a]);
        dims[a - lead] = (hsize_t)spec->chunk[a];
    }
    int64_t bytes = layout_chunk_bytes(spec->chunk, spec->dtype);
    CHECK(bytes < (int64_t)1 << 32, VXS_USAGE,
          "a chunk of %lld bytes, HDF5 allows less than 4 GiB: choose smaller ones with --chunk",
          (long long)bytes);
    CHECK(H5Pset_chunk(plist, spec->axes, dims) >= 0, VXS_CANT_CREATE, "the chunk shape can't be set");
    return VXS_OK;
}

/* Early allocation needs no chunk index at all; chunks that pass filters have no size before they are
 * written. */
static vxs_status make_layout(const volume_spec *spec, const volume_info *like, hid_t like_dataset,
                              hid_t plist) {
    H5Pset_fill_time(plist, H5D_FILL_TIME_NEVER);
    H5Pset_alloc_time(plist,
                      volume_spec_is_filtered(spec, like) ? H5D_ALLOC_TIME_INCR : H5D_ALLOC_TIME_EARLY);
    if (!spec->chunked)
        return VXS_OK;
    TRY(set_chunks(spec, plist));
    return set_filters(spec, like, like_dataset, plist);
}

/* The type of the output: the input's own where the dtype stays, so that byte order and enum do, too. */
static hid_t make_type(const volume_spec *spec, const volume_info *like, hid_t like_dataset) {
    if (spec->dtype != like->dtype)
        return type_from_dtype(spec->dtype);
    hid_t stored = H5Dget_type(like_dataset);
    hid_t type = H5Tcopy(stored);
    hdf5_drop(stored);
    return type;
}

static vxs_status make_dataset(hid_t file, const volume_spec *spec, const volume_info *like,
                               hid_t like_dataset, hid_t *dataset) {
    hsize_t dims[AXES];
    int lead = AXES - spec->axes;
    for (int a = lead; a < AXES; a++)
        dims[a - lead] = (hsize_t)spec->shape[a];
    char words[HDF5_WORDS_BYTES];
    hid_t plist = H5Pcreate(H5P_DATASET_CREATE), links = H5Pcreate(H5P_LINK_CREATE);
    hid_t space = H5Screate_simple(spec->axes, dims, NULL), type = make_type(spec, like, like_dataset);
    H5Pset_create_intermediate_group(links, 1);
    H5Pset_char_encoding(links, H5T_CSET_UTF8);
    vxs_status status = make_layout(spec, like, like_dataset, plist);
    if (status == VXS_OK) {
        *dataset = H5Dcreate2(file, spec->dataset, type, space, links, plist, H5P_DEFAULT);
        if (*dataset < 0)
            status = status_fail(VXS_CANT_CREATE, "dataset '%s' can't be created%s: %s", spec->dataset,
                                 spec->filter == VOLUME_FILTER_SAME && volume_spec_is_filtered(spec, like)
                                     ? " with the input's filters (choose others with --filter)"
                                     : "",
                                 hdf5_words(words));
    }
    hdf5_drop(type);
    hdf5_drop(space);
    hdf5_drop(links);
    hdf5_drop(plist);
    return status;
}

static vxs_status fill_file(hid_t file, const volume_spec *spec, const volume_info *like, hid_t like_dataset,
                            char *warnings, size_t warnings_bytes) {
    hid_t dataset = H5I_INVALID_HID;
    vxs_status status;
    TRY_CLEAN(make_dataset(file, spec, like, like_dataset, &dataset));
    attributes_copy(like_dataset, dataset, warnings, warnings_bytes);
    if (spec->has_spacing)
        TRY_CLEAN(attributes_write_three(dataset, SPACING_ATTRIBUTE, spec->spacing));
    if (spec->has_origin)
        TRY_CLEAN(attributes_write_three(dataset, ORIGIN_ATTRIBUTE, spec->origin));
    for (int i = 0; i < spec->attribute_count; i++)
        TRY_CLEAN(attributes_write(dataset, &spec->attributes[i]));
cleanup:
    hdf5_drop(dataset);
    return status;
}

/* Room that a chunk gave up must not be given to another, or a job killed inside a flush could leave two
 * chunks in one place (recover.c). */
static hid_t make_creation(bool filtered) {
    hid_t creation = H5Pcreate(H5P_FILE_CREATE);
    if (filtered)
        H5Pset_file_space_strategy(creation, H5F_FSPACE_STRATEGY_NONE, false, 1);
    return creation;
}

static vxs_status make_file(const char *path, bool filtered, hid_t *file) {
    char words[HDF5_WORDS_BYTES], reason[64];
    int made = open(path, O_CREAT | O_EXCL | O_WRONLY | O_CLOEXEC, 0666);
    CHECK(made >= 0, disk_status(errno), "output file '%s' can't be created: %s", path, strerror(errno));
    close(made);
    hid_t access = H5Pcreate(H5P_FILE_ACCESS);
    H5Pset_libver_bounds(access, H5F_LIBVER_V110, H5F_LIBVER_V110);
    hid_t creation = make_creation(filtered);
    errno = 0;
    *file = H5Fcreate(path, H5F_ACC_TRUNC, creation, access);
    const int cause = errno;
    hdf5_words(words);
    hdf5_drop(creation);
    hdf5_drop(access);
    if (*file >= 0)
        return VXS_OK;
    unlink(path);
    return status_fail(disk_status(cause), "output file '%s' can't be created%s: %s", path,
                       errno_words(cause, reason), words);
}

static vxs_status check_spec(const volume_spec *spec) {
    int64_t bytes = (int64_t)dtype_bytes(spec->dtype);
    CHECK(spec->axes >= 3 && spec->axes <= AXES, VXS_USAGE, "an output of %d axes, need 3 to 5", spec->axes);
    for (int a = 0; a < AXES; a++) {
        CHECK(spec->shape[a] > 0, VXS_USAGE, "an output of length %lld along an axis, need at least 1",
              (long long)spec->shape[a]);
        CHECK(checked_mul(bytes, spec->shape[a], &bytes), VXS_USAGE, "the output has more than 2^63 bytes");
    }
    return VXS_OK;
}

static vxs_status open_like(const volume_info *like, hid_t *file, hid_t *dataset) {
    io_watch_begin();
    vxs_status status = file_open_serial(like->file, file);
    if (status == VXS_OK)
        *dataset = H5Dopen2(*file, like->dataset, H5P_DEFAULT);
    if (status == VXS_OK && *dataset < 0)
        status = status_fail(VXS_BAD_INPUT, "input dataset '%s' of '%s' can't be opened any more",
                             like->dataset, like->file);
    return io_watch_judge(status, like->file);
}

vxs_status volume_create(const char *path, const volume_spec *spec, const volume_info *like, char *warnings,
                         size_t warnings_bytes) {
    hid_t file = H5I_INVALID_HID, like_file = H5I_INVALID_HID, like_dataset = H5I_INVALID_HID;
    char words[HDF5_WORDS_BYTES];
    vxs_status status;
    hdf5_prepare();
    TRY(check_spec(spec));
    TRY_CLEAN(open_like(like, &like_file, &like_dataset));
    TRY_CLEAN(make_file(path, volume_spec_is_filtered(spec, like), &file));
    io_watch_begin();
    status = fill_file(file, spec, like, like_dataset, warnings, warnings_bytes);
    if (io_watch_end())
        status = io_watch_judge(status, like->file); /* an attribute of the input that can't be read */
    if (H5Fclose(file) < 0) {
        if (status == VXS_OK)
            status_fail(VXS_IO, "output file '%s' can't be written: %s", path, hdf5_words(words));
        status = VXS_IO;
    }
    if (status != VXS_OK)
        unlink(path);
cleanup:
    hdf5_drop(like_dataset);
    hdf5_drop(like_file);
    return status;
}
