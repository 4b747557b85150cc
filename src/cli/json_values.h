/* Values as JSON has them. Local. */
#ifndef CLI_JSON_VALUES_H
#define CLI_JSON_VALUES_H

#include <jansson.h>
#include <stdint.h>

json_t *json_text(const char *text);      /* any bytes: file names need not be UTF-8 */
json_t *json_real_or_null(double number); /* null unless finite */
json_t *json_ints(const int64_t *numbers, int count);
json_t *json_last_axes(const int64_t *numbers, int axes); /* of VXS_MAX_AXES */

#endif
