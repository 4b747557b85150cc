/*
 * LD_PRELOAD library: the n-th system call of a kind on a file, on one rank, goes wrong. VOXSLAB_FAULT is
 *     KIND FILE N RANK DEED
 * KIND read, write, sync, rename or unlink; FILE a text that the path ends with; N from 1; RANK as Open MPI
 * numbers it, or -1 for any. DEED:
 *     kill    SIGKILL before the call            tear    half of the write, then SIGKILL
 *     EIO     this call fails                    ENOSPC  this one and all later ones fail
 *     short   half of it is done, and said so    hang    it never returns
 *     usr1    SIGUSR1 to this process first      count   nothing; at exit, the number of calls goes to the
 *                                                        file that VOXSLAB_FAULT_LOG names
 */
#undef _FILE_OFFSET_BITS /* both names of each call are ours */
#include <dlfcn.h>
#include <errno.h>
#include <signal.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/types.h>
#include <sys/uio.h>
#include <unistd.h>

static struct {
    char kind[16], file[256], deed[16];
    long n, rank;
    bool armed;
} fault;
static long calls;

__attribute__((constructor)) static void arm(void) {
    const char *text = getenv("VOXSLAB_FAULT"), *rank = getenv("OMPI_COMM_WORLD_RANK");
    fault.armed = text && sscanf(text, "%15s %255s %ld %ld %15s", fault.kind, fault.file, &fault.n,
                                 &fault.rank, fault.deed) == 5;
    if (fault.armed && fault.rank >= 0)
        fault.armed = atol(rank ? rank : "0") == fault.rank;
    if (fault.armed && !rank && !getenv("VOXSLAB_FAULT_ALONE"))
        fault.armed = false; /* mpirun itself */
}

__attribute__((destructor)) static void count(void) {
    const char *log = getenv("VOXSLAB_FAULT_LOG");
    if (!fault.armed || !log || strcmp(fault.deed, "count") != 0)
        return;
    fault.armed = false;
    FILE *file = fopen(log, "a");
    if (file) {
        fprintf(file, "%ld\n", calls);
        fclose(file);
    }
}

static bool ends_with(const char *path, const char *end) {
    size_t length = strlen(path), wanted = strlen(end);
    return length >= wanted && strcmp(path + length - wanted, end) == 0;
}

enum verdict { GO_ON, FAIL, HALF, TEAR };

/* Counts the call if it is one that is meant, and does what is to be done before it. */
static enum verdict judge(const char *kind, const char *path) {
    if (!fault.armed || strcmp(kind, fault.kind) != 0 || !ends_with(path, fault.file))
        return GO_ON;
    long number = __atomic_add_fetch(&calls, 1, __ATOMIC_SEQ_CST);
    if (number > fault.n && strcmp(fault.deed, "ENOSPC") == 0) {
        errno = ENOSPC;
        return FAIL;
    }
    if (number != fault.n)
        return GO_ON;
    if (strcmp(fault.deed, "kill") == 0)
        raise(SIGKILL);
    if (strcmp(fault.deed, "usr1") == 0)
        raise(SIGUSR1);
    while (strcmp(fault.deed, "hang") == 0)
        pause();
    errno = strcmp(fault.deed, "EIO") == 0 ? EIO : ENOSPC;
    if (strcmp(fault.deed, "EIO") == 0 || strcmp(fault.deed, "ENOSPC") == 0)
        return FAIL;
    return strcmp(fault.deed, "short") == 0 ? HALF : strcmp(fault.deed, "tear") == 0 ? TEAR : GO_ON;
}

static enum verdict judge_file(const char *kind, int file) {
    char link[64], path[4096];
    if (!fault.armed)
        return GO_ON;
    int reason = errno;
    snprintf(link, sizeof link, "/proc/self/fd/%d", file);
    ssize_t length = readlink(link, path, sizeof path - 1);
    path[length > 0 ? length : 0] = '\0';
    errno = reason;
    return judge(kind, path);
}

#define REAL(name, type) ((type)dlsym(RTLD_NEXT, #name))

/* Calls of (file, buffer, size, offset); half of less than two bytes is all of it. */
#define POSITIONED(name, kind, buffer_type, offset_type)                                                     \
    ssize_t name(int file, buffer_type buffer, size_t size, offset_type offset);                             \
    ssize_t name(int file, buffer_type buffer, size_t size, offset_type offset) {                            \
        ssize_t (*real)(int, buffer_type, size_t, offset_type) =                                             \
            REAL(name, ssize_t(*)(int, buffer_type, size_t, offset_type));                                   \
        enum verdict verdict = judge_file(kind, file);                                                       \
        if (verdict == FAIL)                                                                                 \
            return -1;                                                                                       \
        ssize_t done = real(file, buffer, verdict == GO_ON || size < 2 ? size : size / 2, offset);           \
        if (verdict == TEAR)                                                                                 \
            raise(SIGKILL);                                                                                  \
        return done;                                                                                         \
    }
POSITIONED(pwrite, "write", const void *, off_t)
POSITIONED(pwrite64, "write", const void *, off64_t)
POSITIONED(pread, "read", void *, off_t)
POSITIONED(pread64, "read", void *, off64_t)

#define STREAMED(name, kind, buffer_type)                                                                    \
    ssize_t name(int file, buffer_type buffer, size_t size) {                                                \
        ssize_t (*real)(int, buffer_type, size_t) = REAL(name, ssize_t(*)(int, buffer_type, size_t));        \
        enum verdict verdict = judge_file(kind, file);                                                       \
        if (verdict == FAIL)                                                                                 \
            return -1;                                                                                       \
        ssize_t done = real(file, buffer, verdict == GO_ON || size < 2 ? size : size / 2);                   \
        if (verdict == TEAR)                                                                                 \
            raise(SIGKILL);                                                                                  \
        return done;                                                                                         \
    }
STREAMED(write, "write", const void *)
STREAMED(read, "read", void *)

/* OMPIO's; half of a vector is its first buffer. */
#define VECTOR(name, kind, offset_type)                                                                      \
    ssize_t name(int file, const struct iovec *vector, int count_of, offset_type offset) {                   \
        ssize_t (*real)(int, const struct iovec *, int, offset_type) =                                       \
            REAL(name, ssize_t(*)(int, const struct iovec *, int, offset_type));                             \
        enum verdict verdict = judge_file(kind, file);                                                       \
        if (verdict == FAIL)                                                                                 \
            return -1;                                                                                       \
        struct iovec half = vector[0];                                                                       \
        half.iov_len = half.iov_len < 2 ? half.iov_len : half.iov_len / 2;                                   \
        ssize_t done =                                                                                       \
            verdict == GO_ON ? real(file, vector, count_of, offset) : real(file, &half, 1, offset);          \
        if (verdict == TEAR)                                                                                 \
            raise(SIGKILL);                                                                                  \
        return done;                                                                                         \
    }
VECTOR(pwritev, "write", off_t)
VECTOR(pwritev64, "write", off64_t)
VECTOR(preadv, "read", off_t)
VECTOR(preadv64, "read", off64_t)

#define SYNC(name)                                                                                           \
    int name(int file) {                                                                                     \
        int (*real)(int) = REAL(name, int (*)(int));                                                         \
        return judge_file("sync", file) == FAIL ? -1 : real(file);                                           \
    }
SYNC(fsync)
SYNC(fdatasync)

int rename(const char *from, const char *to) {
    int (*real)(const char *, const char *) = REAL(rename, int (*)(const char *, const char *));
    return judge("rename", from) == FAIL ? -1 : real(from, to);
}

int unlink(const char *path) {
    int (*real)(const char *) = REAL(unlink, int (*)(const char *));
    return judge("unlink", path) == FAIL ? -1 : real(path);
}
