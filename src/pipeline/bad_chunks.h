/*
 * The input chunks that a job filled because they could not be decoded (--skip-bad-chunks): of all ranks,
 * each once, and of the runs that it resumes. Rank 0 has the list, ascending; a file beside the partial
 * output keeps it for a run that resumes.
 */
#ifndef PIPELINE_BAD_CHUNKS_H
#define PIPELINE_BAD_CHUNKS_H

#include <mpi.h>

#include "pipeline/job.h"

typedef struct bad_list {
    int64_t *number; /* as volume_chunk_box counts; rank 0's only */
    int64_t count;
    int64_t saved; /* of these, in the file */
    bool on_disk;  /* there is such a file, of this run or of the one that it resumes */
} bad_list;

/* Add what the ranks found since the last call. Takes a reduction of 8 bytes for each chunk that is new to
 * somebody, and one more. Collective. */
vxs_status bad_list_collect(bad_list *list, MPI_Comm comm, volume *in);

/* The file: written anew and flushed where something was added; read, into an empty list; all on rank 0.
 * VXS_IO; VXS_CANT_CREATE for a file that is not there or damaged. Local. */
vxs_status bad_list_save(bad_list *list, const char *path);
vxs_status bad_list_load(bad_list *list, const char *path);

/*
 * The end of a run: collect the last, drop the chunks that no output needs (which of those are read depends
 * on the ranks), tell the report and the output's attribute how many there are. Collective.
 */
vxs_status bad_list_finish(bad_list *list, const resolved_job *job, MPI_Comm comm, volume *in, volume *out,
                           vxs_report *report);

/* Hand the chunks to job->options->bad_chunk. Rank 0 only. */
void bad_list_visit(const bad_list *list, const resolved_job *job);

void bad_list_free(bad_list *list);

#endif
