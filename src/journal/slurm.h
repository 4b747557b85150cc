/* What Slurm's queue knows of another job. Local. */
#ifndef JOURNAL_SLURM_H
#define JOURNAL_SLURM_H

#include <stdbool.h>

/* Whether squeue says for certain that a job of ours on this cluster has ended. false when it runs, waits,
 * or nobody can tell: no squeue here, no answer within 20 s, or job is not a number. */
bool slurm_job_has_ended(const char *job);

#endif
