#include "pipeline/job_recall.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/dtype.h"
#include "operators/sample.h"

typedef bool recaller(const char *value, recalled_job *job);

static bool take_flag(const char *value, int *flag) {
    *flag = value[0] == '1';
    return (value[0] == '0' || value[0] == '1') && value[1] == '\0';
}

static bool recall_operator(const char *value, recalled_job *job) {
    static const char *const names[VXS_OPERATORS] = {
#define OPERATOR_NAME(id, name) [id] = name,
        VXS_OPERATOR_LIST(OPERATOR_NAME)
#undef OPERATOR_NAME
    };
    for (int op = 0; op < VXS_OPERATORS; op++)
        if (strcmp(names[op], value) == 0) {
            job->options.op = (vxs_operator)op;
            return true;
        }
    return false;
}

static bool recall_mode(const char *value, recalled_job *job) {
    job->options.sample.mode = VXS_LINEAR;
    return mode_from_name(value, &job->options.resample.mode) == VXS_OK &&
           mode_from_name(value, &job->options.sample.mode) == VXS_OK;
}

static bool recall_align(const char *value, recalled_job *job) {
    return take_flag(value, &job->options.resample.align_corners);
}

static bool recall_coords(const char *value, recalled_job *job) {
    return coords_from_name(value, &job->options.resample.coords) == VXS_OK;
}

static bool recall_size(const char *value, recalled_job *job) {
    long long size[3];
    job->options.sizing = VXS_BY_SIZE;
    const bool read = sscanf(value, "%lld,%lld,%lld", &size[0], &size[1], &size[2]) == 3;
    for (int i = 0; i < 3 && read; i++)
        job->options.size[i] = size[i];
    return read;
}

static bool recall_dtype(const char *value, recalled_job *job) {
    job->options.has_dtype = 1;
    return dtype_from_name(value, &job->options.dtype) == VXS_OK;
}

static bool recall_minimum(const char *value, recalled_job *job) {
    return take_flag(value, &job->options.label.minimum_label);
}

static bool recall_skip(const char *value, recalled_job *job) {
    job->options.skip_bad_chunks = value;
    return value[0] != '\0';
}

static bool recall_padding(const char *value, recalled_job *job) {
    return padding_from_name(value, &job->options.sample.padding) == VXS_OK;
}

static bool take_numbers(const char *value, double *numbers, int count) {
    for (int i = 0; i < count; i++) {
        char *end;
        numbers[i] = strtod(value, &end);
        if (end == value || *end != (i + 1 < count ? ',' : '\0'))
            return false;
        value = end + 1;
    }
    return true;
}

static bool recall_fill(const char *value, recalled_job *job) {
    return take_numbers(value, &job->options.sample.fill, 1);
}

/* From output to input voxels, whatever was given. */
static bool recall_matrix(const char *value, recalled_job *job) {
    return take_numbers(value, job->options.matrix, 12);
}

static bool recall_scale(const char *value, recalled_job *job) {
    job->has_scale = true;
    return take_numbers(value, job->scale, 3);
}

static bool recall_step(const char *value, recalled_job *job) {
    job->has_step = true;
    return take_numbers(value, job->step, 3);
}

static bool recall_shift(const char *value, recalled_job *job) {
    job->has_shift = true;
    return take_numbers(value, job->shift, 3);
}

static const struct {
    const char *name;
    recaller *recall;
} rows[] = {
    {"operator", recall_operator},
    {"mode", recall_mode},
    {"align_corners", recall_align},
    {"coords", recall_coords},
    {"size", recall_size},
    {"dtype", recall_dtype},
    {"minimum_label", recall_minimum},
    {"skip_bad_chunks", recall_skip},
    {"padding", recall_padding},
    {"fill", recall_fill},
    {"matrix", recall_matrix},
    {"scale", recall_scale},
    {"step", recall_step},
    {"shift", recall_shift},
};

static bool recall_one(char *word, recalled_job *job) {
    char *equals = strchr(word, '=');
    if (!equals)
        return false;
    const size_t length = (size_t)(equals - word);
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        if (strlen(rows[i].name) == length && strncmp(rows[i].name, word, length) == 0)
            return rows[i].recall(equals + 1, job);
    return false;
}

vxs_status job_recall(char *parameters, recalled_job *job) {
    char *rest = NULL;
    *job = (recalled_job){.options = {.op = VXS_OP_RESAMPLE}};
    for (char *word = strtok_r(parameters, " ", &rest); word; word = strtok_r(NULL, " ", &rest))
        CHECK(
            recall_one(word, job), VXS_BAD_INPUT,
            "the recorded parameter '%.200s' means nothing to this voxslab %s: use the version that made the "
            "output",
            word, vxs_version());
    return VXS_OK;
}

vxs_status job_resolve_recalled(resolved_job *job, const recalled_job *recalled, const job_inputs *inputs) {
    TRY(job_resolve(job, &recalled->options, inputs));
    if (!recalled->has_scale)
        return VXS_OK;
    sample_operator *op = &job->operator.sample;
    TRY(sample_operator_set_field(op, inputs->points.dtype, inputs->points.shape, recalled->scale));
    if (!recalled->has_step || !recalled->has_shift)
        return VXS_OK;
    return sample_operator_set_place(op, recalled->step, recalled->shift);
}
