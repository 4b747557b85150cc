#include "cli/format.h"

#include <math.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include <voxslab/voxslab.h>

const char *format_bytes(format_text text, int64_t bytes) {
    static const char *const units[] = {"B", "KiB", "MiB", "GiB", "TiB", "PiB", "EiB"};
    double value = (double)bytes;
    int unit = 0;
    /* 1023.996 would print as 1024.00 */
    while (value >= 1023.995 && unit < 6) {
        value /= 1024;
        unit++;
    }
    snprintf(text, FORMAT_BYTES, unit ? "%.2f %s" : "%.0f %s", value, units[unit]);
    return text;
}

const char *format_seconds(format_text text, double seconds) {
    if (!(seconds >= 0 && seconds < 1e9))
        snprintf(text, FORMAT_BYTES, "unknown");
    else if (seconds < 99.95)
        snprintf(text, FORMAT_BYTES, seconds < 9.995 ? "%.2f s" : "%.1f s", seconds);
    else if (seconds < 3599.5)
        snprintf(text, FORMAT_BYTES, "%d min %02d s", (int)round(seconds) / 60, (int)round(seconds) % 60);
    else
        snprintf(text, FORMAT_BYTES, "%d h %02d min", (int)round(seconds / 60) / 60,
                 (int)round(seconds / 60) % 60);
    return text;
}

const char *format_rate(format_text text, double per_second, const char *unit) {
    if (isfinite(per_second) && per_second > 0)
        snprintf(text, FORMAT_BYTES, "%.*f G%s/s", per_second < 1e8 ? 4 : 2, per_second / 1e9, unit);
    else
        snprintf(text, FORMAT_BYTES, "-");
    return text;
}

static void append(format_text text, const char *format, int64_t a, int64_t b) {
    size_t used = strlen(text);
    snprintf(text + used, FORMAT_BYTES - used, format, (long long)a, (long long)b);
}

const char *format_shape(format_text text, const int64_t *shape, int axes) {
    snprintf(text, FORMAT_BYTES, "(");
    for (int i = VXS_MAX_AXES - axes; i < VXS_MAX_AXES; i++)
        append(text, i + 1 < VXS_MAX_AXES ? "%lld, " : "%lld)", shape[i], 0);
    return text;
}

const char *format_box(format_text text, const int64_t *begin, const int64_t *end, int axes) {
    bool empty = false;
    text[0] = '\0';
    for (int i = VXS_MAX_AXES - axes; i < VXS_MAX_AXES; i++) {
        empty |= end[i] <= begin[i];
        append(text, i + 1 < VXS_MAX_AXES ? "%lld:%lld," : "%lld:%lld", begin[i], end[i]);
    }
    return empty ? strcpy(text, "-") : text;
}
