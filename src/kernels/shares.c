#include "kernels/shares.h"

#include <stdatomic.h>

#include "base/checked.h"

void shares_deal(shares *s, int64_t items, int threads) {
    s->count = (int)min_i64(max_i64(threads, 1), SHARES_MOST);
    const int64_t each = items / s->count, rest = items % s->count; /* the first ones take one more */
    for (int64_t i = 0, begin = 0; i < s->count; i++) {
        atomic_init(&s->of[i].next, begin);
        begin += each + (i < rest);
        s->of[i].end = begin;
    }
}

int64_t shares_next(shares *s, share_walk *walk) {
    for (; walk->passed < s->count; walk->passed++) {
        share *here = &s->of[(walk->own + walk->passed) % s->count];
        if (atomic_load_explicit(&here->next, memory_order_relaxed) >= here->end)
            continue; /* nothing to take, and no line to take from its owner */
        const int64_t item = atomic_fetch_add_explicit(&here->next, 1, memory_order_relaxed);
        if (item < here->end)
            return item;
    }
    return -1;
}
