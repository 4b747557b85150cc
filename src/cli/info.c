/* voxslab info: what a file or a dataset holds. */
#include <stddef.h>

#include "cli/command.h"
#include "volume/volume.h"

typedef struct info_args {
    const char *name;
} info_args;

static vxs_status run(const void *args, const run_context *context) {
    (void)context;
    char file[VOLUME_PATH_BYTES], dataset[VOLUME_NAME_BYTES];
    TRY(volume_split_name(((const info_args *)args)->name, file, dataset));
    return volume_print_info(stdout, file, dataset);
}

static const positional_row positionals[] = {
    {"FILE[:DATASET]",
     "The HDF5 file, and the dataset in it; without one, all its datasets if there are several.",
     offsetof(info_args, name)},
    {NULL, NULL, 0},
};

static const option_row options[] = {{0}};

static const example examples[] = {
    {"Show what can be resampled in a file", "voxslab info scan.h5"},
    {NULL, NULL},
};

const command command_info = {
    .name = "info",
    .summary = "show shape, dtype, layout, filters, size on disk and attributes",
    .synopsis = "FILE[:DATASET]",
    .description =
        "Prints shape, dtype, layout, chunks, filters, size on disk, voxel spacing and attributes of "
        "a dataset. Reads no voxels, needs no mpirun.",
    .positionals = positionals,
    .options = options,
    .examples = examples,
    .args_bytes = sizeof(info_args),
    .run = run,
};
