/* A voxel from its text. Local. */
#ifndef BASE_VOXEL_TEXT_H
#define BASE_VOXEL_TEXT_H

#include "base/dtype.h"

enum { VOXEL_BYTES = 8 }; /* of the widest dtype */

/*
 * "17", "-2.5e3", "nan", "inf": one value of dtype, in the machine's byte order. Integers exactly, floats
 * rounded. VXS_USAGE, with the range, for what dtype can't hold.
 */
vxs_status voxel_from_text(const char *text, vxs_dtype dtype, unsigned char voxel[VOXEL_BYTES]);

#endif
