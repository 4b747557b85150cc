#include "volume/internal.h"

static void print_axes(FILE *out, const volume_info *info, const int64_t values[AXES]) {
    for (int a = AXES - info->axes; a < AXES; a++)
        fprintf(out, "%s%lld", a > AXES - info->axes ? " x " : "", (long long)values[a]);
}

static const char *layout_name(volume_layout layout) {
    static const char *const names[] = {[VOLUME_CONTIGUOUS] = "contiguous",
                                        [VOLUME_CHUNKED] = "chunked",
                                        [VOLUME_COMPACT] = "compact",
                                        [VOLUME_VIRTUAL] = "virtual (other datasets' voxels)",
                                        [VOLUME_EXTERNAL] = "external (raw data in other files)"};
    return names[layout];
}

static void print_layout(FILE *out, const volume_info *info) {
    fprintf(out, "layout   %s", layout_name(info->layout));
    if (info->layout == VOLUME_CHUNKED) {
        fprintf(out, ", chunks of ");
        print_axes(out, info, info->chunk);
    }
    fprintf(out, "%s\nfilters  %s\n", info->serial_only ? ", read through the serial driver" : "",
            info->filtered ? info->filters : "none");
}

static void print_sizes(FILE *out, const volume_info *info) {
    double bytes = (double)dtype_bytes(info->dtype);
    for (int a = 0; a < AXES; a++)
        bytes *= (double)info->shape[a];
    fprintf(out, "voxels   %.0f bytes (%.3f GiB)\nstored   %lld bytes", bytes, bytes / (1 << 30),
            (long long)info->storage_bytes);
    if (info->storage_bytes > 0)
        fprintf(out, " (%.2f to 1)", bytes / (double)info->storage_bytes);
    fprintf(out, "\n");
}

static void print_volume(FILE *out, const volume_info *info, hid_t dataset) {
    fprintf(out, "file     %s (%lld bytes)\ndataset  %s\nshape    ", info->file, (long long)info->file_bytes,
            info->dataset);
    print_axes(out, info, info->shape);
    fprintf(out, "\ndtype    %s%s\n", dtype_name(info->dtype), info->swapped ? ", the other byte order" : "");
    print_layout(out, info);
    print_sizes(out, info);
    if (info->has_spacing)
        fprintf(out, "spacing  %g, %g, %g um (d, h, w)\n", info->spacing[0], info->spacing[1],
                info->spacing[2]);
    else if (info->spacing_fault[0])
        fprintf(out, "spacing  not known (attribute " SPACING_ATTRIBUTE " %s)\n", info->spacing_fault);
    else
        fprintf(out, "spacing  not known (no attribute " SPACING_ATTRIBUTE ")\n");
    if (info->has_origin)
        fprintf(out, "origin   %g, %g, %g um (d, h, w)\n", info->origin[0], info->origin[1], info->origin[2]);
    fprintf(out, "attributes:\n");
    attributes_print(out, dataset, "  ");
}

static vxs_status print_list(FILE *out, const char *path, const found_list *list) {
    fprintf(out, "%s: %d datasets%s\n", path, list->count, list->cut_short ? " or more" : "");
    for (int i = 0; i < list->count; i++)
        fprintf(out, "  %s  %s%s\n", list->items[i].path, list->items[i].summary,
                list->items[i].fits ? "" : "  (not a volume)");
    return VXS_OK;
}

static vxs_status print_one(FILE *out, const char *path, const char *dataset, hid_t file) {
    volume_info info;
    char words[HDF5_WORDS_BYTES];
    TRY(volume_probe(path, dataset, &info));
    hid_t object = H5Dopen2(file, info.dataset, H5P_DEFAULT);
    CHECK(object >= 0, VXS_BAD_INPUT, "input dataset '%s' of '%s' can't be opened: %s", info.dataset, path,
          hdf5_words(words));
    print_volume(out, &info, object);
    hdf5_drop(object);
    return VXS_OK;
}

vxs_status volume_print_info(FILE *out, const char *file, const char *dataset) {
    found_list list = {0};
    hid_t open_file;
    hdf5_prepare();
    TRY(file_open_serial(file, &open_file));
    vxs_status status = dataset[0] ? VXS_OK : find_datasets(open_file, &list);
    if (status == VXS_OK)
        status = list.count > 1 ? print_list(out, file, &list) : print_one(out, file, dataset, open_file);
    found_list_free(&list);
    hdf5_drop(open_file);
    return status;
}
