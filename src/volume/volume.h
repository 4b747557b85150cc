/*
 * Datasets on disk: the only place that knows HDF5. Every dataset is seen as (N, C, D, H, W) with leading
 * axes of length 1 where it has fewer. One thread makes all calls.
 */
#ifndef VOLUME_VOLUME_H
#define VOLUME_VOLUME_H

#include <mpi.h>
#include <stdbool.h>
#include <stdio.h>

#include "base/box.h"
#include "base/disk.h"
#include "base/dtype.h"
#include "comm/watchdog.h"
#include "volume/decode.h"

enum { VOLUME_PATH_BYTES = 4096, VOLUME_NAME_BYTES = 1024, VOLUME_FILTERS_BYTES = 256 };

/* The most that one transfer moves (MPI-IO fails from 2 GiB on), and one filtered collective write. */
#define VOLUME_CALL_BYTES          ((int64_t)512 << 20)
#define VOLUME_FILTERED_CALL_BYTES ((int64_t)64 << 20)

typedef enum volume_layout {
    VOLUME_CONTIGUOUS,
    VOLUME_CHUNKED,
    VOLUME_COMPACT,
    VOLUME_VIRTUAL,
    VOLUME_EXTERNAL /* contiguous, in other files */
} volume_layout;

/* What a dataset is: plain data without pointers, so that rank 0 can broadcast it as bytes. */
typedef struct volume_info {
    char file[VOLUME_PATH_BYTES];    /* absolute path of the file named by the user */
    char dataset[VOLUME_NAME_BYTES]; /* path in the file, with a leading '/' */
    int axes;                        /* of the dataset: 3 to 5 */
    int64_t shape[AXES];             /* normalised */
    vxs_dtype dtype;
    bool swapped; /* the file's byte order is not this machine's */
    volume_layout layout;
    bool serial_only;    /* not readable through MPI-IO: virtual, external, or reached by an external link */
    int64_t chunk[AXES]; /* normalised, clipped to the shape; 0 unless VOLUME_CHUNKED */
    int64_t stored_chunk[AXES]; /* as chunk, not clipped: what a chunk holds in the file */
    bool filtered;
    bool filters_may_refuse; /* some filter may leave a chunk as it is when it does not shrink */
    /* What reads are cut at: the chunks, or those of a virtual dataset's sources if they all lie on one grid;
     * 1 along every axis where there are none. read_filtered: those are decoded whole or not at all. */
    int64_t read_chunk[AXES];
    bool read_filtered;
    int64_t sources;            /* of a virtual dataset, those of its sources too; else 0 */
    bool nested_sources;        /* some are virtual themselves */
    int64_t source_chunk_bytes; /* the largest chunk of any source */
    filter_pipeline pipeline;
    char filters[VOLUME_FILTERS_BYTES]; /* "shuffle, deflate 4", "" without */
    int64_t storage_bytes;              /* allocated in the file */
    bool has_spacing;
    double spacing[3]; /* element_size_um, d, h, w */
    bool has_origin;
    double origin[3];                  /* origin_um: where the centre of the first voxel lies, d, h, w */
    char spacing_fault[128];           /* "holds text": why it is there and is not usable; "" without */
    int64_t file_bytes, file_mtime_ns; /* of the file named by the user */
    int64_t sources_stamp; /* of serial_only datasets: a checksum of sizes and times of all files that the
                            * voxels come from; else 0 */
} volume_info;

/* FILE[:DATASET]: the whole text if a file has that name, otherwise split at the last ':'. dataset "" when
 * none is given. VXS_USAGE when a part is empty or too long. Local. */
vxs_status volume_split_name(const char *text, char file[VOLUME_PATH_BYTES], char dataset[VOLUME_NAME_BYTES]);

/* HDF5 closes nothing when the process ends: where a library ends one rank, that would wait for the others
 * for ever. Before HDF5's first use; for a program, as it holds for all its files. Local. */
void volume_close_nothing_at_exit(void);

/*
 * Look at a dataset through the serial driver; dataset "" takes the only one that can be a volume (3 to 5
 * axes, a dtype of ours), else VXS_USAGE with the candidates listed. VXS_BAD_INPUT names the thing and the
 * reason: no such file, not HDF5, truncated, no such dataset, wrong number of axes, zero-length axis,
 * compound, string, complex or odd types, a filter whose plugin is missing. Local; one rank calls it.
 */
vxs_status volume_probe(const char *file, const char *dataset, volume_info *info);

/* What `voxslab info` shows: shape, dtype, layout, chunks, filters, size on disk and ratio, spacing, and
 * all attributes with values; for a file without dataset name, all its datasets, one line each, when there
 * are several. Local. */
vxs_status volume_print_info(FILE *out, const char *file, const char *dataset);

/* The first of the files, by whatever name, that the dataset's voxels come out of: its own file, the target
 * of an external link, sources of a virtual dataset, external storage; -1 without. Local. */
int volume_reads_any(const volume_info *info, const char *const *paths, int count);

/* ---- reading and writing in parallel ---- */

typedef struct volume volume;

/* Open what volume_probe described (the same info on every rank): MPI-IO with collective metadata reads, or
 * each rank by the serial driver if info->serial_only. Collective; on failure anywhere every rank fails, with
 * the same status and message, and *opened is NULL; only an I/O error inside the collective open ends the
 * program (MPI_Abort, 74). So many threads decode chunks, see volume_read_threads.
 */
vxs_status volume_open_read(const volume_info *info, MPI_Comm comm, int threads, volume **opened);

/* Read the voxels of where into dst, in the machine's byte order. Calls are cut to VOLUME_CALL_BYTES at
 * whole chunks. dst holds where; its w stride is 1 and its h, d, c, n strides are those of one enclosing
 * row-major array (each stride divides the next). Chunks under deflate, shuffle and fletcher32, and
 * those without filters of which short rows are wanted, are fetched whole by the calling thread and decoded
 * by the threads of volume_open_read; HDF5 does all else. Local, independent. VXS_BAD_INPUT for a chunk that
 * can't be decoded or lies outside of the file, VXS_IO for the rest, with file, offset, dataset, box and
 * reason. */
vxs_status volume_read(volume *source, const box *where, const box_view *dst);

/*
 * From here on chunks that can't be decoded, or lie outside of the file, read as voxel (of info->dtype, in
 * the machine's byte order) and are listed by their numbers on the grid of info->read_chunk, row-major. Only
 * where there is such a grid: a contiguous dataset has no chunks. I/O errors stay errors. Local.
 */
void volume_fill_bad_chunks(volume *source, const void *voxel);

/* The chunks that were filled since the last call, ascending, each once; numbers (NULL without any) becomes
 * the caller's. Local. */
void volume_take_bad_chunks(volume *source, int64_t **numbers, int64_t *count);
box volume_chunk_box(const volume_info *info, int64_t number);

/* How many of the threads there are may decode chunks in so many bytes, at least 1. Local. */
int volume_read_threads(const volume_info *info, int threads, int64_t bytes);

/* Bytes that volume_read, HDF5 and MPI-IO take for boxes of at most bytes with so many threads (chunk
 * buffers: compressed and plain; data sieving). An upper bound, measured. Local. */
int64_t volume_read_overhead(const volume_info *info, int64_t bytes, int threads);

typedef enum volume_filter {
    VOLUME_FILTER_SAME,
    VOLUME_FILTER_NONE,
    VOLUME_FILTER_GZIP,
    VOLUME_FILTER_SHUFFLE_GZIP
} volume_filter;

typedef struct volume_attribute {
    const char *name;
    const char *text; /* a UTF-8 string, or NULL for the number */
    int64_t number;
} volume_attribute;

/* An attribute read back: a text (cut to fit) or a number. */
typedef struct volume_note {
    const char *name;
    bool found; /* it is there and of one of these kinds */
    char text[VOLUME_PATH_BYTES];
    int64_t number;
} volume_note;

/* Fill the notes by their names, through the serial driver. VXS_BAD_INPUT, VXS_IO. Local; one rank calls it.
 */
vxs_status volume_read_notes(const volume_info *info, volume_note *notes, int count);

typedef struct volume_spec {
    const char *dataset; /* groups on the way are made */
    int axes;
    int64_t shape[AXES]; /* normalised */
    vxs_dtype dtype;     /* equal to like's: the file type is copied, byte order and bool's enum included */
    bool chunked;
    int64_t chunk[AXES];  /* normalised */
    volume_filter filter; /* SAME: the pipeline of like, with its parameters */
    int gzip_level;
    bool has_spacing;
    double spacing[3]; /* written as element_size_um float64[3], d, h, w */
    bool has_origin;
    double origin[3]; /* written as origin_um likewise */
    const volume_attribute *attributes;
    int attribute_count;
} volume_spec;

/* Whether chunks of the output pass filters. Local. */
bool volume_spec_is_filtered(const volume_spec *spec, const volume_info *like);

/*
 * Create path (it must not exist: O_EXCL) with one dataset, serially: space allocated early where nothing is
 * filtered, no fill values, format bounds V110 so that millions of chunks work, all attributes of like
 * copied but element_size_um, origin_um and voxslab_* (and references, which can't be: a line added to
 * warnings), then the given ones written. Closed again on return. VXS_CANT_CREATE with path and reason; then
 * nothing is left at path. VXS_IO when the file can't be written to its end: then HDF5 still holds it, and
 * the program must end without MPI_Finalize. Local; one rank calls it.
 */
vxs_status volume_create(const char *path, const volume_spec *spec, const volume_info *like, char *warnings,
                         size_t warnings_bytes);

/* OK when path is an HDF5 file that holds nothing but dataset (groups on its way aside): what --force may
 * replace. VXS_CANT_CREATE otherwise, saying what else is in it. Local. */
vxs_status volume_check_replaceable(const char *path, const char *dataset);

/* Whether what a chunk holds, named by its first voxel, counts as written. */
typedef bool volume_counts_as_written(const void *context, const int64_t begin[AXES]);

/*
 * Make fit for volume_open_write what a killed job left of a file that volume_create made: it opens, holds
 * that dataset, and has every chunk that counts as written. VXS_CANT_CREATE with the reason; what is in
 * chunks that do not count may change. Local; one rank calls it.
 */
vxs_status volume_recover(const char *path, const volume_spec *spec, const volume_info *like,
                          volume_counts_as_written *written, const void *context);

/* Where the file keeps the dataset's object header. VXS_CANT_CREATE. Local. */
vxs_status volume_header_address(const char *path, const char *dataset, int64_t *address);

enum { VOLUME_INDEX_RANGES = 16 };

/*
 * What a flush of a filtered output may write over in place, as the file is on the disk: its head, the object
 * header at that address, the chunk index. Returns how many ranges; 0 when the file is not laid out as those
 * that volume_create makes, or can't be read. Local.
 */
int volume_index_ranges(int file, int64_t header, file_range ranges[VOLUME_INDEX_RANGES]);

/* Collective, through MPI-IO, read and write. What changes in the file but voxels (the chunk index of a
 * filtered one) changes on disk in volume_flush and volume_close only. Fails on all ranks alike; with VXS_IO
 * the file stays open, and the program must end without MPI_Finalize. */
vxs_status volume_open_write(const char *path, const char *dataset, MPI_Comm comm, volume **opened);

/* Write where (empty on ranks that have nothing left) from src, whose strides are like volume_read's. If the
 * file's byte order is not the machine's, src's voxels are swapped in place and stay so. As many collective
 * calls as the rank with most needs, each of at most VOLUME_CALL_BYTES (VOLUME_FILTERED_CALL_BYTES if
 * filtered) or one chunk that is larger, and of so many chunks and rows that HDF5's own memory stays bounded:
 * where may be of any size. Collective. A failure is this rank's alone, and others may hang inside the call:
 * print and abort. */
vxs_status volume_write(volume *target, const box *where, const box_view *src);

/* Why the last volume_write was not collective after all, in words; "" when it was. Local. */
const char *volume_not_collective(const volume *target);

/* The same upper bound for a collective write of at most bytes a rank. Local. */
int64_t volume_write_overhead(const volume_spec *spec, const volume_info *like, int64_t bytes);

/* volume_read_overhead's upper bound for one thread that reads a chunk of a filtered output, whatever its
 * filters. Local. */
int64_t volume_reread_overhead(const volume_spec *spec);

/* Let a watchdog see every transfer, flush and close from here on; borrowed, may be NULL. Local. */
void volume_watch(volume *any, watchdog *dog);

/* Asked between the calls of a volume_read, and for each parcel of chunks that we decode; part: how much of
 * the box is there, 0 to 1. Anything but VXS_OK gives the read up, with that status. */
typedef struct volume_pulse {
    vxs_status (*between)(void *context, double part);
    void *context;
} volume_pulse;

/* Ask from here on; borrowed, may be NULL. Local. */
void volume_ask(volume *any, const volume_pulse *pulse);

/* Give a number attribute of an open output another value. Collective; a failure is this rank's alone. */
vxs_status volume_rewrite_number(volume *target, const char *name, int64_t number);

/* Flush to the disk (H5Fflush, which has each rank fsync). Collective; a failure is this rank's alone. */
vxs_status volume_flush(volume *target);

/* Close; NULL is legal. Collective for volumes opened through MPI-IO. Errors of closing a written file count.
 */
vxs_status volume_close(volume *any);

/* "romio", "ompio", "serial", "mpi-io": what carries this volume's transfers, as far as the file handle's
 * hints and Open MPI's parameter "io" tell. text is at least 32 bytes. Local. */
void volume_io_component(volume *any, char text[32]);

/* "HDF5 1.10.8": of the library that is linked. Static text. Local. */
const char *volume_library_version(void);

#endif
