#include "cli/json_file.h"

#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/disk.h"

/* The folder of a file that need not exist, and what it is called there; false when there is no such folder.
 */
static bool find_folder(const char *path, struct stat *folder, const char **name) {
    char copy[PATH_MAX];
    const char *slash = strrchr(path, '/');
    *name = slash ? slash + 1 : path;
    size_t length = (size_t)(*name - path);
    if (length + 2 > sizeof copy)
        return false;
    memcpy(copy, path, length);
    memcpy(copy + length, ".", 2);
    return stat(copy, folder) == 0;
}

static bool same_inode(const struct stat *a, const struct stat *b) {
    return a->st_dev == b->st_dev && a->st_ino == b->st_ino;
}

bool json_file_is(const char *path, const char *other) {
    struct stat a, b;
    const char *name_a, *name_b;
    if (strcmp(path, "-") == 0)
        return false;
    if (stat(path, &a) == 0 && stat(other, &b) == 0)
        return S_ISREG(a.st_mode) && same_inode(&a, &b);
    return find_folder(path, &a, &name_a) && find_folder(other, &b, &name_b) && same_inode(&a, &b) &&
           strcmp(name_a, name_b) == 0;
}

static vxs_status open_in_place(json_file *file) {
    file->stream = fopen(file->path, "w");
    CHECK(file->stream, VXS_CANT_CREATE, "can't write --json '%s': %s", file->path, strerror(errno));
    return VXS_OK;
}

vxs_status json_file_open(json_file *file, const char *path) {
    *file = (json_file){.path = path};
    if (strcmp(path, "-") == 0) {
        file->stream = stdout;
        return VXS_OK;
    }
    struct stat there;
    bool exists = stat(path, &there) == 0;
    CHECK(!exists || !S_ISDIR(there.st_mode), VXS_CANT_CREATE, "can't write --json '%s': it is a folder",
          path);
    /* Renaming onto /dev/null or a pipe would replace it. */
    if (exists && !S_ISREG(there.st_mode))
        return open_in_place(file);
    size_t bytes = strlen(path) + sizeof ".XXXXXX";
    file->temporary = malloc(bytes);
    CHECK(file->temporary, VXS_CANT_CREATE, "no memory for the name of --json '%.200s'", path);
    snprintf(file->temporary, bytes, "%s.XXXXXX", path);
    int descriptor = mkstemp(file->temporary);
    if (descriptor < 0) {
        vxs_status status =
            status_fail(VXS_CANT_CREATE, "can't create --json '%s': %s", path, strerror(errno));
        free(file->temporary);
        file->temporary = NULL;
        return status;
    }
    /* mkstemp's files are private; give the mode that fopen would have given. */
    mode_t mask = umask(0);
    umask(mask);
    fchmod(descriptor, 0666 & ~mask);
    file->stream = fdopen(descriptor, "w");
    return VXS_OK;
}

vxs_status json_file_open_on_root(json_file *file, const char *path, const run_context *context) {
    vxs_status status = path && context->rank == 0 ? json_file_open(file, path) : VXS_OK;
    int code = (int)status;
    MPI_Bcast(&code, 1, MPI_INT, 0, context->comm);
    if (code != VXS_OK && status == VXS_OK)
        status = status_fail((vxs_status)code, "rank 0 can't write --json '%.200s'", path);
    return status;
}

vxs_status json_file_commit(json_file *file) {
    bool failed = fflush(file->stream) != 0 || ferror(file->stream);
    if (file->stream != stdout)
        failed |= fclose(file->stream) != 0;
    file->stream = NULL;
    if (!failed && file->temporary)
        failed = rename(file->temporary, file->path) != 0;
    vxs_status status = VXS_OK;
    if (failed)
        status = status_fail(disk_status(errno), "can't write --json '%s': %s", file->path, strerror(errno));
    else if (file->temporary)
        file->temporary[0] = '\0'; /* it is the file now: discarding must not remove it */
    json_file_discard(file);
    return status;
}

void json_file_discard(json_file *file) {
    if (file->stream && file->stream != stdout)
        fclose(file->stream);
    if (file->temporary && file->temporary[0])
        unlink(file->temporary);
    free(file->temporary);
    *file = (json_file){0};
}
