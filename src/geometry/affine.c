#include "geometry/affine.h"

#include <math.h>

/* The cofactor of element (r, c) of the left 3x3, sign included. */
static double cofactor(const double m[12], int r, int c) {
    const int r1 = (r + 1) % 3, r2 = (r + 2) % 3, c1 = (c + 1) % 3, c2 = (c + 2) % 3;
    return m[4 * r1 + c1] * m[4 * r2 + c2] - m[4 * r1 + c2] * m[4 * r2 + c1];
}

/* The product of the rows' lengths: what the determinant would be of a matrix with rows at right angles. */
static double volume_of_rows(const double m[12]) {
    double product = 1;
    for (int r = 0; r < 3; r++)
        product *= sqrt(m[4 * r] * m[4 * r] + m[4 * r + 1] * m[4 * r + 1] + m[4 * r + 2] * m[4 * r + 2]);
    return product;
}

vxs_status affine_invert(const double m[12], double inverse[12]) {
    double determinant = 0;
    for (int c = 0; c < 3; c++)
        determinant += m[c] * cofactor(m, 0, c);
    /* Rows that lie in a plane leave rounding errors only. */
    CHECK(fabs(determinant) > 1e-13 * volume_of_rows(m), VXS_USAGE,
          "the matrix is singular (its determinant is %g): it has no inverse", determinant);
    for (int r = 0; r < 3; r++) {
        double *row = inverse + 4 * r;
        for (int c = 0; c < 3; c++)
            row[c] = cofactor(m, c, r) / determinant;
        row[3] = -((row[0] * m[3] + row[1] * m[7]) + row[2] * m[11]);
        for (int c = 0; c < 4; c++)
            CHECK(isfinite(row[c]), VXS_USAGE, "the inverse of the matrix is not finite (determinant %g)",
                  determinant);
    }
    return VXS_OK;
}

void affine_from_itk(const double matrix[9], const double translation[3], const double centre[3],
                     double m[12]) {
    for (int r = 0; r < 3; r++) {
        double turned = 0;
        for (int c = 0; c < 3; c++) {
            m[4 * (2 - r) + 2 - c] = matrix[3 * r + c];
            turned += matrix[3 * r + c] * centre[c];
        }
        m[4 * (2 - r) + 3] = translation[r] + centre[r] - turned;
    }
}

void affine_to_voxels(const double physical[12], const lattice *in, const lattice *out, double m[12]) {
    for (int r = 0; r < 3; r++) {
        double shift = physical[4 * r + 3] - in->origin[r];
        for (int c = 0; c < 3; c++) {
            shift += physical[4 * r + c] * out->origin[c];
            m[4 * r + c] = physical[4 * r + c] * out->spacing[c] / in->spacing[r];
        }
        m[4 * r + 3] = shift / in->spacing[r];
    }
}
