#include "pipeline/value_text.h"

#include <stdio.h>

const char *index_text(const int64_t *index, int axes, char text[VALUE_TEXT_BYTES]) {
    size_t used = 0;
    for (int a = AXES - axes; a < AXES; a++)
        used += (size_t)snprintf(text + used, VALUE_TEXT_BYTES - used, "%s%lld", used ? ", " : "(",
                                 (long long)index[a]);
    snprintf(text + used, VALUE_TEXT_BYTES - used, ")");
    return text;
}

const char *value_text_of(long double value, vxs_dtype dtype, char text[VALUE_TEXT_BYTES]) {
    const int digits = dtype == VXS_FLOAT64 ? 17 : dtype == VXS_FLOAT16 ? 5 : 9;
    if (dtype_class_of(dtype) == DTYPE_I || dtype_class_of(dtype) == DTYPE_B)
        snprintf(text, VALUE_TEXT_BYTES, "%.0Lf", value);
    else
        snprintf(text, VALUE_TEXT_BYTES, "%.*Lg", digits, value);
    return text;
}
