#include <mpi.h>
#include <string.h>

#include "cli/manual.h"
#include "volume/volume.h"

void manual_print_version(FILE *out) {
    char mpi[MPI_MAX_LIBRARY_VERSION_STRING];
    int length = 0;
    MPI_Get_library_version(mpi, &length); /* one of the few calls that are legal before MPI_Init */
    mpi[strcspn(mpi, "\n")] = '\0';
    fprintf(out, "voxslab %s\n%s\n%s\n", vxs_version(), volume_library_version(), mpi);
#ifdef _OPENMP
    fprintf(out, "OpenMP %d\n", _OPENMP);
#endif
}
