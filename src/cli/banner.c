#include "cli/banner.h"

#include <string.h>

#include "base/dtype.h"
#include "cli/format.h"
#include "cli/operator_name.h"

static void print_dataset(FILE *out, const char *what, const char *file, const char *dataset, vxs_dtype dtype,
                          const int64_t *shape, int axes, int64_t bytes) {
    format_text shape_text, bytes_text;
    fprintf(out, "%-9s%s:%s\n         %s %s, %s", what, file, dataset, dtype_name(dtype),
            format_shape(shape_text, shape, axes), format_bytes(bytes_text, bytes));
}

static void print_storage(FILE *out, const int64_t *chunk, int axes, const char *filters) {
    format_text text;
    if (chunk[VXS_MAX_AXES - 1] > 0)
        fprintf(out, ", chunks %s", format_shape(text, chunk, axes));
    else
        fprintf(out, ", not chunked");
    fprintf(out, "%s%s\n", filters[0] ? ", " : "", filters);
}

static void print_ranks(FILE *out, const vxs_report *report) {
    fprintf(out, "ranks    %d", report->ranks);
    if (report->nodes > 0)
        fprintf(out, " on %d node%s", report->nodes, report->nodes == 1 ? "" : "s");
    if (report->threads > 0)
        fprintf(out, ", %d thread%s each", report->threads, report->threads == 1 ? "" : "s");
    fprintf(out, ", grid %d x %d x %d (d x h x w)", report->grid[0], report->grid[1], report->grid[2]);
    int idle = report->ranks - report->grid[0] * report->grid[1] * report->grid[2];
    if (idle > 0)
        fprintf(out, ", %d without work", idle);
    fprintf(out, "%s%s\n", report->io_component[0] ? ", MPI-IO by " : "", report->io_component);
}

/* A tile has one writer, so there can't be more ranks at work than tiles. */
static void print_idle_advice(FILE *out, const vxs_report *report) {
    if (report->ranks > report->grid[0] * report->grid[1] * report->grid[2])
        fprintf(out, "         the output has too few tiles for all ranks: a smaller --chunk gives more\n");
}

static void print_operator(FILE *out, const vxs_report *report) {
    fprintf(out, "voxslab %s: %s", vxs_version(), operator_name(report->op));
    if (report->op == VXS_OP_LABEL)
        fprintf(out, "%s\n", report->label.minimum_label ? ", all local minima 13" : "");
    else
        fprintf(out, ", %s, %s, coordinates %s\n", mode_name(report->resample.mode),
                report->resample.align_corners ? "corners aligned" : "half-pixel centres",
                coords_name(report->resample.coords));
}

void banner_print(FILE *out, const vxs_report *report) {
    format_text a, b;
    print_operator(out, report);
    print_dataset(out, "input", report->input, report->input_dataset, report->in_dtype, report->in_shape,
                  report->axes, report->input_bytes);
    print_storage(out, report->in_chunk, report->axes, report->in_filters);
    print_dataset(out, "output", report->output, report->output_dataset, report->out_dtype, report->out_shape,
                  report->axes, report->output_bytes);
    print_storage(out, report->out_chunk, report->axes, report->out_filters);
    if (report->has_spacing)
        fprintf(out, "spacing  (%g, %g, %g) -> (%g, %g, %g)\n", report->in_spacing[0], report->in_spacing[1],
                report->in_spacing[2], report->out_spacing[0], report->out_spacing[1],
                report->out_spacing[2]);
    print_ranks(out, report);
    print_idle_advice(out, report);
    fprintf(out, "plan     %lld epoch%s, %lld round%s, tiles %s\n", (long long)report->epochs,
            report->epochs == 1 ? "" : "s", (long long)report->rounds, report->rounds == 1 ? "" : "s",
            format_shape(a, report->tile, report->axes));
    fprintf(out, "memory   %s a rank planned, %s allowed\n", format_bytes(a, report->memory_planned),
            format_bytes(b, report->memory_budget));
}

void banner_print_warnings(FILE *out, const char *warnings) {
    for (const char *at = warnings; *at; at += *at == '\n') {
        int length = (int)strcspn(at, "\n");
        if (length > 0)
            fprintf(out, "voxslab: warning: %.*s\n", length, at);
        at += length;
    }
}
