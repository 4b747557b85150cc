/* What this machine can do, measured in the same run as the kernels. Local. */
#ifndef BENCH_MACHINE_H
#define BENCH_MACHINE_H

#include <stddef.h>
#include <stdint.h>

/* GB/s (1e9 bytes) of threads together over arrays far larger than any cache, the best of a few passes.
 * Stores count once: that a cache reads a line before it is overwritten is not counted. */
typedef struct bandwidth {
    double read;  /* sum of one array: its bytes */
    double copy;  /* b = a: the bytes of both */
    double triad; /* a = b + s*c: the bytes of all three */
} bandwidth;

/* bytes: of each of three arrays. All zero when memory is short. */
bandwidth bandwidth_measure(size_t bytes, int threads);

/* The roof that kernels are held against. */
double bandwidth_roof(const bandwidth *b);

/* Clock of the core that runs this, in GHz: a chain of additions, one cycle each. */
double clock_ghz(void);

double seconds_now(void);

/* Aligned memory, in large pages where the system has them; NULL when short. Free with free(). */
void *bench_alloc(size_t bytes);

/* The processor's name into text; "unknown" where the system does not tell. */
void cpu_name(char *text, size_t bytes);

#endif
