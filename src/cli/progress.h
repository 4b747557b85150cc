/* The progress line: in place on a terminal, one line every so many seconds elsewhere. Local. */
#ifndef CLI_PROGRESS_H
#define CLI_PROGRESS_H

#include <stdbool.h>
#include <stdio.h>

#include <voxslab/voxslab_mpi.h>

typedef struct progress_line {
    FILE *out;
    bool terminal;
    double interval;   /* seconds between lines */
    double last;       /* seconds of the job at the last line */
    bool line_is_open; /* a terminal's line that has no newline yet */
    size_t warned;     /* length of the warnings that were printed at the start */
} progress_line;

progress_line progress_line_begin(FILE *out, double interval);
void progress_line_update(progress_line *line, const vxs_progress *progress);
void progress_line_end(progress_line *line);

/* "  42.0 %  round 3 of 7, 1.79 GB/s, 12.3 s left" */
void progress_line_text(char *text, size_t text_bytes, const vxs_progress *progress);

#endif
