#include "cli/value.h"

#include <ctype.h>
#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/dtype.h"

bool scan_int(const char *text, char end, int64_t max, int64_t *number, const char **next) {
    int64_t value = 0;
    const char *at = text;
    for (; *at >= '0' && *at <= '9'; at++)
        if (__builtin_mul_overflow(value, 10, &value) || __builtin_add_overflow(value, *at - '0', &value))
            return false;
    if (at == text || *at != end || value < 1 || value > max)
        return false;
    *number = value;
    *next = end ? at + 1 : at;
    return true;
}

/* A finite number above 0 at the start of text, *next behind it. strtod alone takes too much: spaces, signs,
 * "inf", "nan" and hexadecimal. */
static bool scan_leading_positive(const char *text, double *number, char **next) {
    if (strspn(text, "0123456789.") == 0 || (text[0] == '0' && (text[1] == 'x' || text[1] == 'X')))
        return false;
    errno = 0;
    *number = strtod(text, next);
    return *next != text && errno == 0 && isfinite(*number) && *number > 0;
}

bool scan_positive(const char *text, char end, double *number, const char **next) {
    char *at;
    if (!scan_leading_positive(text, number, &at) || *at != end)
        return false;
    *next = end ? at + 1 : at;
    return true;
}

int scan_ints(const char *text, int max, int64_t *numbers) {
    for (int i = 0; i < max; i++) {
        if (scan_int(text, '\0', INT64_MAX, &numbers[i], &text))
            return i + 1;
        if (!scan_int(text, ',', INT64_MAX, &numbers[i], &text))
            return 0;
    }
    return 0;
}

int scan_positives(const char *text, int max, double *numbers) {
    for (int i = 0; i < max; i++) {
        if (scan_positive(text, '\0', &numbers[i], &text))
            return i + 1;
        if (!scan_positive(text, ',', &numbers[i], &text))
            return 0;
    }
    return 0;
}

const char *value_text(const char *text, void *target) {
    *(const char **)target = text;
    return *text ? NULL : "needs a name that is not empty";
}

const char *value_count(const char *text, void *target) {
    int64_t number;
    if (!scan_int(text, '\0', INT32_MAX, &number, &text))
        return "needs a whole number, 1 to 2147483647";
    *(int *)target = (int)number;
    return NULL;
}

const char *value_number(const char *text, void *target) {
    *(int64_t *)target = 0;
    if (strcmp(text, "0") == 0)
        return NULL;
    return scan_int(text, '\0', INT64_MAX, target, &text) ? NULL : "needs a whole number, 0 to 2^63 - 1";
}

const char *value_seconds(const char *text, void *target) {
    return scan_positive(text, '\0', target, &text) ? NULL : "needs a number of seconds above 0";
}

const char *value_tolerance(const char *text, void *target) {
    char *end;
    if (text[0] == '0' && text[strspn(text, "0.")] == '\0' && strtod(text, &end) == 0 && *end == '\0') {
        *(double *)target = 0;
        return NULL;
    }
    return scan_positive(text, '\0', target, &text) ? NULL
                                                    : "needs a number that is 0 or above, such as 1e-6";
}

/* Numbers with units, the larger ones first, each once; a number alone is seconds. */
const char *value_duration(const char *text, void *target) {
    static const char accepted[] = "needs a time above 0, such as 3h50m, 90s, 1d12h or 45 (seconds)";
    static const char units[] = "dhms";
    static const double seconds_of[] = {86400, 3600, 60, 1};
    double sum = 0, number;
    if (scan_positive(text, '\0', target, &text))
        return NULL;
    for (int least = 0; *text; text++) {
        char *end;
        if (!scan_leading_positive(text, &number, &end))
            return accepted;
        const char *unit = *end ? strchr(units, *end) : NULL;
        if (!unit || unit - units < least)
            return accepted;
        sum += number * seconds_of[unit - units];
        least = (int)(unit - units) + 1;
        text = end;
    }
    *(double *)target = sum;
    return sum > 0 ? NULL : accepted;
}

/* What a suffix stands for: M and MiB a power of 1024, MB one of 1000; false for an unknown suffix. */
static bool scan_suffix(const char *text, double *factor) {
    static const char letters[] = "KMGT";
    const char *letter = *text ? strchr(letters, toupper((unsigned char)*text)) : NULL;
    if (!letter)
        return false;
    const bool decimal = strcasecmp(text + 1, "B") == 0;
    *factor = pow(decimal ? 1000 : 1024, (double)(letter - letters + 1));
    return decimal || text[1] == '\0' || strcasecmp(text + 1, "iB") == 0;
}

const char *value_memory(const char *text, void *target) {
    static const char accepted[] = "needs a size below 2^63 bytes, such as 4GiB, 512M, 6MB, 1.5g or 1000000";
    int64_t plain;
    const char *end;
    if (scan_int(text, '\0', INT64_MAX, &plain, &end)) {
        *(int64_t *)target = plain;
        return NULL;
    }
    double number, factor;
    char *suffix;
    if (!scan_leading_positive(text, &number, &suffix) || !scan_suffix(suffix, &factor))
        return accepted;
    double bytes = floor(number * factor);
    if (bytes < 1 || bytes >= 0x1p63)
        return accepted;
    *(int64_t *)target = (int64_t)bytes;
    return NULL;
}

const char *value_spacing(const char *text, void *target) {
    return scan_positives(text, 3, target) == 3 ? NULL
                                                : "needs three numbers above 0, d,h,w, such as 2,0.5,0.5";
}

/* As strtod has it, but without spaces and hexadecimal. */
static bool scan_finite(const char *text, double *number, char **next) {
    if (strspn(text, "+-0123456789.") == 0 || strcspn(text, "xX") < strcspn(text, ","))
        return false;
    errno = 0;
    *number = strtod(text, next);
    return *next != text && errno == 0 && isfinite(*number);
}

const char *value_point(const char *text, void *target) {
    double *point = target;
    for (int i = 0; i < 3; i++) {
        char *end;
        if (!scan_finite(text, &point[i], &end) || *end != (i < 2 ? ',' : '\0'))
            return "needs three numbers d,h,w, such as -120,0,33.5";
        text = end + 1;
    }
    return NULL;
}

const char *value_mode(const char *text, void *target) {
    return mode_from_name(text, target) == VXS_OK ? NULL : status_message();
}

const char *value_coords(const char *text, void *target) {
    return coords_from_name(text, target) == VXS_OK ? NULL : status_message();
}
