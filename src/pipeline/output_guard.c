/* The chunk index of a filtered output is written over in place: what was there is kept until all of it is
 * there. */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "base/checked.h"
#include "pipeline/output.h"

bool output_needs_guard(const resolved_job *job) {
    return volume_spec_is_filtered(&job->out, &job->in);
}

static vxs_status open_partial(const output *o, int flags, int *file) {
    *file = open(o->job->partial, flags | O_CLOEXEC);
    CHECK(*file >= 0, VXS_IO, "can't open '%s': %s", o->job->partial, strerror(errno));
    return VXS_OK;
}

vxs_status output_guard(output *o) {
    file_range ranges[VOLUME_INDEX_RANGES];
    int file = -1;
    if (!output_needs_guard(o->job))
        return VXS_OK;
    TRY(open_partial(o, O_RDONLY, &file));
    int count = volume_index_ranges(file, o->header, ranges);
    vxs_status status = journal_keep(o->journal, file, ranges, count);
    close(file);
    return status;
}

static bool counts_as_written(const void *context, const int64_t begin[AXES]) {
    const output *o = context;
    int64_t index[AXES];
    for (int a = 0; a < AXES; a++)
        index[a] = begin[a] / o->done.tile[a];
    return tile_set_has(&o->done, index);
}

static vxs_status recover(const output *o) {
    return volume_recover(o->job->partial, &o->job->out, &o->job->in, counts_as_written, o);
}

static vxs_status put_back(const output *o, bool *done) {
    int file = -1;
    TRY(open_partial(o, O_RDWR, &file));
    vxs_status status = journal_put_back(o->journal, file, done);
    close(file);
    return status;
}

vxs_status output_recover(output *o, char *warnings, size_t warnings_bytes) {
    char kept[STATUS_MESSAGE_BYTES];
    bool done = false;
    vxs_status status = recover(o);
    if (status == VXS_OK || status == VXS_IO || !output_needs_guard(o->job))
        return status;
    snprintf(kept, sizeof kept, "%s", status_message());
    TRY(put_back(o, &done));
    if (!done) {
        status_set_message(kept);
        return status;
    }
    const size_t used = strlen(warnings);
    snprintf(warnings + used, warnings_bytes - used,
             "the last flush of '%s' was cut short; its chunk index is what it was before\n",
             o->job->partial);
    return recover(o);
}
