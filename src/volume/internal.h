/* What the files of this room share. Nobody else includes it. */
#ifndef VOLUME_INTERNAL_H
#define VOLUME_INTERNAL_H

#include <hdf5.h>

#include "volume/volume.h"

/* ---- errors.c ---- */

enum { HDF5_WORDS_BYTES = 512 };

/* HDF5 prints nothing by itself from here on. Every public function calls it first. */
void hdf5_prepare(void);

/* HDF5's own words for its last error: the innermost and the outermost description. */
const char *hdf5_words(char words[HDF5_WORDS_BYTES]);

/* Whether the last error is the data's own fault, not the disk's: a chunk that can't be decoded or found, or
 * that lies outside of the file. */
bool hdf5_error_is_damage(void);

/* " (No space left on device)" for the errno of a transfer that failed, "" for one that says nothing. */
const char *errno_words(int cause, char words[64]);

/*
 * Around HDF5 calls that read: an I/O error is told from damaged content, whatever these calls make of it.
 * HDF5 takes one for a broken file, and OMPIO of Open MPI 4.1 for a success. Nothing is left of it but errno.
 */
void io_watch_begin(void);
int io_watch_end(void); /* the errno of an I/O error since, 0 without */

/* VXS_IO instead of status if there was an I/O error since io_watch_begin: reading the file failed. */
vxs_status io_watch_judge(vxs_status status, const char *path);

/* Close any kind of identifier; negative ones are legal. */
void hdf5_drop(hid_t id);

/* ---- names.c ---- */

/* "a//b/" -> "/a/b". VXS_USAGE when it is too long or nothing is left. */
vxs_status dataset_name_normalise(const char *text, char dataset[VOLUME_NAME_BYTES]);

/* ---- types.c ---- */

enum { TYPE_TEXT_BYTES = 160 };

/* The dtype that a file type is, and whether its bytes are in the other order; false if it is none of ours.
 */
bool type_to_dtype(hid_t type, vxs_dtype *dtype, bool *swapped);

/* "compound", "string", "24-bit integer", "uint16" ...: what a type is, in words. */
const char *type_describe(hid_t type, char text[TYPE_TEXT_BYTES]);

/* A new little-endian type of that dtype; to be closed. Negative on failure. */
hid_t type_from_dtype(vxs_dtype dtype);

/* ---- find.c ---- */

typedef struct found_dataset {
    char *path, *summary; /* "/raw", "uint16 (64, 512, 512)" */
    bool fits;            /* can be a volume */
} found_dataset;

typedef struct found_list {
    found_dataset *items;
    int count, fitting;
    bool cut_short; /* there was more than we care to look at */
} found_list;

/* All datasets that can be reached, each once; dangling links and soft circles are skipped. */
vxs_status find_datasets(hid_t file, found_list *list);
void found_list_free(found_list *list);

/* "/a (uint8 (3, 4)), /b ...", cut to fit. */
void found_list_text(const found_list *list, bool fitting_only, char *text, size_t bytes);

/* ---- probe.c ---- */

/* Open a file through the serial driver, read-only; VXS_BAD_INPUT with the reason. */
vxs_status file_open_serial(const char *path, hid_t *file);

/* ---- layout.c ---- */

/* Fill info's layout, chunk, filters, serial_only (but for links) and storage; info has axes and shape. */
vxs_status layout_describe(hid_t dataset, volume_info *info);

/* Bytes of one chunk as a reader has to hold it; 0 unless chunked. */
int64_t layout_chunk_bytes(const int64_t chunk[AXES], vxs_dtype dtype);

/* ---- reads.c ---- */

/* Files of which we want to know whether a dataset's voxels come out of them. */
typedef struct wanted_files {
    int count, seen; /* seen: the first one met, -1 without */
    const char *const *paths;
    uint32_t stamp; /* a checksum of the sizes and times of all files that were looked at */
} wanted_files;

/* Is this one of them? For every file that voxels come out of; NULL is legal. */
void wanted_files_look(wanted_files *wanted, const char *path);

/* ---- layout.c ---- */

/* layout_describe of a dataset of info's, for whoever wants to know its files; failures are none. */
void layout_look(hid_t dataset, volume_info *info, wanted_files *wanted);

/* ---- external.c ---- */

/* Of a dataset in external files, if it is in any: that they are there and hold so many bytes of it. */
vxs_status external_check(hid_t plist, const char *main_file, const char *dataset, int64_t bytes,
                          wanted_files *wanted);

/* ---- sources.c ---- */

/*
 * Of a virtual dataset: fill read_chunk, read_filtered and source_chunk_bytes. VXS_BAD_INPUT for a source
 * that is not there: HDF5 reads its voxels as fill values and says nothing.
 */
vxs_status sources_describe(hid_t plist, const char *main_file, volume_info *info, wanted_files *wanted);

/* ---- attributes.c ---- */

#define SPACING_ATTRIBUTE "element_size_um"
#define ORIGIN_ATTRIBUTE  "origin_um"

/* The spacing attribute; false when there is none that makes sense, fault then says what is wrong with the
 * one that is there ("holds text"), or "". */
bool attributes_read_spacing(hid_t dataset, double spacing[3], char *fault, size_t bytes);

/* The origin attribute; false when there is none that makes sense. */
bool attributes_read_origin(hid_t dataset, double origin[3]);

/* Copy from's attributes to to, but those that the output makes itself; what can't be copied is named in
 * warnings. */
void attributes_copy(hid_t from, hid_t to, char *warnings, size_t warnings_bytes);

vxs_status attributes_write_three(hid_t dataset, const char *name, const double values[3]);
vxs_status attributes_write(hid_t dataset, const volume_attribute *attribute);

/* Free what H5Aread allocated for values of variable length. */
void attributes_reclaim(hid_t type, hid_t space, void *data);

/* Print all attributes, one line each. */
void attributes_print(FILE *out, hid_t dataset, const char *indent);

/* ---- bad_chunks.c ---- */

/* What became of chunks that could not be decoded. */
typedef struct bad_chunks {
    bool filling; /* they read as voxel */
    unsigned char voxel[8];
    int64_t *number; /* in any order, perhaps several times */
    int64_t count, room;
} bad_chunks;

/* Fill a box within one chunk of v, and list the chunk. VXS_IO when memory runs out. One thread at a time. */
vxs_status bad_chunk_fill(volume *v, const box *part, const box_view *dst);

/* ---- offset.c ---- */

enum { OFFSET_TEXT_BYTES = 64 };

/* " at byte 4096 of the file": where the first voxel of a box, or its chunk, is stored; "" where it is not
 * known. For messages. Local, independent. */
const char *volume_offset_text(const volume *v, const box *where, char text[OFFSET_TEXT_BYTES]);

/* ---- open.c ---- */

/*
 * HDF5 takes memory for each chunk of a call and, when writing, for each row of voxels that lies alone in
 * memory; overhead.c has the figures. So calls are cut to so many. In a filtered collective write every rank
 * also holds a record of every chunk of all ranks: WRITE_ALL_CHUNKS is for all of them together.
 */
enum { CALL_CHUNKS = 4096, WRITE_ALL_CHUNKS = 65536, WRITE_LEAST_CHUNKS = 16, WRITE_CALL_ROWS = 1 << 20 };

/* Source files of a virtual dataset that may be open at a time: each costs a descriptor and half a MiB, and
 * no chunk cache, since sources open with the virtual dataset's own access list. */
enum { SOURCES_OPEN = 128 };

/* raw_chunks.c: what decodes chunks without HDF5. */
typedef struct raw_reader raw_reader;

struct volume {
    hid_t file, dataset, type;
    MPI_Comm comm;
    char file_name[VOLUME_PATH_BYTES], dataset_name[VOLUME_NAME_BYTES];
    int axes; /* of the dataset: 3 to 5 */
    int64_t shape[AXES], chunk[AXES];
    size_t element_bytes;
    int64_t chunk_bytes;                    /* 0 unless chunked */
    int64_t call_chunks;                    /* the most in one call */
    int64_t source_bytes, bytes_since_open; /* what SOURCES_OPEN sources hold on average; 0 unless virtual */
    bool swapped, filtered, serial;
    watchdog *dog; /* borrowed, may be NULL, as is: */
    const volume_pulse *pulse;
    bad_chunks bad;
    raw_reader *raw; /* NULL where HDF5 decodes, or nothing needs to be decoded */
    char not_collective[128];
};

/* Close and open the dataset again (serial volumes only): HDF5 keeps sources open until then. Local. */
vxs_status volume_reopen_dataset(volume *v);

/* ---- component.c ---- */

/* OMPIO gives no error for a read that came back short, and HDF5 takes what is missing for zeros: then each
 * rank reads through the serial driver, which goes on where a read stopped. */
bool component_misses_short_reads(void);

/* ---- transfer.c ---- */

enum { BOX_TEXT_BYTES = 256 };

/* A box in words, for messages: "[0:1, 0:1, 8:16, 0:64, 0:64]", the dataset's axes only. */
const char *volume_box_text(const volume *v, const box *b, char text[BOX_TEXT_BYTES]);

/* Whether to go on when so many of the pieces are done. */
vxs_status volume_beat(const volume *v, int64_t done, int64_t pieces);

/* One H5Dread. Local, independent. */
vxs_status volume_read_by_library(volume *v, const box *where, const box_view *dst);

#endif
