#include "support/ranks.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include <voxslab/voxslab.h>

int rank_counts[RANK_GROUPS] = {1, 2, 3, 5, 7};
MPI_Comm rank_groups[RANK_GROUPS];
int world_rank;
char in_path[300], points_path[300], out_path[300];
static char folder[256];

int ranks_begin(void **state) {
    (void)state;
    MPI_Comm_rank(MPI_COMM_WORLD, &world_rank);
    MPI_Comm_size(MPI_COMM_WORLD, &rank_counts[RANK_COUNTS]);
    for (int i = 0; i < RANK_GROUPS; i++)
        MPI_Comm_split(MPI_COMM_WORLD, world_rank < rank_counts[i] ? 0 : MPI_UNDEFINED, world_rank,
                       &rank_groups[i]);
    if (world_rank == 0) {
        const char *parent = getenv("TMPDIR");
        snprintf(folder, sizeof folder, "%s/voxslab-XXXXXX", parent ? parent : "/tmp");
        if (!mkdtemp(folder))
            abort();
    }
    MPI_Bcast(folder, sizeof folder, MPI_CHAR, 0, MPI_COMM_WORLD);
    snprintf(in_path, sizeof in_path, "%s/in.h5", folder);
    snprintf(points_path, sizeof points_path, "%s/points.h5", folder);
    snprintf(out_path, sizeof out_path, "%s/out.h5", folder);
    return 0;
}

int ranks_end(void **state) {
    (void)state;
    everywhere(true);
    if (world_rank == 0) {
        unlink(in_path);
        unlink(points_path);
        unlink(out_path);
        return rmdir(folder);
    }
    return 0;
}

bool everywhere(bool fine) {
    int mine = fine, all, done = 0;
    MPI_Request request;
    MPI_Iallreduce(&mine, &all, 1, MPI_INT, MPI_MIN, MPI_COMM_WORLD, &request);
    for (MPI_Test(&request, &done, MPI_STATUS_IGNORE); !done; MPI_Test(&request, &done, MPI_STATUS_IGNORE))
        usleep(300);
    return all != 0;
}

void assert_all(bool good, const char *what) {
    if (!good)
        fprintf(stderr, "rank %d: %s: %s\n", world_rank, what, vxs_message());
    assert_true(everywhere(good));
}

MPI_Comm ranks_first(int ranks) {
    int i = 0;
    while (rank_counts[i] != ranks)
        i++;
    return rank_groups[i];
}
