#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "volume/internal.h"

static bool read_three_numbers(hid_t attribute, double values[3]) {
    hid_t type = H5Aget_type(attribute), space = H5Aget_space(attribute);
    H5T_class_t class = H5Tget_class(type);
    bool fits = (class == H5T_INTEGER || class == H5T_FLOAT) && H5Sget_simple_extent_npoints(space) == 3 &&
                H5Aread(attribute, H5T_NATIVE_DOUBLE, values) >= 0;
    hdf5_drop(space);
    hdf5_drop(type);
    return fits;
}

/* "" when it holds three numbers above 0, else what is wrong with it. */
static void read_spacing(hid_t attribute, double values[3], char *fault, size_t bytes) {
    hid_t type = H5Aget_type(attribute), space = H5Aget_space(attribute);
    H5T_class_t class = H5Tget_class(type);
    hssize_t count = H5Sget_simple_extent_npoints(space);
    fault[0] = '\0';
    if (class != H5T_INTEGER && class != H5T_FLOAT)
        snprintf(fault, bytes, "holds %s", class == H5T_STRING ? "text, not numbers" : "no numbers");
    else if (count != 3)
        snprintf(fault, bytes, "holds %lld numbers, not three (d, h, w)", (long long)count);
    else if (H5Aread(attribute, H5T_NATIVE_DOUBLE, values) < 0)
        snprintf(fault, bytes, "can't be read");
    else if (!(isfinite(values[0]) && isfinite(values[1]) && isfinite(values[2]) && values[0] > 0 &&
               values[1] > 0 && values[2] > 0))
        snprintf(fault, bytes, "holds %g, %g, %g, not three numbers above 0", values[0], values[1],
                 values[2]);
    hdf5_drop(space);
    hdf5_drop(type);
}

bool attributes_read_spacing(hid_t dataset, double spacing[3], char *fault, size_t bytes) {
    double values[3] = {0};
    fault[0] = '\0';
    if (H5Aexists(dataset, SPACING_ATTRIBUTE) <= 0)
        return false;
    hid_t attribute = H5Aopen(dataset, SPACING_ATTRIBUTE, H5P_DEFAULT);
    if (attribute >= 0)
        read_spacing(attribute, values, fault, bytes);
    else
        snprintf(fault, bytes, "can't be opened");
    hdf5_drop(attribute);
    if (fault[0])
        return false;
    memcpy(spacing, values, sizeof values);
    return true;
}

bool attributes_read_origin(hid_t dataset, double origin[3]) {
    double values[3] = {0};
    hid_t attribute = H5Aexists(dataset, ORIGIN_ATTRIBUTE) > 0
                          ? H5Aopen(dataset, ORIGIN_ATTRIBUTE, H5P_DEFAULT)
                          : H5I_INVALID_HID;
    bool fits = attribute >= 0 && read_three_numbers(attribute, values) && isfinite(values[0]) &&
                isfinite(values[1]) && isfinite(values[2]);
    hdf5_drop(attribute);
    if (fits)
        memcpy(origin, values, sizeof values);
    return fits;
}

/* ---- copying ---- */

typedef struct copy_job {
    hid_t to;
    char *warnings;
    size_t bytes;
} copy_job;

static void warn(copy_job *job, const char *name, const char *why) {
    size_t used = strlen(job->warnings);
    if (used + 1 < job->bytes)
        snprintf(job->warnings + used, job->bytes - used, "attribute '%s' is not copied: %s\n", name, why);
}

void attributes_reclaim(hid_t type, hid_t space, void *data) {
#if H5_VERSION_GE(1, 12, 0)
    H5Treclaim(type, space, H5P_DEFAULT, data);
#else
    H5Dvlen_reclaim(type, space, H5P_DEFAULT, data);
#endif
}

static bool copy_values(hid_t from, hid_t to, hid_t type, hid_t space) {
    hssize_t count = H5Sget_simple_extent_npoints(space);
    if (count <= 0)
        return count == 0;
    void *data = calloc((size_t)count, H5Tget_size(type));
    bool copied = data && H5Aread(from, type, data) >= 0;
    if (copied) {
        copied = H5Awrite(to, type, data) >= 0;
        attributes_reclaim(type, space, data);
    }
    free(data);
    return copied;
}

static void copy_attribute(copy_job *job, hid_t from, const char *name) {
    char words[HDF5_WORDS_BYTES];
    hid_t named = H5Aget_type(from), space = H5Aget_space(from), to = H5I_INVALID_HID;
    hid_t type = H5Tcopy(named);
    if (H5Tdetect_class(type, H5T_REFERENCE) > 0) {
        warn(job, name, "it holds references to objects of the input file");
    } else {
        to = H5Acreate2(job->to, name, type, space, H5P_DEFAULT, H5P_DEFAULT);
        if (to < 0 || !copy_values(from, to, type, space)) {
            warn(job, name, hdf5_words(words));
            hdf5_drop(to);
            to = H5I_INVALID_HID;
            H5Adelete(job->to, name);
        }
    }
    hdf5_drop(to);
    hdf5_drop(type);
    hdf5_drop(space);
    hdf5_drop(named);
}

static herr_t copy_one(hid_t from, const char *name, const H5A_info_t *info, void *data) {
    (void)info;
    copy_job *job = data;
    char words[HDF5_WORDS_BYTES];
    if (strcmp(name, SPACING_ATTRIBUTE) == 0 || strcmp(name, ORIGIN_ATTRIBUTE) == 0 ||
        strncmp(name, "voxslab_", 8) == 0)
        return 0;
    hid_t attribute = H5Aopen(from, name, H5P_DEFAULT);
    if (attribute >= 0)
        copy_attribute(job, attribute, name);
    else
        warn(job, name, hdf5_words(words));
    hdf5_drop(attribute);
    return 0;
}

void attributes_copy(hid_t from, hid_t to, char *warnings, size_t warnings_bytes) {
    copy_job job = {to, warnings, warnings_bytes};
    hsize_t start = 0;
    if (H5Aiterate2(from, H5_INDEX_NAME, H5_ITER_INC, &start, copy_one, &job) < 0)
        warn(&job, "(all)", "they can't be listed");
}

/* ---- reading ---- */

static void read_text(hid_t attribute, hid_t type, volume_note *note) {
    char *text = NULL;
    if (H5Tis_variable_str(type) > 0 && H5Aread(attribute, type, &text) >= 0 && text)
        snprintf(note->text, sizeof note->text, "%s", text);
    note->found = text != NULL;
    H5free_memory(text);
}

static void read_note(hid_t dataset, volume_note *note) {
    note->found = false;
    note->text[0] = '\0';
    if (H5Aexists(dataset, note->name) <= 0)
        return;
    hid_t attribute = H5Aopen(dataset, note->name, H5P_DEFAULT), type = H5Aget_type(attribute);
    hid_t space = H5Aget_space(attribute);
    const bool single = H5Sget_simple_extent_npoints(space) == 1;
    if (single && H5Tget_class(type) == H5T_STRING)
        read_text(attribute, type, note);
    else if (single && H5Tget_class(type) == H5T_INTEGER)
        note->found = H5Aread(attribute, H5T_NATIVE_INT64, &note->number) >= 0;
    hdf5_drop(space);
    hdf5_drop(type);
    hdf5_drop(attribute);
}

vxs_status volume_read_notes(const volume_info *info, volume_note *notes, int count) {
    hid_t file;
    hdf5_prepare();
    io_watch_begin();
    TRY(file_open_serial(info->file, &file));
    hid_t dataset = H5Dopen2(file, info->dataset, H5P_DEFAULT);
    for (int i = 0; i < count; i++)
        read_note(dataset, &notes[i]);
    hdf5_drop(dataset);
    hdf5_drop(file);
    return io_watch_judge(VXS_OK, info->file);
}

/* ---- writing ---- */

static vxs_status write_values(hid_t dataset, const char *name, hid_t file_type, hid_t memory_type,
                               hid_t space, const void *data) {
    char words[HDF5_WORDS_BYTES];
    hid_t attribute = H5Acreate2(dataset, name, file_type, space, H5P_DEFAULT, H5P_DEFAULT);
    bool written = attribute >= 0 && H5Awrite(attribute, memory_type, data) >= 0;
    hdf5_words(words);
    hdf5_drop(attribute);
    CHECK(written, VXS_CANT_CREATE, "attribute '%s' of the output can't be written: %s", name, words);
    return VXS_OK;
}

vxs_status attributes_write_three(hid_t dataset, const char *name, const double values[3]) {
    hid_t space = H5Screate_simple(1, (hsize_t[]){3}, NULL);
    vxs_status status = write_values(dataset, name, H5T_IEEE_F64LE, H5T_NATIVE_DOUBLE, space, values);
    hdf5_drop(space);
    return status;
}

/* Strings are of variable length and UTF-8, as h5py writes a str. */
vxs_status attributes_write(hid_t dataset, const volume_attribute *attribute) {
    hid_t space = H5Screate(H5S_SCALAR), text_type = H5Tcopy(H5T_C_S1);
    H5Tset_size(text_type, H5T_VARIABLE);
    H5Tset_cset(text_type, H5T_CSET_UTF8);
    vxs_status status = attribute->text ? write_values(dataset, attribute->name, text_type, text_type, space,
                                                       &attribute->text)
                                        : write_values(dataset, attribute->name, H5T_STD_I64LE,
                                                       H5T_NATIVE_INT64, space, &attribute->number);
    hdf5_drop(text_type);
    hdf5_drop(space);
    return status;
}

vxs_status volume_rewrite_number(volume *target, const char *name, int64_t number) {
    char words[HDF5_WORDS_BYTES];
    hid_t attribute = H5Aopen(target->dataset, name, H5P_DEFAULT);
    const bool written = attribute >= 0 && H5Awrite(attribute, H5T_NATIVE_INT64, &number) >= 0;
    hdf5_words(words);
    hdf5_drop(attribute);
    CHECK(written, VXS_IO, "attribute '%s' of '%s' can't be written: %s", name, target->file_name, words);
    return VXS_OK;
}
