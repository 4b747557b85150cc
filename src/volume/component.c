#include <stdlib.h>
#include <string.h>

#include "volume/internal.h"

/* MPICH's ROMIO lists its hints; Open MPI 4.1 lists none, whichever component it uses. */
static bool hints_are_romios(const volume *v) {
    void *handle = NULL;
    MPI_Info hints = MPI_INFO_NULL;
    if (H5Fget_vfd_handle(v->file, H5P_DEFAULT, &handle) < 0 || !handle ||
        MPI_File_get_info(*(MPI_File *)handle, &hints) != MPI_SUCCESS || hints == MPI_INFO_NULL)
        return false;
    int keys = 0;
    bool found = false;
    MPI_Info_get_nkeys(hints, &keys);
    for (int i = 0; i < keys && !found; i++) {
        char key[MPI_MAX_INFO_KEY + 1];
        MPI_Info_get_nthkey(hints, i, key);
        found = strncmp(key, "romio_", 6) == 0;
    }
    MPI_Info_free(&hints);
    return found;
}

/* Open MPI's parameter "io": from the environment, where mpirun's command line ends up too; else as a file
 * set it, which takes MPI_T a fifth of a second to tell; "" when nobody did. */
static void read_io_parameter(char *value, size_t bytes) {
    int index, count = 0, provided;
    MPI_T_cvar_handle handle;
    const char *set = getenv("OMPI_MCA_io");
    snprintf(value, bytes, "%s", set ? set : "");
    if (set)
        return;
    if (MPI_T_init_thread(MPI_THREAD_SINGLE, &provided) != MPI_SUCCESS)
        return;
    if (MPI_T_cvar_get_index("io", &index) == MPI_SUCCESS &&
        MPI_T_cvar_handle_alloc(index, NULL, &handle, &count) == MPI_SUCCESS) {
        char *text = calloc(1, (size_t)count + 1);
        if (text && MPI_T_cvar_read(handle, text) == MPI_SUCCESS)
            snprintf(value, bytes, "%s", text);
        free(text);
        MPI_T_cvar_handle_free(&handle);
    }
    MPI_T_finalize();
}

static bool is_open_mpi(void) {
    char text[MPI_MAX_LIBRARY_VERSION_STRING];
    int length;
    MPI_Get_library_version(text, &length);
    return strstr(text, "Open MPI") != NULL;
}

static bool open_mpi_uses_ompio(void) {
    char parameter[128];
    read_io_parameter(parameter, sizeof parameter);
    return parameter[0] == '^' ? !strstr(parameter, "ompio") : !parameter[0] || strstr(parameter, "ompio");
}

bool component_misses_short_reads(void) {
    return is_open_mpi() && open_mpi_uses_ompio();
}

void volume_io_component(volume *any, char text[32]) {
    const char *name = "mpi-io";
    if (any->serial)
        name = "serial";
    else if (hints_are_romios(any))
        name = "romio";
    else if (is_open_mpi())
        name = open_mpi_uses_ompio() ? "ompio" : "romio";
    snprintf(text, 32, "%s", name);
}
