/* Affine matrices as people and registration tools write them. Local. */
#ifndef CLI_MATRIX_TEXT_H
#define CLI_MATRIX_TEXT_H

#include <stdbool.h>

#include "base/status.h"

/*
 * text: 12 or 16 numbers in d, h, w order, apart by spaces, commas or lines (the last four of 16 are 0 0 0
 * 1); or what an ITK .tfm or .txt file or an elastix parameter file holds: an affine transform of physical
 * points in x, y, z order, brought to d, h, w order here; is_itk tells. VXS_USAGE with what is wrong.
 */
vxs_status matrix_from_text(const char *text, double m[12], bool *is_itk);

/* The same from a command line's argument: numbers themselves, or the name of a file that holds the text. */
vxs_status matrix_from_argument(const char *argument, double m[12], bool *is_itk);

#endif
