/*
 * Who does what next: one thread fills numbered slots in turn, all threads work on what is in them, oldest
 * first, the filling one too when no slot is free. Threads that find nothing to do sleep. Local.
 */
#ifndef VOLUME_TURNS_H
#define VOLUME_TURNS_H

#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>

typedef struct turns {
    pthread_mutex_t lock;
    pthread_cond_t more_filled, more_free;
    int slots;
    bool *busy; /* by slot: filled, or being worked on */
    int64_t filled, taken;
    bool ended;
} turns;

/* busy: as many as slots; the caller's, while the turns last. */
void turns_begin(turns *t, int slots, bool *busy);

/* For the thread that fills: true when it shall fill the slot, false when it shall work on it. */
bool turns_next(turns *t, int *slot);
void turns_filled(turns *t);

/* Nothing more will be filled. */
void turns_end(turns *t);

/* Wait for a slot to work on; false when all is done or under way. */
bool turns_take(turns *t, int *slot);
void turns_done(turns *t, int slot);

/* After all threads have left. */
void turns_destroy(turns *t);

#endif
