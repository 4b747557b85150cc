#include "pipeline/output.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "comm/fatal.h"
#include "pipeline/output_place.h"
#include "pipeline/provenance.h"
#include "pipeline/warning.h"

enum { LOCK_SECONDS = 2 }; /* to wait for a job that is dying */

/* Only once the lock is ours: who had it may have made OUT. */
static vxs_status look_for_output(const resolved_job *job, bool *exists) {
    struct stat out;
    *exists = stat(job->out_file, &out) == 0;
    CHECK(!*exists || S_ISREG(out.st_mode), VXS_CANT_CREATE, "output '%s' exists and is not a file",
          job->out_file);
    return VXS_OK;
}

static vxs_status check_replaceable(const resolved_job *job, bool exists) {
    CHECK(!exists || job->options->force, VXS_CANT_CREATE,
          "output '%s' exists: give another name, or --force to replace it", job->out_file);
    return exists ? volume_check_replaceable(job->out_file, job->out_dataset) : VXS_OK;
}

static vxs_status create(const resolved_job *job, char *warnings, size_t warnings_bytes) {
    provenance from;
    TRY(provenance_describe(job, &from));
    volume_spec spec = job->out;
    spec.attributes = from.attributes;
    spec.attribute_count = from.count;
    unlink(job->partial);
    TRY(volume_create(job->partial, &spec, &job->in, warnings, warnings_bytes));
    output_warn_of_space(job, warnings, warnings_bytes);
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

/* ---- a fresh output ---- */

/* The journal first: whoever finds OUT.partial finds out what it is. */
static vxs_status begin_fresh(output *o, bool exists, char *warnings, size_t warnings_bytes) {
    const resolved_job *job = o->job;
    char head[JOURNAL_HEAD_BYTES];
    struct stat partial;
    TRY(check_replaceable(job, exists));
    CHECK(lstat(job->partial, &partial) != 0 || job->options->force, VXS_CANT_CREATE,
          "'%s' exists: a job that wrote it was stopped or killed; give --resume to go on, or --force to "
          "start over",
          job->partial);
    TRY(output_check_space(job));
    TRY(job_head(job, head, sizeof head));
    unlink(job->bad_chunks);
    TRY(journal_create(job->journal, head, tile_set_bytes(&o->done), &o->journal));
    vxs_status status = create(job, warnings, warnings_bytes);
    if (status != VXS_OK)
        unlink(job->journal);
    return status;
}

/* ---- a resumed one ---- */

static bool is_complete(const output *o) {
    return tile_set_members(&o->done) == o->done.tiles;
}

/* What the journal has is in OUT.partial, or nothing is and it is made anew. */
static vxs_status find_partial(output *o, const journal_found *found, char *warnings, size_t bytes) {
    const resolved_job *job = o->job;
    if (found->version == 0) {
        if (found->damaged)
            warning_add(warnings, bytes, "no record in '%s' can be trusted: everything is written again\n",
                        job->journal);
        return create(job, warnings, bytes);
    }
    CHECK(access(job->partial, F_OK) == 0, VXS_CANT_CREATE,
          "can't resume: '%s' is not there: start over with --force", job->partial);
    return output_recover(o, warnings, bytes);
}

/* No job has begun, or none that was killed before it wrote anything; or one was killed at its very end. */
static vxs_status begin_without_journal(output *o, bool exists, char *warnings, size_t warnings_bytes) {
    const resolved_job *job = o->job;
    if (exists && provenance_is_of(job)) {
        warning_add(warnings, warnings_bytes, "nothing to resume: '%s' is complete\n", job->out_file);
        o->published = true;
        return VXS_OK;
    }
    CHECK(!exists || job->options->force, VXS_CANT_CREATE,
          "nothing to resume: output '%s' exists, and is of other input, options or version: give another "
          "name, "
          "or --force to replace it",
          job->out_file);
    TRY(begin_fresh(o, exists, warnings, warnings_bytes));
    warning_add(warnings, warnings_bytes, "nothing to resume: '%s' is not there; beginning\n", job->partial);
    return VXS_OK;
}

static vxs_status begin_journalled(output *o, bool exists, char *warnings, size_t warnings_bytes) {
    const resolved_job *job = o->job;
    char head[JOURNAL_HEAD_BYTES];
    struct stat out;
    journal_found found;
    TRY(job_head(job, head, sizeof head));
    TRY(journal_open(job->journal, head, o->done.bits, tile_set_bytes(&o->done), &found, &o->journal));
    o->recorded = found.version > 0;
    o->published = is_complete(o) && access(job->partial, F_OK) != 0 && exists &&
                   stat(job->out_file, &out) == 0 && found.note == (int64_t)out.st_ino;
    if (o->published)
        return VXS_OK;
    TRY(check_replaceable(job, exists));
    TRY(output_check_space(job));
    return find_partial(o, &found, warnings, warnings_bytes);
}

static vxs_status begin_resumed(output *o, bool exists, char *warnings, size_t warnings_bytes) {
    const resolved_job *job = o->job;
    if (access(job->journal, F_OK) == 0)
        return begin_journalled(o, exists, warnings, warnings_bytes);
    CHECK(access(job->partial, F_OK) != 0, VXS_CANT_CREATE,
          "can't resume: there is no journal '%s' beside the partial file: start over with --force",
          job->journal);
    return begin_without_journal(o, exists, warnings, warnings_bytes);
}

/* ---- begin to end ---- */

static vxs_status begin_locked(output *o, char *warnings, size_t warnings_bytes) {
    const resolved_job *job = o->job;
    bool exists;
    TRY(look_for_output(job, &exists));
    TRY(tile_set_create(&o->done, job->out.shape, job->tile));
    TRY(job->options->resume ? begin_resumed(o, exists, warnings, warnings_bytes)
                             : begin_fresh(o, exists, warnings, warnings_bytes));
    return o->published || !output_needs_guard(job)
               ? VXS_OK
               : volume_header_address(job->partial, job->out.dataset, &o->header);
}

/* A job that was killed may still be dying when the next one comes, its memory being given back. The dog
 * watches every look, not the waiting. */
static vxs_status take_lock(output *o, const resolved_job *job, watchdog *dog) {
    enum { PAUSE_US = 200000, LOOKS = 1 + LOCK_SECONDS * 1000000 / PAUSE_US };
    vxs_status status = VXS_OK;
    for (int i = 0; i < LOOKS; i++) {
        watchdog_begin(dog, "taking the lock '%s'", job->lock);
        status = lock_take(job->lock, &o->lock);
        const bool held = status != VXS_OK && access(job->lock, F_OK) == 0;
        watchdog_end(dog);
        if (!held)
            break;
        usleep(PAUSE_US);
    }
    return status;
}

vxs_status output_begin(output *o, const resolved_job *job, watchdog *dog, char *warnings,
                        size_t warnings_bytes) {
    *o = (output){0};
    watchdog_begin(dog, "looking at '%s'", job->out_file);
    vxs_status status = output_check_names(job);
    watchdog_end(dog);
    TRY(status);
    TRY(take_lock(o, job, dog));
    o->job = job;
    watchdog_begin(dog, "beginning '%s'", job->partial);
    status = begin_locked(o, warnings, warnings_bytes);
    watchdog_end(dog);
    if (status != VXS_OK) {
        char kept[STATUS_MESSAGE_BYTES];
        snprintf(kept, sizeof kept, "%s", status_message());
        journal_close(o->journal);
        tile_set_destroy(&o->done);
        lock_release(&o->lock);
        *o = (output){0};
        status_set_message(kept);
    }
    return status;
}

vxs_status output_record(output *o) {
    struct stat partial;
    int64_t inode = stat(o->job->partial, &partial) == 0 ? (int64_t)partial.st_ino : 0;
    TRY(journal_record(o->journal, o->done.bits, inode));
    o->recorded = true;
    return VXS_OK;
}

/* Without --force, what has got this name in the mean time is not replaced. Some file systems can't promise
 * that; there it is looked for first. */
static vxs_status give_final_name(const resolved_job *job) {
    const bool force = job->options->force != 0;
    int failed = 0;
    if (!force && renameat2(AT_FDCWD, job->partial, AT_FDCWD, job->out_file, RENAME_NOREPLACE) == 0)
        return VXS_OK;
    if (!force && errno != EINVAL && errno != ENOSYS)
        failed = errno;
    else if (!force && access(job->out_file, F_OK) == 0)
        failed = EEXIST;
    else if (rename(job->partial, job->out_file) != 0)
        failed = errno;
    CHECK(failed != EEXIST, VXS_CANT_CREATE,
          "output '%s' was made by somebody else while this job ran; what it made is complete, in '%s': "
          "--resume "
          "--force replaces the other",
          job->out_file, job->partial);
    CHECK(failed == 0, VXS_IO, "can't rename '%s' to '%s': %s", job->partial, job->out_file,
          strerror(failed));
    return VXS_OK;
}

/* Harmless, but it looks like a job that is not done. */
static void remove_journal(const resolved_job *job, char *warnings, size_t warnings_bytes) {
    const char *const paths[] = {job->bad_chunks, job->journal};
    for (int i = 0; i < 2; i++)
        if (unlink(paths[i]) != 0 && errno != ENOENT)
            warning_add(warnings, warnings_bytes,
                        "'%s' is complete, but '%s' can't be removed: %s; it may be deleted\n", job->out_file,
                        paths[i], strerror(errno));
}

vxs_status output_publish(output *o, char *warnings, size_t warnings_bytes) {
    const resolved_job *job = o->job;
    char folder[VOLUME_PATH_BYTES];
    if (!o->published) {
        TRY(sync_path(job->partial, O_RDONLY));
        TRY(give_final_name(job));
    }
    output_folder_of(job->out_file, folder);
    TRY(sync_path(folder, O_RDONLY | O_DIRECTORY));
    remove_journal(job, warnings, warnings_bytes);
    return VXS_OK;
}

_Noreturn void output_abort(const resolved_job *job, MPI_Comm comm) {
    unlink(job->lock);
    comm_abort(comm, VXS_IO);
}

void output_end(output *o, bool failed) {
    if (!o->job)
        return;
    if (failed && !o->recorded) {
        unlink(o->job->partial);
        unlink(o->job->bad_chunks);
        unlink(o->job->journal);
    }
    journal_close(o->journal);
    tile_set_destroy(&o->done);
    lock_release(&o->lock);
    *o = (output){0};
}
