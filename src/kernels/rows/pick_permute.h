/*
 * Nearest, by size of the voxels: pick_many_bytesN writes as many outputs as it can in vectors, from the
 * first on, and returns how many; the loop in pick.inc does the others.
 */
#ifndef KERNELS_ROWS_PICK_PERMUTE_H
#define KERNELS_ROWS_PICK_PERMUTE_H

#include "kernels/rows/permute.h"

#if CAN_PERMUTE
/* GROUP outputs at a time, from two vectors of the row, or of every second voxel from one. */
#define PICK_MANY_OF(U, bytes, GROUP, picked, narrowed)                                                      \
    static inline int64_t pick_many_bytes##bytes(U *out, const U *in, const strip *s) {                      \
        const int64_t n = s->outputs;                                                                        \
        if (s->step == 2)                                                                                    \
            for (int64_t o = 0; o < n; o += GROUP) {                                                         \
                const __m512i row = load_part(in + 2 * o, (2 * (n - o) - 1) * bytes);                        \
                store_part(out + o, narrowed(row), (n - o) * bytes);                                         \
            }                                                                                                \
        else if (!groups_fit(s, GROUP, bytes))                                                               \
            return 0;                                                                                        \
        else                                                                                                 \
            for (int64_t o = 0; o < n; o += GROUP) {                                                         \
                const int32_t *tap = s->first + o;                                                           \
                const near_row row = load_near(in, s, o, bytes);                                             \
                store_part(out + o, picked, (n - o) * bytes);                                                \
            }                                                                                                \
        return n;                                                                                            \
    }
PICK_MANY_OF(uint8_t, 1, 32,
             near_8_bits(row, distances(tap, *tap, n - o), distances(tap + 16, *tap, n - o - 16)),
             _mm512_cvtepi16_epi8)
PICK_MANY_OF(uint16_t, 2, 16, near_16_bits(row, distances(tap, *tap, n - o)), _mm512_cvtepi32_epi16)
PICK_MANY_OF(uint32_t, 4, 8, near_32_bits(row, distances(tap, *tap, n - o)), _mm512_cvtepi64_epi32)
#undef PICK_MANY_OF
#else
#define pick_many_bytes1(out, in, s) 0
#define pick_many_bytes2(out, in, s) 0
#define pick_many_bytes4(out, in, s) 0
#endif
#define pick_many_bytes8(out, in, s) 0

#endif
