/* voxslab grid-sample: its options. */
#include "cli/sample_options.h"

static void set_defaults(void *target) {
    sample_set_defaults(target, VXS_OP_GRID_SAMPLE);
}

static const positional_row positionals[] = {
    JOB_POSITIONAL_IN,
    {"GRID[:DATASET]",
     "The points: a float32 or float64 dataset of shape (D',H',W',3), or (N,D',H',W',3) with the input's N. "
     "The "
     "last axis holds x, y, z: along w, h and d, each -1 to 1 from face to face of the input.",
     offsetof(job_args, job.points)},
    JOB_POSITIONAL_OUT,
    {NULL, NULL, 0},
};

static const option_row options[] = {
#include "cli/sample_options.inc"
#include "cli/job_options.inc"
    {0},
};

static const example examples[] = {
    {"Sample a volume at the points of a grid",
     "mpirun -n 4 voxslab grid-sample scan.h5 grid.h5 sampled.h5 --padding border"},
    {NULL, NULL},
};

const command command_grid_sample = {
    .name = "grid-sample",
    .summary = "sample a volume at the points of a grid, as PyTorch's grid_sample",
    .synopsis = "IN[:DATASET] GRID[:DATASET] OUT[:DATASET]\n[--mode nearest|linear] "
                "[--padding zeros|border|reflection|constant] [--fill V] [OPTION]...",
    .description =
        "Samples the last three axes of a volume at the points of a grid, as PyTorch's grid_sample does with "
        "align_corners=False; the output has the grid's size D',H',W'. The grid is read once for all "
        "channels, piece by piece. Each rank reads the part of the input that its piece points to. Where "
        "that "
        "does not fit the memory, even in small parts, as with random points all over a large volume, the "
        "points travel to the ranks that hold the voxels. Values are the same to the bit either way, for any "
        "number of ranks and threads and for any memory budget.",
    .positionals = positionals,
    .options = options,
    .examples = examples,
    .args_bytes = sizeof(job_args),
    .set_defaults = set_defaults,
    .check = sample_check,
    .needs_mpi = job_needs_mpi,
    .stops = true,
    .run = job_command_run,
};
