/* What happened, after a run. Local. */
#ifndef CLI_REPORT_H
#define CLI_REPORT_H

#include <stdio.h>

#include <voxslab/voxslab_mpi.h>

typedef struct report_phase {
    const char *name;
    const vxs_phase *phase;
    vxs_dtype dtype; /* of the bytes */
} report_phase;

enum { REPORT_PHASES = 7 };

/* The phases in the order in which they happen. */
void report_list_phases(const vxs_report *report, report_phase phases[REPORT_PHASES]);

/* Bytes read per byte that some tap touches; 0 when nothing is touched. */
double report_amplification(const vxs_report *report, int64_t read_bytes);

void report_print(FILE *out, const vxs_report *report);

#endif
