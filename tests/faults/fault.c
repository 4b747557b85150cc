/*
 * LD_PRELOAD library: the n-th system call of a kind on a file, on one rank, goes wrong. VOXSLAB_FAULT is
 *     KIND FILE N RANK DEED
 * KIND read, write, index (a write that has a chunk index in it), sync, rename or unlink; FILE a text that
 * the path ends with; N from 1; RANK as Open MPI numbers it, or -1 for any. DEED: kill    SIGKILL before the
 * call            tear    half of the write, then SIGKILL EIO     this call fails                    ENOSPC,
 * EDQUOT  this one and all later ones fail short   half of it is done, and said so    hang    it never
 * returns usr1    SIGUSR1 to this process first      term    SIGTERM slow    all of them take 150 ms longer
 *     trace   nothing; begin and end of each call of any KIND on a path that holds FILE, and of every sync,
 *             go to the file that VOXSLAB_FAULT_LOG names: "RANK begin|end KIND PATH OFFSET"
 */
#undef _FILE_OFFSET_BITS /* both names of each call are ours */
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/types.h>
#include <sys/uio.h>
#include <unistd.h>

static struct {
    char kind[16], file[256], deed[16];
    long n, rank;
    bool armed;
} fault;
static long calls;

/* As mpirun or srun tells. */
static const char *own_rank(void) {
    const char *rank = getenv("OMPI_COMM_WORLD_RANK");
    return rank ? rank : getenv("PMIX_RANK");
}

__attribute__((constructor)) static void arm(void) {
    const char *text = getenv("VOXSLAB_FAULT"), *rank = own_rank();
    fault.armed = text && sscanf(text, "%15s %255s %ld %ld %15s", fault.kind, fault.file, &fault.n,
                                 &fault.rank, fault.deed) == 5;
    if (fault.armed && fault.rank >= 0)
        fault.armed = atol(rank ? rank : "0") == fault.rank;
    if (fault.armed && !rank && !getenv("VOXSLAB_FAULT_ALONE"))
        fault.armed = false; /* mpirun itself */
}

static __thread long long current_offset = -1; /* of a call that has one */

/* One line, in one piece, in the order of all processes. */
static void trace(const char *when, const char *kind, const char *path) {
    const char *name = getenv("VOXSLAB_FAULT_LOG"), *rank = own_rank();
    if (!strstr(path, fault.file) && strcmp(kind, "sync") != 0)
        return;
    char line[5000];
    int reason = errno,
        length = snprintf(line, sizeof line, "%s %s %s %s %lld\n", rank, when, kind, path, current_offset);
    int log = open(name, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0666);
    if (log < 0 || syscall(SYS_write, log, line, (size_t)length) != length)
        abort();
    close(log);
    errno = reason;
}

static bool ends_with(const char *path, const char *end) {
    size_t length = strlen(path), wanted = strlen(end);
    return length >= wanted && strcmp(path + length - wanted, end) == 0;
}

enum verdict { GO_ON, FAIL, HALF, TEAR, TRACED };
static __thread char current_path[4096]; /* of a traced call */

/* Of a disk or quota that is full, and stays so; 0 for other deeds. */
static int lasting_error(void) {
    return strcmp(fault.deed, "ENOSPC") == 0 ? ENOSPC : strcmp(fault.deed, "EDQUOT") == 0 ? EDQUOT : 0;
}

/* Counts the call if it is one that is meant, and does what is to be done before it. */
static enum verdict judge(const char *kind, const char *path) {
    if (fault.armed && strcmp(fault.deed, "trace") == 0) {
        snprintf(current_path, sizeof current_path, "%s", path);
        trace("begin", kind, path);
        return TRACED;
    }
    if (!fault.armed || strcmp(kind, fault.kind) != 0 || !ends_with(path, fault.file))
        return GO_ON;
    if (strcmp(fault.deed, "slow") == 0)
        usleep((useconds_t)fault.n * 150000);
    long number = __atomic_add_fetch(&calls, 1, __ATOMIC_SEQ_CST);
    const int lasting = lasting_error();
    if (number > fault.n && lasting) {
        errno = lasting;
        return FAIL;
    }
    if (number != fault.n)
        return GO_ON;
    if (strcmp(fault.deed, "kill") == 0)
        raise(SIGKILL);
    if (strcmp(fault.deed, "usr1") == 0)
        raise(SIGUSR1);
    if (strcmp(fault.deed, "term") == 0)
        raise(SIGTERM);
    while (strcmp(fault.deed, "hang") == 0)
        pause();
    if (lasting || strcmp(fault.deed, "EIO") == 0) {
        errno = lasting ? lasting : EIO;
        return FAIL;
    }
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

/* A write of a chunk index is also one of any kind. */
static enum verdict judge_data(const char *kind, int file, const void *data, size_t size, long long offset) {
    current_offset = offset;
    if (fault.armed && strcmp(fault.kind, "index") == 0 && strcmp(kind, "write") == 0)
        return memmem(data, size, "FADB", 4) ? judge_file("index", file) : GO_ON;
    return judge_file(kind, file);
}

/* After the call. */
static void settle(enum verdict verdict, const char *kind) {
    if (verdict == TEAR)
        raise(SIGKILL);
    if (verdict == TRACED)
        trace("end", kind, current_path);
    current_offset = -1;
}

static size_t part_of(size_t size, enum verdict verdict) {
    return (verdict == HALF || verdict == TEAR) && size >= 2 ? size / 2 : size;
}

/* The library's own name, found before anything runs: mpirun's signal handlers write, and dlsym takes a lock.
 */
#define FOUND(result, name, ...)                                                                             \
    static result (*real_##name)(__VA_ARGS__);                                                               \
    __attribute__((constructor)) static void find_##name(void) {                                             \
        if (!real_##name)                                                                                    \
            real_##name = (result(*)(__VA_ARGS__))dlsym(RTLD_NEXT, #name);                                   \
    }

/* Calls of (file, buffer, size, offset); half of less than two bytes is all of it. */
#define POSITIONED(name, kind, buffer_type, offset_type)                                                     \
    FOUND(ssize_t, name, int, buffer_type, size_t, offset_type)                                              \
    ssize_t name(int file, buffer_type buffer, size_t size, offset_type offset);                             \
    ssize_t name(int file, buffer_type buffer, size_t size, offset_type offset) {                            \
        find_##name();                                                                                       \
        enum verdict verdict = judge_data(kind, file, buffer, size, offset);                                 \
        if (verdict == FAIL)                                                                                 \
            return -1;                                                                                       \
        ssize_t done = real_##name(file, buffer, part_of(size, verdict), offset);                            \
        settle(verdict, kind);                                                                               \
        return done;                                                                                         \
    }
POSITIONED(pwrite, "write", const void *, off_t)
POSITIONED(pwrite64, "write", const void *, off64_t)
POSITIONED(pread, "read", void *, off_t)
POSITIONED(pread64, "read", void *, off64_t)

#define STREAMED(name, kind, buffer_type)                                                                    \
    FOUND(ssize_t, name, int, buffer_type, size_t)                                                           \
    ssize_t name(int file, buffer_type buffer, size_t size) {                                                \
        find_##name();                                                                                       \
        enum verdict verdict = judge_file(kind, file);                                                       \
        if (verdict == FAIL)                                                                                 \
            return -1;                                                                                       \
        ssize_t done = real_##name(file, buffer, part_of(size, verdict));                                    \
        settle(verdict, kind);                                                                               \
        return done;                                                                                         \
    }
STREAMED(write, "write", const void *)
STREAMED(read, "read", void *)

/* OMPIO's; half of a vector is its first buffer. */
#define VECTOR(name, kind, offset_type)                                                                      \
    FOUND(ssize_t, name, int, const struct iovec *, int, offset_type)                                        \
    ssize_t name(int file, const struct iovec *vector, int count_of, offset_type offset) {                   \
        find_##name();                                                                                       \
        enum verdict verdict = judge_data(kind, file, vector[0].iov_base, vector[0].iov_len, offset);        \
        if (verdict == FAIL)                                                                                 \
            return -1;                                                                                       \
        struct iovec half = vector[0];                                                                       \
        half.iov_len = part_of(half.iov_len, verdict);                                                       \
        bool whole = verdict == GO_ON || verdict == TRACED;                                                  \
        ssize_t done =                                                                                       \
            whole ? real_##name(file, vector, count_of, offset) : real_##name(file, &half, 1, offset);       \
        settle(verdict, kind);                                                                               \
        return done;                                                                                         \
    }
VECTOR(pwritev, "write", off_t)
VECTOR(pwritev64, "write", off64_t)
VECTOR(preadv, "read", off_t)
VECTOR(preadv64, "read", off64_t)

#define SYNC(name)                                                                                           \
    FOUND(int, name, int)                                                                                    \
    int name(int file) {                                                                                     \
        find_##name();                                                                                       \
        enum verdict verdict = judge_file("sync", file);                                                     \
        int failed = verdict == FAIL ? -1 : real_##name(file);                                               \
        settle(verdict, "sync");                                                                             \
        return failed;                                                                                       \
    }
SYNC(fsync)
SYNC(fdatasync)

FOUND(int, rename, const char *, const char *)
int rename(const char *from, const char *to) {
    find_rename();
    enum verdict verdict = judge("rename", from);
    int failed = verdict == FAIL ? -1 : real_rename(from, to);
    settle(verdict, "rename");
    return failed;
}

FOUND(int, renameat2, int, const char *, int, const char *, unsigned)
int renameat2(int from_folder, const char *from, int to_folder, const char *to, unsigned flags) {
    find_renameat2();
    enum verdict verdict = judge("rename", from);
    int failed = verdict == FAIL ? -1 : real_renameat2(from_folder, from, to_folder, to, flags);
    settle(verdict, "rename");
    return failed;
}

FOUND(int, unlink, const char *)
int unlink(const char *path) {
    find_unlink();
    enum verdict verdict = judge("unlink", path);
    int failed = verdict == FAIL ? -1 : real_unlink(path);
    settle(verdict, "unlink");
    return failed;
}
