#include "cli/launch.h"

#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include <voxslab/voxslab_mpi.h>

#include "cli/value.h"
#include "volume/volume.h"

/* Open MPI, PMIx and PMI launchers (MPICH's mpiexec), srun; first found counts. */
static const char *const rank_variables[] = {"OMPI_COMM_WORLD_RANK", "PMIX_RANK", "PMI_RANK", "SLURM_PROCID",
                                             NULL};
/* Not SLURM_NTASKS: a batch script has it too, and is one process. */
static const char *const size_variables[] = {"OMPI_COMM_WORLD_SIZE", "PMI_SIZE", "SLURM_STEP_NUM_TASKS",
                                             NULL};
static const char *const allocation_variables[] = {"SLURM_NTASKS", NULL};

static int first_number(const char *const *variables, int otherwise) {
    for (; *variables; variables++) {
        const char *text = getenv(*variables), *end;
        int64_t number;
        if (text && strcmp(text, "0") == 0)
            return 0;
        if (text && scan_int(text, '\0', INT32_MAX, &number, &end))
            return (int)number;
    }
    return otherwise;
}

launch launch_from_environment(void) {
    launch found;
    found.rank = first_number(rank_variables, 0);
    found.launched = first_number(rank_variables, -1) >= 0;
    found.size = first_number(size_variables, found.rank + 1);
    found.allocated_ranks = found.size > 1 ? found.size : first_number(allocation_variables, found.size);
    return found;
}

/* Whether the user's choice of components, a list that '^' turns into its complement, contains ompio. */
static bool chooses_ompio(const char *components) {
    bool named = strstr(components, "ompio") != NULL;
    return components[0] == '^' ? !named : named;
}

/* OMPIO's collective methods take a write that was cut short for a whole one, but for "individual", which
 * counts what was written, so that HDF5 notices. */
static void choose_io_component(void) {
    setenv("OMPI_MCA_io", "^ompio", 0);
    if (!chooses_ompio(getenv("OMPI_MCA_io")))
        return;
    setenv("OMPI_MCA_fbtl_posix_write_datasieving", "0", 0);
    setenv("OMPI_MCA_fcoll", "individual", 0);
}

/* What a signal handler may touch must be global. */
static volatile sig_atomic_t stop_wanted;

/* Who sends SIGUSR1 chose when; after SIGTERM, SIGKILL comes in half a minute. */
static void want_stop(int number) {
    if (number == SIGTERM)
        stop_wanted = VXS_STOP_SOON;
    else if (!stop_wanted)
        stop_wanted = VXS_STOP_AFTER_ROUND;
}

const volatile sig_atomic_t *launch_stop_flag(void) {
    return &stop_wanted;
}

/* Transfers under way go on. */
static void take_signals(bool stops) {
    struct sigaction action = {.sa_handler = want_stop, .sa_flags = SA_RESTART};
    signal(SIGXFSZ, SIG_IGN);
    sigemptyset(&action.sa_mask);
    if (stops) {
        sigaction(SIGUSR1, &action, NULL);
        sigaction(SIGTERM, &action, NULL);
    }
}

/*
 * What Open MPI and ROMIO take at least: with less they crash, or end the program with statuses of their own.
 * Of memory 300 MB of addresses, most of it never used, and room for other versions of them.
 */
static const rlim_t mpi_file_bytes = 5 << 20, mpi_memory_bytes = 512 << 20;

vxs_status launch_check_limits(const launch *from) {
    struct rlimit file, memory;
    const bool known = getrlimit(RLIMIT_FSIZE, &file) == 0 && getrlimit(RLIMIT_AS, &memory) == 0;
    CHECK(!known || memory.rlim_cur == RLIM_INFINITY || memory.rlim_cur >= mpi_memory_bytes, VXS_IO,
          "'ulimit -v' allows %lld bytes of addresses only, too few for MPI and MPI-IO: give %lld and more",
          (long long)memory.rlim_cur, (long long)mpi_memory_bytes);
    /* Who has a launcher leaves that to it. */
    CHECK(!known || from->launched || file.rlim_cur == RLIM_INFINITY || file.rlim_cur >= mpi_file_bytes,
          VXS_CANT_CREATE,
          "'ulimit -f' allows files of %lld bytes only, too few for MPI to start: give %lld and more",
          (long long)file.rlim_cur, (long long)mpi_file_bytes);
    return VXS_OK;
}

/* ---- ends that are not ours ---- */

static bool leaving;

/* To us 1 means that something differs; to libraries that give up, OpenMP's without threads among them,
 * anything. */
static void correct_status(int status, void *context) {
    (void)context;
    if (leaving || status != 1)
        return;
    static const char words[] =
        "voxslab: a library that it needs ended the program (memory, threads, or "
        "another limit of ulimit's?); run it again, with --resume if it writes an output\n";
    if (write(STDERR_FILENO, words, sizeof words - 1) < 0)
        _exit(VXS_IO);
    _exit(VXS_IO);
}

void launch_correct_status(void) {
    volume_close_nothing_at_exit();
    on_exit(correct_status, NULL);
}

int launch_leave(int status) {
    leaving = true;
    return status;
}

vxs_status launch_mpi(const launch *from, bool stops) {
    choose_io_component();
    int provided = MPI_THREAD_SINGLE, size = 0;
    take_signals(stops); /* to start takes a while */
    MPI_Init_thread(NULL, NULL, MPI_THREAD_FUNNELED, &provided);
    take_signals(stops); /* MPI may have handlers of its own */
    MPI_Comm_size(MPI_COMM_WORLD, &size);
    CHECK(provided >= MPI_THREAD_FUNNELED, VXS_INTERNAL,
          "this MPI library gives thread level %d, but voxslab needs MPI_THREAD_FUNNELED (%d)", provided,
          MPI_THREAD_FUNNELED);
    CHECK(size > 1 || from->size <= 1, VXS_USAGE,
          "%d processes were launched, but each sees itself alone: use the mpirun of the MPI that voxslab "
          "was built "
          "with, or srun --mpi=pmix",
          from->size);
    return VXS_OK;
}
