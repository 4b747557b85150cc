/* Asking for a row to come, see early_lines. */
#ifndef KERNELS_ROWS_EARLY_H
#define KERNELS_ROWS_EARLY_H

#include "kernels/rows/prologue.h"

/* Outputs between which a blend asks: often enough, and seldom enough not to slow the loop down. */
enum { EARLY_PART = 64 };

/* As much as falls to outputs o .. o+n-1. */
static inline void ask_early(const early_lines *e, int64_t o, int64_t n) {
    const int64_t begin = (o * e->share) >> EARLY_SHIFT, until = ((o + n) * e->share) >> EARLY_SHIFT,
                  end = until < e->lines ? until : e->lines;
    for (int64_t r = 0; r < e->runs; r++)
        for (int64_t line = begin; line < end; line++)
            __builtin_prefetch(e->run[r] + line * PICK_LINE, 0, 2);
}

#endif
