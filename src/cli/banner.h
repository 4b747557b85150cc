/* What is about to happen: the job and its plan, a few lines. Local. */
#ifndef CLI_BANNER_H
#define CLI_BANNER_H

#include <stdio.h>

#include <voxslab/voxslab_mpi.h>

void banner_print(FILE *out, const vxs_report *report);

/* One line each; nothing when there are none. */
void banner_print_warnings(FILE *out, const char *warnings);

#endif
