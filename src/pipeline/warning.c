#include "pipeline/warning.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

void warning_add(char *warnings, size_t bytes, const char *format, ...) {
    const size_t used = strlen(warnings);
    va_list arguments;
    va_start(arguments, format);
    if (used < bytes)
        vsnprintf(warnings + used, bytes - used, format, arguments);
    va_end(arguments);
}
