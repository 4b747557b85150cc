/* voxslab resample: its options. */
#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "base/dtype.h"
#include "cli/json_file.h"
#include "cli/resample_args.h"
#include "cli/value.h"

enum { SIZING_GROUP = 1, DEFAULT_GZIP_LEVEL = 4 };

static const char *parse_size(const char *text, void *target) {
    vxs_job *job = target;
    job->sizing = VXS_BY_SIZE;
    return scan_ints(text, 3, job->size) == 3 ? NULL
                                              : "needs three whole numbers D,H,W, each " VALUE_INT64_RANGE
                                                ", such as 512,1024,1024";
}

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

static const char *parse_spacing(const char *text, void *target) {
    vxs_job *job = target;
    job->sizing = VXS_BY_SPACING;
    static const char accepted[] =
        "needs three numbers above 0, d,h,w, or iso=X, such as 2,0.5,0.5 or iso=0.25";
    if (strncmp(text, "iso=", 4) != 0)
        return scan_positives(text, 3, job->spacing) == 3 ? NULL : accepted;
    if (scan_positives(text + 4, 1, job->spacing) != 1)
        return accepted;
    job->spacing[1] = job->spacing[2] = job->spacing[0];
    return NULL;
}

static const char *parse_dtype(const char *text, void *target) {
    vxs_job *job = target;
    job->has_dtype = 1;
    return dtype_from_name(text, &job->dtype) == VXS_OK ? NULL : status_message();
}

static const char *parse_chunk(const char *text, void *target) {
    vxs_job *job = target;
    job->chunking = VXS_CHUNK_NONE;
    if (strcmp(text, "none") == 0)
        return NULL;
    job->chunking = VXS_CHUNK_GIVEN;
    job->chunk_axes = scan_ints(text, VXS_MAX_AXES, job->chunk);
    return job->chunk_axes >= 3 ? NULL
                                : "needs D,H,W or one whole number above 0 per axis of the dataset, such as "
                                  "64,64,64, or none";
}

static const char *parse_filter(const char *text, void *target) {
    static const char accepted[] = "needs none, gzip[=L] or shuffle+gzip[=L] with L from 1 to 9";
    static const struct {
        const char *name;
        vxs_filter filter;
    } filters[] = {{"gzip", VXS_FILTER_GZIP}, {"shuffle+gzip", VXS_FILTER_SHUFFLE_GZIP}};
    vxs_job *job = target;
    job->filter = VXS_FILTER_NONE;
    if (strcmp(text, "none") == 0)
        return NULL;
    size_t length = strcspn(text, "=");
    for (size_t i = 0; i < sizeof filters / sizeof *filters; i++) {
        if (strlen(filters[i].name) != length || strncmp(text, filters[i].name, length) != 0)
            continue;
        int64_t level = DEFAULT_GZIP_LEVEL;
        const char *end;
        if (text[length] == '=' && !scan_int(text + length + 1, '\0', 9, &level, &end))
            return accepted;
        job->filter = filters[i].filter;
        job->gzip_level = (int)level;
        return NULL;
    }
    return accepted;
}

static void set_defaults(void *target) {
    resample_args *args = target;
    args->job.resample.mode = VXS_LINEAR;
    args->progress_seconds = 30;
}

/* --json is renamed over its file at the end: it must not be the volume, by whatever path it is named. */
static bool names_file(const char *name, const char *json) {
    char file[PATH_MAX];
    snprintf(file, sizeof file, "%s", name);
    char *colon = strrchr(file, ':');
    if (json_file_is(json, file))
        return true;
    if (colon)
        *colon = '\0';
    return colon && json_file_is(json, file);
}

static vxs_status check(void *target) {
    const resample_args *args = target;
    const vxs_job *job = &args->job;
    CHECK(job->size[0] || job->scale[0] > 0 || job->spacing[0] > 0, VXS_USAGE,
          "the output's size is missing: give --size D,H,W, --scale S or --spacing d,h,w");
    CHECK(args->ranks == 0 || args->dry_run, VXS_USAGE,
          "--ranks %d goes with --dry-run only: a real run has the ranks that mpirun starts", args->ranks);
    CHECK(job->chunking != VXS_CHUNK_NONE || job->filter == VXS_FILTER_SAME || job->filter == VXS_FILTER_NONE,
          VXS_USAGE, "--filter gzip needs chunks, but --chunk is none: leave out one of them");
    CHECK(!job->resample.align_corners || job->resample.mode != VXS_AREA, VXS_USAGE,
          "--align-corners goes with modes nearest and linear, not area");
    CHECK(!args->json || (!names_file(job->input, args->json) && !names_file(job->output, args->json)),
          VXS_USAGE, "--json '%s' is the volume's own file: give another", args->json);
    return VXS_OK;
}

static bool needs_mpi(const void *args) {
    return !((const resample_args *)args)->dry_run;
}

static const positional_row positionals[] = {
    {"IN[:DATASET]",
     "The input: an HDF5 file and a dataset of shape (D,H,W), (C,D,H,W) or (N,C,D,H,W) in it. DATASET may be "
     "left out when only one can be a volume.",
     offsetof(resample_args, job.input)},
    {"OUT[:DATASET]",
     "The output: a new HDF5 file. It is OUT.partial until complete. DATASET defaults to the input's.",
     offsetof(resample_args, job.output)},
    {NULL, NULL, 0},
};

static const option_row options[] = {
    {"size", 's', "D,H,W", "Output size in voxels.", parse_size, offsetof(resample_args, job), SIZING_GROUP},
    {"scale", 0, "S|Sd,Sh,Sw", "Output size as a factor: max(1, floor(size*S)) on each axis.", parse_scale,
     offsetof(resample_args, job), SIZING_GROUP},
    {"spacing", 0, "d,h,w|iso=X",
     "Output size by voxel spacing: max(1, round(size*old/new)) on each axis, in the unit of the input's "
     "spacing, which is its attribute element_size_um or --input-spacing.",
     parse_spacing, offsetof(resample_args, job), SIZING_GROUP},
    {"input-spacing", 0, "d,h,w", "The input's voxel spacing, instead of its attribute element_size_um.",
     value_spacing, offsetof(resample_args, job.input_spacing), 0},
    {"mode", 'm', "MODE", "nearest, linear (default) or area.", value_mode,
     offsetof(resample_args, job.resample.mode), 0},
    {"align-corners", 0, NULL,
     "Let the centres of the first and last voxels coincide, instead of the volumes' edges.", NULL,
     offsetof(resample_args, job.resample.align_corners), 0},
    {"coords", 0, "RULE",
     "How output indices become input coordinates: exact arithmetic, torch (float32 as PyTorch has it), or "
     "auto (default): as PyTorch for nearest up to 2^23 voxels an axis, exact otherwise.",
     value_coords, offsetof(resample_args, job.resample.coords), 0},
    {"dtype", 0, "T",
     "Output dtype: uint8, int8, uint16, int16, uint32, int32, uint64, int64, float32 or float64, rounded "
     "half "
     "to even and saturated. Default: the input's.",
     parse_dtype, offsetof(resample_args, job), 0},
    {"chunk", 0, "D,H,W|none",
     "Output chunks: three numbers, or one per axis of the dataset, or none for a contiguous dataset. "
     "Default: "
     "the input's.",
     parse_chunk, offsetof(resample_args, job), 0},
    {"filter", 0, "FILTER",
     "Output compression: none, gzip[=L] or shuffle+gzip[=L] with L from 1 to 9 (default 4). Default: the "
     "input's filters.",
     parse_filter, offsetof(resample_args, job), 0},
    {"memory", 0, "SIZE",
     "What a rank may allocate: 4GiB, 512M, 1.5g or plain bytes; K, M, G and T are powers of 1024. Default: "
     "a "
     "fair share of what the node has free. Too little is refused with the number that would do.",
     value_memory, offsetof(resample_args, job.memory), 0},
    {"threads", 't', "N",
     "Threads per rank. Default: OMP_NUM_THREADS, else the cores given to the process, shared by the ranks "
     "that share them.",
     value_count, offsetof(resample_args, job.threads), 0},
    {"force", 'f', NULL,
     "Replace OUT if it holds nothing but the dataset that would be written; start over where OUT.partial "
     "was "
     "left, unless --resume is given.",
     NULL, offsetof(resample_args, job.force), 0},
    {"resume", 0, NULL,
     "Go on where a job with the same input and options was stopped or killed, on any number of ranks. What "
     "is "
     "written since its last checkpoint is written again.",
     NULL, offsetof(resample_args, job.resume), 0},
    {"checkpoint", 0, "SECONDS", "Time between checkpoints, from which --resume goes on. Default: 300.",
     value_seconds, offsetof(resample_args, job.checkpoint_seconds), 0},
    {"max-time", 0, "TIME",
     "Stop with a checkpoint and exit status 75 before so much time has passed, such as 3h50m, 90s or 1d12h. "
     "SIGUSR1 and SIGTERM do so at once.",
     value_duration, offsetof(resample_args, job.max_seconds), 0},
    {"io-timeout", 0, "SECONDS",
     "End the job with exit status 74 when a transfer makes no progress for so long. Default: 600.",
     value_seconds, offsetof(resample_args, job.io_timeout_seconds), 0},
    {"no-space-check", 0, NULL, "Begin even if the output does not fit the disk's free space.", NULL,
     offsetof(resample_args, job.no_space_check), 0},
    {"progress", 0, "SECONDS", "Time between progress lines where stderr is no terminal. Default: 30.",
     value_seconds, offsetof(resample_args, progress_seconds), 0},
    {"quiet", 'q', NULL, "Print nothing but errors.", NULL, offsetof(resample_args, quiet), 0},
    {"json", 0, "FILE", "Write the report (with --dry-run: the plan) as JSON; - is the standard output.",
     value_text, offsetof(resample_args, json), 0},
    {"dry-run", 'n', NULL,
     "Print the plan, that is boxes, epochs, rounds, bytes and memory of every rank, and write nothing. "
     "Needs "
     "no mpirun.",
     NULL, offsetof(resample_args, dry_run), 0},
    {"ranks", 0, "P",
     "Ranks that --dry-run plans for. Default: as many as mpirun or the Slurm allocation gives, else 1.",
     value_count, offsetof(resample_args, ranks), 0},
    {0},
};

static const example examples[] = {
    {"Halve a volume on 4 ranks", "mpirun -n 4 voxslab resample scan.h5 half.h5 --scale 0.5 --mode area"},
    {"Cubic voxels of 0.25 um, one of several datasets, compressed",
     "mpirun -n 4 voxslab resample scan.h5:/entry/data iso.h5:/data --spacing iso=0.25 --chunk 64,64,64 "
     "--filter shuffle+gzip=4"},
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
    .positionals = positionals,
    .options = options,
    .examples = examples,
    .args_bytes = sizeof(resample_args),
    .set_defaults = set_defaults,
    .check = check,
    .needs_mpi = needs_mpi,
    .run = resample_command_run,
};
