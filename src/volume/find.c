#include <stdlib.h>
#include <string.h>

#include "volume/internal.h"

/* A file with more objects, or deeper groups, than these is not searched to its end. */
enum { SEEN_MOST = 10000, DEPTH_MOST = 32 };

/* An object is its file and its address there, by whatever links it was reached. */
typedef struct seen_object {
    hobj_ref_t address;
    uint32_t file_hash;
} seen_object;

typedef struct search {
    found_list *list;
    seen_object *seen;
    int seen_count;
    char path[VOLUME_NAME_BYTES];
    vxs_status status;
} search;

static uint32_t file_hash_of(hid_t object) {
    char name[VOLUME_PATH_BYTES] = "";
    H5Fget_name(object, name, sizeof name);
    uint32_t hash = 2166136261u;
    for (const char *c = name; *c; c++)
        hash = (hash ^ (unsigned char)*c) * 16777619u;
    return hash;
}

/* True the first time. */
static bool see(search *s, hid_t object) {
    seen_object now = {.file_hash = file_hash_of(object)};
    if (s->seen_count == SEEN_MOST) {
        s->list->cut_short = true;
        return false;
    }
    if (H5Rcreate(&now.address, object, ".", H5R_OBJECT, -1) < 0)
        return false;
    for (int i = 0; i < s->seen_count; i++)
        if (s->seen[i].address == now.address && s->seen[i].file_hash == now.file_hash)
            return false;
    s->seen[s->seen_count++] = now;
    return true;
}

/* "uint16 (64, 512, 512)"; true when it can be a volume. */
static bool summarise(hid_t dataset, char *text, size_t bytes) {
    hid_t type = H5Dget_type(dataset), space = H5Dget_space(dataset);
    hsize_t dims[H5S_MAX_RANK];
    int axes = H5Sget_simple_extent_dims(space, dims, NULL);
    char words[TYPE_TEXT_BYTES];
    vxs_dtype dtype;
    bool swapped, fits = axes >= 3 && axes <= AXES && type_to_dtype(type, &dtype, &swapped);
    size_t used = (size_t)snprintf(text, bytes, "%s (", type_describe(type, words));
    for (int a = 0; a < axes && used < bytes; a++) {
        fits = fits && dims[a] > 0;
        used +=
            (size_t)snprintf(text + used, bytes - used, "%s%llu", a ? ", " : "", (unsigned long long)dims[a]);
    }
    if (used < bytes)
        snprintf(text + used, bytes - used, ")");
    hdf5_drop(space);
    hdf5_drop(type);
    return fits;
}

static void add_dataset(search *s, hid_t dataset) {
    char summary[256];
    bool fits = summarise(dataset, summary, sizeof summary);
    found_list *list = s->list;
    found_dataset *grown = realloc(list->items, (size_t)(list->count + 1) * sizeof *grown);
    if (grown) {
        list->items = grown;
        grown[list->count] = (found_dataset){strdup(s->path), strdup(summary), fits};
    }
    if (!grown || !grown[list->count].path || !grown[list->count].summary) {
        s->status = status_fail(VXS_IO, "out of memory while listing datasets");
        return;
    }
    list->count++;
    list->fitting += fits;
}

static void visit_group(search *s, hid_t group, int depth);

/* One link of a group; whatever does not open (a dangling link) is skipped. */
static void visit_link(search *s, hid_t group, hsize_t index, int depth) {
    size_t base = strlen(s->path);
    ssize_t length = H5Lget_name_by_idx(group, ".", H5_INDEX_NAME, H5_ITER_INC, index, NULL, 0, H5P_DEFAULT);
    if (length <= 0 || base + (size_t)length + 2 > sizeof s->path)
        return;
    s->path[base] = '/';
    H5Lget_name_by_idx(group, ".", H5_INDEX_NAME, H5_ITER_INC, index, s->path + base + 1,
                       sizeof s->path - base - 1, H5P_DEFAULT);
    hid_t object = H5Oopen(group, s->path + base + 1, H5P_DEFAULT);
    if (object >= 0 && see(s, object)) {
        if (H5Iget_type(object) == H5I_DATASET)
            add_dataset(s, object);
        else if (H5Iget_type(object) == H5I_GROUP)
            visit_group(s, object, depth + 1);
    }
    hdf5_drop(object);
    s->path[base] = '\0';
}

static void visit_group(search *s, hid_t group, int depth) {
    H5G_info_t info;
    if (depth > DEPTH_MOST)
        s->list->cut_short = true;
    else if (H5Gget_info(group, &info) >= 0)
        for (hsize_t i = 0; i < info.nlinks && s->status == VXS_OK && s->seen_count < SEEN_MOST; i++)
            visit_link(s, group, i, depth);
}

vxs_status find_datasets(hid_t file, found_list *list) {
    *list = (found_list){0};
    search s = {.list = list, .seen = malloc(SEEN_MOST * sizeof(seen_object))};
    CHECK(s.seen, VXS_IO, "out of memory while listing datasets");
    hid_t root = H5Gopen2(file, "/", H5P_DEFAULT);
    if (root >= 0 && see(&s, root))
        visit_group(&s, root, 0);
    hdf5_drop(root);
    free(s.seen);
    if (s.seen_count == SEEN_MOST)
        list->cut_short = true;
    return s.status;
}

void found_list_free(found_list *list) {
    for (int i = 0; i < list->count; i++) {
        free(list->items[i].path);
        free(list->items[i].summary);
    }
    free(list->items);
    *list = (found_list){0};
}

void found_list_text(const found_list *list, bool fitting_only, char *text, size_t bytes) {
    size_t used = 0;
    int shown = 0, all = fitting_only ? list->fitting : list->count;
    text[0] = '\0';
    for (int i = 0; i < list->count; i++) {
        const found_dataset *d = &list->items[i];
        if (fitting_only && !d->fits)
            continue;
        if (used + strlen(d->path) + strlen(d->summary) + 32 > bytes)
            break;
        used +=
            (size_t)snprintf(text + used, bytes - used, "%s%s: %s", shown++ ? "; " : "", d->path, d->summary);
    }
    if (shown < all || list->cut_short)
        snprintf(text + used, bytes - used, "%s%d%s more", shown ? " and " : "", all - shown,
                 list->cut_short ? " or" : "");
    else if (all == 0)
        snprintf(text, bytes, "no dataset at all");
}
