/* How many bytes a resampling has to move, whoever does it. Local. */
#ifndef BENCH_TRAFFIC_H
#define BENCH_TRAFFIC_H

#include <stdint.h>

#include <voxslab/voxslab.h>

/*
 * Bytes of cache lines that must pass between memory and the processor for a cube of in^3 voxels to become
 * out^3: each input line that holds a tap once, each output line once. Volumes are contiguous and begin at a
 * line. A line is 64 bytes. -1 when memory is short.
 */
int64_t traffic_bytes(vxs_mode mode, vxs_dtype dtype, int64_t in, int64_t out);

#endif
