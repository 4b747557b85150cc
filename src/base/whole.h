/* Reads and writes of a file that are whole or fail. Local. */
#ifndef BASE_WHOLE_H
#define BASE_WHOLE_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

/* All of it, or the reason why not in errno. */
bool write_whole(int file, const void *data, size_t bytes, off_t offset);

/* As many bytes as there are before the file's end; -1 for an error, in errno. */
ssize_t read_whole(int file, void *data, size_t bytes, off_t offset);

#endif
