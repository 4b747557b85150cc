/* "resample", as the subcommand. Local. */
#ifndef CLI_OPERATOR_NAME_H
#define CLI_OPERATOR_NAME_H

#include <voxslab/voxslab_mpi.h>

static inline const char *operator_name(vxs_operator op) {
    static const char *const names[VXS_OPERATORS] = {
#define OPERATOR_NAME(id, name) [id] = name,
        VXS_OPERATOR_LIST(OPERATOR_NAME)
#undef OPERATOR_NAME
    };
    return (unsigned)op < VXS_OPERATORS ? names[op] : "unknown";
}

#endif
