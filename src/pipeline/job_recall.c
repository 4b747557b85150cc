#include "pipeline/job_recall.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/dtype.h"

typedef bool recaller(const char *value, vxs_job *job);

static bool take_flag(const char *value, int *flag) {
    *flag = value[0] == '1';
    return (value[0] == '0' || value[0] == '1') && value[1] == '\0';
}

static bool recall_operator(const char *value, vxs_job *job) {
    static const char *const names[VXS_OPERATORS] = {
#define OPERATOR_NAME(id, name) [id] = name,
        VXS_OPERATOR_LIST(OPERATOR_NAME)
#undef OPERATOR_NAME
    };
    for (int op = 0; op < VXS_OPERATORS; op++)
        if (strcmp(names[op], value) == 0) {
            job->op = (vxs_operator)op;
            return true;
        }
    return false;
}

static bool recall_mode(const char *value, vxs_job *job) {
    return mode_from_name(value, &job->resample.mode) == VXS_OK;
}

static bool recall_align(const char *value, vxs_job *job) {
    return take_flag(value, &job->resample.align_corners);
}

static bool recall_coords(const char *value, vxs_job *job) {
    return coords_from_name(value, &job->resample.coords) == VXS_OK;
}

static bool recall_size(const char *value, vxs_job *job) {
    long long size[3];
    job->sizing = VXS_BY_SIZE;
    const bool read = sscanf(value, "%lld,%lld,%lld", &size[0], &size[1], &size[2]) == 3;
    for (int i = 0; i < 3 && read; i++)
        job->size[i] = size[i];
    return read;
}

static bool recall_dtype(const char *value, vxs_job *job) {
    job->has_dtype = 1;
    return dtype_from_name(value, &job->dtype) == VXS_OK;
}

static bool recall_minimum(const char *value, vxs_job *job) {
    return take_flag(value, &job->label.minimum_label);
}

static bool recall_skip(const char *value, vxs_job *job) {
    job->skip_bad_chunks = value;
    return value[0] != '\0';
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
};

static bool recall_one(char *word, vxs_job *job) {
    char *equals = strchr(word, '=');
    if (!equals)
        return false;
    const size_t length = (size_t)(equals - word);
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        if (strlen(rows[i].name) == length && strncmp(rows[i].name, word, length) == 0)
            return rows[i].recall(equals + 1, job);
    return false;
}

vxs_status job_recall(char *parameters, vxs_job *job) {
    char *rest = NULL;
    job->op = VXS_OP_RESAMPLE;
    for (char *word = strtok_r(parameters, " ", &rest); word; word = strtok_r(NULL, " ", &rest))
        CHECK(
            recall_one(word, job), VXS_BAD_INPUT,
            "the recorded parameter '%.200s' means nothing to this voxslab %s: use the version that made the "
            "output",
            word, vxs_version());
    return VXS_OK;
}
