/* The least time that a row of the benchmark can take on this machine, whoever computes it. Local. */
#ifndef BENCH_FLOOR_H
#define BENCH_FLOOR_H

#include <voxslab/voxslab.h>

/*
 * Seconds of a bare loop that reads every input line that holds a tap, once, in the order in which the
 * outputs need them, and writes every output line, without computing anything: the best of several ways to do
 * so (ahead of itself or not, past the caches or not), repeated for that many seconds. src and dst are
 * contiguous cubes of the same dtype; dst is overwritten. 0 when memory is short.
 */
double floor_seconds(vxs_mode mode, const vxs_view *src, const vxs_view *dst, int threads, double seconds);

#endif
