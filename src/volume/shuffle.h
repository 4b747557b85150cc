/* HDF5's byte shuffle: first the first bytes of all elements, then the second ones, and so on. Local. */
#ifndef VOLUME_SHUFFLE_H
#define VOLUME_SHUFFLE_H

#include <stdbool.h>
#include <stddef.h>

/* Elements first to first + count of shuffled, which holds elements of them; each with its bytes reversed if
 * so asked. to must not overlap shuffled. */
void unshuffle(void *to, const void *shuffled, size_t element_bytes, size_t elements, size_t first,
               size_t count, bool reversed);

#endif
