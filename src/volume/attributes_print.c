#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "volume/internal.h"

/* Values of an array that are shown, and bytes of a text. */
enum { VALUES_SHOWN = 16, TEXT_SHOWN = 400 };

static void print_text(FILE *out, const char *text, size_t length) {
    fputc('"', out);
    for (size_t i = 0; i < length && i < TEXT_SHOWN && text[i]; i++)
        fputc(iscntrl((unsigned char)text[i]) ? ' ' : text[i], out);
    fputs(length > TEXT_SHOWN ? "...\"" : "\"", out);
}

static bool read_values(hid_t attribute, hid_t type, hid_t space, void **data) {
    hssize_t count = H5Sget_simple_extent_npoints(space);
    *data = count > 0 ? calloc((size_t)count, H5Tget_size(type) + 1) : NULL;
    return *data && H5Aread(attribute, type, *data) >= 0;
}

static void print_strings(FILE *out, hid_t attribute, hid_t type, hid_t space) {
    void *data;
    size_t bytes = H5Tget_size(type);
    bool variable = H5Tis_variable_str(type) > 0;
    hssize_t count = H5Sget_simple_extent_npoints(space);
    if (read_values(attribute, type, space, &data)) {
        for (hssize_t i = 0; i < count && i < VALUES_SHOWN; i++) {
            const char *text = variable ? ((char **)data)[i] : (const char *)data + (size_t)i * bytes;
            fputs(i ? ", " : "", out);
            print_text(out, text ? text : "", variable ? strlen(text ? text : "") : bytes);
        }
        if (variable)
            attributes_reclaim(type, space, data);
    }
    free(data);
}

/* As the widest type of its class: nothing is rounded. */
static void print_numbers(FILE *out, hid_t attribute, hid_t type, hid_t space) {
    bool real = H5Tget_class(type) == H5T_FLOAT, is_signed = !real && H5Tget_sign(type) == H5T_SGN_2;
    hid_t wide = real ? H5T_NATIVE_DOUBLE : is_signed ? H5T_NATIVE_INT64 : H5T_NATIVE_UINT64;
    hssize_t count = H5Sget_simple_extent_npoints(space);
    void *data;
    if (read_values(attribute, wide, space, &data))
        for (hssize_t i = 0; i < count && i < VALUES_SHOWN; i++) {
            fputs(i ? ", " : "", out);
            if (real)
                fprintf(out, "%.*g", H5Tget_size(type) < 8 ? 9 : 17, ((double *)data)[i]);
            else if (is_signed)
                fprintf(out, "%lld", (long long)((int64_t *)data)[i]);
            else
                fprintf(out, "%llu", (unsigned long long)((uint64_t *)data)[i]);
        }
    free(data);
}

static void print_enum(FILE *out, hid_t attribute, hid_t type, hid_t space) {
    hssize_t count = H5Sget_simple_extent_npoints(space);
    size_t bytes = H5Tget_size(type);
    char name[64];
    void *data;
    if (read_values(attribute, type, space, &data))
        for (hssize_t i = 0; i < count && i < VALUES_SHOWN; i++)
            fprintf(out, "%s%s", i ? ", " : "",
                    H5Tenum_nameof(type, (char *)data + (size_t)i * bytes, name, sizeof name) >= 0 ? name
                                                                                                   : "?");
    free(data);
}

static void print_values(FILE *out, hid_t attribute, hid_t type, hid_t space) {
    char words[TYPE_TEXT_BYTES];
    hssize_t count = H5Sget_simple_extent_npoints(space);
    H5T_class_t class = H5Tget_class(type);
    if (H5Sget_simple_extent_type(space) == H5S_NULL)
        fprintf(out, "(empty)");
    else if (class == H5T_STRING)
        print_strings(out, attribute, type, space);
    else if (class == H5T_INTEGER || class == H5T_FLOAT)
        print_numbers(out, attribute, type, space);
    else if (class == H5T_ENUM)
        print_enum(out, attribute, type, space);
    else
        fprintf(out, "(%s)", type_describe(type, words));
    if (count > VALUES_SHOWN)
        fprintf(out, ", ... (%lld values)", (long long)count);
}

typedef struct print_job {
    FILE *out;
    const char *indent;
} print_job;

static herr_t print_one(hid_t dataset, const char *name, const H5A_info_t *info, void *data) {
    (void)info;
    print_job *job = data;
    hid_t attribute = H5Aopen(dataset, name, H5P_DEFAULT);
    hid_t type = attribute < 0 ? attribute : H5Aget_type(attribute);
    hid_t space = attribute < 0 ? attribute : H5Aget_space(attribute);
    fprintf(job->out, "%s%s = ", job->indent, name);
    if (type >= 0 && space >= 0)
        print_values(job->out, attribute, type, space);
    else
        fprintf(job->out, "(can't be read)");
    fputc('\n', job->out);
    hdf5_drop(space);
    hdf5_drop(type);
    hdf5_drop(attribute);
    return 0;
}

void attributes_print(FILE *out, hid_t dataset, const char *indent) {
    print_job job = {out, indent};
    hsize_t start = 0;
    H5Aiterate2(dataset, H5_INDEX_NAME, H5_ITER_INC, &start, print_one, &job);
}
