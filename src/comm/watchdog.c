#include "comm/watchdog.h"

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

/* Time is counted in looks of the thread, a tick apart, so that a stopped process does not grow old. */
enum { LOOKS = 20 };

struct watchdog {
    pthread_t thread;
    pthread_mutex_t mutex;
    pthread_cond_t wake;
    int rank;
    double seconds, tick;
    bool leaving, active;
    unsigned long transfer; /* its number */
    char what[768];
};

static _Noreturn void bite(const watchdog *dog) {
    char host[256] = "";
    gethostname(host, sizeof host - 1);
    dprintf(STDERR_FILENO,
            "voxslab: rank %d on %s: no progress for %g s while %s; the job ends here. Run it again, "
            "with --resume if it writes an output, or with a longer --io-timeout if the disk is only slow\n",
            dog->rank, host, dog->seconds, dog->what);
    _exit(VXS_IO); /* no handlers: MPI's would wait for the others */
}

static struct timespec time_of_next_look(const watchdog *dog) {
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    long long ns = t.tv_nsec + (long long)(dog->tick * 1e9);
    return (struct timespec){t.tv_sec + (time_t)(ns / 1000000000), (long)(ns % 1000000000)};
}

static void *watch(void *context) {
    watchdog *dog = context;
    unsigned long seen = 0;
    int looks = 0;
    pthread_mutex_lock(&dog->mutex);
    while (!dog->leaving) {
        struct timespec next = time_of_next_look(dog);
        if (pthread_cond_timedwait(&dog->wake, &dog->mutex, &next) != ETIMEDOUT)
            continue;
        bool same = dog->active && dog->transfer == seen;
        looks = same ? looks + 1 : 0;
        seen = dog->transfer;
        if (looks > LOOKS)
            bite(dog);
    }
    pthread_mutex_unlock(&dog->mutex);
    return NULL;
}

/* Signals are for the thread that computes. */
static int start_thread(watchdog *dog) {
    sigset_t all, before;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    int failed = pthread_create(&dog->thread, NULL, watch, dog);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    return failed;
}

vxs_status watchdog_start(int rank, double seconds, watchdog **started) {
    *started = NULL;
    watchdog *dog = calloc(1, sizeof *dog);
    CHECK(dog, VXS_IO, "out of memory for the watchdog");
    dog->rank = rank;
    dog->seconds = seconds;
    dog->tick = seconds / LOOKS;
    pthread_condattr_t clock;
    pthread_condattr_init(&clock);
    pthread_condattr_setclock(&clock, CLOCK_MONOTONIC);
    pthread_cond_init(&dog->wake, &clock);
    pthread_condattr_destroy(&clock);
    pthread_mutex_init(&dog->mutex, NULL);
    if (start_thread(dog) != 0) {
        free(dog);
        return status_fail(
            VXS_IO, "no thread to be had for the watchdog: raise 'ulimit -u', 'ulimit -v' or the number of "
                    "processes that the job's control group allows, or give fewer ranks a node");
    }
    *started = dog;
    return VXS_OK;
}

void watchdog_begin(watchdog *dog, const char *format, ...) {
    if (!dog)
        return;
    va_list args;
    va_start(args, format);
    pthread_mutex_lock(&dog->mutex);
    vsnprintf(dog->what, sizeof dog->what, format, args);
    dog->active = true;
    dog->transfer++;
    pthread_mutex_unlock(&dog->mutex);
    va_end(args);
}

void watchdog_end(watchdog *dog) {
    if (!dog)
        return;
    pthread_mutex_lock(&dog->mutex);
    dog->active = false;
    pthread_mutex_unlock(&dog->mutex);
}

void watchdog_stop(watchdog *dog) {
    if (!dog)
        return;
    pthread_mutex_lock(&dog->mutex);
    dog->leaving = true;
    pthread_cond_signal(&dog->wake);
    pthread_mutex_unlock(&dog->mutex);
    pthread_join(dog->thread, NULL);
    pthread_cond_destroy(&dog->wake);
    pthread_mutex_destroy(&dog->mutex);
    free(dog);
}
