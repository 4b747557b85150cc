#include "pipeline/provenance.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { SOURCE_NOTES = 4, NOTES = 2 + 2 * SOURCE_NOTES };

/* Version and parameters; then of the input, and of its points: file, dataset, size and time. */
static const char *const names[NOTES] = {
    "voxslab_version",      "voxslab_parameters",     "voxslab_input",  "voxslab_input_dataset",
    "voxslab_input_bytes",  "voxslab_input_mtime_ns", "voxslab_points", "voxslab_points_dataset",
    "voxslab_points_bytes", "voxslab_points_mtime_ns"};

static void take_source(const volume_note *notes, made_source *source) {
    source->found = true;
    for (int i = 0; i < SOURCE_NOTES; i++)
        source->found = source->found && notes[i].found;
    snprintf(source->file, sizeof source->file, "%s", notes[0].text);
    snprintf(source->dataset, sizeof source->dataset, "%.1023s", notes[1].text);
    source->bytes = notes[2].number;
    source->mtime_ns = notes[3].number;
}

static vxs_status take(const volume_info *output, const volume_note *notes, made_from *found) {
    for (int i = 0; i < 2 + SOURCE_NOTES; i++)
        CHECK(notes[i].found, VXS_BAD_INPUT,
              "dataset '%.100s' of '%.500s' is no output of voxslab's: it has no attribute %s, which would "
              "tell how it was made",
              output->dataset, output->file, names[i]);
    snprintf(found->version, sizeof found->version, "%.31s", notes[0].text);
    snprintf(found->parameters, sizeof found->parameters, "%.1023s", notes[1].text);
    take_source(notes + 2, &found->input);
    take_source(notes + 2 + SOURCE_NOTES, &found->points);
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
    return VXS_OK;
}

static vxs_status probe_given(const made_source *made, const char *given, volume_info *info) {
    char file[VOLUME_PATH_BYTES], dataset[VOLUME_NAME_BYTES];
    TRY(volume_split_name(given, file, dataset));
    return volume_probe(file, dataset[0] ? dataset : made->dataset, info);
}

vxs_status provenance_probe(const made_source *made, const char *given, const char *what, const char *option,
                            volume_info *info) {
    char kept[STATUS_MESSAGE_BYTES];
    if (given)
        return probe_given(made, given, info);
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
