/* The parts of a plan as a table: all of a few, the first and the last of many. Local. */
#ifndef CLI_PLAN_TABLE_H
#define CLI_PLAN_TABLE_H

#include <stdio.h>

#include <voxslab/voxslab_mpi.h>

enum { PLAN_TABLE_ALL = 64, PLAN_TABLE_HEAD = 16, PLAN_TABLE_TAIL = 4 };

/* Memory of a fixed size, whatever the number of parts. Starts zeroed. */
typedef struct plan_table {
    int64_t count;
    vxs_plan_part head[PLAN_TABLE_ALL];
    vxs_plan_part tail[PLAN_TABLE_TAIL]; /* part i at i % PLAN_TABLE_TAIL */
} plan_table;

void plan_table_add(plan_table *table, const vxs_plan_part *part);

void plan_table_print(FILE *out, const plan_table *table, int axes);

/* Bytes, amplification, ghosts and memory of the whole plan. */
void plan_table_print_totals(FILE *out, const plan_table *table, const vxs_report *report);

#endif
