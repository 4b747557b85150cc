#include "cli/job_options.h"

#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "base/dtype.h"
#include "cli/json_file.h"

enum { DEFAULT_GZIP_LEVEL = 4 };

const positional_row job_positionals[] = {
    JOB_POSITIONAL_IN,
    JOB_POSITIONAL_OUT,
    {NULL, NULL, 0},
};

const char *job_parse_dtype(const char *text, void *target) {
    vxs_job *job = target;
    char list[256] = "";
    job->has_dtype = 1;
    if (dtype_from_name(text, &job->dtype) == VXS_OK)
        return NULL;
    for (vxs_dtype d = 0; d < VXS_DTYPES; d++) {
        size_t used = strlen(list);
        if (dtype_class_of(d) == DTYPE_I || dtype_class_of(d) == DTYPE_F)
            snprintf(list + used, sizeof list - used, "%s%s", used ? ", " : "", dtype_name(d));
    }
    status_fail(VXS_USAGE,
                "unknown dtype '%s': use one of %s (resampling has uint64 and int64 with modes nearest and "
                "area only)",
                text, list);
    return status_message();
}

const char *job_parse_size(const char *text, void *target) {
    vxs_job *job = target;
    job->sizing = VXS_BY_SIZE;
    return scan_ints(text, 3, job->size) == 3 ? NULL
                                              : "needs three whole numbers D,H,W, each " VALUE_INT64_RANGE
                                                ", such as 512,1024,1024";
}

const char *job_parse_spacing(const char *text, void *target) {
    vxs_job *job = target;
    job->sizing = VXS_BY_SPACING;
    static const char accepted[] =
        "needs three numbers above 0, d,h,w, or iso=X, such as 2,0.5,0.5 or iso=0.25";
    if (strncmp(text, "iso=", 4) != 0)
        return scan_positives(text, 3, job->spacing) == 3 ? NULL : accepted;
    if (scan_positives(text + 4, 1, job->spacing) != 1)
        return accepted;
    job->spacing[1] = job->spacing[2] = job->spacing[0];
    return NULL;
}

const char *job_parse_chunk(const char *text, void *target) {
    vxs_job *job = target;
    job->chunking = VXS_CHUNK_NONE;
    if (strcmp(text, "none") == 0)
        return NULL;
    job->chunking = VXS_CHUNK_GIVEN;
    job->chunk_axes = scan_ints(text, VXS_MAX_AXES, job->chunk);
    return job->chunk_axes >= 3 ? NULL
                                : "needs D,H,W or one whole number above 0 per axis of the dataset, such as "
                                  "64,64,64, or none";
}

const char *job_parse_filter(const char *text, void *target) {
    static const char accepted[] = "needs none, gzip[=L] or shuffle+gzip[=L] with L from 1 to 9";
    static const struct {
        const char *name;
        vxs_filter filter;
    } filters[] = {{"gzip", VXS_FILTER_GZIP}, {"shuffle+gzip", VXS_FILTER_SHUFFLE_GZIP}};
    vxs_job *job = target;
    job->filter = VXS_FILTER_NONE;
    if (strcmp(text, "none") == 0)
        return NULL;
    size_t length = strcspn(text, "=");
    for (size_t i = 0; i < sizeof filters / sizeof *filters; i++) {
        if (strlen(filters[i].name) != length || strncmp(text, filters[i].name, length) != 0)
            continue;
        int64_t level = DEFAULT_GZIP_LEVEL;
        const char *end;
        if (text[length] == '=' && !scan_int(text + length + 1, '\0', 9, &level, &end))
            return accepted;
        job->filter = filters[i].filter;
        job->gzip_level = (int)level;
        return NULL;
    }
    return accepted;
}

/* --json is renamed over its file at the end: it must not be the volume, by whatever path it is named. */
static bool names_file(const char *name, const char *json) {
    char file[PATH_MAX];
    snprintf(file, sizeof file, "%s", name);
    char *colon = strrchr(file, ':');
    if (json_file_is(json, file))
        return true;
    if (colon)
        *colon = '\0';
    return colon && json_file_is(json, file);
}

void job_set_defaults(void *target) {
    job_args *args = target;
    args->progress_seconds = 30;
}

vxs_status job_check(void *target) {
    const job_args *args = target;
    const vxs_job *job = &args->job;
    CHECK(args->ranks == 0 || args->dry_run, VXS_USAGE,
          "--ranks %d goes with --dry-run only: a real run has the ranks that mpirun starts", args->ranks);
    CHECK(job->chunking != VXS_CHUNK_NONE || job->filter == VXS_FILTER_SAME || job->filter == VXS_FILTER_NONE,
          VXS_USAGE, "--filter gzip needs chunks, but --chunk is none: leave out one of them");
    CHECK(!args->json || (!names_file(job->input, args->json) && !names_file(job->output, args->json) &&
                          !(job->points && names_file(job->points, args->json))),
          VXS_USAGE, "--json '%s' is a volume's own file: give another", args->json);
    return VXS_OK;
}

bool job_needs_mpi(const void *args) {
    return !((const job_args *)args)->dry_run;
}
