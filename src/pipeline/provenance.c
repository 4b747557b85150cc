#include "pipeline/provenance.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

typedef enum note_kind {
    VERSION,
    INPUT,
    INPUT_DATASET,
    INPUT_BYTES,
    INPUT_MTIME,
    PARAMETERS,
    NOTES
} note_kind;

static const char *const names[NOTES] = {
    [VERSION] = "voxslab_version",
    [INPUT] = "voxslab_input",
    [INPUT_DATASET] = "voxslab_input_dataset",
    [INPUT_BYTES] = "voxslab_input_bytes",
    [INPUT_MTIME] = "voxslab_input_mtime_ns",
    [PARAMETERS] = "voxslab_parameters",
};

static vxs_status take(const volume_info *output, const volume_note *notes, provenance *found) {
    for (int i = 0; i < NOTES; i++)
        CHECK(notes[i].found, VXS_BAD_INPUT,
              "dataset '%s' of '%.800s' is no output of voxslab's: it has no attribute %s, which would tell "
              "how "
              "it was made",
              output->dataset, output->file, names[i]);
    snprintf(found->version, sizeof found->version, "%.31s", notes[VERSION].text);
    snprintf(found->input, sizeof found->input, "%s", notes[INPUT].text);
    snprintf(found->input_dataset, sizeof found->input_dataset, "%.1023s", notes[INPUT_DATASET].text);
    snprintf(found->parameters, sizeof found->parameters, "%.1023s", notes[PARAMETERS].text);
    found->input_bytes = notes[INPUT_BYTES].number;
    found->input_mtime_ns = notes[INPUT_MTIME].number;
    return VXS_OK;
}

vxs_status provenance_read(const volume_info *output, provenance *found) {
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

static void time_text(int64_t ns, char text[40]) {
    const time_t seconds = (time_t)(ns / 1000000000);
    struct tm fields;
    gmtime_r(&seconds, &fields);
    strftime(text, 40, "%Y-%m-%d %H:%M:%S UTC", &fields);
}

vxs_status provenance_check_input(const provenance *found, const volume_info *in) {
    char then[40], now[40];
    time_text(found->input_mtime_ns, then);
    time_text(in->file_mtime_ns, now);
    CHECK(found->input_bytes == in->file_bytes && found->input_mtime_ns == in->file_mtime_ns, VXS_BAD_INPUT,
          "input file '%.800s' has changed since: it had %lld bytes, last modified %s, and has %lld, %s; "
          "--input names a copy as it was, or this one to take it all the same",
          in->file, (long long)found->input_bytes, then, (long long)in->file_bytes, now);
    return VXS_OK;
}
