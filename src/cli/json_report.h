/*
 * A report, or a plan with its parts, as one JSON object. Parts are written as they come, so that plans of
 * millions of parts need no memory. Local.
 */
#ifndef CLI_JSON_REPORT_H
#define CLI_JSON_REPORT_H

#include <stdio.h>

#include <voxslab/voxslab_mpi.h>

/* Everything of report, as an object. */
void json_report_print(FILE *out, const vxs_report *report, const char *command_line);

/* The same with a first member "parts": begin, then each part, then end. */
void json_plan_begin(FILE *out);
void json_plan_add(FILE *out, const vxs_plan_part *part, int axes, int64_t index);
void json_plan_end(FILE *out, const vxs_report *report, const char *command_line);

#endif
