/* Nearest, by size of the voxels: out of whole cache lines, as strip.picks says. */
#ifndef KERNELS_ROWS_PICK_LINES_H
#define KERNELS_ROWS_PICK_LINES_H

#include "base/checked.h"
#include "kernels/rows/permute.h"

#if CAN_PERMUTE
/* The places of a line's voxels, each in a lane of its own. */
static inline __m512i places_in_words(const uint8_t *at) {
    return _mm512_cvtepu8_epi16(_mm256_loadu_si256((const __m256i *)at));
}

/* 32 of 64: the pairs that they are in, then the half of each. */
static inline __m512i picked_bytes1(__m512i line, const uint8_t *at) {
    const __m512i place = places_in_words(at);
    const __m512i pair = _mm512_permutexvar_epi16(_mm512_srli_epi16(place, 1), line);
    const __m512i odd = _mm512_slli_epi16(_mm512_and_si512(place, _mm512_set1_epi16(1)), 3);
    return _mm512_castsi256_si512(_mm512_cvtepi16_epi8(_mm512_srlv_epi16(pair, odd)));
}

static inline __m512i picked_bytes2(__m512i line, const uint8_t *at) {
    return _mm512_permutexvar_epi16(places_in_words(at), line);
}

static inline __m512i picked_bytes4(__m512i line, const uint8_t *at) {
    return _mm512_permutexvar_epi32(_mm512_cvtepu8_epi32(_mm_loadu_si128((const __m128i *)at)), line);
}

static inline void ask_for_row(const char *row, int64_t bytes) {
    for (int64_t b = 0; b < bytes; b += PICK_LINE)
        _mm_prefetch(row + b, _MM_HINT_T1);
}

/* A row and what the row before it left, past the caches: whole lines, and what is left of the last one to
 * scratch's begin. Returns how much that is. */
static inline int64_t stream_picked(char *to, char *scratch, int64_t bytes, bool last) {
    int64_t done = min_i64((int64_t)(-(uintptr_t)to % PICK_LINE), bytes); /* of a block's first rows only */
    if (done > 0)
        memcpy(to, scratch, (size_t)done);
    for (; done + PICK_LINE <= bytes; done += PICK_LINE)
        _mm512_stream_si512((void *)(to + done), _mm512_loadu_si512(scratch + done));
    if (last)
        memcpy(to + done, scratch + done, (size_t)(bytes - done));
    else if (done < bytes)
        _mm512_storeu_si512(scratch, _mm512_loadu_si512(scratch + done));
    return bytes - done;
}

/*
 * Each line writes LANES outputs: those behind its own are the next line's or the next row's, which follows.
 * exact: nothing follows.
 */
#define PICK_ROWS_OF(BYTES, LANES, STORE)                                                                    \
    static inline void pick_line_bytes##BYTES(char *out, __m512i line, const line_picks *p, int64_t l,       \
                                              int64_t n, bool exact) {                                       \
        const __m512i picked = picked_bytes##BYTES(line, p->at + l * LINE_PICKS);                            \
        const int64_t o = p->output[l];                                                                      \
        if (exact && o + LANES > n)                                                                          \
            _mm512_mask_storeu_epi8(out + o * BYTES, first_bits((n - o) * BYTES), picked);                   \
        else                                                                                                 \
            STORE(out + o * BYTES, picked);                                                                  \
    }                                                                                                        \
    static void pick_rows_bytes##BYTES(const pick_block *b, const strip *s) {                                \
        const line_picks p = s->picks;                                                                       \
        const int64_t n = s->outputs, before = p.before * BYTES;                                             \
        const int64_t bytes = (s->last[n - 1] + 1) * BYTES, last = p.lines - 1;                              \
        const uint64_t at_begin = ~first_bits(before),                                                       \
                       at_end = first_bits(before + bytes - last * PICK_LINE);                               \
        int64_t held = 0;                                                                                    \
        for (int64_t i = 0; i < b->rows; i++) {                                                              \
            const char *row = b->plane + b->first[i] * b->src_step - before;                                 \
            char *to = b->dst + i * b->dst_step, *out = b->scratch ? b->scratch + held : to;                 \
            const bool exact = !b->scratch && (b->dst_step != n * BYTES || (b->rows - 1 - i) * n < LANES);   \
            if (b->ahead > 0 && i + b->ahead < b->rows)                                                      \
                ask_for_row(b->plane + b->first[i + b->ahead] * b->src_step, bytes);                         \
            pick_line_bytes##BYTES(out, _mm512_maskz_loadu_epi8(at_begin, row), &p, 0, n, exact);            \
            for (int64_t l = 1; l < last; l++)                                                               \
                pick_line_bytes##BYTES(out, _mm512_loadu_si512(row + l * PICK_LINE), &p, l, n, exact);       \
            pick_line_bytes##BYTES(out, _mm512_maskz_loadu_epi8(at_end, row + last * PICK_LINE), &p, last,   \
                                   n, exact);                                                                \
            if (b->scratch)                                                                                  \
                held = stream_picked(to - held, b->scratch, held + n * BYTES, i + 1 == b->rows);             \
        }                                                                                                    \
    }
#define STORE_ALL(to, picked)  _mm512_storeu_si512(to, picked)
#define STORE_HALF(to, picked) _mm256_storeu_si256((__m256i *)(to), _mm512_castsi512_si256(picked))
PICK_ROWS_OF(1, 32, STORE_HALF)
PICK_ROWS_OF(2, 32, STORE_ALL)
PICK_ROWS_OF(4, 16, STORE_ALL)
#undef STORE_ALL
#undef STORE_HALF
#undef PICK_ROWS_OF
#define PICK_LINES_TABLE                                                                                     \
    { [1] = pick_rows_bytes1, [2] = pick_rows_bytes2, [4] = pick_rows_bytes4 }
#else
#define PICK_LINES_TABLE                                                                                     \
    { NULL }
#endif

#endif
