/* voxslab affine: its options. */
#include "cli/sample_options.h"

static void set_defaults(void *target) {
    sample_set_defaults(target, VXS_OP_AFFINE);
}

static const option_row options[] = {
    {"matrix", 0, "FILE|NUMBERS",
     "The map from output to input: 12 or 16 numbers, three rows of four in d, h, w order (and 0 0 0 1), "
     "apart "
     "by spaces or commas, as one argument or in a file; or an affine transform file of ITK (.tfm, .txt) or "
     "elastix, which is in x, y, z order and physical.",
     sample_parse_matrix, 0, 0},
    {"inverse", 0, NULL, "The matrix leads from input to output: use its inverse.", NULL,
     offsetof(job_args, job.inverse), 0},
    {"size", 's', "D,H,W", "Output size in voxels. Default: what --spacing gives, else the input's.",
     job_parse_size, offsetof(job_args, job), 0},
    {"spacing", 0, "d,h,w|iso=X",
     "The output's voxel spacing, in micrometres. Without --size the output covers as much as the input: "
     "max(1, round(size*old/new)). Default: the input's, or, in voxels, as far as the matrix steps in it.",
     job_parse_spacing, offsetof(job_args, job), 0},
#include "cli/lattice_options.inc"
#include "cli/sample_options.inc"
#include "cli/job_options.inc"
    {0},
};

static const example examples[] = {
    {"Deskew a light sheet whose planes are shifted by 0.7 rows each",
     "mpirun -n 4 voxslab affine stack.h5 deskewed.h5 --matrix '1 0 0 0  0.7 1 0 0  0 0 1 0'"},
    {"Bring a scan onto an atlas as elastix found, at its size and spacing",
     "mpirun -n 4 voxslab affine scan.h5 on-atlas.h5 --matrix TransformParameters.0.txt --unit mm --size "
     "528,320,456 --spacing iso=25"},
    {NULL, NULL},
};

const command command_affine = {
    .name = "affine",
    .summary = "rotate, shear, scale or shift a volume by a matrix",
    .synopsis = "IN[:DATASET] OUT[:DATASET] --matrix FILE|NUMBERS [--inverse]\n[--size D,H,W] [--spacing "
                "d,h,w|iso=X] [--coordinates voxels|physical] [OPTION]...",
    .description =
        "For every voxel of the output, the matrix says which point of the input it shows: u = M * (d, h, w, "
        "1), "
        "from output to input, as ITK's transforms have it, in voxel indices (0, 0, 0 is the centre of the "
        "first "
        "voxel) or, with --coordinates physical, in micrometres. --inverse takes a matrix that leads from "
        "input "
        "to output. No grid is stored: coordinates are computed in double precision from each voxel's own "
        "index. "
        "The result is the same to the bit for any number of ranks and threads and for any memory budget.",
    .positionals = job_positionals,
    .options = options,
    .examples = examples,
    .args_bytes = sizeof(job_args),
    .set_defaults = set_defaults,
    .check = sample_check,
    .needs_mpi = job_needs_mpi,
    .stops = true,
    .run = job_command_run,
};
