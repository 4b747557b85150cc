#include "kernels/compare.h"

#include <float.h>
#include <math.h>
#include <omp.h>
#include <string.h>

#include "base/half.h"

_Static_assert(LDBL_MANT_DIG >= 64, "a long double must hold every 64-bit integer");

enum { RUN = 512 }; /* voxels that are widened at a time */

/* ---- values ---- */

#define VALUE_I(v) (long double)(v)
#define VALUE_F(v) (long double)(v)
#define VALUE_H(v) (long double)half_value(v)
#define VALUE_B(v) (long double)((v) != 0)

#define WIDEN(id, name, ctype, class)                                                                        \
    static void widen_##id(const void *from, int64_t step, int64_t count, long double *to) {                 \
        const ctype *at = from;                                                                              \
        for (int64_t i = 0; i < count; i++, at += step)                                                      \
            to[i] = VALUE_##class(*at);                                                                      \
    }
VXS_DTYPE_LIST(WIDEN)
#undef WIDEN

static void (*const widen[VXS_DTYPES])(const void *from, int64_t step, int64_t count, long double *to) = {
#define WIDEN_ROW(id, name, ctype, class) [id] = widen_##id,
    VXS_DTYPE_LIST(WIDEN_ROW)
#undef WIDEN_ROW
};

/* ---- findings ---- */

void compare_begin(compare_findings *findings) {
    *findings = (compare_findings){.first = {.index = -1}, .worst = {.index = -1}};
}

static bool comes_before(const compare_place *a, const compare_place *b) {
    return a->index >= 0 && (b->index < 0 || a->index < b->index);
}

void compare_merge(compare_findings *findings, compare_findings *from) {
    findings->voxels += from->voxels;
    findings->differing += from->differing;
    findings->one_nan += from->one_nan;
    findings->infinite += from->infinite;
    if (comes_before(&from->first, &findings->first))
        findings->first = from->first;
    if (from->greatest > findings->greatest ||
        (from->greatest == findings->greatest && comes_before(&from->worst, &findings->worst)))
        findings->worst = from->worst;
    findings->greatest = fmax(findings->greatest, from->greatest);
    findings->relative = fmax(findings->relative, from->relative);
    exact_sum_merge(&findings->sum, &from->sum);
}

/* ---- voxels ---- */

static void note_error(compare_findings *f, const compare_place *here, double error) {
    if (error > f->greatest || (error == f->greatest && comes_before(here, &f->worst))) {
        f->greatest = error;
        f->worst = *here;
    }
    if (here->b != 0)
        f->relative = fmax(f->relative, (double)(error / fabsl(here->b)));
    if (isinf(error))
        f->infinite++;
    else
        exact_sum_add(&f->sum, error);
}

/* Of two values that are not the same by bits. */
static void compare_values(compare_findings *f, const compare_rule *rule, const compare_place *here) {
    const bool a_nan = isnan(here->a), b_nan = isnan(here->b);
    bool equal = here->a == here->b || (a_nan && b_nan);
    if (!equal && !a_nan && !b_nan) {
        const long double error = fabsl(here->a - here->b);
        note_error(f, here, (double)error);
        equal = isfinite(error) && error <= rule->absolute + rule->relative * fabsl(here->b);
    }
    if (equal && !rule->bits)
        return;
    f->differing++;
    f->one_nan += a_nan != b_nan;
    if (comes_before(here, &f->first))
        f->first = *here;
}

/* One row: where its first voxels are, and elements from one to the next. */
typedef struct row {
    const char *at;
    int64_t stride;
    size_t bytes; /* of an element */
    vxs_dtype dtype;
} row;

static void compare_row(compare_findings *f, const compare_rule *rule, int64_t index, int64_t count,
                        const row *a, const row *b) {
    long double values[2][RUN];
    const bool alike = a->dtype == b->dtype;
    f->voxels += count;
    for (int64_t i = 0; i < count; i += RUN) {
        const int64_t n = count - i < RUN ? count - i : RUN;
        const char *from_a = a->at + i * a->stride * (int64_t)a->bytes;
        const char *from_b = b->at + i * b->stride * (int64_t)b->bytes;
        if (alike && a->stride == 1 && b->stride == 1 && memcmp(from_a, from_b, (size_t)n * a->bytes) == 0)
            continue;
        widen[a->dtype](from_a, a->stride, n, values[0]);
        widen[b->dtype](from_b, b->stride, n, values[1]);
        for (int64_t k = 0; k < n; k++)
            if (!alike || memcmp(from_a + k * a->stride * (int64_t)a->bytes,
                                 from_b + k * b->stride * (int64_t)b->bytes, a->bytes) != 0)
                compare_values(f, rule, &(compare_place){index + i + k, values[0][k], values[1][k]});
    }
}

static row row_of(const box_view *view, vxs_dtype dtype, const int64_t index[AXES]) {
    const size_t bytes = dtype_bytes(dtype);
    return (row){box_view_at(view, bytes, index), view->stride[AXIS_W], bytes, dtype};
}

void compare_boxes(compare_findings *findings, const compare_rule *rule, const int64_t shape[AXES],
                   const box *where, const box_view *a, vxs_dtype a_dtype, const box_view *b,
                   vxs_dtype b_dtype, int threads) {
    const int64_t width = range_size(where->axis[AXIS_W]);
    const int64_t rows = width > 0 ? box_voxels(where) / width : 0;
#pragma omp parallel num_threads(threads)
    {
        compare_findings mine;
        compare_begin(&mine);
#pragma omp for schedule(static)
        for (int64_t r = 0; r < rows; r++) {
            int64_t index[AXES], rest = r, at = 0;
            for (int axis = AXIS_H; axis >= 0; axis--) {
                const int64_t size = range_size(where->axis[axis]);
                index[axis] = where->axis[axis].begin + rest % size;
                rest /= size;
            }
            index[AXIS_W] = where->axis[AXIS_W].begin;
            for (int axis = 0; axis < AXES; axis++)
                at = at * shape[axis] + index[axis];
            const row row_a = row_of(a, a_dtype, index), row_b = row_of(b, b_dtype, index);
            compare_row(&mine, rule, at, width, &row_a, &row_b);
        }
#pragma omp critical(voxslab_compare)
        compare_merge(findings, &mine);
    }
}
