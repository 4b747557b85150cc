/*
 * OUT.lock: one job writes an output at a time. A file made with O_EXCL that says who: host, process, job,
 * date. It is no more than that to file systems, so a job that was killed leaves it: what shows that its
 * owner is gone (the process, the machine's start, the job's requeueing, Slurm's queue) makes the next job
 * take it over. One rank makes these calls. Local.
 */
#ifndef JOURNAL_LOCK_H
#define JOURNAL_LOCK_H

#include "base/status.h"

enum { LOCK_PATH_BYTES = 4096 };

typedef struct file_lock {
    char path[LOCK_PATH_BYTES]; /* "" unless held */
} file_lock;

/* Take the lock or refuse: VXS_CANT_CREATE with the owner's host, job and date, and what to do where nobody
 * can tell from here whether it still runs. *lock need not be initialised; it is not held on failure. */
vxs_status lock_take(const char *path, file_lock *lock);

/* Remove the file, if it is held and still ours. Also what a job that is about to die does. */
void lock_release(file_lock *lock);

#endif
