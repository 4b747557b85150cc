/*
 * Nearest, by size of the voxels: pick_many_bytesN writes as many outputs as it can in vectors, from the
 * first on, and returns how many; the loop in pick.inc does the others.
 */
#ifndef KERNELS_ROWS_PICK_PERMUTE_H
#define KERNELS_ROWS_PICK_PERMUTE_H

#include "base/checked.h"
#include "kernels/rows/permute.h"

#if CAN_PERMUTE
/* Two groups of outputs, one behind the other: a whole line, which is then read as one. */
static inline void store_both(void *to, __m256i low, __m256i high) {
    _mm512_storeu_si512(to, _mm512_inserti64x4(_mm512_castsi256_si512(low), high, 1));
}

/* How many voxels lie before the next line. */
static inline int64_t voxels_to_line(const void *in, int64_t bytes) {
    return (int64_t)(-(uintptr_t)in % VECTOR_BYTES) / bytes;
}

/*
 * GROUP outputs at a time, from two vectors of the row, or of every second voxel from one. There the vectors
 * are the row's lines, whose voxels of either parity are outputs: a load across lines waits for both.
 */
#define PICK_MANY_OF(U, bytes, GROUP, picked, narrowed, shifted)                                             \
    static inline void pick_second_bytes##bytes(U *out, const U *in, int64_t n) {                            \
        const int64_t before = voxels_to_line(in, bytes), head = min_i64((before + 1) / 2, n);               \
        const __m128i odd = _mm_cvtsi64_si128((before & 1) * bytes * 8);                                     \
        int64_t o = head;                                                                                    \
        store_part(out, narrowed(load_part(in, (2 * head - 1) * bytes)), head *bytes);                       \
        const U *line = in + before;                                                                         \
        for (; o + 2 * GROUP < n; o += 2 * GROUP, line += 4 * GROUP) {                                       \
            const __m512i low = _mm512_loadu_si512(line), high = _mm512_loadu_si512(line + 2 * GROUP);       \
            store_both(out + o, narrowed(shifted(low, odd)), narrowed(shifted(high, odd)));                  \
        }                                                                                                    \
        for (; o < n; o += GROUP) {                                                                          \
            const __m512i row = load_part(in + 2 * o, (2 * (n - o) - 1) * bytes);                            \
            store_part(out + o, narrowed(row), (n - o) * bytes);                                             \
        }                                                                                                    \
    }                                                                                                        \
    static inline int64_t pick_many_bytes##bytes(U *out, const U *in, const strip *s) {                      \
        const int64_t n = s->outputs;                                                                        \
        if (s->step == 2) {                                                                                  \
            pick_second_bytes##bytes(out, in, n);                                                            \
            return n;                                                                                        \
        }                                                                                                    \
        if (!groups_fit(s, GROUP, bytes))                                                                    \
            return 0;                                                                                        \
        for (int64_t o = 0; o < n; o += GROUP) {                                                             \
            const int32_t *tap = s->first + o;                                                               \
            const near_row row = load_near(in, s, o, bytes);                                                 \
            store_part(out + o, picked, (n - o) * bytes);                                                    \
        }                                                                                                    \
        return n;                                                                                            \
    }
PICK_MANY_OF(uint8_t, 1, 32,
             near_8_bits(row, distances(tap, row, n - o), distances(tap + 16, row, n - o - 16)),
             _mm512_cvtepi16_epi8, _mm512_srl_epi16)
PICK_MANY_OF(uint16_t, 2, 16, near_16_bits(row, distances(tap, row, n - o)), _mm512_cvtepi32_epi16,
             _mm512_srl_epi32)
PICK_MANY_OF(uint32_t, 4, 8, near_32_bits(row, distances(tap, row, n - o)), _mm512_cvtepi64_epi32,
             _mm512_srl_epi64)
#undef PICK_MANY_OF
#else
#define pick_many_bytes1(out, in, s) 0
#define pick_many_bytes2(out, in, s) 0
#define pick_many_bytes4(out, in, s) 0
#endif
#define pick_many_bytes8(out, in, s) 0

#endif
