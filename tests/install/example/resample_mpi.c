#include <stdio.h>
#include <voxslab/voxslab_mpi.h>

int main(int argc, char **argv) {
    MPI_Init(&argc, &argv);
    vxs_job job = {.input = argv[1], .output = argv[2], .sizing = VXS_BY_SCALE, .scale = {0.5, 0.5, 0.5}};
    job.resample.mode = VXS_AREA;
    vxs_report report;
    vxs_status status = vxs_mpi_resample(MPI_COMM_WORLD, &job, &report); /* alike on every rank */
    int rank;
    MPI_Comm_rank(MPI_COMM_WORLD, &rank);
    if (rank == 0 && status != VXS_OK)
        fprintf(stderr, "%s\n", vxs_message());
    const int64_t *shape = report.out_shape; /* N, C, D, H, W */
    if (rank == 0 && status == VXS_OK)
        printf("%lld x %lld x %lld\n", (long long)shape[2], (long long)shape[3], (long long)shape[4]);
    MPI_Finalize();
    return status;
}
