/* Integers of up to 16 bits by one half along w, and along d and h or not: the commonest step of a pyramid.
 */
#include "kernels/rows/prologue.h"

/* two voxels, wherever they lie */
typedef uint16_t __attribute__((may_alias, aligned(1))) pair_uint8;
typedef int16_t __attribute__((may_alias, aligned(1))) pair_int8;
typedef uint32_t __attribute__((may_alias, aligned(1))) pair_uint16;
typedef int32_t __attribute__((may_alias, aligned(1))) pair_int16;

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

const halve_functions FOR_ISA(halves) = {.of = {INT16_ROWS(halve)}};
