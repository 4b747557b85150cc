/* Tests on several ranks: groups of the first of them, verdicts of all, and the files that they share. All
 * functions are collective over MPI_COMM_WORLD. */
#ifndef SUPPORT_RANKS_H
#define SUPPORT_RANKS_H

#include <mpi.h>
#include <stdbool.h>

/* Groups: the first 1, 2, 3, 5 and 7 ranks, and all. */
enum { RANK_COUNTS = 5, RANK_GROUPS };
extern int rank_counts[RANK_GROUPS];
extern MPI_Comm rank_groups[RANK_GROUPS]; /* MPI_COMM_NULL for those that are not in it */
extern int world_rank;

/* In a folder that goes when the tests end. */
extern char in_path[300], points_path[300], out_path[300];

/* Before and after a group of tests. */
int ranks_begin(void **state);
int ranks_end(void **state);

/* Whether it is fine on every rank. They sleep, not spin, until all have come: they outnumber the cores, and
 * those with nothing to do must not slow the others. */
bool everywhere(bool fine);

/* Only the verdict of all ranks may be asserted: one that stops alone hangs the others. */
void assert_all(bool good, const char *what);

/* The group of so many ranks. */
MPI_Comm ranks_first(int ranks);

#endif
