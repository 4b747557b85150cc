/* Lines for the report's warnings. */
#ifndef PIPELINE_WARNING_H
#define PIPELINE_WARNING_H

#include <stddef.h>

/* Add to the text in warnings, of so many bytes; what does not fit is left out. Local. */
void warning_add(char *warnings, size_t bytes, const char *format, ...) __attribute__((format(printf, 3, 4)));

#endif
