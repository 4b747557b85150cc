/*
 * Affine maps of points, [3][4] row-major, axes in d, h, w order: u = m * (d, h, w, 1). Local.
 */
#ifndef GEOMETRY_AFFINE_H
#define GEOMETRY_AFFINE_H

#include "base/status.h"

/* Where the voxels of a volume lie: x = origin + spacing * index, per axis, d, h, w. */
typedef struct lattice {
    double origin[3], spacing[3];
} lattice;

/* VXS_USAGE when the matrix has no inverse, or none that is finite. */
vxs_status affine_invert(const double m[12], double inverse[12]);

/*
 * ITK's and elastix's affine transform, which are in x, y, z order and turn about a centre:
 * y = matrix * (x - centre) + translation + centre. matrix: [3][3].
 */
void affine_from_itk(const double matrix[9], const double translation[3], const double centre[3],
                     double m[12]);

/* From a map between physical points to one between voxels: output voxel -> output point -> input point ->
 * input voxel. */
void affine_to_voxels(const double physical[12], const lattice *in, const lattice *out, double m[12]);

#endif
