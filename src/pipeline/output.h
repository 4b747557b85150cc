/*
 * The output's life on disk: OUT.partial with its journal until it is complete, then OUT; OUT.lock meanwhile.
 * A resumed job finds OUT.partial and goes on. One rank makes these calls. Local.
 */
#ifndef PIPELINE_OUTPUT_H
#define PIPELINE_OUTPUT_H

#include "comm/watchdog.h"
#include "journal/journal.h"
#include "journal/lock.h"
#include "partition/tile_set.h"
#include "pipeline/job.h"

typedef struct output {
    const resolved_job *job;
    file_lock lock;
    journal *journal;
    tile_set done;  /* what is written; begun by output_begin with what an earlier run recorded */
    int64_t header; /* where a filtered output has its object header */
    bool recorded;  /* some of it is in the journal: OUT.partial is worth keeping */
    bool published; /* OUT is there: an earlier run was killed at its very end, or was not killed at all */
} output;

/*
 * Take the lock and make the output, or, with --resume, find it again; make it, with a warning, when there is
 * nothing to resume. VXS_USAGE when it is the input,
 * VXS_CANT_CREATE with the reason otherwise: its folder is not there or not writable, another job is at it,
 * OUT or OUT.partial exists and neither --force nor --resume says what to do, an uncompressed output does
 * not fit the disk; with --resume: other input, parameters or version, a damaged file.
 * Then nothing is changed on disk, and nothing of *o needs freeing. warnings are added to. dog watches, but
 * not the pauses while it waits for the lock.
 */
vxs_status output_begin(output *o, const resolved_job *job, watchdog *dog, char *warnings,
                        size_t warnings_bytes);

/*
 * Before what is in memory of the output's chunk index goes over the one on the disk: keep that in the
 * journal. So a job that is ended in the middle, in whatever state, can be resumed. Nothing to do without
 * filters. VXS_IO.
 */
vxs_status output_guard(output *o);

/* Whether output_guard has something to do. Any rank. */
bool output_needs_guard(const resolved_job *job);

/* Make OUT.partial fit to be gone on with (volume_recover); as it was before the last flush, if that left it
 * unfit. VXS_CANT_CREATE. */
vxs_status output_recover(output *o, char *warnings, size_t warnings_bytes);

/* Record o->done, whose voxels must be on the disk by now. VXS_IO. */
vxs_status output_record(output *o);

/* fsync, rename to OUT, fsync the folder, remove the journal; warn of one that stays. VXS_IO. */
vxs_status output_publish(output *o, char *warnings, size_t warnings_bytes);

/* A transfer failed on this rank, with the message set, and the others may wait in it for ever: say so, let
 * the next job have the lock, end all ranks with VXS_IO. Any rank; does not return. */
_Noreturn void output_abort(const resolved_job *job, MPI_Comm comm);

/* Let go of everything: after a failure OUT.partial and its journal are removed unless o->recorded. Legal
 * after a failed output_begin, and on a zeroed output. */
void output_end(output *o, bool failed);

#endif
