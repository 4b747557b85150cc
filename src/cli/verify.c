/* voxslab verify: its options, and what it says. */
#include "cli/verify.h"

#include <jansson.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/banner.h"
#include "cli/format.h"
#include "cli/json_file.h"
#include "cli/json_values.h"
#include "cli/operator_name.h"
#include "cli/value.h"
#include "pipeline/value_text.h"

typedef struct verify_args {
    vxs_verification verification;
    int quiet;
    const char *json; /* NULL without; "-" is stdout */
} verify_args;

enum { AMOUNT_GROUP = 1 };

/* ---- in words ---- */

static void print_report(FILE *out, const vxs_verification_report *r) {
    char place[VALUE_TEXT_BYTES], stored[VALUE_TEXT_BYTES], computed[VALUE_TEXT_BYTES];
    format_text seconds;
    fprintf(out, "verified %s:%s\n         %s of %s:%s\n", r->output, r->output_dataset, operator_name(r->op),
            r->input, r->input_dataset);
    fprintf(out, "tiles    %lld of %lld computed again, %lld voxels, in %s\n", (long long)r->tiles_checked,
            (long long)r->tiles, (long long)r->voxels_checked, format_seconds(seconds, r->seconds));
    if (r->differing == 0) {
        fprintf(out, "result   the same to the bit\n");
        return;
    }
    fprintf(out, "result   %lld voxels differ, by up to %.9g\n", (long long)r->differing, r->greatest);
    fprintf(out, "first    at %s: %s is stored, %s computed\n", index_text(r->first.index, r->axes, place),
            value_text_of(r->first.a, r->dtype, stored), value_text_of(r->first.b, r->dtype, computed));
}

/* ---- as JSON ---- */

static json_t *volume_value(const char *file, const char *dataset) {
    json_t *object = json_object();
    json_object_set_new(object, "file", json_text(file));
    json_object_set_new(object, "dataset", json_text(dataset));
    return object;
}

static json_t *first_value(const vxs_verification_report *r) {
    char stored[VALUE_TEXT_BYTES], computed[VALUE_TEXT_BYTES];
    if (r->differing == 0)
        return json_null();
    json_t *object = json_object();
    json_object_set_new(object, "index", json_last_axes(r->first.index, r->axes));
    json_object_set_new(object, "stored", json_string(value_text_of(r->first.a, r->dtype, stored)));
    json_object_set_new(object, "computed", json_string(value_text_of(r->first.b, r->dtype, computed)));
    return object;
}

static void print_json(FILE *out, const vxs_verification_report *r) {
    json_t *object = json_object();
    json_object_set_new(object, "voxslab", json_string(vxs_version()));
    json_object_set_new(object, "made_by", json_text(r->version));
    json_object_set_new(object, "operator", json_string(operator_name(r->op)));
    json_object_set_new(object, "output", volume_value(r->output, r->output_dataset));
    json_object_set_new(object, "input", volume_value(r->input, r->input_dataset));
    json_object_set_new(object, "shape", json_last_axes(r->shape, r->axes));
    json_object_set_new(object, "same", json_boolean(r->differing == 0));
    json_object_set_new(object, "tiles", json_integer(r->tiles));
    json_object_set_new(object, "tiles_checked", json_integer(r->tiles_checked));
    json_object_set_new(object, "voxels_checked", json_integer(r->voxels_checked));
    json_object_set_new(object, "differing", json_integer(r->differing));
    json_object_set_new(object, "max_absolute", json_real_or_null(r->greatest));
    json_object_set_new(object, "first", first_value(r));
    json_object_set_new(object, "ranks", json_integer(r->ranks));
    json_object_set_new(object, "memory_planned", json_integer(r->memory_planned));
    json_object_set_new(object, "peak_rss", json_integer(r->peak_rss));
    json_object_set_new(object, "seconds", json_real_or_null(r->seconds));
    json_dumpf(object, out, JSON_INDENT(2));
    fputc('\n', out);
    json_decref(object);
}

/* ---- running ---- */

vxs_status verify_and_say(const vxs_verification *verification, int quiet, const char *path,
                          const run_context *context) {
    json_file json = {0};
    vxs_verification_report *report = calloc(1, sizeof *report);
    CHECK(report, VXS_IO, "no memory for the report (%zu bytes)", sizeof *report);
    vxs_status status = json_file_open_on_root(&json, path, context);
    if (status == VXS_OK) {
        status = vxs_mpi_verify(context->comm, verification, report);
        const bool done = status == VXS_OK || status == VXS_DIFFERS;
        if (done && context->rank == 0 && !quiet) {
            banner_print_warnings(stderr, report->warnings);
            print_report(stderr, report);
        }
        if (done && json.stream) {
            print_json(json.stream, report);
            const vxs_status written = json_file_commit(&json);
            status = written != VXS_OK ? written : status;
        }
    }
    json_file_discard(&json);
    free(report);
    return status;
}

static vxs_status run(const void *given, const run_context *context) {
    const verify_args *args = given;
    return verify_and_say(&args->verification, args->quiet, args->json, context);
}

/* ---- options ---- */

static const char *parse_sample(const char *text, void *target) {
    static const char accepted[] = "needs a number of tiles, or a part of them such as 5%";
    vxs_verification *v = target;
    const char *end;
    if (scan_int(text, '\0', INT64_MAX, &v->tiles, &end))
        return NULL;
    if (!scan_positive(text, '%', &v->percent, &end) || *end != '\0')
        return accepted;
    return v->percent <= 100 ? NULL : accepted;
}

static const positional_row positionals[] = {
    {"OUT[:DATASET]", "An output of voxslab's.", offsetof(verify_args, verification.output)},
    {NULL, NULL, 0},
};

static const option_row options[] = {
    {"all", 'a', NULL, "Compute all of it again.", NULL, offsetof(verify_args, verification.all),
     AMOUNT_GROUP},
    {"sample", 0, "N|P%",
     "So many tiles, drawn at random, or such a part of them. A tile is a chunk of the output; without "
     "chunks, some rows of a plane. Default: 64.",
     parse_sample, offsetof(verify_args, verification), AMOUNT_GROUP},
    {"seed", 0, "N", "Draw other tiles. Default: 0; the same tiles for any number of ranks.", value_number,
     offsetof(verify_args, verification.seed), 0},
    {"input", 'i', "FILE[:DATASET]",
     "Where the input is now, or a copy of it. Default: where it was, and then only as it was, by size and "
     "time.",
     value_text, offsetof(verify_args, verification.input), 0},
    {"points", 0, "FILE[:DATASET]", "The same of the grid of grid-sample, or the displacement field of warp.",
     value_text, offsetof(verify_args, verification.points), 0},
#define CHECK_ARGS verify_args
#define CHECK_JOB  verification
#include "cli/check_options.inc"
};

static const example examples[] = {
    {"Compute a sample of an output again and compare", "mpirun -n 4 voxslab verify half.h5"},
    {"All of it, from an input that has moved",
     "mpirun -n 4 voxslab verify half.h5 --all --input /archive/scan.h5"},
    {NULL, NULL},
};

const command command_verify = {
    .name = "verify",
    .summary = "compute an output again from its recorded input, and compare",
    .synopsis = "OUT[:DATASET] [--all | --sample N|P%] [--input FILE] [OPTION]...",
    .description =
        "Every output of voxslab's records its input and parameters in its attributes voxslab_*. verify runs "
        "that job again for a sample of the output's tiles, or for all, and compares with what is stored, "
        "bit "
        "for bit: exit status 0 when all is the same, 1 when something differs, with the first difference. "
        "65: the output is not voxslab's, or its input is gone or has changed.",
    .positionals = positionals,
    .options = options,
    .examples = examples,
    .args_bytes = sizeof(verify_args),
    .needs_mpi = command_always,
    .run = run,
};
