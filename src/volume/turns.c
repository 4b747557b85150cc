#include "volume/turns.h"

void turns_begin(turns *t, int slots, bool *busy) {
    *t = (turns){.slots = slots, .busy = busy};
    for (int i = 0; i < slots; i++)
        busy[i] = false;
    pthread_mutex_init(&t->lock, NULL);
    pthread_cond_init(&t->more_filled, NULL);
    pthread_cond_init(&t->more_free, NULL);
}

static int take_oldest(turns *t) {
    return (int)(t->taken++ % t->slots);
}

bool turns_next(turns *t, int *slot) {
    pthread_mutex_lock(&t->lock);
    int next = (int)(t->filled % t->slots);
    while (t->busy[next] && t->taken == t->filled)
        pthread_cond_wait(&t->more_free, &t->lock);
    bool fill = !t->busy[next];
    *slot = fill ? next : take_oldest(t);
    pthread_mutex_unlock(&t->lock);
    return fill;
}

void turns_filled(turns *t) {
    pthread_mutex_lock(&t->lock);
    t->busy[t->filled++ % t->slots] = true;
    pthread_cond_signal(&t->more_filled);
    pthread_mutex_unlock(&t->lock);
}

void turns_end(turns *t) {
    pthread_mutex_lock(&t->lock);
    t->ended = true;
    pthread_cond_broadcast(&t->more_filled);
    pthread_mutex_unlock(&t->lock);
}

bool turns_take(turns *t, int *slot) {
    pthread_mutex_lock(&t->lock);
    while (t->taken == t->filled && !t->ended)
        pthread_cond_wait(&t->more_filled, &t->lock);
    bool found = t->taken < t->filled;
    if (found)
        *slot = take_oldest(t);
    pthread_mutex_unlock(&t->lock);
    return found;
}

void turns_done(turns *t, int slot) {
    pthread_mutex_lock(&t->lock);
    t->busy[slot] = false;
    pthread_cond_signal(&t->more_free);
    pthread_mutex_unlock(&t->lock);
}

void turns_destroy(turns *t) {
    pthread_cond_destroy(&t->more_free);
    pthread_cond_destroy(&t->more_filled);
    pthread_mutex_destroy(&t->lock);
}
