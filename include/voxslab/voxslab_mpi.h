/*
 * voxslab on many ranks: resample, label, sample or compare HDF5 volumes that do not fit a machine. Every
 * call is collective over the communicator that it is given; all ranks pass equal arguments and get equal
 * results.
 */
#ifndef VOXSLAB_VOXSLAB_MPI_H
#define VOXSLAB_VOXSLAB_MPI_H

#include <mpi.h>
#include <signal.h>

#include <voxslab/voxslab.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef enum vxs_chunking { VXS_CHUNK_SAME, VXS_CHUNK_NONE, VXS_CHUNK_GIVEN } vxs_chunking;
typedef enum vxs_filter {
    VXS_FILTER_SAME,
    VXS_FILTER_NONE,
    VXS_FILTER_GZIP,
    VXS_FILTER_SHUFFLE_GZIP
} vxs_filter;
typedef enum vxs_sizing { VXS_BY_SIZE, VXS_BY_SCALE, VXS_BY_SPACING } vxs_sizing;

/* What a job computes: id, name of the subcommand. */
#define VXS_OPERATOR_LIST(X)                                                                                 \
    X(VXS_OP_RESAMPLE, "resample")                                                                           \
    X(VXS_OP_LABEL, "label")                                                                                 \
    X(VXS_OP_GRID_SAMPLE, "grid-sample")                                                                     \
    X(VXS_OP_AFFINE, "affine")                                                                               \
    X(VXS_OP_WARP, "warp")

typedef enum vxs_operator {
#define VXS_OPERATOR_ENUM(id, name) id,
    VXS_OPERATOR_LIST(VXS_OPERATOR_ENUM)
#undef VXS_OPERATOR_ENUM
        VXS_OPERATORS
} vxs_operator;

/* What the job is doing, for a progress line; called on rank 0 between rounds, and within them whenever it
 * has read another few MiB of input. */
typedef struct vxs_progress {
    int64_t epoch, epochs, round, rounds; /* rounds of the whole job; round is the number done */
    double part; /* of the round under way: how much of rank 0's input lies behind, 0 to 1 */
    int64_t output_bytes_done, output_bytes; /* of all ranks, before compression */
    double seconds;                          /* since the first round began */
} vxs_progress;

typedef struct vxs_report vxs_report;

/* How soon a job is to stop; it can be resumed. */
typedef enum vxs_stop {
    VXS_STOP_AFTER_ROUND = 1, /* at the end of the round */
    VXS_STOP_SOON = 2         /* within the round, whose work is lost, if its end is more than 20 s off */
} vxs_stop;

/* Zero it, then set what differs. Strings are borrowed for the call. */
typedef struct vxs_job {
    const char *input;  /* FILE[:DATASET] */
    const char *output; /* FILE[:DATASET]; the dataset defaults to the input's */
    vxs_operator op;
    vxs_label_options label; /* VXS_OP_LABEL: the output has the input's shape and spacing */
    vxs_sizing sizing;       /* and what follows up to resample: VXS_OP_RESAMPLE */
    int64_t size[3];         /* VXS_BY_SIZE: d, h, w in voxels */
    double scale[3];         /* VXS_BY_SCALE: max(1, floor(in*scale)) */
    double spacing[3]; /* VXS_BY_SPACING: max(1, round(in*old/new)), in the unit of the input's spacing */
    double input_spacing[3]; /* replaces the input's element_size_um; 0 when not given */
    vxs_resample_options resample;
    vxs_sample_options sample; /* VXS_OP_GRID_SAMPLE, VXS_OP_AFFINE, VXS_OP_WARP; fill must fit the input's
                                * dtype. The output's size is the grid's, or size, or follows from spacing, or
                                * is the input's, in that order */
    const char *points;        /* VXS_OP_GRID_SAMPLE, VXS_OP_WARP: the grid or field, FILE[:DATASET] */
    double matrix[12]; /* VXS_OP_AFFINE: three rows of four, from output to input coordinates, d, h, w */
    int inverse;       /* the matrix leads from input to output */
    int physical; /* matrix, displacements: of points, origin + spacing * index, not of voxels; in units of
                   * unit micrometres. VXS_OP_WARP: the output lies where the field does, if that has the
                   * attribute element_size_um, else where origin and spacing say, else where the input does
                   */
    double unit;  /* 0: 1, that is micrometres */
    int has_input_origin, has_origin;
    double input_origin[3]; /* replaces the input's attribute origin_um; 0 when there is none either */
    double origin[3];       /* of the output; else the input's. VXS_OP_AFFINE, VXS_OP_WARP */
    int has_dtype;          /* else the input's; of labels uint8 */
    vxs_dtype dtype;
    vxs_chunking chunking;
    int chunk_axes; /* VXS_CHUNK_GIVEN: 3 (d, h, w) or as many as the dataset has axes */
    int64_t chunk[VXS_MAX_AXES];
    vxs_filter filter;
    int gzip_level; /* 1 to 9 */
    int64_t memory; /* bytes a rank may allocate; 0: a fair share of what the node has free */
    int threads;    /* per rank; 0: the cores given to the process, shared among the ranks that share them */
    int force;      /* replace an output file that holds nothing but this dataset; start over where a job was
                     * stopped, unless resume is set */
    int resume;     /* go on where a job with the same input and parameters was stopped or killed; begin where
                     * there is none */
    int no_space_check;
    int verify;                /* plan so that the memory is enough for vxs_mpi_verify of the output, too */
    double checkpoint_seconds; /* between checkpoints; 0: 300 */
    double max_seconds;        /* stop, resumably, before so many have passed; 0: no limit */
    double io_timeout_seconds; /* a transfer without progress ends the program after so many; 0: 600 */
    /* NULL, or the value, as text, of voxels in input chunks that can't be decoded: such a chunk is an error
     * otherwise. Checked against the input's dtype before anything is read. */
    const char *skip_bad_chunks;
    const volatile sig_atomic_t *stop; /* a vxs_stop, set on any rank while the job runs; may be NULL */
    const char *command;               /* recorded in the output; may be NULL */
    void (*progress)(const vxs_progress *progress, void *context); /* rank 0 only; may be NULL */
    void (*started)(const vxs_report *report, void *context); /* rank 0, when the plan stands; may be NULL */
    /* Each input chunk that was skipped, in order, after the run; rank 0 only; may be NULL. */
    void (*bad_chunk)(const int64_t begin[VXS_MAX_AXES], const int64_t end[VXS_MAX_AXES], void *context);
    void *context;
} vxs_job;

/* Seconds and bytes of one phase over all ranks. */
typedef struct vxs_phase {
    double seconds_max, seconds_mean; /* over ranks */
    int64_t bytes;                    /* summed over ranks */
} vxs_phase;

/* What was planned and, after a run, what happened. Plain data. */
struct vxs_report {
    char input[4096], input_dataset[1024], output[4096], output_dataset[1024];
    int axes;
    int64_t in_shape[VXS_MAX_AXES], out_shape[VXS_MAX_AXES]; /* (N,C,D,H,W), leading ones */
    vxs_dtype in_dtype, out_dtype;
    vxs_operator op;
    vxs_label_options label; /* VXS_OP_LABEL */
    int has_spacing;
    double in_spacing[3], out_spacing[3];
    int64_t in_chunk[VXS_MAX_AXES], out_chunk[VXS_MAX_AXES]; /* 0 when not chunked */
    char in_filters[256], out_filters[256];
    vxs_resample_options resample; /* VXS_OP_RESAMPLE */
    vxs_sample_options sample;     /* VXS_OP_GRID_SAMPLE, VXS_OP_AFFINE, VXS_OP_WARP; and what follows: */
    char points[4096], points_dataset[1024];
    vxs_dtype points_dtype;
    int64_t points_shape[VXS_MAX_AXES]; /* (N,D,H,W,3) */
    double matrix[12];                  /* VXS_OP_AFFINE: from output to input voxels */
    int64_t piece[VXS_MAX_AXES],
        pieces;               /* of the output, dealt to the ranks in turn; all of grid is 0 then */
    int64_t travelled_points; /* outputs whose voxels were asked of the ranks that held them: the input that
                               * they are scattered over did not fit */
    int ranks, nodes, threads;
    char io_component[32];
    int grid[3]; /* ranks along d, h, w in the first epoch */
    int64_t tile[VXS_MAX_AXES];
    int64_t epochs, rounds;
    int64_t memory_budget, memory_planned; /* of the rank that needs most, without the libraries */
    int64_t input_bytes, output_bytes;     /* whole datasets, uncompressed */
    int64_t needed_bytes; /* input voxels that some tap touches, counted once; 0 if only the data can tell */
    int64_t planned_read_bytes, planned_ghost_bytes;
    int64_t
        planned_piece_bytes; /* output sent to the rank that writes the tile which several ranks compute */
    vxs_phase open, read, exchange, compute, write, checkpoint, close; /* exchange: ghosts and pieces */
    int64_t bad_chunks, bad_voxels;   /* of the input, that were skipped and that outputs need */
    int64_t checkpoints;              /* but the one that completes the output, which counts as close */
    int64_t resumed_bytes;            /* of the output, that an earlier run had written */
    int64_t ghost_bytes, piece_bytes; /* of exchange, summed over ranks */
    double seconds;
    int64_t peak_rss;    /* of the rank with most */
    char warnings[1024]; /* "" when there are none; lines */
};

/*
 * Run the job: read, exchange ghosts, compute, write collectively; the output appears under its own name only
 * when complete. Errors come back on every rank with the same status and vxs_message(). Until the first
 * checkpoint nothing is left behind then; later, OUT.partial and its journal, from which resume goes on.
 * VXS_STOPPED: stopped by job->stop or max_seconds, resumably. Only a failing collective write or a transfer
 * without progress ends the program at once (MPI_Abort or _exit, 74): the other ranks would hang in it for
 * ever. report may be NULL; it is filled on every rank.
 */
vxs_status vxs_mpi_run(MPI_Comm comm, const vxs_job *job, vxs_report *report);

/* vxs_mpi_run of a job whose op is the one in the name, whatever it says. */
vxs_status vxs_mpi_resample(MPI_Comm comm, const vxs_job *job, vxs_report *report);
vxs_status vxs_mpi_label(MPI_Comm comm, const vxs_job *job, vxs_report *report);
vxs_status vxs_mpi_grid_sample(MPI_Comm comm, const vxs_job *job, vxs_report *report);
vxs_status vxs_mpi_affine(MPI_Comm comm, const vxs_job *job, vxs_report *report);
vxs_status vxs_mpi_warp(MPI_Comm comm, const vxs_job *job, vxs_report *report);

/* One rank's part of one epoch, for --dry-run: boxes as begin, end per axis (N,C,D,H,W). */
typedef struct vxs_plan_part {
    int64_t epoch, rank, rounds;
    int64_t writer; /* the rank that writes what this one computes; itself unless ranks share a tile */
    int64_t out_begin[VXS_MAX_AXES], out_end[VXS_MAX_AXES];   /* computed */
    int64_t need_begin[VXS_MAX_AXES], need_end[VXS_MAX_AXES]; /* touched by its taps */
    int64_t own_begin[VXS_MAX_AXES], own_end[VXS_MAX_AXES];   /* read */
    int64_t ghost_bytes, memory_bytes;
} vxs_plan_part;

/*
 * Plan the job for that many ranks without running it: opens the input serially, writes nothing, needs no
 * MPI. visit, if not NULL, is called for every rank of every epoch in order, ranks without work left out;
 * it returns non-zero to stop being called. Local.
 */
vxs_status vxs_mpi_plan(const vxs_job *job, int ranks, vxs_report *report,
                        int (*visit)(const vxs_plan_part *part, void *context), void *context);

/* ---- comparing ---- */

/* Zero it, then set what differs. Strings are borrowed for the call. */
typedef struct vxs_comparison {
    const char *a, *b; /* FILE[:DATASET] each */
    /* Voxels are equal where a == b by value, whatever the dtypes, where both are NaN, or where
     * |a - b| <= absolute + relative * |b| and finite. */
    double absolute, relative;
    int64_t memory; /* bytes a rank may allocate; 0: a fair share of what the node has free */
    int threads;    /* per rank; 0: the cores given to the process, shared among the ranks that share them */
    double io_timeout_seconds; /* a read without progress ends the program after so many; 0: 600 */
} vxs_comparison;

/* A voxel in both volumes. A long double holds the values of every dtype. */
typedef struct vxs_difference {
    int64_t index[VXS_MAX_AXES]; /* (N,C,D,H,W); -1 when there is none */
    long double a, b;
} vxs_difference;

/* Figures of all ranks; they do not depend on how many there are. Plain data. */
typedef struct vxs_comparison_report {
    char a[4096], a_dataset[1024], b[4096], b_dataset[1024];
    int axes;                    /* of a */
    int64_t shape[VXS_MAX_AXES]; /* of a, (N,C,D,H,W) */
    vxs_dtype a_dtype, b_dtype;
    int64_t voxels, differing;
    int64_t one_nan;      /* of the differing: one value is NaN, the other is not; not in the figures below */
    vxs_difference first; /* the differing voxel of the lowest index, last axis fastest */
    vxs_difference worst; /* the first one with the greatest |a - b| above 0, tolerated or not */
    double greatest;      /* that |a - b|; 0 without */
    double mean;          /* of |a - b| over all voxels, from a sum without rounding */
    double relative;      /* the greatest |a - b| / |b| where b is not 0 */
    int ranks, threads;
    int64_t memory_budget, memory_planned; /* per rank, without the libraries */
    int64_t read_bytes;                    /* of both volumes, summed over ranks */
    double seconds;
    int64_t peak_rss; /* of the rank with most */
} vxs_comparison_report;

/*
 * Compare two volumes, each voxel read by one rank. VXS_OK when all are equal; VXS_DIFFERS, with the first
 * difference as the message, when some are not or the shapes differ (then only names, dtypes and a's shape
 * are in the report). Errors come back on every rank alike. report may be NULL. Collective.
 */
vxs_status vxs_mpi_compare(MPI_Comm comm, const vxs_comparison *comparison, vxs_comparison_report *report);

/* ---- verifying ---- */

/* Zero it, then set what differs. Strings are borrowed for the call. */
typedef struct vxs_verification {
    const char *output; /* FILE[:DATASET] that a job made */
    const char *input;  /* FILE[:DATASET]; NULL: as the output's attributes tell, unchanged since */
    const char *points; /* likewise, the grid or field */
    int all;            /* every tile; else a sample of: */
    int64_t tiles;      /* so many tiles, */
    double percent;     /* or such a part of them, at least one; both 0: 64 tiles */
    int64_t seed;       /* another one draws other tiles */
    int64_t memory;     /* as in vxs_job, like the next two */
    int threads;
    double io_timeout_seconds;
    double max_seconds;                /* stop before so many have passed; 0: no limit */
    const volatile sig_atomic_t *stop; /* a vxs_stop, set on any rank meanwhile; may be NULL */
} vxs_verification;

/* Plain data; the figures do not depend on how many ranks there are. */
typedef struct vxs_verification_report {
    char output[4096], output_dataset[1024], input[4096], input_dataset[1024];
    char version[32]; /* of voxslab, that made the output */
    vxs_operator op;
    int axes;
    int64_t shape[VXS_MAX_AXES]; /* (N,C,D,H,W) */
    vxs_dtype dtype;
    int64_t tiles, tiles_checked;
    int64_t voxels_checked, differing;
    vxs_difference first; /* a: as stored, b: as computed again */
    double greatest;      /* |a - b| where neither is NaN */
    int ranks, threads;
    int64_t memory_budget, memory_planned;
    double seconds;
    int64_t peak_rss;
    char warnings[1024]; /* "" when there are none; lines */
} vxs_verification_report;

/*
 * Compute tiles of an output again, from the input and parameters that its attributes record, and compare
 * them with what is stored, bit for bit. VXS_OK: the same. VXS_DIFFERS: the first difference is the message.
 * VXS_BAD_INPUT: no voxslab made it, or its input is gone or has changed. report may be NULL. Collective.
 */
vxs_status vxs_mpi_verify(MPI_Comm comm, const vxs_verification *verification,
                          vxs_verification_report *report);

#ifdef __cplusplus
}
#endif
#endif
