/* External storage: where the raw files of a dataset lie, and whether they hold all of it. HDF5 reads what a
 * file is too short for as fill values, and says nothing. */
#include <errno.h>
#include <libgen.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/checked.h"
#include "volume/internal.h"

enum { RAW_PATH_BYTES = 3 * VOLUME_PATH_BYTES };

/* As HDF5 looks for it: below HDF5_EXTFILE_PREFIX, or from the current folder. */
static void raw_path(const char *main_file, const char *name, char path[RAW_PATH_BYTES]) {
    static const char origin[] = "${ORIGIN}";
    const char *prefix = getenv("HDF5_EXTFILE_PREFIX");
    char beside[VOLUME_PATH_BYTES];
    snprintf(beside, sizeof beside, "%s", main_file);
    if (name[0] == '/' || !prefix || !*prefix || strcmp(prefix, ".") == 0)
        snprintf(path, RAW_PATH_BYTES, "%s", name);
    else if (strncmp(prefix, origin, strlen(origin)) == 0)
        snprintf(path, RAW_PATH_BYTES, "%s%s/%s", dirname(beside), prefix + strlen(origin), name);
    else
        snprintf(path, RAW_PATH_BYTES, "%s/%s", prefix, name);
}

static vxs_status check_raw(const char *dataset, const char *path, int64_t begin, int64_t bytes) {
    static const char places[] = "relative names are looked up from the current folder, or below "
                                 "HDF5_EXTFILE_PREFIX if that is set";
    struct stat st;
    int64_t needed = saturating_add(begin, bytes);
    CHECK(stat(path, &st) == 0 && access(path, R_OK) == 0, VXS_BAD_INPUT,
          "input dataset '%s' keeps its voxels in the external file '%s', which can't be read: %s; it needs "
          "%lld bytes; %s",
          dataset, path, strerror(errno), (long long)needed, places);
    CHECK(!S_ISREG(st.st_mode) || (int64_t)st.st_size >= needed, VXS_BAD_INPUT,
          "input dataset '%s' keeps its voxels in the external file '%s', which is too short: %lld bytes, "
          "needs %lld; copy it again; %s",
          dataset, path, (long long)st.st_size, (long long)needed, places);
    return VXS_OK;
}

vxs_status external_check(hid_t plist, const char *main_file, const char *dataset, int64_t bytes,
                          wanted_files *wanted) {
    int files = H5Pget_external_count(plist);
    for (int i = 0; i < files && bytes > 0; i++) {
        char name[VOLUME_PATH_BYTES] = "", path[RAW_PATH_BYTES];
        off_t begin = 0;
        hsize_t room = 0;
        H5Pget_external(plist, (unsigned)i, sizeof name - 1, name, &begin, &room);
        raw_path(main_file, name, path);
        int64_t here = room == H5F_UNLIMITED ? bytes : (int64_t)min_i64((int64_t)room, bytes);
        TRY(check_raw(dataset, path, (int64_t)begin, here));
        wanted_files_look(wanted, path);
        bytes -= here;
    }
    return VXS_OK;
}
