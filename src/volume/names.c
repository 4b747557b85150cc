#include <string.h>
#include <sys/stat.h>

#include "volume/internal.h"

vxs_status dataset_name_normalise(const char *text, char dataset[VOLUME_NAME_BYTES]) {
    size_t used = 0;
    for (const char *c = text; *c;) {
        while (*c == '/')
            c++;
        size_t length = strcspn(c, "/");
        if (length == 0)
            break;
        CHECK(used + length + 2 <= VOLUME_NAME_BYTES, VXS_USAGE,
              "dataset name '%.60s...' is too long: %zu bytes, at most %d", text, strlen(text),
              VOLUME_NAME_BYTES - 2);
        dataset[used++] = '/';
        memcpy(dataset + used, c, length);
        used += length;
        c += length;
    }
    dataset[used] = '\0';
    CHECK(used > 0, VXS_USAGE, "dataset name '%s' is empty: give the path of a dataset, such as /data", text);
    return VXS_OK;
}

vxs_status volume_split_name(const char *text, char file[VOLUME_PATH_BYTES],
                             char dataset[VOLUME_NAME_BYTES]) {
    file[0] = dataset[0] = '\0';
    struct stat unused;
    const char *colon = stat(text, &unused) == 0 ? NULL : strrchr(text, ':');
    size_t length = colon ? (size_t)(colon - text) : strlen(text);
    CHECK(length > 0, VXS_USAGE, "'%s' names no file: write FILE or FILE:DATASET", text);
    CHECK(length < VOLUME_PATH_BYTES, VXS_USAGE, "file name '%.60s...' is too long: %zu bytes, at most %d",
          text, length, VOLUME_PATH_BYTES - 1);
    if (colon) {
        CHECK(colon[1], VXS_USAGE, "'%s' names no dataset after its colon: write FILE or FILE:DATASET", text);
        TRY(dataset_name_normalise(colon + 1, dataset));
    }
    memcpy(file, text, length);
    file[length] = '\0';
    return VXS_OK;
}
