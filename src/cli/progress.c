#include "cli/progress.h"

#include <unistd.h>

#include "cli/format.h"

/* Often enough to look alive, seldom enough to cost nothing. */
static const double terminal_interval = 0.2;

progress_line progress_line_begin(FILE *out, double interval) {
    bool terminal = isatty(fileno(out)) == 1;
    return (progress_line){
        .out = out, .terminal = terminal, .interval = terminal ? terminal_interval : interval};
}

void progress_line_text(char *text, size_t text_bytes, const vxs_progress *progress) {
    double done = (double)progress->output_bytes_done, all = (double)progress->output_bytes;
    format_text rate, left;
    double seconds_left = done > 0 ? progress->seconds * (all - done) / done : -1;
    snprintf(text, text_bytes, "%5.1f %%  round %lld of %lld, %s of output, %s left",
             all > 0 ? 100 * done / all : 100.0, (long long)progress->round, (long long)progress->rounds,
             format_rate(rate, progress->seconds > 0 ? done / progress->seconds : 0, "B"),
             format_seconds(left, seconds_left));
}

void progress_line_update(progress_line *line, const vxs_progress *progress) {
    bool complete = progress->round >= progress->rounds;
    if (progress->seconds - line->last < line->interval && !(complete && line->terminal))
        return;
    line->last = progress->seconds;
    char text[256];
    progress_line_text(text, sizeof text, progress);
    if (line->terminal)
        fprintf(line->out, "\r%s\033[K", text); /* erase what a longer line left */
    else
        fprintf(line->out, "%s\n", text);
    line->line_is_open = line->terminal;
    fflush(line->out);
}

void progress_line_end(progress_line *line) {
    if (line->line_is_open)
        fputc('\n', line->out);
    line->line_is_open = false;
}
