/*
 * The instruction sets that the row functions are built for, and which one runs: the best that this processor
 * has, or the one that VOXSLAB_ISA names. All compute the same bits. Nothing is kept: the environment is read
 * at each call. Local.
 */
#ifndef KERNELS_ISA_H
#define KERNELS_ISA_H

#include <stddef.h>

#include "base/status.h"
#include "kernels/rows.h"

/* VXS_USAGE when VOXSLAB_ISA names a set that is unknown, or that this processor lacks. For programs: the
 * library itself then runs the best set. */
vxs_status isa_check(void);

/* "baseline", "v3" or "v4": the set in use. */
const char *isa_name(void);

/* All sets that run here, best last, into text: "baseline, v3". */
void isa_list(char *text, size_t bytes);

const row_functions *isa_row_functions(void);

#endif
