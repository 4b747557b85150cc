/*
 * codec_clock: how long a program spends inside its deflate codec. A library to preload:
 *     CODEC_CLOCK=PREFIX LD_PRELOAD=libcodec_clock.so voxslab ...
 * Every process writes, when it ends, PREFIX.PID with the seconds that all its threads together spent inside
 * zlib's and libdeflate's calls: inflating, then deflating. Nested calls count once.
 */
#include <dlfcn.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

typedef enum kind { INFLATE, DEFLATE, KINDS } kind;

static _Atomic int64_t spent_ns[KINDS];
static _Thread_local int depth;

static int64_t now_ns(void) {
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (int64_t)t.tv_sec * 1000000000 + t.tv_nsec;
}

static void *next_symbol(const char *name) {
    void *found = dlsym(RTLD_NEXT, name);
    if (!found) {
        fprintf(stderr, "codec_clock: no %s behind this library\n", name);
        abort();
    }
    return found;
}

/* Defines `name` as a stopwatch around the next library's `name`. */
#define TIMED(result, name, kind, parameters, arguments)                                                     \
    result name parameters;                                                                                  \
    result name parameters {                                                                                 \
        static result(*_Atomic next) parameters;                                                             \
        if (!next)                                                                                           \
            next = (result(*) parameters)next_symbol(#name);                                                 \
        const int64_t begin = depth++ ? 0 : now_ns();                                                        \
        const result returned = next arguments;                                                              \
        if (--depth == 0)                                                                                    \
            atomic_fetch_add_explicit(&spent_ns[kind], now_ns() - begin, memory_order_relaxed);              \
        return returned;                                                                                     \
    }

TIMED(int, inflate, INFLATE, (void *stream, int flush), (stream, flush))
TIMED(int, uncompress, INFLATE, (void *to, void *size, const void *from, unsigned long n),
      (to, size, from, n))
TIMED(int, uncompress2, INFLATE, (void *to, void *size, const void *from, void *n), (to, size, from, n))
TIMED(int, libdeflate_zlib_decompress, INFLATE,
      (void *codec, const void *from, size_t n, void *to, size_t size, size_t *made),
      (codec, from, n, to, size, made))
TIMED(int, libdeflate_zlib_decompress_ex, INFLATE,
      (void *codec, const void *from, size_t n, void *to, size_t size, size_t *used, size_t *made),
      (codec, from, n, to, size, used, made))
TIMED(int, deflate, DEFLATE, (void *stream, int flush), (stream, flush))
TIMED(int, compress2, DEFLATE, (void *to, void *size, const void *from, unsigned long n, int level),
      (to, size, from, n, level))
TIMED(size_t, libdeflate_zlib_compress, DEFLATE,
      (void *codec, const void *from, size_t n, void *to, size_t size), (codec, from, n, to, size))

__attribute__((destructor)) static void write_result(void) {
    const char *prefix = getenv("CODEC_CLOCK");
    char name[4096];
    if (!prefix || (spent_ns[INFLATE] == 0 && spent_ns[DEFLATE] == 0))
        return;
    snprintf(name, sizeof name, "%s.%d", prefix, (int)getpid());
    FILE *file = fopen(name, "w");
    if (!file)
        return;
    fprintf(file, "%.6f %.6f\n", 1e-9 * (double)spent_ns[INFLATE], 1e-9 * (double)spent_ns[DEFLATE]);
    fclose(file);
}
