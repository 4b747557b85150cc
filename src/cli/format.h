/* Numbers as people read them. Each writes into the caller's text and returns it. Local. */
#ifndef CLI_FORMAT_H
#define CLI_FORMAT_H

#include <stddef.h>
#include <stdint.h>

enum { FORMAT_BYTES = 160 };
typedef char format_text[FORMAT_BYTES];

const char *format_bytes(format_text text, int64_t bytes);    /* "1.50 GiB", "512 B" */
const char *format_seconds(format_text text, double seconds); /* "0.42 s", "3 min 20 s", "2 h 05 min" */
const char *format_rate(format_text text, double per_second, const char *unit); /* "1.79 GB/s"; "-" if none */

/* The last axes of five: "(512, 1024, 1024)" and "0:64,0:512,0:512", "-" for an empty box. */
const char *format_shape(format_text text, const int64_t *shape, int axes);
const char *format_box(format_text text, const int64_t *begin, const int64_t *end, int axes);

#endif
