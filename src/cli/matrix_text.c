#include "cli/matrix_text.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/checked.h"
#include "geometry/affine.h"

enum { MATRIX_MOST = 16, FILE_MOST = 1 << 20 /* bytes */ };

/* How many finite numbers text begins with, at most most + 1; *end behind the last. */
static int scan_numbers(const char *text, double *numbers, int most, const char **end) {
    int count = 0;
    for (*end = text;;) {
        const char *at = *end + strspn(*end, " \t\r\n,;[]");
        char *behind;
        const double number = strtod(at, &behind);
        if (behind == at || !isfinite(number) || count > most)
            return count;
        if (count < most)
            numbers[count] = number;
        count++;
        *end = behind;
    }
}

static vxs_status from_numbers(const char *text, double m[12]) {
    double numbers[MATRIX_MOST];
    const char *end;
    const int count = scan_numbers(text, numbers, MATRIX_MOST, &end);
    end += strspn(end, " \t\r\n,;[]");
    CHECK(*end == '\0', VXS_USAGE, "matrix: '%.20s' is not a finite number", end);
    CHECK(count == 12 || count == 16, VXS_USAGE, "matrix: %s%d numbers, need 12 or 16",
          count > 16 ? "over " : "", count > 16 ? 16 : count);
    if (count == 16)
        CHECK(numbers[12] == 0 && numbers[13] == 0 && numbers[14] == 0 && numbers[15] == 1, VXS_USAGE,
              "matrix: the last row is %g %g %g %g, need 0 0 0 1", numbers[12], numbers[13], numbers[14],
              numbers[15]);
    memcpy(m, numbers, 12 * sizeof *m);
    return VXS_OK;
}

/* Exactly so many numbers behind a key. */
static vxs_status numbers_behind(const char *text, const char *key, int wanted, double *numbers) {
    const char *at = strstr(text, key), *end;
    CHECK(at, VXS_USAGE, "the transform file has no '%s'", key);
    const int count = scan_numbers(at + strlen(key), numbers, wanted, &end);
    CHECK(count == wanted, VXS_USAGE, "the transform file has %d numbers behind '%s', need %d", count, key,
          wanted);
    return VXS_OK;
}

static vxs_status from_transform(const char *text, const char *parameters_key, const char *centre_key,
                                 double m[12]) {
    double parameters[12], centre[3];
    CHECK(strstr(text, "AffineTransform") || strstr(text, "MatrixOffsetTransformBase"), VXS_USAGE,
          "the transform file holds no affine transform (AffineTransform)");
    TRY(numbers_behind(text, parameters_key, 12, parameters));
    TRY(numbers_behind(text, centre_key, 3, centre));
    affine_from_itk(parameters, parameters + 9, centre, m);
    return VXS_OK;
}

/* elastix maps by the initial transform first, in a file of its own. */
static vxs_status check_no_initial(const char *text) {
    const char *key = strstr(text, "(InitialTransformParameter"); /* ...sFileName, ...FileName since 5.2 */
    const char *name = key ? strchr(key, '"') : NULL, *end = name ? strchr(name + 1, '"') : NULL;
    CHECK(!key || (end && strncmp(name, "\"NoInitialTransform\"", (size_t)(end - name) + 1) == 0), VXS_USAGE,
          "the transform file starts from another one (%.*s), which would be left out: write them as one",
          end ? (int)min_i64(end - key, 200) + 1 : 26, key);
    return VXS_OK;
}

vxs_status matrix_from_text(const char *text, double m[12], bool *is_itk) {
    *is_itk = true;
    if (strstr(text, "(TransformParameters")) {
        TRY(check_no_initial(text));
        return from_transform(text, "(TransformParameters", "(CenterOfRotationPoint", m);
    }
    if (strstr(text, "#Insight Transform File")) {
        const char *first = strstr(text, "Transform:");
        CHECK(!first || !strstr(first + 1, "\nTransform:"), VXS_USAGE,
              "the transform file holds several transforms: write them as one");
        return from_transform(text, "\nParameters:", "\nFixedParameters:", m);
    }
    *is_itk = false;
    return from_numbers(text, m);
}

static vxs_status from_file(const char *path, double m[12], bool *is_itk) {
    vxs_status status = VXS_OK;
    FILE *file = fopen(path, "rb");
    CHECK(file, VXS_USAGE, "matrix '%.200s': neither numbers nor a file: %s", path, strerror(errno));
    char *text = malloc(FILE_MOST + 1);
    CHECK_CLEAN(text, VXS_IO, "no memory for %d bytes of matrix file", FILE_MOST);
    const size_t bytes = fread(text, 1, FILE_MOST + 1, file);
    CHECK_CLEAN(!ferror(file) && bytes <= FILE_MOST, VXS_USAGE,
                "matrix file '%.200s' can't be read, or is too large", path);
    text[bytes] = '\0';
    status = matrix_from_text(text, m, is_itk);
cleanup:
    free(text);
    fclose(file);
    return status;
}

/* Whether text begins with such a number, and goes on. */
static bool is_not_finite(const char *text) {
    char *end;
    const double number = strtod(text, &end);
    return end != text && !isfinite(number) && *end != '\0' && strchr(" \t\n,;", *end);
}

vxs_status matrix_from_argument(const char *argument, double m[12], bool *is_itk) {
    double first;
    const char *end;
    const int count = scan_numbers(argument, &first, 1, &end);
    /* A name may begin with digits, or with inf. */
    if (count > 1 || (count == 1 && *end == '\0') || is_not_finite(argument))
        return matrix_from_text(argument, m, is_itk);
    return from_file(argument, m, is_itk);
}
