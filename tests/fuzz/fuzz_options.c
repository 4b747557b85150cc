/*
 * libFuzzer: any command line is taken, or refused as VXS_USAGE with a message that says where to read on. An
 * input is the number of a subcommand, then words that end with a newline.
 */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/command.h"

enum { WORDS = 64 };

static void insist(int holds, const char *what) {
    if (holds)
        return;
    fprintf(stderr, "%s: %s\n", what, status_message());
    abort();
}

static int split(char *text, char *argv[WORDS + 1]) {
    int argc = 0;
    for (char *at = text, *end; argc < WORDS && (end = strchr(at, '\n')); at = end + 1) {
        *end = '\0';
        argv[argc++] = at;
    }
    argv[argc] = NULL;
    return argc;
}

static const command *pick(uint8_t number) {
    int count = 0;
    while (commands[count])
        count++;
    return commands[number % count];
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    if (size < 1)
        return 0;
    const command *which = pick(data[0]);
    char *argv[WORDS + 2] = {(char *)(uintptr_t)which->name}, *text = malloc(size);
    memcpy(text, data + 1, size - 1);
    text[size - 1] = '\0';
    int argc = split(text, argv + 1) + 1;
    bool help = false;
    void *args = malloc(which->args_bytes);
    vxs_status status = command_parse(which, argc, argv, args, &help);
    insist(status == VXS_OK || status == VXS_USAGE, "another status");
    insist(status == VXS_OK || strstr(status_message(), "(try 'voxslab ") != NULL, "no advice");
    insist(status == VXS_OK || strlen(status_message()) > 30, "nothing said");
    free(args);
    free(text);
    return 0;
}
