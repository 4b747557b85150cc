#include <string.h>

#include "base/checked.h"
#include "volume/internal.h"

/* Filters that a name in the file may lack. never_refuses: it stores every chunk, growing it if need be; the
 * others may give up on data that do not shrink, and leave the chunk as it is. */
static const struct known_filter {
    H5Z_filter_t id;
    const char *name;
    bool never_refuses;
} known_filters[] = {
    {H5Z_FILTER_DEFLATE, "deflate", true},
    {H5Z_FILTER_SHUFFLE, "shuffle", true},
    {H5Z_FILTER_FLETCHER32, "fletcher32", true},
    {H5Z_FILTER_NBIT, "nbit", true},
    {H5Z_FILTER_SCALEOFFSET, "scaleoffset", true},
    {307, "bzip2", true},
    {32004, "lz4", true},
    {32008, "bitshuffle", true},
    {32015, "zstd", true},
    {H5Z_FILTER_SZIP, "szip", false},
    {32000, "lzf", false},
    {32001, "blosc", false},
    {32013, "zfp", false},
    {32026, "blosc2", false},
};

static const struct known_filter *known_filter(H5Z_filter_t id) {
    for (size_t i = 0; i < sizeof known_filters / sizeof *known_filters; i++)
        if (known_filters[i].id == id)
            return &known_filters[i];
    return NULL;
}

/* Filters that decode.c undoes: a new one is a row here, and its function there. */
static const struct {
    H5Z_filter_t id;
    filter_kind kind;
} own_filters[] = {
    {H5Z_FILTER_DEFLATE, FILTER_DEFLATE},
    {H5Z_FILTER_SHUFFLE, FILTER_SHUFFLE},
    {H5Z_FILTER_FLETCHER32, FILTER_FLETCHER32},
};

static vxs_status describe_filter(hid_t plist, unsigned index, volume_info *info) {
    unsigned flags, config, values[16] = {0};
    size_t count = 16;
    char stored_name[64] = "";
    H5Z_filter_t id =
        H5Pget_filter2(plist, index, &flags, &count, values, sizeof stored_name, stored_name, &config);
    CHECK(id >= 0, VXS_BAD_INPUT, "input dataset '%s': its filters can't be read", info->dataset);
    const struct known_filter *known = known_filter(id);
    const char *name = known ? known->name : stored_name;
    info->filters_may_refuse |= !known || !known->never_refuses;
    size_t used = strlen(info->filters);
    used += (size_t)snprintf(info->filters + used, sizeof info->filters - used, "%s%s", used ? ", " : "",
                             name[0] ? name : "filter");
    if (used < sizeof info->filters && !name[0])
        snprintf(info->filters + used, sizeof info->filters - used, " %d", (int)id);
    else if (used < sizeof info->filters && id == H5Z_FILTER_DEFLATE)
        snprintf(info->filters + used, sizeof info->filters - used, " %u", values[0]);
    CHECK(H5Zfilter_avail(id) > 0, VXS_BAD_INPUT,
          "input dataset '%s' is stored with filter %d (%s), which this HDF5 does not have: install its "
          "plugin and set HDF5_PLUGIN_PATH to the plugin's folder",
          info->dataset, (int)id, name[0] ? name : "unnamed");
    return VXS_OK;
}

/* One filter as we know it; false if we don't. */
static bool add_known_filter(hid_t plist, int index, filter_pipeline *p) {
    unsigned flags, values[1] = {0}, config;
    size_t count = 1;
    H5Z_filter_t id = H5Pget_filter2(plist, (unsigned)index, &flags, &count, values, 0, NULL, &config);
    for (size_t i = 0; i < sizeof own_filters / sizeof *own_filters; i++)
        if (id == own_filters[i].id) {
            p->kind[p->count] = (int32_t)own_filters[i].kind;
            p->element_bytes[p->count++] = (int64_t)values[0];
            return id != H5Z_FILTER_SHUFFLE || (count >= 1 && values[0] >= 1);
        }
    return false;
}

static void describe_pipeline(hid_t plist, filter_pipeline *p) {
    int filters = H5Pget_nfilters(plist), inflating = 0;
    unsigned options = 0;
    bool known = filters <= PIPELINE_FILTERS && H5Pget_chunk_opts(plist, &options) >= 0;
    for (int i = 0; i < filters && known; i++) {
        known = add_known_filter(plist, i, p);
        inflating += known && p->kind[i] == FILTER_DEFLATE;
    }
    p->known = known && inflating <= 1;
    p->partial_chunks_plain = options & H5D_CHUNK_DONT_FILTER_PARTIAL_CHUNKS;
}

static vxs_status describe_chunks(hid_t plist, volume_info *info) {
    hsize_t dims[AXES];
    CHECK(H5Pget_chunk(plist, AXES, dims) == info->axes, VXS_BAD_INPUT,
          "input dataset '%s': its chunk shape can't be read", info->dataset);
    int lead = AXES - info->axes;
    for (int a = 0; a < AXES; a++) {
        info->stored_chunk[a] = a < lead ? 1 : (int64_t)dims[a - lead];
        info->chunk[a] = min_i64(info->stored_chunk[a], info->shape[a]);
    }
    int filters = H5Pget_nfilters(plist);
    info->filtered = info->read_filtered = filters > 0;
    memcpy(info->read_chunk, info->chunk, sizeof info->read_chunk);
    describe_pipeline(plist, &info->pipeline);
    for (int i = 0; i < filters; i++)
        TRY(describe_filter(plist, (unsigned)i, info));
    return VXS_OK;
}

static int64_t volume_bytes(const volume_info *info) {
    int64_t bytes = (int64_t)dtype_bytes(info->dtype);
    for (int a = 0; a < AXES; a++)
        bytes = saturating_mul(bytes, info->shape[a]);
    return bytes;
}

static vxs_status describe_plist(hid_t dataset, hid_t plist, volume_info *info, wanted_files *wanted) {
    char main_file[VOLUME_PATH_BYTES] = "";
    H5Fget_name(dataset, main_file, sizeof main_file);
    wanted_files_look(wanted, main_file);
    switch (H5Pget_layout(plist)) {
    case H5D_CHUNKED:
        info->layout = VOLUME_CHUNKED;
        return describe_chunks(plist, info);
    case H5D_COMPACT:
        info->layout = VOLUME_COMPACT;
        return VXS_OK;
    case H5D_VIRTUAL:
        info->layout = VOLUME_VIRTUAL;
        info->serial_only = true;
        return sources_describe(plist, main_file, info, wanted);
    case H5D_CONTIGUOUS:
        info->layout = H5Pget_external_count(plist) > 0 ? VOLUME_EXTERNAL : VOLUME_CONTIGUOUS;
        info->serial_only |= info->layout == VOLUME_EXTERNAL;
        return external_check(plist, main_file, info->dataset, volume_bytes(info), wanted);
    default:
        return status_fail(VXS_BAD_INPUT, "input dataset '%s' has a storage layout that this HDF5 can't read",
                           info->dataset);
    }
}

vxs_status layout_describe(hid_t dataset, volume_info *info) {
    char words[HDF5_WORDS_BYTES];
    hid_t plist = H5Dget_create_plist(dataset);
    for (int a = 0; a < AXES; a++)
        info->read_chunk[a] = 1;
    CHECK(plist >= 0, VXS_BAD_INPUT, "input dataset '%s': its layout can't be read: %s", info->dataset,
          hdf5_words(words));
    wanted_files files = {.seen = -1};
    vxs_status status = describe_plist(dataset, plist, info, &files);
    info->sources_stamp = info->serial_only ? files.stamp : 0;
    hdf5_drop(plist);
    info->storage_bytes = (int64_t)H5Dget_storage_size(dataset);
    return status;
}

void layout_look(hid_t dataset, volume_info *info, wanted_files *wanted) {
    hid_t plist = H5Dget_create_plist(dataset);
    if (plist >= 0)
        describe_plist(dataset, plist, info, wanted);
    hdf5_drop(plist);
}

int64_t layout_chunk_bytes(const int64_t chunk[AXES], vxs_dtype dtype) {
    int64_t bytes = (int64_t)dtype_bytes(dtype);
    for (int a = 0; a < AXES; a++)
        bytes = saturating_mul(bytes, chunk[a]);
    return bytes;
}
