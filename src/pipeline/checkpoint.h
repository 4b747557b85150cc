/*
 * Between rounds: whether it is time to checkpoint or to stop, on all ranks alike, and the checkpoint itself:
 * data on the disk of every rank, then the journal, then its fsync.
 */
#ifndef PIPELINE_CHECKPOINT_H
#define PIPELINE_CHECKPOINT_H

#include <mpi.h>

#include "pipeline/bad_chunks.h"
#include "pipeline/output.h"

typedef struct checkpoint {
    MPI_Comm comm;
    int rank;
    const resolved_job *job;
    const vxs_job *options;
    output *files; /* of rank 0; the others' is zeroed */
    volume *in, *out;
    bad_list *bad;
    watchdog *dog;
    double began;                  /* the job; all times are MPI_Wtime's */
    double interval;               /* seconds */
    double saved, round_end;       /* when the last checkpoint and the last round ended */
    double step_end, longest_step; /* within rounds */
    double longest_round, longest_save, save_seconds;
    int64_t saves;
    bool unsaved; /* rounds have been done since */
} checkpoint;

/* Ready for the first round. Local. */
void checkpoint_begin(checkpoint *c);

/* After each round, once files->done has it on rank 0: checkpoint if it is time. VXS_STOPPED, after a
 * checkpoint, when a signal or --max-time asks for it, unless the round was the job's last. Collective. */
vxs_status checkpoint_after_round(checkpoint *c, bool last);

/* Between the steps of a round, and between the calls of its reads: VXS_STOPPED, on this rank, when a stop is
 * asked for and the rest of the round would take too long. Local. */
vxs_status checkpoint_within_round(checkpoint *c, double part);

/* Before the output is flushed or closed: the chunk index that is on the disk is safe (output_guard), before
 * any rank writes over it. Collective. */
vxs_status checkpoint_guard(checkpoint *c);

/* Put what is done on disk and record it. A failed flush ends the program. Collective. */
vxs_status checkpoint_save(checkpoint *c);

#endif
