#include "journal/slurm.h"

#include <stdio.h>
#include <string.h>

enum { LINE = 256 };

/* squeue's words for a job that no longer runs, nor will. */
static const char *const ended[] = {"BOOT_FAIL", "CANCELLED",     "COMPLETED", "DEADLINE", "FAILED",
                                    "NODE_FAIL", "OUT_OF_MEMORY", "PREEMPTED", "TIMEOUT"};

/* A line of squeue's answer; a job that ended long ago is forgotten, and then it complains of the number. */
static bool line_says_ended(const char *line) {
    for (size_t i = 0; i < sizeof ended / sizeof *ended; i++)
        if (strcmp(line, ended[i]) == 0)
            return true;
    return strstr(line, "Invalid job id") != NULL;
}

bool slurm_job_has_ended(const char *job) {
    char command[LINE], line[LINE];
    size_t digits = strspn(job, "0123456789");
    if (digits == 0 || digits > 18 || job[digits] != '\0')
        return false; /* it came from a file, and goes to a shell */
    snprintf(command, sizeof command,
             "LC_ALL=C timeout 20 squeue --noheader --states=all --jobs=%s --format=%%T 2>&1", job);
    FILE *answer = popen(command, "r");
    int lines = 0, saying_ended = 0;
    while (answer && fgets(line, sizeof line, answer)) {
        line[strcspn(line, "\n")] = '\0';
        lines++;
        saying_ended += line_says_ended(line);
    }
    if (answer)
        pclose(answer);
    return lines > 0 && lines == saying_ended;
}
