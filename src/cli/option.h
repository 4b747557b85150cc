/*
 * One table per subcommand: it parses the command line, prints --help and makes the man page, so that the
 * three cannot disagree. Local; no MPI.
 */
#ifndef CLI_OPTION_H
#define CLI_OPTION_H

#include <stdbool.h>
#include <stddef.h>

#include "base/status.h"

/* Turn text into *target. NULL when it could, else what is accepted: "needs a whole number above 0". */
typedef const char *option_parser(const char *text, void *target);

/* Tables end with a row whose name is NULL. */
typedef struct option_row {
    const char *name;     /* long, without dashes */
    char letter;          /* short form, 0 without */
    const char *argument; /* placeholder of the value; NULL for a switch, which sets an int to 1 */
    const char *help;
    option_parser *parse; /* NULL for a switch */
    size_t offset;        /* of the target in the subcommand's arguments */
    int group;            /* at most one option of a group above 0 may be given */
} option_row;

/* A name on the command line; its target is a const char *. */
typedef struct positional_row {
    const char *name;
    const char *help;
    size_t offset;
} positional_row;

/*
 * Fill args by the tables. argv[0] is skipped; argv may be reordered, and texts in args point into it. An
 * option may be given once only. --help (-h) in any place sets *help, and then only unknown options are
 * errors. VXS_USAGE names the option, the value and what is accepted.
 */
vxs_status options_parse(const option_row *options, const positional_row *positionals, int argc, char **argv,
                         void *args, bool *help);

#endif
