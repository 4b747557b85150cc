#include "cli/command.h"

#include <stdio.h>
#include <string.h>

#define DECLARE(id) extern const command command_##id;
COMMAND_LIST(DECLARE)
#undef DECLARE

#define POINTER(id) &command_##id,
const command *const commands[] = {COMMAND_LIST(POINTER) NULL};
#undef POINTER

bool command_always(const void *args) {
    (void)args;
    return true;
}

const command *command_find(const char *name) {
    for (int i = 0; commands[i]; i++)
        if (strcmp(commands[i]->name, name) == 0)
            return commands[i];
    return NULL;
}

vxs_status command_parse(const command *which, int argc, char **argv, void *args, bool *help) {
    memset(args, 0, which->args_bytes);
    if (which->set_defaults)
        which->set_defaults(args);
    vxs_status status = options_parse(which->options, which->positionals, argc, argv, args, help);
    if (status == VXS_OK && !*help && which->check)
        status = which->check(args);
    if (status != VXS_USAGE)
        return status;
    char copy[STATUS_MESSAGE_BYTES - 64];
    snprintf(copy, sizeof copy, "%s", status_message());
    return status_fail(status, "%s (try 'voxslab %s --help')", copy, which->name);
}
