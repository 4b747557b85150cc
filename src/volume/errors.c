#include "volume/internal.h"

#include <errno.h>
#include <string.h>

typedef struct error_digest {
    char innermost[HDF5_WORDS_BYTES / 2], outermost[HDF5_WORDS_BYTES / 4];
    bool damage;
} error_digest;

void volume_close_nothing_at_exit(void) {
    H5dont_atexit();
}

/* Errors are ours to print; and of the blocks that HDF5 frees it keeps at most 64 MiB to use again. */
void hdf5_prepare(void) {
    enum { KEPT = 64 << 20 };
    H5Eset_auto2(H5E_DEFAULT, NULL, NULL);
    H5set_free_list_limits(KEPT / 4, KEPT / 16, KEPT / 2, KEPT / 4, KEPT / 4, KEPT / 16);
}

/* Where HDF5 looks for a chunk. */
static bool describes_the_file(hid_t major) {
    const hid_t majors[] = {H5E_BTREE, H5E_EARRAY, H5E_FARRAY, H5E_HEAP, H5E_OHDR, H5E_CACHE, H5E_STORAGE};
    for (size_t i = 0; i < sizeof majors / sizeof *majors; i++)
        if (major == majors[i])
            return true;
    return false;
}

/* Walked upwards: the first record is where it happened, the last is the public function. */
/* The serial driver's words run to buffers and clocks: "file write failed: time = ..., errno = 5, error
 * message = 'Input/output error', buf = ..."; the message is what counts. */
static void copy_words(const char *words, char *to, size_t bytes) {
    static const char mark[] = "error message = '";
    const char *noise = strstr(words, ": time = "), *message = strstr(words, mark);
    if (noise && message)
        snprintf(to, bytes, "%.*s, %.*s", (int)(noise - words), words,
                 (int)strcspn(message + sizeof mark - 1, "'"), message + sizeof mark - 1);
    else
        snprintf(to, bytes, "%s", words);
}

static herr_t digest_record(unsigned n, const H5E_error2_t *record, void *data) {
    error_digest *digest = data;
    const char *words = record->desc ? record->desc : "";
    if (n == 0)
        copy_words(words, digest->innermost, sizeof digest->innermost);
    snprintf(digest->outermost, sizeof digest->outermost, "%s", words);
    const bool outside = record->min_num == H5E_OVERFLOW && strstr(words, "addr");
    if (record->maj_num == H5E_PLINE || outside || (n == 0 && describes_the_file(record->maj_num)))
        digest->damage = true;
    return 0;
}

static void digest_errors(error_digest *digest) {
    memset(digest, 0, sizeof *digest);
    H5Ewalk2(H5E_DEFAULT, H5E_WALK_UPWARD, digest_record, digest);
}

const char *hdf5_words(char words[HDF5_WORDS_BYTES]) {
    error_digest digest;
    digest_errors(&digest);
    if (!digest.innermost[0])
        snprintf(words, HDF5_WORDS_BYTES, "no reason given");
    else if (strcmp(digest.innermost, digest.outermost) == 0)
        snprintf(words, HDF5_WORDS_BYTES, "%s", digest.innermost);
    else
        snprintf(words, HDF5_WORDS_BYTES, "%s: %s", digest.outermost, digest.innermost);
    return words;
}

bool hdf5_error_is_damage(void) {
    error_digest digest;
    digest_errors(&digest);
    return digest.damage;
}

/* MPI-IO's own words are vague ("MPI_ERR_IO"), but the last system call that failed was its. */
const char *errno_words(int cause, char words[64]) {
    static const int telling[] = {ENOSPC, EIO, EDQUOT, EFBIG, EROFS, ESTALE, ENOMEM, ENXIO, EACCES};
    words[0] = '\0';
    for (size_t i = 0; i < sizeof telling / sizeof *telling; i++)
        if (cause == telling[i])
            snprintf(words, 64, " (%s)", strerror(cause));
    return words;
}

/* ENOENT and the like are what looking for a file leaves behind. */
static bool is_io_error(int cause) {
    static const int causes[] = {EIO, ESTALE, EREMOTEIO, EBADMSG, EUCLEAN};
    for (size_t i = 0; i < sizeof causes / sizeof *causes; i++)
        if (cause == causes[i])
            return true;
    return false;
}

void io_watch_begin(void) {
    errno = 0;
}

int io_watch_end(void) {
    return is_io_error(errno) ? errno : 0;
}

vxs_status io_watch_judge(vxs_status status, const char *path) {
    const int cause = io_watch_end();
    return cause ? status_fail(VXS_IO, "reading '%s' failed (%s)", path, strerror(cause)) : status;
}

void hdf5_drop(hid_t id) {
    if (id < 0)
        return;
    switch (H5Iget_type(id)) {
    case H5I_FILE:
        H5Fclose(id);
        return;
    case H5I_GROUP:
        H5Gclose(id);
        return;
    case H5I_DATATYPE:
        H5Tclose(id);
        return;
    case H5I_DATASPACE:
        H5Sclose(id);
        return;
    case H5I_DATASET:
        H5Dclose(id);
        return;
    case H5I_ATTR:
        H5Aclose(id);
        return;
    case H5I_GENPROP_LST:
        H5Pclose(id);
        return;
    default:
        H5Idec_ref(id);
    }
}
