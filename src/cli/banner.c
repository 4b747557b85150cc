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

static int64_t working_ranks(const vxs_report *report) {
    int64_t parts = (int64_t)report->grid[0] * report->grid[1] * report->grid[2];
    return report->pieces > 0 ? report->pieces : parts;
}

static void print_ranks(FILE *out, const vxs_report *report) {
    format_text piece;
    fprintf(out, "ranks    %d", report->ranks);
    if (report->nodes > 0)
        fprintf(out, " on %d node%s", report->nodes, report->nodes == 1 ? "" : "s");
    if (report->threads > 0)
        fprintf(out, ", %d thread%s each", report->threads, report->threads == 1 ? "" : "s");
    if (report->pieces > 0)
        fprintf(out, ", %lld piece%s of %s dealt to them", (long long)report->pieces,
                report->pieces == 1 ? "" : "s", format_shape(piece, report->piece, report->axes));
    else
        fprintf(out, ", grid %d x %d x %d (d x h x w)", report->grid[0], report->grid[1], report->grid[2]);
    int64_t idle = report->ranks - working_ranks(report);
    if (idle > 0)
        fprintf(out, ", %lld without work", (long long)idle);
    fprintf(out, "%s%s\n", report->io_component[0] ? ", MPI-IO by " : "", report->io_component);
}

/* Ranks share a tile only as long as each has a layer of input chunks to read. */
static void print_idle_advice(FILE *out, const vxs_report *report) {
    if (report->ranks > working_ranks(report))
        fprintf(out, "         the output has too few tiles, and the input too few chunks, for all ranks: a "
                     "smaller --chunk gives more\n");
}

static void print_resample(FILE *out, const vxs_report *report) {
    fprintf(out, ", %s, %s, coordinates %s\n", mode_name(report->resample.mode),
            report->resample.align_corners ? "corners aligned" : "half-pixel centres",
            coords_name(report->resample.coords));
}

static void print_label(FILE *out, const vxs_report *report) {
    fprintf(out, "%s\n", report->label.minimum_label ? ", all local minima 13" : "");
}

static void print_sample(FILE *out, const vxs_report *report) {
    fprintf(out, ", %s, padding %s", mode_name(report->sample.mode), padding_name(report->sample.padding));
    if (report->sample.padding == VXS_CONSTANT)
        fprintf(out, " %g", report->sample.fill);
    fputc('\n', out);
}

static void print_operator(FILE *out, const vxs_report *report) {
    static void (*const prints[VXS_OPERATORS])(FILE *, const vxs_report *) = {
        [VXS_OP_RESAMPLE] = print_resample, [VXS_OP_LABEL] = print_label, [VXS_OP_GRID_SAMPLE] = print_sample,
        [VXS_OP_AFFINE] = print_sample,     [VXS_OP_WARP] = print_sample,
    };
    fprintf(out, "voxslab %s: %s", vxs_version(), operator_name(report->op));
    prints[report->op](out, report);
}

/* The grid or field; or the matrix, from output to input voxels. */
static void print_map(FILE *out, const vxs_report *report) {
    format_text shape;
    const double *m = report->matrix;
    if (report->points[0])
        fprintf(out, "%-9s%s:%s\n         %s %s\n", report->op == VXS_OP_WARP ? "field" : "grid",
                report->points, report->points_dataset, dtype_name(report->points_dtype),
                format_shape(shape, report->points_shape, report->points_shape[0] > 1 ? 5 : 4));
    for (int r = 0; r < 3 && report->op == VXS_OP_AFFINE; r++, m += 4)
        fprintf(out, "%-9s%10.6g %10.6g %10.6g  %12.6g\n", r ? "" : "matrix", m[0], m[1], m[2], m[3]);
}

void banner_print(FILE *out, const vxs_report *report) {
    format_text a, b;
    print_operator(out, report);
    print_dataset(out, "input", report->input, report->input_dataset, report->in_dtype, report->in_shape,
                  report->axes, report->input_bytes);
    print_storage(out, report->in_chunk, report->axes, report->in_filters);
    print_map(out, report);
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
    if (report->resumed_bytes > 0)
        fprintf(out, "resumed  %s of the output were done before\n", format_bytes(a, report->resumed_bytes));
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
