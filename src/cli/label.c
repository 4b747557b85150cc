/* voxslab label: its options. */
#include "cli/job_options.h"

static void set_defaults(void *target) {
    job_args *args = target;
    job_set_defaults(target);
    args->job.op = VXS_OP_LABEL;
}

static const option_row options[] = {
    {"minimum-label", 0, NULL, "Label every voxel that is below all of its 26 neighbours 13.", NULL,
     offsetof(job_args, job.label.minimum_label), 0},
    {"dtype", 0, "T",
     "Output dtype: uint8 (default), int8, uint16, int16, uint32, int32, uint64, int64, float32 or float64.",
     job_parse_dtype, offsetof(job_args, job), 0},
#include "cli/job_options.inc"
    {0},
};

static const example examples[] = {
    {"Where the intensity falls to, for every voxel", "mpirun -n 4 voxslab label scan.h5 labels.h5"},
    {"The same with all local minima marked, compressed",
     "mpirun -n 4 voxslab label scan.h5:/raw labels.h5 --minimum-label --filter gzip"},
    {NULL, NULL},
};

const command command_label = {
    .name = "label",
    .summary = "label each voxel with the neighbour that its value falls to most steeply",
    .synopsis = "IN[:DATASET] OUT[:DATASET] [--minimum-label] [--dtype T] [OPTION]...",
    .description =
        "Among the 27 voxels of its 3x3x3 surroundings, finds the neighbour towards which the value falls "
        "most steeply: the differences of the values, as float32, are divided by the distance, 1, sqrt(2) or "
        "sqrt(3). The label is 9*(dz+1) + 3*(dy+1) + (dx+1), with offsets -1, 0 or 1 along d, h and w: 0 to "
        "26, the first of equals, the first NaN if there is any. The centre's own score is -100, so that 13 "
        "marks minima which are deeper than that, or all of them with --minimum-label. Voxels at the "
        "volume's border are 0. The output has the input's shape, spacing, chunks, filters and attributes, "
        "and is the same to the bit for any number of ranks and threads and for any memory budget.",
    .positionals = job_positionals,
    .options = options,
    .examples = examples,
    .args_bytes = sizeof(job_args),
    .set_defaults = set_defaults,
    .check = job_check,
    .needs_mpi = job_needs_mpi,
    .stops = true,
    .run = job_command_run,
};
