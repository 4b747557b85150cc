/* voxslab warp: its options. */
#include "cli/sample_options.h"

static void set_defaults(void *target) {
    sample_set_defaults(target, VXS_OP_WARP);
}

static const positional_row positionals[] = {
    JOB_POSITIONAL_IN,
    {"FIELD[:DATASET]",
     "The displacement field: a float32 or float64 dataset of shape (D',H',W',3), whose last axis holds x, "
     "y, z: "
     "how far along w, h and d from an output voxel its value lies in the input. It covers the output, at "
     "its "
     "resolution or coarser.",
     offsetof(job_args, job.points)},
    JOB_POSITIONAL_OUT,
    {NULL, NULL, 0},
};

static const option_row options[] = {
    {"size", 's', "D,H,W",
     "Output size in voxels, which the field covers. Default: what --spacing gives, else the field's if it "
     "is "
     "physical and has an attribute element_size_um, else the input's, if the field has it, too.",
     job_parse_size, offsetof(job_args, job), 0},
    {"spacing", 0, "d,h,w|iso=X",
     "The output's voxel spacing, in micrometres, with physical displacements. Without --size the output "
     "covers as "
     "much as the field, if that has an attribute element_size_um, else as much as the input.",
     job_parse_spacing, offsetof(job_args, job), 0},
#include "cli/lattice_options.inc"
#include "cli/sample_options.inc"
#include "cli/job_options.inc"
    {0},
};

static const example examples[] = {
    {"Apply a registration's displacement field, in mm, of half the resolution",
     "mpirun -n 4 voxslab warp scan.h5 field.h5 warped.h5 --size 512,512,512 --coordinates physical --unit "
     "mm"},
    {"Bring a scan onto the atlas on whose lattice a field in um lies",
     "mpirun -n 4 voxslab warp scan.h5 field.h5 on-atlas.h5 --coordinates physical"},
    {NULL, NULL},
};

const command command_warp = {
    .name = "warp",
    .summary = "warp a volume by a displacement field, as registration tools make it",
    .synopsis = "IN[:DATASET] FIELD[:DATASET] OUT[:DATASET]\n[--size D,H,W] [--spacing d,h,w|iso=X] "
                "[--coordinates voxels|physical] [--unit um|mm|nm] [OPTION]...",
    .description =
        "The output's voxel at index i shows the input at i + displacement. With --coordinates physical it "
        "shows "
        "the input at its own place plus the displacement, as in ITK, elastix and ANTs; then the output lies "
        "where "
        "the field does, if that has the attribute element_size_um (and origin_um), else where --origin and "
        "--spacing say, else where the input does. A field that is coarser than the output covers the same "
        "extent, "
        "edge to edge, and is interpolated linearly. The result is the same to the bit for any number of "
        "ranks and "
        "threads and for any memory budget.",
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
