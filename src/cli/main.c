/* voxslab: finds the subcommand, starts MPI only where it is needed, prints errors and picks the exit status.
 */
#include <stdlib.h>
#include <string.h>

#include "cli/command.h"
#include "cli/launch.h"
#include "cli/manual.h"
#include "kernels/isa.h"

/* One line, whatever a name on the command line contains. */
static void print_error(void) {
    char line[STATUS_MESSAGE_BYTES];
    snprintf(line, sizeof line, "%s", status_message());
    for (char *at = line; *at; at++)
        if ((unsigned char)*at < ' ' || *at == 0x7f)
            *at = ' ';
    fflush(stdout);
    fprintf(stderr, "voxslab: %s\n", line);
    fflush(stderr);
}

/* "voxslab resample in.h5 ..." for the record; NULL if memory is short. */
static char *join(int argc, char **argv) {
    size_t bytes = sizeof "voxslab";
    for (int i = 1; i < argc; i++)
        bytes += strlen(argv[i]) + 1;
    char *line = malloc(bytes);
    if (!line)
        return NULL;
    char *at = stpcpy(line, "voxslab");
    for (int i = 1; i < argc; i++)
        at = stpcpy(stpcpy(at, " "), argv[i]);
    return line;
}

/* Errors before MPI is needed. Among several ranks it is started all the same: a launcher kills the others
 * when one exits with an error, rank 0 perhaps before it has spoken. */
static vxs_status fail_early(vxs_status status, const launch *from) {
    char message[STATUS_MESSAGE_BYTES];
    snprintf(message, sizeof message, "%s", status_message());
    bool several = from->size > 1 && launch_mpi(from, false) == VXS_OK;
    status_set_message(message);
    if (from->rank == 0)
        print_error();
    if (several) {
        MPI_Barrier(MPI_COMM_WORLD);
        MPI_Finalize();
    }
    return status;
}

static vxs_status run_with_mpi(const command *which, const void *args, run_context *context,
                               const launch *from) {
    int rank = from->rank;
    vxs_status status = launch_mpi(from, which->stops);
    if (status == VXS_OK) {
        MPI_Comm_rank(MPI_COMM_WORLD, &rank);
        context->comm = MPI_COMM_WORLD;
        context->rank = rank;
        status = which->run(args, context);
    }
    if (status != VXS_OK && rank == 0)
        print_error();
    /* Nobody leaves with an error before rank 0 has spoken; and where only rank 0 can fail, as with a full
     * disk under --json, all leave with its status. */
    int code = (int)status;
    if (context->comm != MPI_COMM_NULL)
        MPI_Bcast(&code, 1, MPI_INT, 0, context->comm);
    MPI_Finalize();
    return status != VXS_OK ? status : (vxs_status)code;
}

static vxs_status run_command(const command *which, int argc, char **argv, const launch *from,
                              const char *command_line) {
    bool help = false;
    void *args = malloc(which->args_bytes);
    vxs_status status = args ? command_parse(which, argc, argv, args, &help)
                             : status_fail(VXS_IO, "no memory for %zu bytes of options", which->args_bytes);
    run_context context = {
        .comm = MPI_COMM_NULL, .planned_ranks = from->allocated_ranks, .command_line = command_line};
    if (status != VXS_OK) {
        status = fail_early(status, from);
    } else if (help) {
        if (from->rank == 0)
            manual_print_command_help(stdout, which);
    } else if (which->needs_mpi && which->needs_mpi(args)) {
        status = launch_check_limits(from);
        if (status != VXS_OK)
            print_error(); /* of each rank: there is no other way to tell who */
        else
            status = run_with_mpi(which, args, &context, from);
    } else if (from->rank == 0) {
        status = which->run(args, &context);
        if (status != VXS_OK)
            print_error();
    }
    free(args);
    return status;
}

typedef struct printer {
    const char *names[3];
    void (*print)(FILE *out);
} printer;

/* man is not in the help: CMake calls it to make voxslab.1. */
static const printer printers[] = {
    {{"--help", "-h", "help"}, manual_print_help},
    {{"--version", "-V", "version"}, manual_print_version},
    {{"man", NULL, NULL}, manual_print_man},
};

static const printer *find_printer(const char *name) {
    for (size_t i = 0; i < sizeof printers / sizeof *printers; i++)
        for (int n = 0; n < 3 && printers[i].names[n]; n++)
            if (strcmp(printers[i].names[n], name) == 0)
                return &printers[i];
    return NULL;
}

static vxs_status dispatch(int argc, char **argv, const launch *from, const char *command_line) {
    if (isa_check() != VXS_OK)
        return fail_early(VXS_USAGE, from);
    if (argc < 2)
        return fail_early(status_fail(VXS_USAGE, "a subcommand is missing (try 'voxslab --help')"), from);
    const printer *print = find_printer(argv[1]);
    const command *which = command_find(argv[1]);
    if (print && argc == 2) {
        if (from->rank == 0)
            print->print(stdout);
        return VXS_OK;
    }
    if (print)
        return fail_early(status_fail(VXS_USAGE,
                                      "unexpected argument '%.200s' after %s (try 'voxslab --help')", argv[2],
                                      argv[1]),
                          from);
    if (!which)
        return fail_early(
            status_fail(VXS_USAGE, "unknown subcommand '%.200s' (try 'voxslab --help')", argv[1]), from);
    return run_command(which, argc - 1, argv + 1, from, command_line);
}

int main(int argc, char **argv) {
    launch from = launch_from_environment();
    launch_correct_status();
    char *command_line = join(argc, argv);
    vxs_status status = dispatch(argc, argv, &from, command_line);
    free(command_line);
    if ((fflush(stdout) != 0 || ferror(stdout)) && status == VXS_OK) {
        status = status_fail(VXS_IO, "can't write to the standard output");
        print_error();
    }
    return launch_leave((int)status);
}
