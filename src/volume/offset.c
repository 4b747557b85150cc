#include "base/checked.h"
#include "volume/internal.h"

static bool chunk_offset(const volume *v, const box *where, hsize_t *offset) {
    hsize_t origin[AXES], bytes;
    haddr_t address = HADDR_UNDEF;
    unsigned mask;
    for (int a = 0; a < AXES; a++)
        origin[a] = (hsize_t)round_down(where->axis[a].begin, v->chunk[a]);
    bool known =
        H5Dget_chunk_info_by_coord(v->dataset, origin + (AXES - v->axes), &mask, &address, &bytes) >= 0;
    *offset = address;
    return known && address != HADDR_UNDEF;
}

static bool contiguous_offset(const volume *v, const box *where, hsize_t *offset) {
    const haddr_t begin = H5Dget_offset(v->dataset);
    hsize_t index = 0;
    for (int a = 0; a < AXES; a++)
        index = index * (hsize_t)v->shape[a] + (hsize_t)where->axis[a].begin;
    *offset = begin + index * v->element_bytes;
    return begin != HADDR_UNDEF;
}

const char *volume_offset_text(const volume *v, const box *where, char text[OFFSET_TEXT_BYTES]) {
    hsize_t offset;
    const bool known =
        v->chunk_bytes > 0 ? chunk_offset(v, where, &offset) : contiguous_offset(v, where, &offset);
    text[0] = '\0';
    if (known)
        snprintf(text, OFFSET_TEXT_BYTES, " at byte %llu of the file", (unsigned long long)offset);
    return text;
}
