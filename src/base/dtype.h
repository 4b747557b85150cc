/* What voxels are made of: one row in VXS_DTYPE_LIST each. */
#ifndef BASE_DTYPE_H
#define BASE_DTYPE_H

#include <stdbool.h>
#include <stddef.h>

#include "base/status.h"

typedef enum dtype_class { DTYPE_I, DTYPE_F, DTYPE_H, DTYPE_B } dtype_class;

bool dtype_is_valid(vxs_dtype dtype);
size_t dtype_bytes(vxs_dtype dtype);
const char *dtype_name(vxs_dtype dtype);
dtype_class dtype_class_of(vxs_dtype dtype);

/* "uint16" -> VXS_UINT16. VXS_USAGE with the list of names when there is none. */
vxs_status dtype_from_name(const char *name, vxs_dtype *dtype);

const char *mode_name(vxs_mode mode);
vxs_status mode_from_name(const char *name, vxs_mode *mode);
const char *coords_name(vxs_coords coords);
vxs_status coords_from_name(const char *name, vxs_coords *coords);
const char *padding_name(vxs_padding padding);
vxs_status padding_from_name(const char *name, vxs_padding *padding);

/* VXS_USAGE unless src may be resampled into dst in that mode: integers of up to 32 bits and floats in
 * every mode, 64-bit integers in nearest and area, float16 and bool in nearest; dst is src's own dtype or
 * any integer or float (64-bit integers as dst only from nearest and area). */
vxs_status dtype_check_mode(vxs_dtype src, vxs_dtype dst, vxs_mode mode);

/* Reverse the bytes of each of count elements in place. Any alignment. */
void dtype_swap_bytes(void *data, size_t element_bytes, size_t count);

#endif
