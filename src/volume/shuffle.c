#include "volume/shuffle.h"

typedef unsigned char byte;

static void merge_2(byte *restrict to, const byte *restrict a, const byte *restrict b, size_t count) {
    for (size_t i = 0; i < count; i++) {
        to[2 * i] = a[i];
        to[2 * i + 1] = b[i];
    }
}

static void merge_4(byte *restrict to, const byte *restrict a, const byte *restrict b, const byte *restrict c,
                    const byte *restrict d, size_t count) {
    for (size_t i = 0; i < count; i++) {
        to[4 * i] = a[i];
        to[4 * i + 1] = b[i];
        to[4 * i + 2] = c[i];
        to[4 * i + 3] = d[i];
    }
}

/* Element by element within a few KiB, so that the strided stores stay in the first cache. */
static void merge_any(byte *to, const byte *from, size_t element_bytes, size_t elements, size_t count,
                      bool reversed) {
    enum { BLOCK = 256 };
    for (size_t begin = 0; begin < count; begin += BLOCK) {
        size_t n = count - begin < BLOCK ? count - begin : BLOCK;
        for (size_t b = 0; b < element_bytes; b++) {
            const byte *plane = from + b * elements + begin;
            byte *place = to + begin * element_bytes + (reversed ? element_bytes - 1 - b : b);
            for (size_t i = 0; i < n; i++)
                place[i * element_bytes] = plane[i];
        }
    }
}

void unshuffle(void *to, const void *shuffled, size_t element_bytes, size_t elements, size_t first,
               size_t count, bool reversed) {
    const byte *from = (const byte *)shuffled + first, *end = from + (element_bytes - 1) * elements;
    const byte *low = reversed ? end : from; /* the bytes that come first */
    if (element_bytes == 2)
        merge_2(to, low, reversed ? from : end, count);
    else if (element_bytes == 4)
        merge_4(to, low, from + (reversed ? 2 : 1) * elements, from + (reversed ? 1 : 2) * elements,
                reversed ? from : end, count);
    else
        merge_any(to, from, element_bytes, elements, count, reversed);
}
