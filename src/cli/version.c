#include <mpi.h>
#include <string.h>

#include "cli/manual.h"
#include "kernels/isa.h"
#include "volume/volume.h"

void manual_print_version(FILE *out) {
    char mpi[MPI_MAX_LIBRARY_VERSION_STRING];
    int length = 0;
    MPI_Get_library_version(mpi, &length); /* one of the few calls that are legal before MPI_Init */
    mpi[strcspn(mpi, "\n")] = '\0';
    fprintf(out, "voxslab %s\n%s\n%s\n", vxs_version(), volume_library_version(), mpi);
    char sets[64];
    isa_list(sets, sizeof sets);
    fprintf(out, "kernels for %s (this machine can run %s)\n", isa_name(), sets);
#ifdef _OPENMP
    fprintf(out, "OpenMP %d\n", _OPENMP);
#endif
}
