/*
 * Subcommands: each is one file with one `const command`, and one line in COMMAND_LIST.
 */
#ifndef CLI_COMMAND_H
#define CLI_COMMAND_H

#include <mpi.h>
#include <stdbool.h>

#include "cli/option.h"

/* command_<id> is defined in <id>.c. In the order of the help. */
#define COMMAND_LIST(X)                                                                                      \
    X(resample)                                                                                              \
    X(label)                                                                                                 \
    X(grid_sample)                                                                                           \
    X(affine)                                                                                                \
    X(warp)                                                                                                  \
    X(verify)                                                                                                \
    X(compare)                                                                                               \
    X(info)

/* Where a subcommand runs. */
typedef struct run_context {
    MPI_Comm comm; /* MPI_COMM_NULL when it needs no MPI; then rank 0 alone runs */
    int rank;
    int planned_ranks; /* that a plan without --ranks is for: as many as this launch or allocation has */
    const char *command_line; /* as typed */
} run_context;

typedef struct example {
    const char *text; /* what it does, a sentence without full stop */
    const char *line;
} example;

typedef struct command {
    const char *name;
    const char *summary;     /* half a line */
    const char *synopsis;    /* what follows the name; a '\n' breaks the line */
    const char *description; /* paragraphs, separated by '\n' */
    const positional_row *positionals;
    const option_row *options;
    const example *examples;             /* ends with a NULL text */
    size_t args_bytes;                   /* of the zeroed struct that the tables fill */
    void (*set_defaults)(void *args);    /* may be NULL */
    vxs_status (*check)(void *args);     /* what no single option can tell; may be NULL */
    bool (*needs_mpi)(const void *args); /* NULL: never */
    bool stops; /* it looks at launch_stop_flag; else SIGUSR1 and SIGTERM end it at once */
    vxs_status (*run)(const void *args, const run_context *context); /* collective if it needs MPI */
} command;

bool command_always(const void *args); /* for needs_mpi */

extern const command *const commands[]; /* ends with NULL */

/* NULL when there is none of that name. */
const command *command_find(const char *name);

/* Defaults, options, positionals, check. args: command->args_bytes, on any alignment of malloc's. The message
 * of an error ends with where to read on. */
vxs_status command_parse(const command *which, int argc, char **argv, void *args, bool *help);

#endif
