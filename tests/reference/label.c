/* The 3x3x3 neighbourhood label: SEMANTICS, "label". */
#include <math.h>
#include <stdlib.h>

#include "reference/reference.h"
#include "reference/value.h"

enum { NEIGHBOURS = 27, CENTRE = 13 };

/* One volume (D,H,W) as float32. */
typedef struct volume {
    const float *voxels;
    int64_t shape[3];
} volume;

static double inverse_distance(int dz, int dy, int dx) {
    int axes = abs(dz) + abs(dy) + abs(dx);
    return axes == 3 ? 1 / sqrt(3) : axes == 2 ? 1 / sqrt(2) : 1;
}

static void scores_at(const volume *v, int64_t d, int64_t h, int64_t w, double scores[NEIGHBOURS]) {
    float centre = v->voxels[(d * v->shape[1] + h) * v->shape[2] + w];
    for (int i = 0; i < NEIGHBOURS; i++) {
        int dz = i / 9 - 1, dy = i / 3 % 3 - 1, dx = i % 3 - 1;
        float neighbour = v->voxels[((d + dz) * v->shape[1] + h + dy) * v->shape[2] + w + dx];
        float difference = centre - neighbour;
        scores[i] = (double)difference * inverse_distance(dz, dy, dx);
    }
    scores[CENTRE] = -100;
}

static bool is_strict_minimum(const double scores[NEIGHBOURS]) {
    for (int i = 0; i < NEIGHBOURS; i++)
        if (i != CENTRE && !(scores[i] < 0))
            return false;
    return true;
}

/* NumPy's argmax: the first NaN, else the first of the greatest. */
static int first_greatest(const double scores[NEIGHBOURS]) {
    int best = 0;
    for (int i = 0; i < NEIGHBOURS; i++) {
        if (isnan(scores[i]))
            return i;
        if (scores[i] > scores[best])
            best = i;
    }
    return best;
}

static int label_at(const volume *v, int64_t d, int64_t h, int64_t w, bool minimum_label) {
    const int64_t at[3] = {d, h, w};
    for (int a = 0; a < 3; a++)
        if (at[a] == 0 || at[a] == v->shape[a] - 1)
            return 0;
    double scores[NEIGHBOURS];
    scores_at(v, d, h, w, scores);
    return minimum_label && is_strict_minimum(scores) ? CENTRE : first_greatest(scores);
}

static float *as_floats(const void *src, vxs_dtype dtype, int64_t voxels) {
    float *floats = malloc((size_t)voxels * sizeof *floats);
    for (int64_t k = 0; floats && k < voxels; k++) {
        value v = value_load(src, dtype, k);
        floats[k] = v.is_whole ? (float)v.whole : (float)v.real;
    }
    return floats;
}

int reference_label(const void *src, vxs_dtype src_dtype, const int64_t shape[5], void *dst,
                    vxs_dtype dst_dtype, bool minimum_label) {
    int64_t volumes = shape[0] * shape[1], voxels = shape[2] * shape[3] * shape[4];
    value_kind kind = (unsigned)dst_dtype < VXS_DTYPES ? value_kind_of(dst_dtype) : VALUE_B;
    if ((unsigned)src_dtype >= VXS_DTYPES || (kind != VALUE_I && kind != VALUE_F))
        return VXS_USAGE;
    for (int a = 0; a < 5; a++)
        if (shape[a] < 1)
            return VXS_USAGE;
    float *floats = as_floats(src, src_dtype, volumes * voxels);
    if (!floats)
        return VXS_IO;
    for (int64_t k = 0; k < volumes * voxels; k++) {
        volume v = {floats + k / voxels * voxels, {shape[2], shape[3], shape[4]}};
        int64_t w = k % shape[4], h = k / shape[4] % shape[3], d = k / (shape[4] * shape[3]) % shape[2];
        value_store(dst, dst_dtype, k, value_of_whole(label_at(&v, d, h, w, minimum_label)));
    }
    free(floats);
    return VXS_OK;
}
