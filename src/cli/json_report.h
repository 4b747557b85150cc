/*
 * A report, or a plan with its parts, as one JSON object. Parts are written as they come, so that plans of
 * millions of parts need no memory. Local.
 */
#ifndef CLI_JSON_REPORT_H
#define CLI_JSON_REPORT_H

#include <jansson.h>
#include <stdio.h>

#include <voxslab/voxslab_mpi.h>

json_t *json_box(const int64_t *begin, const int64_t *end, int axes); /* of VXS_MAX_AXES */

/* Everything of report, as an object; bad_chunks: an array of boxes, borrowed, NULL where none were to be
 * skipped. */
void json_report_print(FILE *out, const vxs_report *report, json_t *bad_chunks, const char *command_line);

/* The same with a first member "parts": begin, then each part, then end. */
void json_plan_begin(FILE *out);
void json_plan_add(FILE *out, const vxs_plan_part *part, int axes, int64_t index);
void json_plan_end(FILE *out, const vxs_report *report, const char *command_line);

#endif
