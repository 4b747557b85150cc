#include "pipeline/provenance.h"

#include <libdeflate.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "journal/journal.h"
#include "pipeline/job_operator.h"
#include "pipeline/value_text.h"

/* ---- to write ---- */

static void utc(int64_t seconds, char *text, size_t bytes) {
    time_t t = (time_t)seconds;
    struct tm fields;
    strftime(text, bytes, "%Y-%m-%dT%H:%M:%SZ", gmtime_r(&t, &fields));
}

static void add_attribute(provenance *p, volume_attribute attribute) {
    p->attributes[p->count++] = attribute;
}

static void add_source(provenance *p, const volume_info *from, const char *const names[7],
                       source_texts *texts) {
    char *modified = texts->modified;
    utc(from->file_mtime_ns / 1000000000, modified, sizeof texts->modified);
    index_text(from->shape, from->axes, texts->shape);
    add_attribute(p, (volume_attribute){names[0], from->file, 0});
    add_attribute(p, (volume_attribute){names[1], from->dataset, 0});
    add_attribute(p, (volume_attribute){names[2], NULL, from->file_bytes});
    add_attribute(p, (volume_attribute){names[3], modified, 0});
    add_attribute(p, (volume_attribute){names[4], NULL, from->file_mtime_ns});
    add_attribute(p, (volume_attribute){names[5], texts->shape, 0});
    if (from->sources_stamp)
        add_attribute(p, (volume_attribute){names[6], NULL, from->sources_stamp});
}

/* Of the journal's head. */
static vxs_status job_checksum(const resolved_job *job, int64_t *checksum) {
    char head[JOURNAL_HEAD_BYTES];
    TRY(job_head(job, head, sizeof head));
    *checksum = libdeflate_crc32(0, head, strlen(head));
    return VXS_OK;
}

vxs_status provenance_describe(const resolved_job *job, provenance *p) {
    static const char *const of_input[] = {
        "voxslab_input",          "voxslab_input_dataset", "voxslab_input_bytes",  "voxslab_input_mtime",
        "voxslab_input_mtime_ns", "voxslab_input_shape",   "voxslab_input_sources"};
    static const char *const of_points[] = {
        "voxslab_points",          "voxslab_points_dataset", "voxslab_points_bytes",  "voxslab_points_mtime",
        "voxslab_points_mtime_ns", "voxslab_points_shape",   "voxslab_points_sources"};
    const char *command = job->options->command;
    int64_t checksum;
    p->count = 0;
    TRY(job_checksum(job, &checksum));
    job_parameters(job, p->parameters, sizeof p->parameters);
    utc(time(NULL), p->date, sizeof p->date);
    add_attribute(p, (volume_attribute){"voxslab_version", vxs_version(), 0});
    add_attribute(p, (volume_attribute){"voxslab_command", command ? command : "", 0});
    add_source(p, &job->in, of_input, &p->texts[0]);
    if (job->kind->points)
        add_source(p, &job->points, of_points, &p->texts[1]);
    add_attribute(p, (volume_attribute){"voxslab_parameters", p->parameters, 0});
    add_attribute(p, (volume_attribute){"voxslab_job", NULL, checksum});
    add_attribute(p, (volume_attribute){"voxslab_date", p->date, 0});
    if (job->options->skip_bad_chunks) /* how many, once that is known */
        add_attribute(p, (volume_attribute){"voxslab_bad_chunks", NULL, -1});
    return VXS_OK;
}

/* ---- to read back ---- */

enum { MUST = 4, SHAPE_NOTE = MUST, SOURCES_NOTE, SOURCE_NOTES, JOB_NOTE = 2 + 2 * SOURCE_NOTES, NOTES };

/* Version and parameters; then of the input, and of its points: file, dataset, size and time, which must be
 * there, shape and sources; the job. */
static const char *const names[NOTES] = {
    "voxslab_version",      "voxslab_parameters",     "voxslab_input",        "voxslab_input_dataset",
    "voxslab_input_bytes",  "voxslab_input_mtime_ns", "voxslab_input_shape",  "voxslab_input_sources",
    "voxslab_points",       "voxslab_points_dataset", "voxslab_points_bytes", "voxslab_points_mtime_ns",
    "voxslab_points_shape", "voxslab_points_sources", "voxslab_job"};

static void take_source(const volume_note *notes, made_source *source) {
    source->found = true;
    for (int i = 0; i < MUST; i++)
        source->found = source->found && notes[i].found;
    snprintf(source->file, sizeof source->file, "%s", notes[0].text);
    snprintf(source->dataset, sizeof source->dataset, "%.1023s", notes[1].text);
    source->bytes = notes[2].number;
    source->mtime_ns = notes[3].number;
    snprintf(source->shape, sizeof source->shape, "%.150s", notes[SHAPE_NOTE].text);
    source->sources = notes[SOURCES_NOTE].found ? notes[SOURCES_NOTE].number : 0;
}

static vxs_status take(const volume_info *output, const volume_note *notes, made_from *found) {
    for (int i = 0; i < 2 + MUST; i++)
        CHECK(notes[i].found, VXS_BAD_INPUT,
              "dataset '%.100s' of '%.500s' is no output of voxslab's: it has no attribute %s, which would "
              "tell how it was made",
              output->dataset, output->file, names[i]);
    snprintf(found->version, sizeof found->version, "%.31s", notes[0].text);
    snprintf(found->parameters, sizeof found->parameters, "%.1023s", notes[1].text);
    CHECK(found->parameters[0], VXS_BAD_INPUT,
          "dataset '%.100s' of '%.500s' does not record its parameters: attribute %s is not a text",
          output->dataset, output->file, names[1]);
    take_source(notes + 2, &found->input);
    take_source(notes + 2 + SOURCE_NOTES, &found->points);
    found->job = notes[JOB_NOTE].found ? notes[JOB_NOTE].number : -1;
    return VXS_OK;
}

vxs_status provenance_read(const volume_info *output, made_from *found) {
    volume_note *notes = calloc(NOTES, sizeof *notes);
    CHECK(notes, VXS_IO, "out of memory: %zu bytes for attributes", NOTES * sizeof *notes);
    for (int i = 0; i < NOTES; i++)
        notes[i].name = names[i];
    memset(found, 0, sizeof *found);
    vxs_status status = volume_read_notes(output, notes, NOTES);
    if (status == VXS_OK)
        status = take(output, notes, found);
    free(notes);
    return status;
}

/* ---- whose it is ---- */

static bool is_source(const made_source *made, const volume_info *info) {
    return made->found && strcmp(made->file, info->file) == 0 && strcmp(made->dataset, info->dataset) == 0 &&
           made->bytes == info->file_bytes && made->mtime_ns == info->file_mtime_ns &&
           made->sources == info->sources_stamp;
}

static bool is_made_by(const made_from *made, const resolved_job *job) {
    char parameters[JOB_PARAMETERS_BYTES];
    int64_t checksum;
    job_parameters(job, parameters, sizeof parameters);
    return strcmp(made->version, vxs_version()) == 0 && strcmp(made->parameters, parameters) == 0 &&
           is_source(&made->input, &job->in) &&
           (!job->kind->points || is_source(&made->points, &job->points)) &&
           job_checksum(job, &checksum) == VXS_OK && made->job == checksum;
}

bool provenance_is_of(const resolved_job *job) {
    volume_info *output = malloc(sizeof *output);
    made_from *made = malloc(sizeof *made);
    const bool is = output && made && volume_probe(job->out_file, job->out_dataset, output) == VXS_OK &&
                    provenance_read(output, made) == VXS_OK && is_made_by(made, job);
    free(made);
    free(output);
    return is;
}

/* ---- sources ---- */

static void time_text(int64_t ns, char text[40]) {
    const time_t seconds = (time_t)(ns / 1000000000);
    struct tm fields;
    gmtime_r(&seconds, &fields);
    strftime(text, 40, "%Y-%m-%d %H:%M:%S UTC", &fields);
}

static vxs_status check_unchanged(const made_source *made, const char *what, const char *option,
                                  const volume_info *info) {
    char then[40], now[40];
    time_text(made->mtime_ns, then);
    time_text(info->file_mtime_ns, now);
    CHECK(
        made->bytes == info->file_bytes && made->mtime_ns == info->file_mtime_ns, VXS_BAD_INPUT,
        "the %s '%.500s' has changed since: it had %lld bytes, last modified %s, and has %lld, %s; %s names "
        "a copy as it was, or this one to take it all the same",
        what, info->file, (long long)made->bytes, then, (long long)info->file_bytes, now, option);
    CHECK(
        made->sources == 0 || made->sources == info->sources_stamp, VXS_BAD_INPUT,
        "a file that the %s '%.500s' takes its voxels from has changed since; %s names a copy as it was, or "
        "this one to take it all the same",
        what, info->file, option);
    return VXS_OK;
}

static vxs_status probe_given(const made_source *made, const char *given, volume_info *info) {
    char file[VOLUME_PATH_BYTES], dataset[VOLUME_NAME_BYTES];
    TRY(volume_split_name(given, file, dataset));
    return volume_probe(file, dataset[0] ? dataset : made->dataset, info);
}

/* Whatever is given in its place must at least have its shape, or there is nothing to compare. */
static vxs_status check_shape(const made_source *made, const char *what, const volume_info *info) {
    char shape[VALUE_TEXT_BYTES];
    index_text(info->shape, info->axes, shape);
    CHECK(
        made->shape[0] == '\0' || strcmp(made->shape, shape) == 0, VXS_BAD_INPUT,
        "dataset '%.100s' of '%.500s' is not the %s that the output was made of: that had the shape %s, this "
        "has %s",
        info->dataset, info->file, what, made->shape, shape);
    return VXS_OK;
}

static vxs_status probe_recorded(const made_source *made, const char *what, const char *option,
                                 volume_info *info) {
    char kept[STATUS_MESSAGE_BYTES];
    CHECK(made->found, VXS_BAD_INPUT, "the output does not record its %s: it is not what voxslab wrote",
          what);
    vxs_status status = volume_probe(made->file, made->dataset, info);
    snprintf(kept, sizeof kept, "%s", status_message());
    if (status == VXS_BAD_INPUT)
        return status_fail(status, "the recorded %s is not usable: %.800s; %s names it where it is now", what,
                           kept, option);
    TRY(status);
    return check_unchanged(made, what, option, info);
}

vxs_status provenance_probe(const made_source *made, const char *given, const char *what, const char *option,
                            volume_info *info) {
    TRY(given ? probe_given(made, given, info) : probe_recorded(made, what, option, info));
    return check_shape(made, what, info);
}
