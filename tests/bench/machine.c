#include "bench/machine.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>

enum { PASSES = 15, LARGE_PAGE = 1 << 21 };

double seconds_now(void) {
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

void *bench_alloc(size_t bytes) {
    void *memory = NULL;
    if (posix_memalign(&memory, LARGE_PAGE, bytes) != 0)
        return NULL;
    (void)madvise(memory, bytes, MADV_HUGEPAGE); /* as numpy and PyTorch do: a matter of speed only */
    return memory;
}

static uint64_t read_pass(const uint64_t *a, int64_t n, int threads) {
    uint64_t sum = 0;
#pragma omp parallel for num_threads(threads) reduction(+ : sum) schedule(static)
    for (int64_t i = 0; i < n; i++)
        sum += a[i];
    return sum;
}

static void copy_pass(double *restrict to, const double *restrict from, int64_t n, int threads) {
#pragma omp parallel num_threads(threads)
    {
#pragma omp for schedule(static)
        for (int64_t block = 0; block < n / 4096; block++)
            memcpy(to + block * 4096, from + block * 4096, 4096 * sizeof *to);
    }
}

static void triad_pass(double *restrict a, const double *restrict b, const double *restrict c, int64_t n,
                       int threads) {
#pragma omp parallel for num_threads(threads) schedule(static)
    for (int64_t i = 0; i < n; i++)
        a[i] = b[i] + 3.0 * c[i];
}

static double least(double a, double b) {
    return a < b ? a : b;
}

bandwidth bandwidth_measure(size_t bytes, int threads) {
    const int64_t n = (int64_t)(bytes / sizeof(double));
    double *a = bench_alloc(bytes), *b = bench_alloc(bytes), *c = bench_alloc(bytes);
    bandwidth found = {0};
    if (a && b && c) {
#pragma omp parallel for num_threads(threads) schedule(static)
        for (int64_t i = 0; i < n; i++) {
            a[i] = (double)i;
            b[i] = c[i] = 1;
        }
        volatile uint64_t sink;
        double t[3] = {1e9, 1e9, 1e9};
        for (int pass = 0; pass < PASSES; pass++) {
            const double begin = seconds_now();
            sink = read_pass((const uint64_t *)a, n, threads);
            const double read = seconds_now();
            copy_pass(b, a, n, threads);
            const double copied = seconds_now();
            triad_pass(a, b, c, n, threads);
            const double added = seconds_now();
            t[0] = least(t[0], read - begin);
            t[1] = least(t[1], copied - read);
            t[2] = least(t[2], added - copied);
        }
        (void)sink;
        const double array = 1e-9 * (double)n * sizeof(double);
        found = (bandwidth){array / t[0], 2 * array / t[1], 3 * array / t[2]};
    }
    free(a);
    free(b);
    free(c);
    return found;
}

double bandwidth_roof(const bandwidth *b) {
    return b->read > b->copy ? b->read : b->copy;
}

double clock_ghz(void) {
    enum { ROUNDS = 1 << 20, CHAIN = 16 };
    double best = 1e9;
    for (int pass = 0; pass < PASSES; pass++) {
        uint64_t x = 0, step = 3;
        __asm__ volatile("" : "+r"(step)); /* unknown, so that no addition is folded into the next */
        const double begin = seconds_now();
        for (int i = 0; i < ROUNDS; i++)
#pragma GCC unroll 16
            for (int j = 0; j < CHAIN; j++) {
                x += step;
                __asm__ volatile("" : "+r"(x));
            }
        best = least(best, seconds_now() - begin);
    }
    return 1e-9 * (double)ROUNDS * CHAIN / best;
}

void cpu_name(char *text, size_t bytes) {
    snprintf(text, bytes, "unknown");
    FILE *file = fopen("/proc/cpuinfo", "r");
    char line[256];
    while (file && fgets(line, sizeof line, file)) {
        const char *value = strstr(line, ": ");
        if (strncmp(line, "model name", 10) == 0 && value) {
            snprintf(text, bytes, "%.*s", (int)strcspn(value + 2, "\n"), value + 2);
            break;
        }
    }
    if (file)
        fclose(file);
}
