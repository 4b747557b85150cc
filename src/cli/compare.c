/* voxslab compare: its options, and what it says. */
#include <jansson.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include <voxslab/voxslab_mpi.h>

#include "cli/command.h"
#include "cli/format.h"
#include "cli/json_file.h"
#include "cli/json_values.h"
#include "cli/value.h"
#include "pipeline/value_text.h"

typedef struct compare_args {
    vxs_comparison comparison;
    int quiet;
    const char *json; /* NULL without; "-" is stdout */
} compare_args;

/* ---- in words ---- */

static void print_place(FILE *out, const char *label, const vxs_difference *d,
                        const vxs_comparison_report *r) {
    char place[VALUE_TEXT_BYTES], a[VALUE_TEXT_BYTES], b[VALUE_TEXT_BYTES];
    if (d->index[VXS_MAX_AXES - 1] >= 0)
        fprintf(out, "%-18s at %s: %s and %s\n", label, index_text(d->index, r->axes, place),
                value_text_of(d->a, r->a_dtype, a), value_text_of(d->b, r->b_dtype, b));
}

static void print_report(FILE *out, const vxs_comparison_report *r) {
    format_text bytes, seconds, rate;
    fprintf(out, "%-18s %lld of %lld\n", "differing voxels", (long long)r->differing, (long long)r->voxels);
    if (r->one_nan > 0)
        fprintf(out, "%-18s %lld, in no figure below\n", "NaN in one only", (long long)r->one_nan);
    print_place(out, "first difference", &r->first, r);
    fprintf(out, "%-18s %.17g\n", "max |a-b|", r->greatest);
    print_place(out, "", &r->worst, r);
    fprintf(out, "%-18s %.17g\n", "mean |a-b|", r->mean);
    fprintf(out, "%-18s %.17g\n", "max |a-b|/|b|", r->relative);
    fprintf(out, "%-18s %s in %s, %s\n", "read", format_bytes(bytes, r->read_bytes),
            format_seconds(seconds, r->seconds),
            format_rate(rate, r->seconds > 0 ? (double)r->read_bytes / r->seconds : 0, "B"));
}

/* ---- as JSON ---- */

static json_t *place_value(const vxs_difference *d, const vxs_comparison_report *r) {
    char a[VALUE_TEXT_BYTES], b[VALUE_TEXT_BYTES];
    if (d->index[VXS_MAX_AXES - 1] < 0)
        return json_null();
    json_t *object = json_object();
    json_object_set_new(object, "index", json_last_axes(d->index, r->axes));
    json_object_set_new(object, "a", json_string(value_text_of(d->a, r->a_dtype, a)));
    json_object_set_new(object, "b", json_string(value_text_of(d->b, r->b_dtype, b)));
    return object;
}

static json_t *volume_value(const char *file, const char *dataset, vxs_dtype dtype) {
    json_t *object = json_object();
    json_object_set_new(object, "file", json_text(file));
    json_object_set_new(object, "dataset", json_text(dataset));
    json_object_set_new(object, "dtype", json_string(dtype_name(dtype)));
    return object;
}

static void print_json(FILE *out, const vxs_comparison_report *r, vxs_status status,
                       const compare_args *args) {
    json_t *object = json_object();
    json_object_set_new(object, "voxslab", json_string(vxs_version()));
    json_object_set_new(object, "a", volume_value(r->a, r->a_dataset, r->a_dtype));
    json_object_set_new(object, "b", volume_value(r->b, r->b_dataset, r->b_dtype));
    json_object_set_new(object, "shape", json_last_axes(r->shape, r->axes));
    json_object_set_new(object, "absolute_tolerance", json_real_or_null(args->comparison.absolute));
    json_object_set_new(object, "relative_tolerance", json_real_or_null(args->comparison.relative));
    json_object_set_new(object, "equal", json_boolean(status == VXS_OK));
    json_object_set_new(object, "same_shape", json_boolean(r->voxels > 0));
    json_object_set_new(object, "voxels", json_integer(r->voxels));
    json_object_set_new(object, "differing", json_integer(r->differing));
    json_object_set_new(object, "one_nan", json_integer(r->one_nan));
    json_object_set_new(object, "first", place_value(&r->first, r));
    json_object_set_new(object, "worst", place_value(&r->worst, r));
    json_object_set_new(object, "max_absolute", json_real_or_null(r->greatest));
    json_object_set_new(object, "mean_absolute", json_real_or_null(r->mean));
    json_object_set_new(object, "max_relative", json_real_or_null(r->relative));
    json_object_set_new(object, "ranks", json_integer(r->ranks));
    json_object_set_new(object, "threads", json_integer(r->threads));
    json_object_set_new(object, "memory_planned", json_integer(r->memory_planned));
    json_object_set_new(object, "peak_rss", json_integer(r->peak_rss));
    json_object_set_new(object, "read_bytes", json_integer(r->read_bytes));
    json_object_set_new(object, "seconds", json_real_or_null(r->seconds));
    json_dumpf(object, out, JSON_INDENT(2));
    fputc('\n', out);
    json_decref(object);
}

/* ---- running ---- */

static vxs_status run(const void *given, const run_context *context) {
    const compare_args *args = given;
    json_file json = {0};
    vxs_comparison_report *report = calloc(1, sizeof *report);
    CHECK(report, VXS_IO, "no memory for the report (%zu bytes)", sizeof *report);
    vxs_status status = json_file_open_on_root(&json, args->json, context);
    if (status == VXS_OK) {
        status = vxs_mpi_compare(context->comm, &args->comparison, report);
        const bool done = status == VXS_OK || status == VXS_DIFFERS;
        if (done && context->rank == 0 && !args->quiet && json.stream != stdout && report->voxels > 0)
            print_report(stdout, report);
        if (done && json.stream) {
            print_json(json.stream, report, status, args);
            const vxs_status written = json_file_commit(&json);
            status = written != VXS_OK ? written : status;
        }
    }
    json_file_discard(&json);
    free(report);
    return status;
}

static const positional_row positionals[] = {
    {"A[:DATASET]",
     "An HDF5 file and a dataset of 3 to 5 axes in it, which may be left out when only one can be.",
     offsetof(compare_args, comparison.a)},
    {"B[:DATASET]", "What to compare it with: the same shape, any dtype, chunks and filters.",
     offsetof(compare_args, comparison.b)},
    {NULL, NULL, 0},
};

static const option_row options[] = {
    {"atol", 0, "X", "Voxels are equal where |a-b| <= X + R*|b|, R being --rtol. Default: 0.",
     value_tolerance, offsetof(compare_args, comparison.absolute), 0},
    {"rtol", 0, "R", "The relative part of that. Default: 0.", value_tolerance,
     offsetof(compare_args, comparison.relative), 0},
#define CHECK_ARGS compare_args
#define CHECK_JOB  comparison
#include "cli/check_options.inc"
};

static const example examples[] = {
    {"Whether two results are the same", "mpirun -n 4 voxslab compare half.h5 other.h5"},
    {"Within the rounding of float32", "voxslab compare a.h5:/raw b.h5:/raw --rtol 1e-6 --atol 1e-6"},
    {NULL, NULL},
};

const command command_compare = {
    .name = "compare",
    .summary = "compare two volumes voxel by voxel, on any number of ranks",
    .synopsis = "A[:DATASET] B[:DATASET] [--atol X] [--rtol R] [OPTION]...",
    .description =
        "Says whether two volumes hold the same values: exit status 0 when all voxels are equal, 1 when some "
        "are not or the shapes differ. Prints the number of voxels that differ, the first of them (the last "
        "axis runs fastest), the greatest |a-b| and where it is, the mean of |a-b| and the greatest "
        "|a-b|/|b|. Dtypes may differ: values are compared, 64-bit integers without loss. NaN equals NaN, "
        "and "
        "-0 equals 0; a voxel that is NaN in one volume only differs whatever the tolerance. The figures are "
        "the same for any number of ranks and threads: the mean comes from a sum without rounding.",
    .positionals = positionals,
    .options = options,
    .examples = examples,
    .args_bytes = sizeof(compare_args),
    .needs_mpi = command_always,
    .run = run,
};
