/* The public calls' views: checked, and brought to five axes. Local. */
#ifndef OPERATORS_VIEWS_H
#define OPERATORS_VIEWS_H

#include "base/box.h"
#include "base/status.h"

/* VXS_USAGE, naming it, unless the view has data, 3 to 5 axes, a dtype and an extent below 2^63 bytes. */
vxs_status view_check(const char *name, const vxs_view *view);

/* A checked view with its leading axes filled up to five, and row-major strides where none were given. */
box_view view_normalise(const vxs_view *view, int64_t shape[AXES]);

#endif
