/* A loop's items, dealt to a team's threads: each has a run of neighbours of its own, so that it meets again
 * what it has in its caches and, from call to call, what it touched first; who is done helps the others.
 * Private to kernels/. */
#ifndef KERNELS_SHARES_H
#define KERNELS_SHARES_H

#include <stdint.h>

enum { SHARES_MOST = 64, SHARE_LINE = 64 /* bytes of a cache line */ };

typedef struct share {
    _Alignas(SHARE_LINE) _Atomic int64_t next;
    int64_t end;
} share;

/* More threads than shares begin together on one. */
typedef struct shares {
    int count;
    share of[SHARES_MOST];
} shares;

/* One thread's way through them, from its own on: {omp_get_thread_num()}. */
typedef struct share_walk {
    int own, passed;
} share_walk;

/* Before the team starts; items are 0 .. items - 1. */
void shares_deal(shares *s, int64_t items, int threads);

/* An item that nobody else has, in rising order within each share; -1 when all are taken. */
int64_t shares_next(shares *s, share_walk *walk);

#endif
