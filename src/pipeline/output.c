#include "pipeline/output.h"

#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <time.h>
#include <unistd.h>

#include "base/checked.h"

static void folder_of(const char *path, char folder[VOLUME_PATH_BYTES]) {
    char copy[VOLUME_PATH_BYTES];
    snprintf(copy, sizeof copy, "%s", path);
    snprintf(folder, VOLUME_PATH_BYTES, "%s", dirname(copy));
}

static vxs_status check_folder(const char *path) {
    char folder[VOLUME_PATH_BYTES];
    struct stat info;
    folder_of(path, folder);
    CHECK(stat(folder, &info) == 0, VXS_CANT_CREATE, "can't create '%s': folder '%s': %s", path, folder,
          strerror(errno));
    CHECK(S_ISDIR(info.st_mode), VXS_CANT_CREATE, "can't create '%s': '%s' is not a folder", path, folder);
    CHECK(access(folder, W_OK | X_OK) == 0, VXS_CANT_CREATE, "can't create '%s': folder '%s': %s", path,
          folder, strerror(errno));
    return VXS_OK;
}

/* What may still be written beside path, bytes; INT64_MAX where the file system does not tell. An older
 * OUT.partial goes first. */
static int64_t free_bytes(const char *path, const char *partial) {
    char folder[VOLUME_PATH_BYTES];
    struct statvfs disk;
    struct stat old;
    folder_of(path, folder);
    if (statvfs(folder, &disk) != 0 || disk.f_blocks == 0)
        return INT64_MAX;
    int64_t bytes = saturating_mul((int64_t)disk.f_bavail, (int64_t)disk.f_frsize);
    return lstat(partial, &old) == 0 ? saturating_add(bytes, (int64_t)old.st_blocks * 512) : bytes;
}

static int64_t output_bytes(const resolved_job *job) {
    int64_t bytes = (int64_t)dtype_bytes(job->out.dtype);
    for (int a = 0; a < AXES; a++)
        bytes = saturating_mul(bytes, job->out.shape[a]);
    return bytes;
}

/* A disk that fills up in a collective write ends the job the hard way, so look first. What is compressed may
 * fit all the same. */
static vxs_status check_space(const resolved_job *job) {
    int64_t wanted = output_bytes(job), there = free_bytes(job->out_file, job->partial);
    CHECK(wanted <= there || volume_spec_is_filtered(&job->out, &job->in), VXS_CANT_CREATE,
          "output '%s' takes %lld bytes, but only %lld are free there: choose another disk, or compress with "
          "--filter",
          job->out_file, (long long)wanted, (long long)there);
    return VXS_OK;
}

static void warn_of_space(const resolved_job *job, char *warnings, size_t bytes) {
    int64_t wanted = output_bytes(job), there = free_bytes(job->out_file, "");
    size_t used = strlen(warnings);
    if (wanted > there && used < bytes)
        snprintf(warnings + used, bytes - used,
                 "the output has up to %lld bytes, and only %lld are free there: it must compress well\n",
                 (long long)wanted, (long long)there);
}

vxs_status output_check(const resolved_job *job) {
    struct stat in, out, partial;
    TRY(check_folder(job->out_file));
    bool exists = stat(job->out_file, &out) == 0;
    CHECK(!exists || stat(job->in.file, &in) != 0 || in.st_dev != out.st_dev || in.st_ino != out.st_ino,
          VXS_USAGE, "output '%s' is the input file: give another name", job->out_file);
    CHECK(!exists || job->options->force, VXS_CANT_CREATE,
          "output '%s' exists: give another name, or --force to replace it", job->out_file);
    CHECK(!exists || S_ISREG(out.st_mode), VXS_CANT_CREATE, "output '%s' exists and is not a file",
          job->out_file);
    if (exists)
        TRY(volume_check_replaceable(job->out_file, job->out_dataset));
    CHECK(lstat(job->partial, &partial) != 0 || job->options->force, VXS_CANT_CREATE,
          "'%s' exists: another job is writing it, or was killed; remove it, or give --force to start over",
          job->partial);
    return check_space(job);
}

static void utc(int64_t seconds, char *text, size_t bytes) {
    time_t t = (time_t)seconds;
    struct tm fields;
    strftime(text, bytes, "%Y-%m-%dT%H:%M:%SZ", gmtime_r(&t, &fields));
}

vxs_status output_create(const resolved_job *job, char *warnings, size_t warnings_bytes) {
    char parameters[512], modified[32], made[32];
    job_parameters(job, parameters, sizeof parameters);
    utc(job->in.file_mtime_ns / 1000000000, modified, sizeof modified);
    utc(time(NULL), made, sizeof made);
    volume_attribute attributes[] = {
        {"voxslab_version", vxs_version(), 0},
        {"voxslab_command", job->options->command ? job->options->command : "", 0},
        {"voxslab_input", job->in.file, 0},
        {"voxslab_input_dataset", job->in.dataset, 0},
        {"voxslab_input_bytes", NULL, job->in.file_bytes},
        {"voxslab_input_mtime", modified, 0},
        {"voxslab_input_mtime_ns", NULL, job->in.file_mtime_ns},
        {"voxslab_parameters", parameters, 0},
        {"voxslab_date", made, 0},
    };
    volume_spec spec = job->out;
    spec.attributes = attributes;
    spec.attribute_count = (int)(sizeof attributes / sizeof *attributes);
    if (job->options->force)
        unlink(job->partial);
    TRY(volume_create(job->partial, &spec, &job->in, warnings, warnings_bytes));
    warn_of_space(job, warnings, warnings_bytes);
    return VXS_OK;
}

static vxs_status sync_path(const char *path, int flags) {
    int file = open(path, flags);
    CHECK(file >= 0, VXS_IO, "can't open '%s' to flush it: %s", path, strerror(errno));
    int failed = fsync(file) != 0 ? errno : 0;
    close(file);
    CHECK(failed == 0 || failed == EINVAL, VXS_IO, "can't flush '%s' to disk: %s", path, strerror(failed));
    return VXS_OK;
}

vxs_status output_publish(const resolved_job *job) {
    char folder[VOLUME_PATH_BYTES];
    TRY(sync_path(job->partial, O_RDONLY));
    CHECK(rename(job->partial, job->out_file) == 0, VXS_IO, "can't rename '%s' to '%s': %s", job->partial,
          job->out_file, strerror(errno));
    folder_of(job->out_file, folder);
    return sync_path(folder, O_RDONLY | O_DIRECTORY);
}

void output_discard(const resolved_job *job) {
    unlink(job->partial);
}
