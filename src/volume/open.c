#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include "base/checked.h"
#include "comm/agree.h"
#include "comm/fatal.h"
#include "volume/raw_chunks.h"

const char *volume_library_version(void) {
    return H5_VERS_INFO;
}

/* The chunk index of a filtered dataset must change on disk in one go, when we flush: a job that is killed
 * between two flushes then leaves what the first one made. So nothing may be evicted early, and the cache
 * keeps its size. */
static void keep_metadata(hid_t access) {
    H5AC_cache_config_t config = {.version = H5AC__CURR_CACHE_CONFIG_VERSION};
    H5Pget_mdc_config(access, &config);
    config.incr_mode = H5C_incr__off;
    config.flash_incr_mode = H5C_flash_incr__off;
    config.decr_mode = H5C_decr__off;
    config.evictions_enabled = false;
    H5Pset_mdc_config(access, &config);
}

/* The driver: MPI-IO on comm, or the serial one for MPI_COMM_NULL. */
static hid_t make_access(MPI_Comm comm, bool writing) {
    hid_t access = H5Pcreate(H5P_FILE_ACCESS);
    if (comm != MPI_COMM_NULL)
        H5Pset_fapl_mpio(access, comm, MPI_INFO_NULL);
    if (writing) {
        H5Pset_libver_bounds(access, H5F_LIBVER_V110, H5F_LIBVER_V110);
        H5Pset_coll_metadata_write(access, true);
        keep_metadata(access);
    }
    return access;
}

/* No chunk cache: whole chunks are read at once and never again. The metadata of opening is read by one rank
 * for all; independent reads look up their chunks independently all the same. */
static hid_t make_dataset_access(bool parallel) {
    hid_t access = H5Pcreate(H5P_DATASET_ACCESS);
    H5Pset_chunk_cache(access, 1, 0, 1.0);
    if (parallel)
        H5Pset_all_coll_metadata_ops(access, true);
    return access;
}

/* A file that is not there on some node must fail before the collective open. */
static vxs_status check_access(const char *path, int flags, vxs_status code) {
    int file = open(path, flags | O_CLOEXEC);
    CHECK(file >= 0, code, "file '%s' can't be opened: %s", path, strerror(errno));
    close(file);
    return VXS_OK;
}

static vxs_status open_file(volume *v, MPI_Comm comm, bool writing) {
    char words[HDF5_WORDS_BYTES];
    hid_t access = make_access(comm, writing);
    io_watch_begin();
    v->file = H5Fopen(v->file_name, writing ? H5F_ACC_RDWR : H5F_ACC_RDONLY, access);
    hdf5_words(words);
    const vxs_status read = io_watch_judge(VXS_OK, v->file_name);
    hdf5_drop(access);
    TRY(read);
    CHECK(v->file >= 0, writing ? VXS_CANT_CREATE : VXS_BAD_INPUT, "file '%s' can't be opened%s: %s",
          v->file_name, comm == MPI_COMM_NULL ? "" : " through MPI-IO", words);
    return VXS_OK;
}

static vxs_status open_dataset(volume *v, bool parallel, bool writing) {
    char words[HDF5_WORDS_BYTES];
    hid_t access = make_dataset_access(parallel);
    io_watch_begin();
    v->dataset = H5Dopen2(v->file, v->dataset_name, access);
    v->type = v->dataset < 0 ? v->dataset : H5Dget_type(v->dataset);
    hdf5_words(words);
    const vxs_status read = io_watch_judge(VXS_OK, v->file_name);
    hdf5_drop(access);
    TRY(read);
    CHECK(v->type >= 0, writing ? VXS_IO : VXS_BAD_INPUT, "dataset '%s' of '%s' can't be opened: %s",
          v->dataset_name, v->file_name, words);
    return VXS_OK;
}

vxs_status volume_reopen_dataset(volume *v) {
    H5Tclose(v->type);
    H5Dclose(v->dataset);
    v->type = v->dataset = H5I_INVALID_HID;
    return open_dataset(v, false, false);
}

/* Sources of a virtual dataset stay open until it is closed, and one that can't be opened for want of
 * descriptors reads as fill values. */
static void plan_sources(volume *v, int64_t sources) {
    struct rlimit limit;
    int64_t open = SOURCES_OPEN, voxels = 1;
    if (sources == 0)
        return;
    if (getrlimit(RLIMIT_NOFILE, &limit) == 0) {
        limit.rlim_cur = limit.rlim_max;
        setrlimit(RLIMIT_NOFILE, &limit);
        if (limit.rlim_max != RLIM_INFINITY) /* the rest for sources that a cut touches, MPI and HDF5 */
            open = max_i64(1, min_i64(open, (int64_t)(limit.rlim_max / 4)));
    }
    for (int a = 0; a < AXES; a++)
        voxels *= v->shape[a];
    if (sources > open)
        v->source_bytes = max_i64(muldiv(voxels, open, sources), 1) * (int64_t)v->element_bytes;
}

static int64_t most_chunks(const volume_info *info, MPI_Comm comm, bool writing) {
    int ranks;
    MPI_Comm_size(comm, &ranks);
    if (!writing || !info->filtered)
        return CALL_CHUNKS;
    return min_i64(CALL_CHUNKS, max_i64(WRITE_LEAST_CHUNKS, WRITE_ALL_CHUNKS / ranks));
}

static volume *new_volume(const volume_info *info, MPI_Comm comm, bool writing) {
    volume *v = calloc(1, sizeof *v);
    if (!v)
        return NULL;
    v->file = v->dataset = v->type = H5I_INVALID_HID;
    v->comm = comm;
    memcpy(v->file_name, info->file, sizeof v->file_name);
    memcpy(v->dataset_name, info->dataset, sizeof v->dataset_name);
    memcpy(v->shape, info->shape, sizeof v->shape);
    memcpy(v->chunk, info->read_chunk, sizeof v->chunk);
    v->axes = info->axes;
    v->element_bytes = dtype_bytes(info->dtype);
    int64_t chunk_voxels = 1;
    for (int a = 0; a < AXES; a++)
        chunk_voxels *= info->read_chunk[a];
    bool chunked = info->layout == VOLUME_CHUNKED || chunk_voxels > 1;
    v->chunk_bytes = chunked ? layout_chunk_bytes(info->read_chunk, info->dtype) : 0;
    v->call_chunks = most_chunks(info, comm, writing);
    v->swapped = info->swapped;
    v->filtered = info->read_filtered;
    return v;
}

/* Close after a failure, whose message stays. */
static void close_quietly(volume *v) {
    char text[STATUS_MESSAGE_BYTES];
    snprintf(text, sizeof text, "%s", status_message());
    volume_close(v);
    status_set_message(text);
}

/* One rank reads metadata for all: when it can't, the others wait for ever, and only the end frees them. */
static vxs_status agree_or_abort(MPI_Comm comm, bool collective, vxs_status mine) {
    if (mine == VXS_IO && collective)
        comm_abort(comm, mine);
    return comm_agree(comm, mine);
}

/* The steps of opening, agreed upon one by one: nobody enters a collective call without the others. */
static vxs_status open_volume(const volume_info *info, MPI_Comm comm, bool writing, volume **opened) {
    volume *v = new_volume(info, comm, writing);
    bool serial = info->serial_only || (!writing && component_misses_short_reads());
    MPI_Comm file_comm = serial ? MPI_COMM_NULL : comm;
    vxs_status status = v ? VXS_OK : status_fail(VXS_IO, "out of memory while opening '%s'", info->file);
    if (status == VXS_OK)
        status =
            check_access(info->file, writing ? O_RDWR : O_RDONLY, writing ? VXS_CANT_CREATE : VXS_BAD_INPUT);
    status = comm_agree(comm, status);
    if (status == VXS_OK)
        status = agree_or_abort(comm, !serial, open_file(v, file_comm, writing));
    if (status == VXS_OK)
        status = agree_or_abort(comm, !serial, open_dataset(v, !serial, writing));
    if (status == VXS_OK && serial)
        plan_sources(v, info->sources);
    if (v)
        v->serial = serial;
    if (status != VXS_OK) {
        /* One that opened for writing and then could not be read or written can't be closed either. */
        if (!(writing && status == VXS_IO))
            close_quietly(v);
        v = NULL;
    }
    *opened = v;
    return status;
}

vxs_status volume_open_read(const volume_info *info, MPI_Comm comm, int threads, volume **opened) {
    hdf5_prepare();
    TRY(open_volume(info, comm, false, opened));
    if (!raw_reader_serves(info))
        return VXS_OK;
    vxs_status status = comm_agree(comm, raw_reader_create(info, threads, &(*opened)->raw));
    if (status != VXS_OK) {
        close_quietly(*opened);
        *opened = NULL;
    }
    return status;
}

vxs_status volume_open_write(const char *path, const char *dataset, MPI_Comm comm, volume **opened) {
    hdf5_prepare();
    *opened = NULL;
    int rank;
    MPI_Comm_rank(comm, &rank);
    volume_info info;
    vxs_status status = rank == 0 ? volume_probe(path, dataset, &info) : VXS_OK;
    if (status == VXS_BAD_INPUT)
        status = VXS_CANT_CREATE;
    TRY(comm_agree(comm, status));
    MPI_Bcast(&info, sizeof info, MPI_BYTE, 0, comm);
    return open_volume(&info, comm, true, opened);
}

void volume_ask(volume *any, const volume_pulse *pulse) {
    any->pulse = pulse;
}

void volume_watch(volume *any, watchdog *dog) {
    any->dog = dog;
}

vxs_status volume_flush(volume *target) {
    char words[HDF5_WORDS_BYTES], cause[64];
    watchdog_begin(target->dog, "flushing '%s' to the disk", target->file_name);
    errno = 0;
    bool flushed = H5Fflush(target->file, H5F_SCOPE_LOCAL) >= 0;
    errno_words(errno, cause);
    watchdog_end(target->dog);
    CHECK(flushed, VXS_IO, "flushing '%s' failed%s: %s", target->file_name, cause, hdf5_words(words));
    return VXS_OK;
}

vxs_status volume_close(volume *any) {
    if (!any)
        return VXS_OK;
    char words[HDF5_WORDS_BYTES] = "", cause[64];
    watchdog_begin(any->dog, "closing '%s'", any->file_name);
    raw_reader_destroy(any->raw);
    free(any->bad.number);
    hdf5_drop(any->type);
    errno = 0;
    bool closed = any->dataset < 0 || H5Dclose(any->dataset) >= 0;
    if (!closed)
        hdf5_words(words);
    if (any->file >= 0 && H5Fclose(any->file) < 0) {
        hdf5_words(words);
        closed = false;
    }
    errno_words(errno, cause);
    watchdog_end(any->dog);
    vxs_status status =
        closed ? VXS_OK : status_fail(VXS_IO, "closing '%s' failed%s: %s", any->file_name, cause, words);
    free(any);
    return status;
}
