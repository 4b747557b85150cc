/* voxslab resample: its options. */
#include "cli/job_options.h"

enum { SIZING_GROUP = 1 };

static const char *parse_scale(const char *text, void *target) {
    vxs_job *job = target;
    job->sizing = VXS_BY_SCALE;
    int count = scan_positives(text, 3, job->scale);
    if (count == 1)
        job->scale[1] = job->scale[2] = job->scale[0];
    return count == 1 || count == 3
               ? NULL
               : "needs one factor above 0, or three of them Sd,Sh,Sw, such as 0.5 or 1,0.5,0.5";
}

static void set_defaults(void *target) {
    job_args *args = target;
    args->job.resample.mode = VXS_LINEAR;
    job_set_defaults(target);
    args->job.op = VXS_OP_RESAMPLE;
}

static vxs_status check(void *target) {
    const job_args *args = target;
    const vxs_job *job = &args->job;
    CHECK(job->size[0] || job->scale[0] > 0 || job->spacing[0] > 0, VXS_USAGE,
          "the output's size is missing: give --size D,H,W, --scale S or --spacing d,h,w");
    CHECK(!job->resample.align_corners || job->resample.mode != VXS_AREA, VXS_USAGE,
          "--align-corners goes with modes nearest, linear and cubic, not area");
    return job_check(target);
}

static const option_row options[] = {
    {"size", 's', "D,H,W", "Output size in voxels.", job_parse_size, offsetof(job_args, job), SIZING_GROUP},
    {"scale", 0, "S|Sd,Sh,Sw", "Output size as a factor: max(1, floor(size*S)) on each axis.", parse_scale,
     offsetof(job_args, job), SIZING_GROUP},
    {"spacing", 0, "d,h,w|iso=X",
     "Output size by voxel spacing: max(1, round(size*old/new)) on each axis, in the unit of the input's "
     "spacing, which is its attribute element_size_um or --input-spacing.",
     job_parse_spacing, offsetof(job_args, job), SIZING_GROUP},
    {"input-spacing", 0, "d,h,w", "The input's voxel spacing, instead of its attribute element_size_um.",
     value_spacing, offsetof(job_args, job.input_spacing), 0},
    {"mode", 'm', "MODE",
     "nearest, linear (default), area, or cubic: B-splines, smooth, but they overshoot at edges.", value_mode,
     offsetof(job_args, job.resample.mode), 0},
    {"align-corners", 0, NULL,
     "Let the centres of the first and last voxels coincide, instead of the volumes' edges.", NULL,
     offsetof(job_args, job.resample.align_corners), 0},
    {"coords", 0, "RULE",
     "How output indices become input coordinates: exact arithmetic, torch (float32 as PyTorch has it), or "
     "auto (default): as PyTorch for nearest up to 2^23 voxels an axis, exact otherwise. Cubic is always "
     "exact.",
     value_coords, offsetof(job_args, job.resample.coords), 0},
    {"dtype", 0, "T",
     "Output dtype: uint8, int8, uint16, int16, uint32, int32, uint64, int64, float32 or float64, rounded "
     "half to even and saturated. Default: the input's.",
     job_parse_dtype, offsetof(job_args, job), 0},
#include "cli/job_options.inc"
    {0},
};

static const example examples[] = {
    {"Halve a volume on 4 ranks", "mpirun -n 4 voxslab resample scan.h5 half.h5 --scale 0.5 --mode area"},
    {"Cubic voxels of 0.25 um, one of several datasets, compressed",
     "mpirun -n 4 voxslab resample scan.h5:/entry/data iso.h5:/data --spacing iso=0.25 --chunk 64,64,64 "
     "--filter shuffle+gzip=4"},
    {"Enlarge smoothly, as SciPy's zoom with order=3 and mode='reflect'",
     "mpirun -n 4 voxslab resample scan.h5 large.h5 --scale 2 --mode cubic"},
    {"Go on after a kill, a full disk or a time limit, on any number of ranks",
     "mpirun -n 8 voxslab resample scan.h5 half.h5 --scale 0.5 --mode area --resume"},
    {"Plan a job for a cluster on a laptop",
     "voxslab resample scan.h5 half.h5 --scale 0.5 --dry-run --ranks 4096 --memory 4GiB"},
    {NULL, NULL},
};

const command command_resample = {
    .name = "resample",
    .summary = "resize a volume along its last three axes, on any number of ranks",
    .synopsis =
        "IN[:DATASET] OUT[:DATASET]\n(--size D,H,W | --scale S|Sd,Sh,Sw | --spacing d,h,w|iso=X) [OPTION]...",
    .description =
        "Resamples the last three axes (d, h, w) of an HDF5 dataset. Under mpirun each rank reads, "
        "computes and writes its own part in bounded memory; the result is the same to the bit for "
        "any number of ranks and threads and for any memory budget. The output has the input's "
        "dtype, chunks, filters and attributes unless asked otherwise.",
    .positionals = job_positionals,
    .options = options,
    .examples = examples,
    .args_bytes = sizeof(job_args),
    .set_defaults = set_defaults,
    .check = check,
    .needs_mpi = job_needs_mpi,
    .stops = true,
    .run = job_command_run,
};
