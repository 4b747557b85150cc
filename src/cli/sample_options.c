#include "cli/sample_options.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/dtype.h"
#include "cli/matrix_text.h"

const char *sample_parse_padding(const char *text, void *target) {
    job_args *args = target;
    return padding_from_name(text, &args->job.sample.padding) == VXS_OK ? NULL : status_message();
}

/* NaN and infinities are values of float volumes. */
const char *sample_parse_fill(const char *text, void *target) {
    job_args *args = target;
    char *end;
    errno = 0;
    args->job.sample.fill = strtod(text, &end);
    args->fill_given = 1;
    const bool whole = end != text && *end == '\0' && text[strspn(text, " \t")] == text[0];
    return whole && errno == 0 ? NULL : "needs a number, such as 0, -1.5 or nan";
}

const char *sample_parse_matrix(const char *text, void *target) {
    job_args *args = target;
    bool is_itk = false;
    if (matrix_from_argument(text, args->job.matrix, &is_itk) != VXS_OK)
        return status_message();
    args->matrix_given = 1;
    args->matrix_is_itk = is_itk;
    return NULL;
}

const char *sample_parse_coordinates(const char *text, void *target) {
    job_args *args = target;
    args->coordinates = strcmp(text, "voxels") == 0     ? COORDINATES_VOXELS
                        : strcmp(text, "physical") == 0 ? COORDINATES_PHYSICAL
                                                        : COORDINATES_NOT_GIVEN;
    return args->coordinates ? NULL : "needs voxels or physical";
}

const char *sample_parse_unit(const char *text, void *target) {
    static const struct {
        const char *name;
        double micrometres;
    } units[] = {{"um", 1}, {"nm", 1e-3}, {"mm", 1e3}};
    job_args *args = target;
    args->unit_given = 1;
    for (size_t i = 0; i < sizeof units / sizeof *units; i++)
        if (strcmp(text, units[i].name) == 0) {
            args->job.unit = units[i].micrometres;
            return NULL;
        }
    return "needs nm, um or mm";
}

const char *sample_parse_input_origin(const char *text, void *target) {
    job_args *args = target;
    args->job.has_input_origin = 1;
    return value_point(text, args->job.input_origin);
}

const char *sample_parse_origin(const char *text, void *target) {
    job_args *args = target;
    args->job.has_origin = 1;
    return value_point(text, args->job.origin);
}

void sample_set_defaults(void *target, vxs_operator op) {
    job_args *args = target;
    job_set_defaults(target);
    args->job.op = op;
    args->job.sample.mode = VXS_LINEAR;
}

vxs_status sample_check(void *target) {
    job_args *args = target;
    vxs_job *job = &args->job;
    CHECK(job->sample.mode != VXS_AREA, VXS_USAGE,
          "--mode area averages: points are sampled with nearest or "
          "linear");
    CHECK(!args->fill_given || job->sample.padding == VXS_CONSTANT, VXS_USAGE,
          "--fill goes with --padding constant only");
    CHECK(args->fill_given || job->sample.padding != VXS_CONSTANT, VXS_USAGE,
          "--padding constant needs the constant: give --fill V");
    CHECK(job->op != VXS_OP_AFFINE || args->matrix_given, VXS_USAGE,
          "--matrix is missing: give a file, or 12 or 16 numbers");
    CHECK(!args->matrix_is_itk || args->coordinates != COORDINATES_VOXELS, VXS_USAGE,
          "--coordinates voxels: a transform file of ITK or elastix maps physical points");
    job->physical = args->coordinates == COORDINATES_PHYSICAL || args->matrix_is_itk;
    CHECK(!args->unit_given || job->physical, VXS_USAGE, "--unit goes with --coordinates physical only");
    return job_check(target);
}
