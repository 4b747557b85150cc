/* Affine maps and the texts that they come from. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cli/matrix_text.h"
#include "geometry/affine.h"
#include "reference/sample_golden.h"

static const char elastix[] = "(Transform \"AffineTransform\")\n(NumberOfParameters 12)\n"
                              "(InitialTransformParametersFileName \"NoInitialTransform\")\n"
                              "(TransformParameters 1 2 3 4 5 6 7 8 10 0.5 -1 2)\n"
                              "(CenterOfRotationPoint 1.0 0 -1)\n";
static const char itk[] =
    "#Insight Transform File V1.0\n#Transform 0\nTransform: AffineTransform_double_3_3\n"
    "Parameters: 1 2 3 4 5 6 7 8 10 0.5 -1 2\nFixedParameters: 1 0 -1\n";

static void assert_close(const double *got, const double *want, double tolerance) {
    for (int i = 0; i < 12; i++)
        if (!(fabs(got[i] - want[i]) <= tolerance))
            fail_msg("number %d is %.17g, not %.17g", i, got[i], want[i]);
}

static void the_inverse_leads_back(void **state) {
    (void)state;
    const double m[12] = {0.9, 0.2, -0.1, 0.5, -0.15, 1.1, 0.3, -1.2, 0.05, -0.25, 0.8, 1.4};
    double inverse[12], back[12];
    assert_int_equal(affine_invert(m, inverse), VXS_OK);
    assert_int_equal(affine_invert(inverse, back), VXS_OK);
    assert_close(back, m, 1e-14);
    for (int r = 0; r < 3; r++) {
        const double *row = inverse + 4 * r, p[3] = {m[3], m[7], m[11]}; /* where the origin went */
        assert_true(fabs(row[0] * p[0] + row[1] * p[1] + row[2] * p[2] + row[3]) < 1e-14);
    }
}

static void a_matrix_that_flattens_has_no_inverse(void **state) {
    (void)state;
    static const double flat[][12] = {
        {0}, {1, 2, 3, 0, 2, 4, 6, 0, 0, 0, 1, 0}, {0.1, 0.2, 0.3, 0, 0.4, 0.5, 0.6, 0, 0.7, 0.8, 0.9, 0}};
    double inverse[12];
    for (size_t i = 0; i < sizeof flat / sizeof *flat; i++) {
        assert_int_equal(affine_invert(flat[i], inverse), VXS_USAGE);
        assert_non_null(strstr(status_message(), "singular"));
    }
    const double tiny[12] = {1e-60, 0, 0, 0, 0, 1e-60, 0, 0, 0, 0, 1e-60, 0}; /* small, not singular */
    assert_int_equal(affine_invert(tiny, inverse), VXS_OK);
}

/* The case whose result came from SimpleITK, built from the same numbers. */
static void physical_maps_become_the_voxel_maps_of_itk(void **state) {
    (void)state;
    const double a[9] = {0.9, -0.12, 0.06, 0.08, 1.05, 0.02, -0.2, 0.1, 0.95}, t[3] = {0.4, 0.3, 0.5},
                 c[3] = {0};
    const lattice in = {{10, -3, 1.5}, {2, 0.5, 0.75}}, out = {{11, -2.6, 1.9}, {1.75, 0.4, 0.8}};
    double physical[12], m[12];
    sample_set set;
    assert_null(sample_golden_load(GOLDEN_DIR, &set));
    affine_from_itk(a, t, c, physical);
    affine_to_voxels(physical, &in, &out, m);
    int found = 0;
    for (int i = 0; i < set.count; i++)
        if (strcmp(set.cases[i].name, "affine_itk_physical") == 0) {
            assert_close(m, set.cases[i].map.data, 1e-13);
            found++;
        }
    assert_int_equal(found, 1);
    sample_golden_free(&set);
}

static void numbers_are_read_in_twelves_and_sixteens(void **state) {
    (void)state;
    static const char *const good[] = {"1 2 3 4 5 6 7 8 9 10 11 12", "1,2,3,4,5,6,7,8,9,10,11,12",
                                       "[[1, 2, 3, 4],\n [5, 6, 7, 8],\n [9, 10, 11, 12],\n [0, 0, 0, 1]]\n"};
    const double want[12] = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12};
    for (size_t i = 0; i < sizeof good / sizeof *good; i++) {
        double m[12];
        bool is_itk;
        assert_int_equal(matrix_from_argument(good[i], m, &is_itk), VXS_OK);
        assert_false(is_itk);
        assert_close(m, want, 0);
    }
}

static void wrong_matrices_are_refused_in_words(void **state) {
    (void)state;
    static const struct {
        const char *text, *because;
    } rows[] = {
        {"1 2 3", "3 numbers"},
        {"1 2 3 4 5 6 7 8 9 10 11 12 13", "13 numbers"},
        {"1 2 3 4 5 6 7 8 9 10 11 12 0 0 0 2", "need 0 0 0 1"},
        {"1 2 3 4 5 6 7 8 9 10 11 nan", "not a finite number"},
        {"1 2 x", "not a finite number"},
        {"/no/such/file.tfm", "No such file"},
        {"#Insight Transform File V1.0\nTransform: Euler3DTransform_double_3_3\n", "no affine transform"},
        {"(Transform \"AffineTransform\")\n(TransformParameters 1 2 3)", "need 12"}};
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        double m[12];
        bool is_itk;
        const bool is_text = strchr(rows[i].text, '\n') != NULL;
        const vxs_status status = is_text ? matrix_from_text(rows[i].text, m, &is_itk)
                                          : matrix_from_argument(rows[i].text, m, &is_itk);
        assert_int_equal(status, VXS_USAGE);
        if (!strstr(status_message(), rows[i].because))
            fail_msg("'%s' does not say '%s'", status_message(), rows[i].because);
    }
}

static void transform_files_turn_about_their_centre_and_are_reversed(void **state) {
    (void)state;
    /* rows z, y, x; the shift is t + c - A*c of A = {1 2 3; 4 5 6; 7 8 10} and c = (1, 0, -1) */
    const double want[12] = {10, 8, 7, 2 - 1 + 3, 6, 5, 4, -1 + 0 + 2, 3, 2, 1, 0.5 + 1 + 2};
    const char *const texts[] = {elastix, itk};
    for (int i = 0; i < 2; i++) {
        char path[] = "/tmp/voxslab-matrix-XXXXXX";
        const int file = mkstemp(path);
        assert_true(file >= 0 && write(file, texts[i], strlen(texts[i])) == (ssize_t)strlen(texts[i]));
        close(file);
        double m[12];
        bool is_itk;
        const vxs_status status = matrix_from_argument(path, m, &is_itk);
        unlink(path);
        assert_int_equal(status, VXS_OK);
        assert_true(is_itk);
        assert_close(m, want, 1e-15);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_inverse_leads_back),
        cmocka_unit_test(a_matrix_that_flattens_has_no_inverse),
        cmocka_unit_test(physical_maps_become_the_voxel_maps_of_itk),
        cmocka_unit_test(numbers_are_read_in_twelves_and_sixteens),
        cmocka_unit_test(wrong_matrices_are_refused_in_words),
        cmocka_unit_test(transform_files_turn_about_their_centre_and_are_reversed),
    };
    return cmocka_run_group_tests_name("affine", tests, NULL, NULL);
}
