#include "base/status.h"

#include <stdarg.h>
#include <stdio.h>

/* Like errno: the one piece of state that belongs to no argument, and to one thread only. */
static _Thread_local char message[STATUS_MESSAGE_BYTES];

vxs_status status_fail(vxs_status code, const char *format, ...) {
    va_list args;
    va_start(args, format);
    vsnprintf(message, sizeof message, format, args);
    va_end(args);
    return code;
}

const char *status_message(void) {
    return message;
}

void status_set_message(const char *text) {
    snprintf(message, sizeof message, "%s", text);
}

const char *status_text(vxs_status code) {
    switch (code) {
#define TEXT_CASE(id, exit_status, text)                                                                     \
    case id:                                                                                                 \
        return text;
        VXS_STATUS_LIST(TEXT_CASE)
#undef TEXT_CASE
    }
    return "unknown status";
}
