/* What bench_kernels times: rows, in families that know how to run theirs. Local. */
#ifndef BENCH_ROW_H
#define BENCH_ROW_H

#include <stdbool.h>
#include <stdint.h>

#include <voxslab/voxslab.h>

typedef struct bench_row {
    char name[64];
    const char *mode;
    vxs_dtype dtype;
    int64_t in, out;               /* cubes */
    int64_t voxels_in, voxels_out; /* of boxes that are no cubes, else 0 */
    int64_t bytes;                 /* that must pass between memory and the processor */
    int repeats;
    double median, least, most; /* seconds */
    bool compared;              /* whether what follows is to be timed too, in turns; 0: not known */
    double floor;               /* seconds of the same lines in the same order without any work (floor.h) */
    double one, one_floor;      /* what one thread takes, where the figures are of more */
} bench_row;

typedef struct bench_family {
    int rows;
    /* Row i but for its figures; smoke: tiny, which proves that it runs and no more. */
    void (*describe)(bench_row *r, int i, bool smoke);
    /* Its figures, from repeats that take so many seconds; false: vxs_message() says why, or memory is short.
     */
    bool (*run)(bench_row *r, int i, double seconds);
} bench_family;

extern const bench_family resample_rows, sample_rows, wide_rows;

/* ---- for families ---- */

typedef vxs_status bench_call(const void *arg);

/* Calls until the time is up; the first, which touches the output's pages, does not count, nor does the first
 * after a change of threads. */
bool bench_time(bench_row *r, bench_call *call, const void *arg, double seconds);

/* A cube of its own memory, for free(); data NULL when short. */
vxs_view bench_cube(vxs_dtype dtype, int64_t size);

/* The 24 highest of the pseudo-random bits of k, as a fraction of 1: the same on every machine, and in
 * bench_peers.py. */
float bench_random(uint64_t k);

/* Each voxel from its index: any bits of an integer, fractions of 1 in floats. */
void bench_fill(const vxs_view *cube);

#endif
