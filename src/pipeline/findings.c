#include "pipeline/findings.h"

#include <string.h>

/* The place of the lowest index that any rank has, on all. */
static void reduce_place(MPI_Comm comm, compare_place *place) {
    int rank, size;
    MPI_Comm_rank(comm, &rank);
    MPI_Comm_size(comm, &size);
    int64_t mine = place->index < 0 ? INT64_MAX : place->index, lowest = mine;
    MPI_Allreduce(&mine, &lowest, 1, MPI_INT64_T, MPI_MIN, comm);
    if (lowest == INT64_MAX)
        return;
    int candidate = mine == lowest ? rank : size, owner;
    MPI_Allreduce(&candidate, &owner, 1, MPI_INT, MPI_MIN, comm);
    MPI_Bcast(place, (int)sizeof *place, MPI_BYTE, owner, comm);
}

enum { COUNTS = 4 };

static void reduce_counts(MPI_Comm comm, compare_findings *f) {
    int64_t numbers[COUNTS + EXACT_SUM_LIMBS] = {f->voxels, f->differing, f->one_nan, f->infinite};
    exact_sum_carry(&f->sum);
    memcpy(numbers + COUNTS, f->sum.limb, sizeof f->sum.limb);
    MPI_Allreduce(MPI_IN_PLACE, numbers, COUNTS + EXACT_SUM_LIMBS, MPI_INT64_T, MPI_SUM, comm);
    f->voxels = numbers[0];
    f->differing = numbers[1];
    f->one_nan = numbers[2];
    f->infinite = numbers[3];
    memcpy(f->sum.limb, numbers + COUNTS, sizeof f->sum.limb);
    exact_sum_carry(&f->sum);
}

void findings_reduce(MPI_Comm comm, compare_findings *f) {
    double mine[2] = {f->greatest, f->relative}, most[2];
    MPI_Allreduce(mine, most, 2, MPI_DOUBLE, MPI_MAX, comm);
    if (f->greatest < most[0])
        f->worst.index = -1;
    f->greatest = most[0];
    f->relative = most[1];
    reduce_place(comm, &f->first);
    reduce_place(comm, &f->worst);
    reduce_counts(comm, f);
}
