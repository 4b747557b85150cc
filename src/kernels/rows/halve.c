/* By one half along w, and along d and h or not: the commonest step of a pyramid. */
#include "kernels/rows/halve_vectors.h"

/* two voxels, wherever they lie */
typedef uint16_t __attribute__((may_alias, aligned(1))) pair_uint8;
typedef int16_t __attribute__((may_alias, aligned(1))) pair_int8;
typedef uint32_t __attribute__((may_alias, aligned(1))) pair_uint16;
typedef int32_t __attribute__((may_alias, aligned(1))) pair_int16;

/* Pieces of float rows, which stay in the first-level cache. */
enum { PIECE = 64 };

/* rows(..., planes are two, lines are two): each of the four is compiled for itself */
#define BY_SHAPE(b, rows, ...)                                                                               \
    ((b)->planes == 1  ? (b)->lines == 1 ? rows(__VA_ARGS__, false, false) : rows(__VA_ARGS__, false, true)  \
      : (b)->lines == 1 ? rows(__VA_ARGS__, true, false)                                                     \
                       : rows(__VA_ARGS__, true, true))

#define U       uint8_t
#define U_ID    VXS_UINT8
#define PAIR    pair_uint8
#define WIDE    uint16_t
#define LOW(x)  (WIDE)((x)&0xFF)
#define HIGH(x) (WIDE)((x) >> 8)
#include "kernels/rows/halve.inc"
#define U       int8_t
#define U_ID    VXS_INT8
#define PAIR    pair_int8
#define WIDE    int16_t
#define LOW(x)  (WIDE)((int16_t)((uint16_t)(x) << 8) >> 8)
#define HIGH(x) (WIDE)((x) >> 8)
#include "kernels/rows/halve.inc"
#define U       uint16_t
#define U_ID    VXS_UINT16
#define PAIR    pair_uint16
#define WIDE    uint32_t
#define LOW(x)  (WIDE)((x)&0xFFFF)
#define HIGH(x) (WIDE)((x) >> 16)
#include "kernels/rows/halve.inc"
#define U       int16_t
#define U_ID    VXS_INT16
#define PAIR    pair_int16
#define WIDE    int32_t
#define LOW(x)  (WIDE)((int32_t)((uint32_t)(x) << 16) >> 16)
#define HIGH(x) (WIDE)((x) >> 16)
#include "kernels/rows/halve.inc"

/* Means of floats, in double as all windows of theirs. */
#define NAME            mean
#define PIECE_OF        mean_piece
#define RUN_OF          mean_run
#define ALONG           mean_along
#define ROWS_OF         mean_rows
#define MANY            mean_many
#define WIDE            double
#define JOINED(a, b)    ((a) + (b))
#define ENDED(v, scale) ONE_NAN((v) * (scale))
#define BODY            "kernels/rows/halve_floats.inc"
#include "kernels/rows/each_float.inc"
#undef NAME
#undef PIECE_OF
#undef RUN_OF
#undef ALONG
#undef ROWS_OF
#undef MANY
#undef WIDE
#undef JOINED
#undef ENDED

/* Linear, in their own type: every weight is one half. */
#define NAME            middle
#define PIECE_OF        middle_piece
#define RUN_OF          middle_run
#define ALONG           middle_along
#define ROWS_OF         middle_rows
#define MANY            middle_many
#define WIDE            U
#define JOINED(a, b)    ((a) * (U)0.5 + (b) * (U)0.5)
#define ENDED(v, scale) ONE_NAN(v)
#include "kernels/rows/each_float.inc"

const halve_functions FOR_ISA(halves) = {.mean = {INT16_ROWS(halve), FLOAT_ROWS(mean)},
                                         .blend = {FLOAT_ROWS(middle)}};
