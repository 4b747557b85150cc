/* 3x3x3 neighbourhood labels: rows in, rows out. */
#include "kernels/label_rows.h"
#include "kernels/rows/prologue.h"

#if defined(__AVX512F__)
#include <immintrin.h>
#endif
#include "kernels/rows/label_row.inc"

#define BODY "kernels/rows/label_io.inc"
#include "kernels/rows/each_dtype.inc"
#undef BODY

static void load_VXS_BOOL(float *dst, const void *src, int64_t stride, int64_t n) {
    const uint8_t *in = src;
    for (int64_t i = 0; i < n; i++)
        dst[i] = in[i * stride] != 0;
}

/* IEEE 754 half precision. A half's bits as a float's have an exponent too small by 112, also where the half
 * is subnormal; multiplying is exact. */
static void load_VXS_FLOAT16(float *dst, const void *src, int64_t stride, int64_t n) {
    const uint16_t *in = src;
    for (int64_t i = 0; i < n; i++) {
        const uint32_t half = in[i * stride], sign = (half & 0x8000) << 16;
        uint32_t bits = (half & 0x7FFF) << 13;
        float v;
        memcpy(&v, &bits, sizeof v);
        v *= 0x1p112f;
        memcpy(&bits, &v, sizeof bits);
        bits = ((half & 0x7C00) == 0x7C00 ? bits | 0x7F800000 : bits) | sign;
        memcpy(&dst[i], &bits, sizeof bits);
    }
}

extern const label_functions FOR_ISA(labels);

const label_functions FOR_ISA(labels) = {
    .load = {ROWS(load), [VXS_FLOAT16] = load_VXS_FLOAT16, [VXS_BOOL] = load_VXS_BOOL},
    .store = {ROWS(store)},
    .row = label_row,
};
