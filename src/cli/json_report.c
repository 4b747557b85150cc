#include "cli/json_report.h"

#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "base/dtype.h"
#include "cli/json_values.h"
#include "cli/operator_name.h"
#include "cli/report.h"

static json_t *spacing_value(const vxs_report *report, const double *spacing) {
    if (!report->has_spacing)
        return json_null();
    json_t *array = json_array();
    for (int i = 0; i < 3; i++)
        json_array_append_new(array, json_real_or_null(spacing[i]));
    return array;
}

static json_t *dataset_value(const vxs_report *report, bool output) {
    json_t *object = json_object();
    const int64_t *chunk = output ? report->out_chunk : report->in_chunk;
    json_object_set_new(object, "file", json_text(output ? report->output : report->input));
    json_object_set_new(object, "dataset",
                        json_text(output ? report->output_dataset : report->input_dataset));
    json_object_set_new(object, "dtype",
                        json_string(dtype_name(output ? report->out_dtype : report->in_dtype)));
    json_object_set_new(object, "shape",
                        json_last_axes(output ? report->out_shape : report->in_shape, report->axes));
    json_object_set_new(object, "chunk",
                        chunk[VXS_MAX_AXES - 1] > 0 ? json_last_axes(chunk, report->axes) : json_null());
    json_object_set_new(object, "filters", json_text(output ? report->out_filters : report->in_filters));
    json_object_set_new(object, "spacing",
                        spacing_value(report, output ? report->out_spacing : report->in_spacing));
    json_object_set_new(object, "bytes", json_integer(output ? report->output_bytes : report->input_bytes));
    return object;
}

static json_t *plan_value(const vxs_report *report) {
    json_t *object = json_object();
    const int64_t grid[3] = {report->grid[0], report->grid[1], report->grid[2]};
    json_object_set_new(object, "ranks", json_integer(report->ranks));
    json_object_set_new(object, "nodes", json_integer(report->nodes));
    json_object_set_new(object, "threads", json_integer(report->threads));
    json_object_set_new(object, "io_component", json_text(report->io_component));
    json_object_set_new(object, "grid", json_ints(grid, 3));
    json_object_set_new(object, "pieces", json_integer(report->pieces));
    json_object_set_new(object, "piece", json_last_axes(report->piece, report->axes));
    json_object_set_new(object, "tile", json_last_axes(report->tile, report->axes));
    json_object_set_new(object, "epochs", json_integer(report->epochs));
    json_object_set_new(object, "rounds", json_integer(report->rounds));
    json_object_set_new(object, "memory_budget", json_integer(report->memory_budget));
    json_object_set_new(object, "memory_planned", json_integer(report->memory_planned));
    json_object_set_new(object, "needed_bytes", json_integer(report->needed_bytes));
    json_object_set_new(object, "read_bytes", json_integer(report->planned_read_bytes));
    json_object_set_new(object, "ghost_bytes", json_integer(report->planned_ghost_bytes));
    json_object_set_new(object, "piece_bytes", json_integer(report->planned_piece_bytes));
    json_object_set_new(object, "read_amplification",
                        json_real_or_null(report_amplification(report, report->planned_read_bytes)));
    return object;
}

static json_t *run_value(const vxs_report *report) {
    json_t *object = json_object();
    report_phase phases[REPORT_PHASES];
    report_list_phases(report, phases);
    for (int i = 0; i < REPORT_PHASES; i++) {
        json_t *phase = json_object();
        json_object_set_new(phase, "seconds_max", json_real_or_null(phases[i].phase->seconds_max));
        json_object_set_new(phase, "seconds_mean", json_real_or_null(phases[i].phase->seconds_mean));
        json_object_set_new(phase, "bytes", json_integer(phases[i].phase->bytes));
        json_object_set_new(object, phases[i].name, phase);
    }
    json_object_set_new(object, "bad_chunks", json_integer(report->bad_chunks));
    json_object_set_new(object, "bad_voxels", json_integer(report->bad_voxels));
    json_object_set_new(object, "checkpoints", json_integer(report->checkpoints));
    json_object_set_new(object, "resumed_bytes", json_integer(report->resumed_bytes));
    json_object_set_new(object, "ghost_bytes", json_integer(report->ghost_bytes));
    json_object_set_new(object, "piece_bytes", json_integer(report->piece_bytes));
    json_object_set_new(object, "travelled_points", json_integer(report->travelled_points));
    json_object_set_new(object, "seconds", json_real_or_null(report->seconds));
    json_object_set_new(object, "peak_rss", json_integer(report->peak_rss));
    json_object_set_new(object, "read_amplification",
                        json_real_or_null(report_amplification(report, report->read.bytes)));
    return object;
}

static json_t *warnings_value(const char *warnings) {
    json_t *array = json_array();
    for (const char *at = warnings; *at; at += *at == '\n') {
        size_t length = strcspn(at, "\n");
        char *line = strndup(at, length);
        if (length > 0)
            json_array_append_new(array, json_text(line ? line : ""));
        free(line);
        at += length;
    }
    return array;
}

static void add_resample(json_t *object, const vxs_report *report) {
    json_object_set_new(object, "mode", json_string(mode_name(report->resample.mode)));
    json_object_set_new(object, "coords", json_string(coords_name(report->resample.coords)));
    json_object_set_new(object, "align_corners", json_boolean(report->resample.align_corners));
}

static void add_label(json_t *object, const vxs_report *report) {
    json_object_set_new(object, "minimum_label", json_boolean(report->label.minimum_label));
}

static void add_sample(json_t *object, const vxs_report *report) {
    json_object_set_new(object, "mode", json_string(mode_name(report->sample.mode)));
    json_object_set_new(object, "padding", json_string(padding_name(report->sample.padding)));
    if (report->sample.padding == VXS_CONSTANT)
        json_object_set_new(object, "fill", json_real_or_null(report->sample.fill));
}

static void add_affine(json_t *object, const vxs_report *report) {
    add_sample(object, report);
    json_t *matrix = json_array();
    for (int i = 0; i < 12; i++)
        json_array_append_new(matrix, json_real_or_null(report->matrix[i]));
    json_object_set_new(object, "matrix", matrix);
}

static void add_points(json_t *object, const vxs_report *report) {
    add_sample(object, report);
    json_t *points = json_object();
    json_object_set_new(points, "file", json_text(report->points));
    json_object_set_new(points, "dataset", json_text(report->points_dataset));
    json_object_set_new(points, "dtype", json_string(dtype_name(report->points_dtype)));
    json_object_set_new(points, "shape",
                        json_last_axes(report->points_shape, report->points_shape[0] > 1 ? 5 : 4));
    json_object_set_new(object, report->op == VXS_OP_WARP ? "field" : "grid", points);
}

static void add_operator(json_t *object, const vxs_report *report) {
    static void (*const adds[VXS_OPERATORS])(json_t *, const vxs_report *) = {
        [VXS_OP_RESAMPLE] = add_resample, [VXS_OP_LABEL] = add_label, [VXS_OP_GRID_SAMPLE] = add_points,
        [VXS_OP_AFFINE] = add_affine,     [VXS_OP_WARP] = add_points,
    };
    json_object_set_new(object, "operator", json_string(operator_name(report->op)));
    adds[report->op](object, report);
}

static json_t *common_value(const vxs_report *report, const char *command_line) {
    json_t *object = json_object();
    json_object_set_new(object, "voxslab", json_string(vxs_version()));
    json_object_set_new(object, "command", json_text(command_line ? command_line : ""));
    add_operator(object, report);
    json_object_set_new(object, "input", dataset_value(report, false));
    json_object_set_new(object, "output", dataset_value(report, true));
    json_object_set_new(object, "plan", plan_value(report));
    json_object_set_new(object, "warnings", warnings_value(report->warnings));
    return object;
}

void json_report_print(FILE *out, const vxs_report *report, json_t *bad_chunks, const char *command_line) {
    json_t *object = common_value(report, command_line);
    if (bad_chunks)
        json_object_set(object, "bad_chunks", bad_chunks);
    json_object_set_new(object, "run", run_value(report));
    json_dumpf(object, out, JSON_INDENT(2));
    fputc('\n', out);
    json_decref(object);
}

void json_plan_begin(FILE *out) {
    fputs("{\n\"parts\": [", out);
}

json_t *json_box(const int64_t *begin, const int64_t *end, int axes) {
    json_t *object = json_object();
    json_object_set_new(object, "begin", json_last_axes(begin, axes));
    json_object_set_new(object, "end", json_last_axes(end, axes));
    return object;
}

void json_plan_add(FILE *out, const vxs_plan_part *part, int axes, int64_t index) {
    json_t *object = json_object();
    json_object_set_new(object, "epoch", json_integer(part->epoch));
    json_object_set_new(object, "rank", json_integer(part->rank));
    json_object_set_new(object, "writer", json_integer(part->writer));
    json_object_set_new(object, "rounds", json_integer(part->rounds));
    json_object_set_new(object, "output", json_box(part->out_begin, part->out_end, axes));
    json_object_set_new(object, "needed", json_box(part->need_begin, part->need_end, axes));
    json_object_set_new(object, "read", json_box(part->own_begin, part->own_end, axes));
    json_object_set_new(object, "ghost_bytes", json_integer(part->ghost_bytes));
    json_object_set_new(object, "memory_bytes", json_integer(part->memory_bytes));
    fputs(index ? ",\n" : "\n", out);
    json_dumpf(object, out, JSON_COMPACT);
    json_decref(object);
}

void json_plan_end(FILE *out, const vxs_report *report, const char *command_line) {
    json_t *object = common_value(report, command_line);
    fputs("\n],\n", out);
    json_dumpf(object, out, JSON_INDENT(2) | JSON_EMBED);
    fputs("\n}\n", out);
    json_decref(object);
}
