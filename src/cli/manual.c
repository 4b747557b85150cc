#include "cli/manual.h"

#define STRING_OF(x) #x
#define EXIT_TEXT(x) STRING_OF(x)

const manual_row manual_general_options[] = {
    {"-h, --help", "Print this help, or a subcommand's after its name."},
    {"-V, --version", "Print the versions of voxslab and of the libraries that it runs on."},
    {NULL, NULL},
};

const manual_row manual_exit_statuses[] = {
#define EXIT_ROW(id, exit_status, text) {EXIT_TEXT(exit_status), text},
    VXS_STATUS_LIST(EXIT_ROW)
#undef EXIT_ROW
        {NULL, NULL},
};

const manual_row manual_environment[] = {
    {"OMPI_MCA_io",
     "Open MPI's MPI-IO component. Unset, it becomes ^ompio (that is ROMIO): OMPIO of Open MPI 4.1 can lose "
     "data when ranks write side by side or a write is cut short, and hangs when a disk is full."},
    {"OMPI_MCA_fbtl_posix_write_datasieving, OMPI_MCA_fcoll",
     "Become 0 and individual when OMPIO was chosen and they are unset, which avoids the lost data. With "
     "OMPIO, "
     "input is read without MPI-IO, since a read that was cut short would go unnoticed."},
    {"HDF5_PLUGIN_PATH", "Folders with HDF5 filter plugins, for input that needs them."},
    {"HDF5_USE_FILE_LOCKING", "FALSE on file systems that have no locks."},
    {"VOXSLAB_ISA", "Instruction set of the kernels: baseline, v3 (AVX2) or v4 (AVX-512). Unset, the best "
                    "that the processor "
                    "has; the values are the same to the bit."},
    {"OMP_NUM_THREADS", "Threads per rank where --threads is not given."},
    {"OMP_PLACES, OMP_PROC_BIND", "Where threads run; cores and close suit most machines."},
    {NULL, NULL},
};
