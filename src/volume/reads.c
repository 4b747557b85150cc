/* Whether a dataset's voxels come out of certain files, whatever links, sources and raw files lie between. */
#include <libdeflate.h>
#include <stdlib.h>
#include <sys/stat.h>

#include "volume/internal.h"

void wanted_files_look(wanted_files *w, const char *path) {
    struct stat here, there;
    if (!w || w->seen >= 0 || stat(path, &here) != 0)
        return;
    const int64_t now[] = {here.st_size, here.st_mtim.tv_sec, here.st_mtim.tv_nsec};
    w->stamp = libdeflate_crc32(w->stamp, now, sizeof now);
    for (int i = 0; i < w->count && w->seen < 0; i++)
        if (stat(w->paths[i], &there) == 0 && here.st_dev == there.st_dev && here.st_ino == there.st_ino)
            w->seen = i;
}

static bool any_is_there(const wanted_files *w) {
    struct stat st;
    for (int i = 0; i < w->count; i++)
        if (stat(w->paths[i], &st) == 0)
            return true;
    return false;
}

static void look_behind(const volume_info *info, wanted_files *w) {
    hid_t file = H5I_INVALID_HID;
    volume_info *copy = malloc(sizeof *copy);
    if (!copy || file_open_serial(info->file, &file) != VXS_OK) {
        free(copy);
        return;
    }
    *copy = *info;
    hid_t dataset = H5Dopen2(file, info->dataset, H5P_DEFAULT);
    if (dataset >= 0)
        layout_look(dataset, copy, w);
    hdf5_drop(dataset);
    hdf5_drop(file);
    free(copy);
}

int volume_reads_any(const volume_info *info, const char *const *paths, int count) {
    wanted_files w = {.count = count, .seen = -1, .paths = paths};
    hdf5_prepare();
    wanted_files_look(&w, info->file);
    if (w.seen < 0 && info->serial_only && any_is_there(&w))
        look_behind(info, &w);
    return w.seen;
}
