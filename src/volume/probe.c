#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/checked.h"
#include "volume/internal.h"

/* Why H5Fopen refused a file that has HDF5's signature. */
static vxs_status fail_to_open(const char *path) {
    char words[HDF5_WORDS_BYTES];
    hdf5_words(words);
    if (strstr(words, "truncated"))
        return status_fail(VXS_BAD_INPUT,
                           "input file '%s' is truncated: copy it again, or let its writer finish (%s)", path,
                           words);
    if (strstr(words, "lock"))
        return status_fail(VXS_BAD_INPUT,
                           "input file '%s' can't be locked: another program writes it, or the file system "
                           "has no locks (then set HDF5_USE_FILE_LOCKING=FALSE): %s",
                           path, words);
    return status_fail(VXS_BAD_INPUT, "input file '%s' is HDF5 but can't be opened, it may be damaged: %s",
                       path, words);
}

/* HDF5 does not say why it can't: too many open files are no fault of the file's. */
static vxs_status can_be_opened(const char *path) {
    const int file = open(path, O_RDONLY | O_CLOEXEC), reason = errno;
    if (file >= 0)
        close(file);
    CHECK(file >= 0, reason == EACCES || reason == EPERM ? VXS_BAD_INPUT : VXS_IO,
          "input file '%s' can't be read: %s", path, strerror(reason));
    return VXS_OK;
}

/* stat's errno is the reason. What to type next: the list of the deepest folder that is there. */
static vxs_status fail_to_find(const char *path) {
    const int reason = errno;
    char folder[PATH_MAX] = "", host[256] = "this node";
    struct stat st;
    if (path[0] != '/' && getcwd(folder, sizeof folder) == NULL)
        folder[0] = '\0';
    const size_t used = strlen(folder);
    snprintf(folder + used, sizeof folder - used, "%s%s", path[0] == '/' ? "" : "/", path);
    for (char *slash = strrchr(folder, '/'); slash && slash > folder; slash = strrchr(folder, '/')) {
        *slash = '\0';
        if (stat(folder, &st) == 0)
            break;
    }
    gethostname(host, sizeof host - 1);
    const char *there = strrchr(folder, '/') && stat(folder, &st) == 0 ? folder : "/";
    errno = reason; /* for io_watch_judge */
    return status_fail(VXS_BAD_INPUT, "input file '%s' can't be opened: %s; see what there is on %s: ls '%s'",
                       path, strerror(reason), host, there);
}

vxs_status file_open_serial(const char *path, hid_t *file) {
    struct stat st;
    *file = H5I_INVALID_HID;
    if (stat(path, &st) != 0)
        return fail_to_find(path);
    CHECK(!S_ISDIR(st.st_mode), VXS_BAD_INPUT, "input file '%s' is a folder: name an HDF5 file", path);
    TRY(can_be_opened(path));
    CHECK(st.st_size > 0, VXS_BAD_INPUT, "input file '%s' is empty (0 bytes): name an HDF5 file", path);
    htri_t is_hdf5 = H5Fis_hdf5(path);
    CHECK(is_hdf5 > 0, VXS_BAD_INPUT,
          "input file '%s' is not an HDF5 file (%lld bytes, no HDF5 signature): convert it to HDF5 first",
          path, (long long)st.st_size);
    *file = H5Fopen(path, H5F_ACC_RDONLY, H5P_DEFAULT);
    return *file >= 0 ? VXS_OK : fail_to_open(path);
}

static vxs_status describe_file(const char *path, volume_info *info) {
    struct stat st;
    char *absolute = realpath(path, NULL);
    CHECK(absolute && stat(path, &st) == 0, VXS_BAD_INPUT, "input file '%s' can't be opened: %s", path,
          strerror(errno));
    int length = snprintf(info->file, sizeof info->file, "%s", absolute);
    free(absolute);
    CHECK(length < (int)sizeof info->file, VXS_BAD_INPUT, "input file '%s': its absolute path is too long",
          path);
    info->file_bytes = (int64_t)st.st_size;
    info->file_mtime_ns = (int64_t)st.st_mtim.tv_sec * 1000000000 + st.st_mtim.tv_nsec;
    return VXS_OK;
}

static vxs_status describe_shape(hid_t space, volume_info *info) {
    hsize_t dims[H5S_MAX_RANK];
    int axes = H5Sget_simple_extent_dims(space, dims, NULL);
    CHECK(axes >= 3 && axes <= AXES, VXS_BAD_INPUT, "input dataset '%s' has %d axes, need 3 to 5",
          info->dataset, axes);
    info->axes = axes;
    for (int a = 0; a < AXES; a++)
        info->shape[a] = a < AXES - axes ? 1 : (int64_t)dims[a - (AXES - axes)];
    for (int a = AXES - axes; a < AXES; a++)
        CHECK(info->shape[a] > 0, VXS_BAD_INPUT,
              "input dataset '%s' has length %lld along axis %d of %d, need at least 1", info->dataset,
              (long long)info->shape[a], a - (AXES - axes), axes);
    int64_t bytes = (int64_t)dtype_bytes(info->dtype);
    for (int a = 0; a < AXES; a++)
        CHECK(checked_mul(bytes, info->shape[a], &bytes), VXS_BAD_INPUT,
              "input dataset '%s' has more than 2^63 bytes", info->dataset);
    return VXS_OK;
}

static vxs_status describe_type(hid_t type, volume_info *info) {
    char words[TYPE_TEXT_BYTES];
    CHECK(type_to_dtype(type, &info->dtype, &info->swapped), VXS_BAD_INPUT,
          "input dataset '%s' holds %s values, need integers of 8 to 64 bits, float16, float32, float64 or "
          "h5py's bool",
          info->dataset, type_describe(type, words));
    return VXS_OK;
}

/* MPI-IO can't follow links into other files. */
static bool lives_elsewhere(hid_t file, hid_t dataset) {
    char main_name[VOLUME_PATH_BYTES] = "", own_name[VOLUME_PATH_BYTES] = "";
    H5Fget_name(file, main_name, sizeof main_name);
    H5Fget_name(dataset, own_name, sizeof own_name);
    return strcmp(main_name, own_name) != 0;
}

static vxs_status describe_dataset(hid_t file, hid_t dataset, volume_info *info) {
    hid_t type = H5Dget_type(dataset), space = H5Dget_space(dataset);
    vxs_status status = describe_type(type, info);
    if (status == VXS_OK)
        status = describe_shape(space, info);
    hdf5_drop(space);
    hdf5_drop(type);
    TRY(status);
    info->serial_only = lives_elsewhere(file, dataset);
    info->has_spacing =
        attributes_read_spacing(dataset, info->spacing, info->spacing_fault, sizeof info->spacing_fault);
    info->has_origin = attributes_read_origin(dataset, info->origin);
    return layout_describe(dataset, info);
}

/* The only dataset that can be a volume; the only one at all if none can, so that its fault gets named. */
static vxs_status choose_dataset(hid_t file, volume_info *info) {
    found_list list;
    char text[700];
    vxs_status status = find_datasets(file, &list);
    if (status == VXS_OK) {
        const found_dataset *chosen = list.count == 1 ? list.items : NULL;
        for (int i = 0; i < list.count && list.fitting == 1; i++)
            if (list.items[i].fits)
                chosen = &list.items[i];
        found_list_text(&list, list.fitting > 0, text, sizeof text);
        if (list.fitting > 1)
            status = status_fail(VXS_USAGE, "'%.150s' holds several volumes, name one as FILE:DATASET: %s",
                                 info->file, text);
        else if (!chosen)
            status =
                status_fail(VXS_BAD_INPUT,
                            "'%.150s' holds no volume, need a dataset of numbers with 3 to 5 axes; there "
                            "is: %s",
                            info->file, text);
        else
            status = dataset_name_normalise(chosen->path, info->dataset);
    }
    found_list_free(&list);
    return status;
}

/* A link on the way to the dataset that leads nowhere; VXS_OK when there is none. */
static vxs_status check_link(hid_t file, const volume_info *info, const char *link) {
    char value[VOLUME_PATH_BYTES] = "";
    const char *there = "", *path = "";
    H5L_info_t about;
    if (H5Lget_info(file, link, &about, H5P_DEFAULT) < 0 || about.type == H5L_TYPE_HARD ||
        about.u.val_size >= sizeof value || H5Lget_val(file, link, value, sizeof value, H5P_DEFAULT) < 0)
        return VXS_OK;
    hid_t target = H5Oopen(file, link, H5P_DEFAULT);
    hdf5_drop(target);
    if (target >= 0)
        return VXS_OK;
    CHECK(about.type == H5L_TYPE_EXTERNAL, VXS_BAD_INPUT,
          "'%s' of input file '%.300s' is a link to '%.300s', which is not there", link, info->file, value);
    H5Lunpack_elink_val(value, about.u.val_size, NULL, &there, &path);
    return status_fail(VXS_BAD_INPUT,
                       "'%s' of input file '%.300s' is a link to '%.200s' in file '%.200s', which can't be "
                       "opened: put that file beside the input, or set HDF5_EXT_PREFIX to its folder",
                       link, info->file, path, there);
}

static vxs_status check_links(hid_t file, const volume_info *info) {
    char link[VOLUME_NAME_BYTES];
    for (const char *end = info->dataset; *end;) {
        end += 1 + strcspn(end + 1, "/");
        snprintf(link, sizeof link, "%.*s", (int)(end - info->dataset), info->dataset);
        TRY(check_link(file, info, link));
    }
    return VXS_OK;
}

/* A dataset that does not open: is it there at all? */
static vxs_status fail_to_open_dataset(hid_t file, const volume_info *info) {
    char words[HDF5_WORDS_BYTES], text[600];
    hdf5_words(words);
    hid_t object = H5Oopen(file, info->dataset, H5P_DEFAULT);
    H5I_type_t kind = object < 0 ? H5I_BADID : H5Iget_type(object);
    hdf5_drop(object);
    if (kind == H5I_DATASET)
        return status_fail(VXS_BAD_INPUT, "input dataset '%s' of '%.150s' can't be opened: %s", info->dataset,
                           info->file, words);
    found_list list;
    TRY(find_datasets(file, &list));
    found_list_text(&list, false, text, sizeof text);
    found_list_free(&list);
    return status_fail(VXS_BAD_INPUT, "'%.150s' %s '%.100s'; there is: %s", info->file,
                       kind == H5I_BADID ? "has no dataset" : "has no dataset, but a group or type,",
                       info->dataset, text);
}

static vxs_status probe_open_file(hid_t file, const char *dataset, volume_info *info) {
    if (dataset[0])
        TRY(dataset_name_normalise(dataset, info->dataset));
    else
        TRY(choose_dataset(file, info));
    hid_t object = H5Dopen2(file, info->dataset, H5P_DEFAULT);
    if (object < 0) {
        TRY(check_links(file, info));
        return fail_to_open_dataset(file, info);
    }
    vxs_status status = describe_dataset(file, object, info);
    hdf5_drop(object);
    return status;
}

vxs_status volume_probe(const char *file, const char *dataset, volume_info *info) {
    hdf5_prepare();
    memset(info, 0, sizeof *info);
    hid_t open_file;
    io_watch_begin();
    vxs_status status = file_open_serial(file, &open_file);
    if (status == VXS_OK)
        status = describe_file(file, info);
    if (status == VXS_OK)
        status = probe_open_file(open_file, dataset, info);
    hdf5_drop(open_file);
    return io_watch_judge(status, file);
}
