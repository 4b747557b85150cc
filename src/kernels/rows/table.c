/* All row functions of one instruction set. */
#include "kernels/points.h"
#include "kernels/label_rows.h"
#include "kernels/rows/stream.h"
#include "kernels/spline_rows.h"

extern const blend_functions FOR_ISA(blend_float), FOR_ISA(blend_double);
extern const area_functions FOR_ISA(area_uint16), FOR_ISA(area_int16), FOR_ISA(area_int32_small),
    FOR_ISA(area_int32), FOR_ISA(area_int64), FOR_ISA(area_int64_large), FOR_ISA(area_int128),
    FOR_ISA(area_double);
extern const halve_functions FOR_ISA(halves);
extern const pick_functions FOR_ISA(picks);
extern const point_functions FOR_ISA(point_rows);
extern const label_functions FOR_ISA(labels);
extern const spline_functions FOR_ISA(splines);
extern const row_functions FOR_ISA(row_functions);

const row_functions FOR_ISA(row_functions) = {
    .blend = {[ACC_FLOAT] = &FOR_ISA(blend_float), [ACC_DOUBLE] = &FOR_ISA(blend_double)},
    .area = {[ACC_DOUBLE] = &FOR_ISA(area_double),
             [ACC_UINT16] = &FOR_ISA(area_uint16),
             [ACC_INT16] = &FOR_ISA(area_int16),
             [ACC_INT32_SMALL] = &FOR_ISA(area_int32_small),
             [ACC_INT32] = &FOR_ISA(area_int32),
             [ACC_INT64] = &FOR_ISA(area_int64),
             [ACC_INT64_LARGE] = &FOR_ISA(area_int64_large),
             [ACC_INT128] = &FOR_ISA(area_int128)},
    .halve = &FOR_ISA(halves),
    .pick = &FOR_ISA(picks),
    .points = &FOR_ISA(point_rows),
    .label = &FOR_ISA(labels),
    .spline = &FOR_ISA(splines),
    .stream_copy = FOR_ISA(stream_copy),
    .stream_end = FOR_ISA(stream_end),
};
