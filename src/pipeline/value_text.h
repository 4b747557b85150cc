/* Places and values in words. Each writes into the caller's text and returns it. Local. */
#ifndef PIPELINE_VALUE_TEXT_H
#define PIPELINE_VALUE_TEXT_H

#include "base/box.h"
#include "base/dtype.h"

enum { VALUE_TEXT_BYTES = 160 };

/* The last axes: "(8, 0, 17)" */
const char *index_text(const int64_t *index, int axes, char text[VALUE_TEXT_BYTES]);

/* Digits that give back the value of its dtype. */
const char *value_text_of(long double value, vxs_dtype dtype, char text[VALUE_TEXT_BYTES]);

#endif
