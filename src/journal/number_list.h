/*
 * A list of numbers beside the journal, in a text file with a checksum: on disk as a whole or as it was
 * before. One rank makes these calls. Local.
 */
#ifndef JOURNAL_NUMBER_LIST_H
#define JOURNAL_NUMBER_LIST_H

#include <stdint.h>

#include "base/status.h"

/* Write it in place of any that is there; what VXS_OK says survives anything. VXS_IO. */
vxs_status number_list_save(const char *path, const int64_t *numbers, int64_t count);

/* Read it; *numbers is to be freed, NULL on failure. VXS_CANT_CREATE when it is not there or not as it was
 * written, which is told; VXS_IO when it can't be read. */
vxs_status number_list_load(const char *path, int64_t **numbers, int64_t *count);

#endif
