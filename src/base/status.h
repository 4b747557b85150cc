/*
 * Errors: a vxs_status returned by everything that can fail, and its message, kept per thread.
 * CHECK where an error is found, TRY everywhere else, one cleanup label where something is owned.
 */
#ifndef BASE_STATUS_H
#define BASE_STATUS_H

#include <voxslab/voxslab.h>

enum { STATUS_MESSAGE_BYTES = 1024 };

/* Record the message of an error and return its code. Local. */
vxs_status status_fail(vxs_status code, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* The calling thread's last message, "" after none; what vxs_message() gives. */
const char *status_message(void);

/* Replace the message by one that came from elsewhere (another rank). */
void status_set_message(const char *text);

/* "the input is not usable"; never NULL. */
const char *status_text(vxs_status code);

/* CHECK(axes >= 3, VXS_BAD_INPUT, "input dataset '%s' has %d axes, need 3 to 5", name, axes); */
#define CHECK(cond, code, ...)                                                                               \
    do {                                                                                                     \
        if (!(cond))                                                                                         \
            return status_fail(code, __VA_ARGS__);                                                           \
    } while (0)

#define TRY(call)                                                                                            \
    do {                                                                                                     \
        vxs_status try_status_ = (call);                                                                     \
        if (try_status_ != VXS_OK)                                                                           \
            return try_status_;                                                                              \
    } while (0)

/* The same for functions with a `status` variable and a `cleanup:` label. */
#define CHECK_CLEAN(cond, code, ...)                                                                         \
    do {                                                                                                     \
        if (!(cond)) {                                                                                       \
            status = status_fail(code, __VA_ARGS__);                                                         \
            goto cleanup;                                                                                    \
        }                                                                                                    \
    } while (0)

#define TRY_CLEAN(call)                                                                                      \
    do {                                                                                                     \
        status = (call);                                                                                     \
        if (status != VXS_OK)                                                                                \
            goto cleanup;                                                                                    \
    } while (0)

#endif
