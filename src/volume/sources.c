/* The sources of a virtual dataset: that all are there, and how they are chunked. */
#include <libgen.h>
#include <stdlib.h>
#include <string.h>

#include "base/checked.h"
#include "volume/internal.h"

/* How one source is stored; its chunk counts in the source's own axes. */
typedef struct source {
    bool chunked, filtered;
    int axes;
    hsize_t chunk[H5S_MAX_RANK];
    int64_t chunk_bytes;  /* 0 unless chunked; of a virtual source, its own sources' largest */
    int64_t sources;      /* beside itself: those of a virtual source, or of its series */
    bool nested;          /* virtual itself */
    wanted_files *wanted; /* told of every file; may be NULL */
} source;

/* Virtual datasets may map virtual ones: more than so deep is taken for a circle. */
enum { MOST_NESTED = 8 };

static bool look_inside(hid_t dataset, hid_t plist, int depth, source *s);

/* All of its raw files, if it is in any, and its own file. */
static bool look_at_files(hid_t dataset, hid_t plist, hid_t type, const source *s) {
    char file_name[VOLUME_PATH_BYTES] = "";
    hid_t space = H5Dget_space(dataset);
    int64_t voxels = (int64_t)H5Sget_simple_extent_npoints(space);
    hdf5_drop(space);
    H5Fget_name(dataset, file_name, sizeof file_name);
    wanted_files_look(s->wanted, file_name);
    return H5Pget_layout(plist) != H5D_CONTIGUOUS ||
           external_check(plist, file_name, "", saturating_mul(voxels, (int64_t)H5Tget_size(type)),
                          s->wanted) == VXS_OK;
}

/* False when one of its raw files or, if it is virtual itself, of its sources is not there. */
static bool describe_source(hid_t dataset, int depth, source *s) {
    hid_t plist = H5Dget_create_plist(dataset), type = H5Dget_type(dataset);
    *s = (source){.chunked = H5Pget_layout(plist) == H5D_CHUNKED, .wanted = s->wanted};
    bool there = look_at_files(dataset, plist, type, s) &&
                 (H5Pget_layout(plist) != H5D_VIRTUAL || look_inside(dataset, plist, depth, s));
    if (s->chunked) {
        s->axes = H5Pget_chunk(plist, H5S_MAX_RANK, s->chunk);
        s->filtered = H5Pget_nfilters(plist) > 0;
        s->chunk_bytes = (int64_t)H5Tget_size(type);
        for (int a = 0; a < s->axes; a++)
            s->chunk_bytes = saturating_mul(s->chunk_bytes, (int64_t)s->chunk[a]);
    }
    hdf5_drop(type);
    hdf5_drop(plist);
    return there;
}

/* Opens FOLDER/name and the dataset in it. Folder NULL: name as it is. */
static bool source_opens(const char *folder, const char *name, const char *dataset, int depth, source *s) {
    char path[3 * VOLUME_PATH_BYTES];
    snprintf(path, sizeof path, "%s%s%s", folder ? folder : "", folder ? "/" : "", name);
    hid_t file = H5Fopen(path, H5F_ACC_RDONLY, H5P_DEFAULT);
    hid_t object = file < 0 ? file : H5Dopen2(file, dataset, H5P_DEFAULT);
    bool opens = object >= 0 && describe_source(object, depth, s);
    hdf5_drop(object);
    hdf5_drop(file);
    return opens;
}

/* HDF5 looks below HDF5_VDS_PREFIX, beside the file, and where the name itself leads. */
static bool source_is_there(const char *main_file, const char *name, const char *dataset, int depth,
                            source *s) {
    char beside[VOLUME_PATH_BYTES];
    snprintf(beside, sizeof beside, "%s", main_file);
    const char *folder = dirname(beside), *prefix = getenv("HDF5_VDS_PREFIX");
    char origin[2 * VOLUME_PATH_BYTES];
    if (prefix && strncmp(prefix, "${ORIGIN}", 9) == 0) {
        snprintf(origin, sizeof origin, "%s%s", folder, prefix + 9);
        prefix = origin;
    }
    const char *last = strrchr(name, '/');
    return (prefix && *prefix && source_opens(prefix, name, dataset, depth, s)) ||
           (name[0] != '/' && source_opens(folder, name, dataset, depth, s)) ||
           source_opens(NULL, name, dataset, depth, s) ||
           (name[0] == '/' && source_opens(folder, last + 1, dataset, depth, s));
}

static bool look_inside(hid_t dataset, hid_t plist, int depth, source *s) {
    char file_name[VOLUME_PATH_BYTES] = "";
    size_t count = 0;
    bool there = depth < MOST_NESTED;
    s->nested = true;
    H5Fget_name(dataset, file_name, sizeof file_name);
    H5Pget_virtual_count(plist, &count);
    for (size_t i = 0; i < count && there; i++) {
        char file[VOLUME_PATH_BYTES] = "", name[VOLUME_NAME_BYTES] = "";
        source inner = {.wanted = s->wanted};
        H5Pget_virtual_filename(plist, i, file, sizeof file);
        H5Pget_virtual_dsetname(plist, i, name, sizeof name);
        if (strchr(file, '%') || strchr(name, '%'))
            continue;
        there = strcmp(file, ".") == 0 ? source_opens(NULL, file_name, name, depth + 1, &inner)
                                       : source_is_there(file_name, file, name, depth + 1, &inner);
        s->filtered |= inner.filtered;
        s->chunk_bytes = max_i64(s->chunk_bytes, inner.chunk_bytes);
        s->sources += 1 + inner.sources;
    }
    return there;
}

/* Where a selection begins. A source that is mapped as a whole comes back without an extent. */
static bool selection_begin(hid_t space, hsize_t begin[H5S_MAX_RANK]) {
    hsize_t end[H5S_MAX_RANK];
    for (int a = 0; a < H5S_MAX_RANK; a++)
        begin[a] = 0;
    return H5Sget_select_type(space) == H5S_SEL_ALL || H5Sget_select_bounds(space, begin, end) >= 0;
}

/* The chunks of source number i in the virtual dataset's axes; false where they do not lie on the grid that
 * begins at 0. */
static bool chunk_of_mapping(hid_t plist, size_t i, const source *s, const volume_info *info,
                             int64_t chunk[AXES]) {
    hid_t to = H5Pget_virtual_vspace(plist, i), from = H5Pget_virtual_srcspace(plist, i);
    hsize_t to_begin[H5S_MAX_RANK], from_begin[H5S_MAX_RANK];
    bool alike = s->chunked && s->axes == info->axes && selection_begin(to, to_begin) &&
                 selection_begin(from, from_begin);
    for (int a = 0; a < AXES && alike; a++) {
        int own = a - (AXES - info->axes);
        chunk[a] = own < 0 ? 1 : min_i64((int64_t)s->chunk[own], info->shape[a]);
        alike = own < 0 || ((int64_t)to_begin[own] - (int64_t)from_begin[own]) % chunk[a] == 0;
    }
    hdf5_drop(to);
    hdf5_drop(from);
    return alike;
}

/* Reads follow the sources' chunks where all of them lie on one grid. */
static void add_source(hid_t plist, size_t i, const source *s, volume_info *info, bool *alike) {
    int64_t chunk[AXES];
    info->source_chunk_bytes = max_i64(info->source_chunk_bytes, s->chunk_bytes);
    info->read_filtered |= s->filtered;
    info->sources += 1 + s->sources;
    info->nested_sources |= s->nested;
    if (!*alike || !(*alike = chunk_of_mapping(plist, i, s, info, chunk)))
        return;
    if (i > 0)
        *alike = memcmp(info->read_chunk, chunk, sizeof chunk) == 0;
    memcpy(info->read_chunk, chunk, sizeof chunk);
}

/* Names with %b stand for as many files or datasets as there are. */
static void put_number(char *text, size_t bytes, const char *pattern, int64_t number) {
    const char *at = strstr(pattern, "%b");
    if (at)
        snprintf(text, bytes, "%.*s%lld%s", (int)(at - pattern), pattern, (long long)number, at + 2);
    else
        snprintf(text, bytes, "%s", pattern);
}

static bool number_is_there(const char *main_file, const char *file, const char *dataset, int64_t number,
                            source *s) {
    char numbered_file[VOLUME_PATH_BYTES], numbered_dataset[VOLUME_NAME_BYTES];
    put_number(numbered_file, sizeof numbered_file, file, number);
    put_number(numbered_dataset, sizeof numbered_dataset, dataset, number);
    return source_is_there(main_file, numbered_file, numbered_dataset, 0, s);
}

/* How many sources a numbered mapping stands for: its blocks along the axis without end. */
static int64_t count_numbered(hid_t plist, size_t i, const volume_info *info) {
    hid_t to = H5Pget_virtual_vspace(plist, i);
    hsize_t start[H5S_MAX_RANK], stride[H5S_MAX_RANK], count[H5S_MAX_RANK], block[H5S_MAX_RANK];
    int64_t sources = 1;
    bool regular = H5Sget_simple_extent_ndims(to) == info->axes && H5Sis_regular_hyperslab(to) > 0 &&
                   H5Sget_regular_hyperslab(to, start, stride, count, block) >= 0;
    for (int a = 0; a < info->axes && regular; a++)
        if (count[a] == H5S_UNLIMITED)
            sources = max_i64(1, info->shape[AXES - info->axes + a] / (int64_t)stride[a]);
    hdf5_drop(to);
    return sources;
}

/* HDF5 ends a numbered series at the first that is missing; it must not be a gap. */
static bool more_behind_a_gap(const char *main_file, const char *file, const char *dataset, int64_t count) {
    enum { LOOKED_FOR = 16 };
    source s = {.wanted = NULL};
    for (int64_t number = count + 1; number <= count + LOOKED_FOR; number++)
        if (number_is_there(main_file, file, dataset, number, &s))
            return true;
    return false;
}

static vxs_status describe_number(hid_t plist, size_t i, const char *main_file, volume_info *info,
                                  wanted_files *wanted, bool *alike) {
    char file[VOLUME_PATH_BYTES] = "", dataset[VOLUME_NAME_BYTES] = "";
    source s = {.wanted = wanted};
    H5Pget_virtual_filename(plist, i, file, sizeof file);
    H5Pget_virtual_dsetname(plist, i, dataset, sizeof dataset);
    bool numbered = strchr(file, '%') || strchr(dataset, '%'), same = strcmp(file, ".") == 0, there;
    if (numbered)
        there = number_is_there(main_file, file, dataset, 0, &s);
    else
        there = same ? source_opens(NULL, main_file, dataset, 0, &s)
                     : source_is_there(main_file, file, dataset, 0, &s);
    CHECK(there, VXS_BAD_INPUT,
          "input dataset '%s' is virtual and its source number %zu, '%s' in file '%s'%s, or one that it maps "
          "itself, can't be opened: its voxels would read as fill values; put it beside '%s' or set "
          "HDF5_VDS_PREFIX",
          info->dataset, i + 1, dataset, file, numbered ? " (%b: 0)" : "", main_file);
    int64_t count = numbered ? count_numbered(plist, i, info) : 1;
    CHECK(!numbered || !more_behind_a_gap(main_file, file, dataset, count), VXS_BAD_INPUT,
          "input dataset '%s' is virtual and its numbered sources, '%s' in file '%s', have a gap: HDF5 would "
          "leave out all behind it; put the missing one beside '%s'",
          info->dataset, dataset, file, main_file);
    for (int64_t number = 1; wanted && number < count; number++) {
        source other = {.wanted = wanted};
        number_is_there(main_file, file, dataset, number, &other);
    }
    *alike &= !numbered;
    s.sources += count - 1;
    add_source(plist, i, &s, info, alike);
    return VXS_OK;
}

vxs_status sources_describe(hid_t plist, const char *main_file, volume_info *info, wanted_files *wanted) {
    size_t count = 0;
    bool alike = true;
    H5Pget_virtual_count(plist, &count);
    for (size_t i = 0; i < count; i++)
        TRY(describe_number(plist, i, main_file, info, wanted, &alike));
    if (!alike || count == 0)
        for (int a = 0; a < AXES; a++)
            info->read_chunk[a] = 1;
    return VXS_OK;
}
