#include "cli/json_values.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include <voxslab/voxslab.h>

/* jansson refuses text that is not UTF-8, as file names may be, and numbers that are not finite. */
json_t *json_text(const char *text) {
    json_t *value = json_string(text);
    if (value)
        return value;
    char *ascii = strdup(text);
    for (char *at = ascii; at && *at; at++)
        if (*at & 0x80)
            *at = '?';
    value = json_string(ascii ? ascii : "");
    free(ascii);
    return value;
}

json_t *json_real_or_null(double number) {
    return isfinite(number) ? json_real(number) : json_null();
}

json_t *json_ints(const int64_t *numbers, int count) {
    json_t *array = json_array();
    for (int i = 0; i < count; i++)
        json_array_append_new(array, json_integer(numbers[i]));
    return array;
}

json_t *json_last_axes(const int64_t *numbers, int axes) {
    return json_ints(numbers + VXS_MAX_AXES - axes, axes);
}
