#include "pipeline/output_place.h"

#include <errno.h>
#include <libgen.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include "base/checked.h"
#include "pipeline/job_operator.h"
#include "pipeline/warning.h"

void output_folder_of(const char *path, char folder[VOLUME_PATH_BYTES]) {
    char copy[VOLUME_PATH_BYTES];
    snprintf(copy, sizeof copy, "%s", path);
    snprintf(folder, VOLUME_PATH_BYTES, "%s", dirname(copy));
}

static vxs_status check_folder(const char *path) {
    char folder[VOLUME_PATH_BYTES];
    struct stat info;
    output_folder_of(path, folder);
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
    output_folder_of(path, folder);
    if (statvfs(folder, &disk) != 0 || disk.f_blocks == 0)
        return INT64_MAX;
    int64_t bytes = saturating_mul((int64_t)disk.f_bavail, (int64_t)disk.f_frsize);
    return lstat(partial, &old) == 0 ? saturating_add(bytes, (int64_t)old.st_blocks * 512) : bytes;
}

/* Of the voxels; chunks are written whole. */
static int64_t output_bytes(const resolved_job *job) {
    int64_t bytes = (int64_t)dtype_bytes(job->out.dtype);
    for (int a = 0; a < AXES; a++) {
        const int64_t chunk = job->out.chunked ? job->out.chunk[a] : 1;
        bytes = saturating_mul(bytes, saturating_mul(div_ceil(job->out.shape[a], chunk), chunk));
    }
    return bytes;
}

/* What comes on top of that: the index of chunks, attributes, the journal. */
static int64_t margin_bytes(int64_t bytes) {
    return (256 << 10) + bytes / 1000;
}

/* A disk that fills up in a collective write ends the job the hard way, so look first. What is compressed may
 * fit all the same. */
vxs_status output_check_space(const resolved_job *job) {
    int64_t wanted = output_bytes(job), there = free_bytes(job->out_file, job->partial);
    const int64_t in_all = saturating_add(wanted, margin_bytes(wanted));
    struct rlimit most;
    CHECK(getrlimit(RLIMIT_FSIZE, &most) != 0 || most.rlim_cur == RLIM_INFINITY ||
              (rlim_t)wanted <= most.rlim_cur || volume_spec_is_filtered(&job->out, &job->in),
          VXS_CANT_CREATE, "output '%s' takes %lld bytes, but 'ulimit -f' allows files of %lld only",
          job->out_file, (long long)wanted, (long long)most.rlim_cur);
    if (job->options->no_space_check)
        return VXS_OK;
    CHECK(in_all <= there || volume_spec_is_filtered(&job->out, &job->in), VXS_CANT_CREATE,
          "output '%s' takes %lld bytes (%lld with index and journal), but only %lld are free there: choose "
          "another disk, or compress with --filter (--no-space-check tries all the same)",
          job->out_file, (long long)wanted, (long long)in_all, (long long)there);
    return VXS_OK;
}

void output_warn_of_space(const resolved_job *job, char *warnings, size_t bytes) {
    int64_t wanted = output_bytes(job), there = free_bytes(job->out_file, "");
    if (wanted > there)
        warning_add(warnings, bytes,
                    "the output has up to %lld bytes, and only %lld are free there: it must compress well\n",
                    (long long)wanted, (long long)there);
}

/* What the job would replace or write over must not be what it reads. */
static vxs_status check_not_input(const resolved_job *job, const volume_info *in, const char *what) {
    const char *const ours[] = {job->out_file, job->partial, job->journal, job->lock};
    int hit = volume_reads_any(in, ours, sizeof ours / sizeof *ours);
    CHECK(hit != 0, VXS_USAGE,
          "output '%s' is the %s's file, or one that the %s '%s' reads its voxels from: give another name",
          job->out_file, what, what, in->file);
    CHECK(hit < 0, VXS_USAGE,
          "'%s', which this job would write over, is the %s's file, or one that the %s '%s' reads its voxels "
          "from: give the output another name",
          ours[hit], what, what, in->file);
    return VXS_OK;
}

vxs_status output_check_names(const resolved_job *job) {
    TRY(check_folder(job->out_file));
    TRY(check_not_input(job, &job->in, "input"));
    if (job->kind->points)
        TRY(check_not_input(job, &job->points, job->kind->points));
    return VXS_OK;
}
