#include "journal/lock.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/whole.h"
#include "journal/slurm.h"

enum { WORD = 128, TEXT = 2048 };

/* Who holds a lock, each as a word. start: the process's, in clock ticks since the machine's; boot: of the
 * machine; space: of process numbers (a container's); cluster: Slurm's name for it. */
typedef struct owner {
    char host[WORD], pid[WORD], start[WORD], boot[WORD], space[WORD], job[WORD], restart[WORD], cluster[WORD];
    char user[WORD], date[WORD];
} owner;

static const struct field {
    const char *name;
    size_t offset;
} fields[] = {
    {"host", offsetof(owner, host)},       {"pid", offsetof(owner, pid)},
    {"start", offsetof(owner, start)},     {"boot", offsetof(owner, boot)},
    {"space", offsetof(owner, space)},     {"job", offsetof(owner, job)},
    {"restart", offsetof(owner, restart)}, {"cluster", offsetof(owner, cluster)},
    {"user", offsetof(owner, user)},       {"date", offsetof(owner, date)},
};
enum { FIELDS = sizeof fields / sizeof *fields };

/* ---- who we are ---- */

static void copy_word(char word[WORD], const char *text) {
    snprintf(word, WORD, "%.*s", (int)strcspn(text, " \n"), text);
}

static void word_of_file(const char *path, char word[WORD]) {
    char line[TEXT] = "";
    FILE *file = fopen(path, "r");
    if (file && !fgets(line, sizeof line, file))
        line[0] = '\0';
    if (file)
        fclose(file);
    copy_word(word, line);
}

/* When a process began: the 22nd word of its line, counted from behind its name, which may hold anything; ""
 * for one that is gone, even if its parent has not noticed yet (Z). */
static void start_of(const char *pid, char word[WORD]) {
    char path[WORD + 16], line[TEXT] = "";
    snprintf(path, sizeof path, "/proc/%s/stat", pid);
    word[0] = '\0';
    FILE *file = fopen(path, "r");
    char *at = file && fgets(line, sizeof line, file) ? strrchr(line, ')') : NULL;
    if (file)
        fclose(file);
    if (at && (strncmp(at, ") Z", 3) == 0 || strncmp(at, ") X", 3) == 0))
        at = NULL;
    for (int words = 2; at && words < 22; words++) {
        at = strchr(at, ' ');
        at += at != NULL;
    }
    if (at)
        copy_word(word, at);
}

static void our_owner(owner *o) {
    const char *job = getenv("SLURM_JOB_ID"), *restart = getenv("SLURM_RESTART_COUNT");
    const char *cluster = getenv("SLURM_CLUSTER_NAME");
    time_t now = time(NULL);
    struct tm utc;
    *o = (owner){0};
    gethostname(o->host, sizeof o->host - 1);
    snprintf(o->pid, sizeof o->pid, "%ld", (long)getpid());
    start_of(o->pid, o->start);
    word_of_file("/proc/sys/kernel/random/boot_id", o->boot);
    if (readlink("/proc/self/ns/pid", o->space, sizeof o->space - 1) < 0)
        o->space[0] = '\0';
    copy_word(o->job, job ? job : "");
    copy_word(o->restart, restart ? restart : "0");
    copy_word(o->cluster, cluster ? cluster : "");
    snprintf(o->user, sizeof o->user, "%ld", (long)getuid());
    strftime(o->date, sizeof o->date, "%Y-%m-%dT%H:%M:%SZ", gmtime_r(&now, &utc));
}

/* ---- the file ---- */

static void print_owner(const owner *o, char text[TEXT]) {
    size_t used = 0;
    for (int i = 0; i < FIELDS; i++)
        used += (size_t)snprintf(text + used, TEXT - used, "%s=%s\n", fields[i].name,
                                 (const char *)o + fields[i].offset);
}

static void parse_owner(const char *text, owner *o) {
    *o = (owner){0};
    for (; *text; text += strcspn(text, "\n"), text += *text == '\n')
        for (int i = 0; i < FIELDS; i++) {
            size_t length = strlen(fields[i].name);
            if (strncmp(text, fields[i].name, length) == 0 && text[length] == '=')
                copy_word((char *)o + fields[i].offset, text + length + 1);
        }
}

static bool read_owner(int file, owner *o) {
    char text[TEXT];
    ssize_t got = pread(file, text, sizeof text - 1, 0);
    text[got > 0 ? got : 0] = '\0';
    parse_owner(text, o);
    return o->host[0] && o->pid[0];
}

static bool write_owner(int file) {
    owner ours;
    char text[TEXT];
    our_owner(&ours);
    print_owner(&ours, text);
    size_t length = strlen(text);
    return ftruncate(file, 0) == 0 && write_whole(file, text, length, 0);
}

/* ---- stale or not ---- */

static bool same(const char *a, const char *b) {
    return a[0] && strcmp(a, b) == 0;
}

/* Of another user's job, or another cluster's, squeue may know nothing although it runs. */
static bool slurm_says_gone(const owner *o, const owner *ours) {
    return o->job[0] && strcmp(o->job, ours->job) != 0 && same(o->cluster, ours->cluster) &&
           same(o->user, ours->user) && slurm_job_has_ended(o->job);
}

/* Whether the owner is certainly gone, as far as it can be seen from here. */
static bool is_gone(const owner *o) {
    owner ours;
    our_owner(&ours);
    if (same(o->job, ours.job) && strcmp(o->restart, ours.restart) != 0)
        return true; /* Slurm starts a job again only when its former run has ended */
    if (!same(o->host, ours.host))
        return slurm_says_gone(o, &ours);
    if (o->boot[0] && ours.boot[0] && strcmp(o->boot, ours.boot) != 0)
        return true;
    if (strcmp(o->space, ours.space) != 0)
        return slurm_says_gone(o, &ours); /* another container: its process numbers mean nothing here */
    char start[WORD];
    if (kill((pid_t)atol(o->pid), 0) != 0 && errno == ESRCH)
        return true;
    start_of(o->pid, start);
    return o->start[0] && strcmp(o->start, start) != 0; /* or the number is another's now */
}

static vxs_status refuse(const char *path, const owner *o) {
    owner ours;
    our_owner(&ours);
    bool here = same(o->host, ours.host) && strcmp(o->space, ours.space) == 0;
    return status_fail(
        VXS_CANT_CREATE,
        "another job is writing this output: '%s' was made on host %s by process %s%s%s, %s; %s", path,
        o->host, o->pid, o->job[0] ? " of Slurm job " : "", o->job, o->date,
        here ? "wait for it, or end it"
        : o->job[0]
            ? "whether it still runs can't be seen from here (squeue may tell): if it does not, remove "
              "that file"
            : "whether it still runs can't be seen from here: if it does not, remove that file");
}

/* Two jobs may find the same stale lock: whoever gets flock() first makes it its own, in place. */
static vxs_status take_over(const char *path, bool *gone) {
    owner o;
    struct stat opened, named;
    vxs_status status = VXS_OK;
    int file = open(path, O_RDWR | O_CLOEXEC);
    *gone = file < 0 && errno == ENOENT;
    CHECK(file >= 0 || *gone, VXS_CANT_CREATE, "lock '%s' can't be opened: %s", path, strerror(errno));
    if (*gone)
        return VXS_OK;
    bool ours = flock(file, LOCK_EX | LOCK_NB) == 0 || errno != EWOULDBLOCK;
    bool known = read_owner(file, &o);
    *gone = fstat(file, &opened) == 0 && (stat(path, &named) != 0 || opened.st_ino != named.st_ino);
    if (*gone)
        status = VXS_OK;
    else if (!known)
        status = status_fail(VXS_CANT_CREATE,
                             "lock '%s' does not say whose it is: if no other job writes this output, remove "
                             "that file",
                             path);
    else if (!ours || !is_gone(&o))
        status = refuse(path, &o);
    else if (!write_owner(file))
        status = status_fail(VXS_CANT_CREATE, "lock '%s' can't be written: %s", path, strerror(errno));
    close(file);
    return status;
}

vxs_status lock_take(const char *path, file_lock *lock) {
    enum { TRIES = 100 };
    bool gone = true;
    lock->path[0] = '\0';
    CHECK(strlen(path) < sizeof lock->path, VXS_USAGE, "the path is too long: '%.200s...'", path);
    for (int i = 0; i < TRIES && gone; i++) {
        int file = open(path, O_CREAT | O_EXCL | O_WRONLY | O_CLOEXEC, 0666);
        if (file >= 0) {
            bool written = write_owner(file);
            int reason = errno;
            close(file);
            if (!written)
                unlink(path);
            CHECK(written, VXS_CANT_CREATE, "lock '%s' can't be written: %s", path, strerror(reason));
            gone = false;
        } else {
            CHECK(errno == EEXIST, VXS_CANT_CREATE, "lock '%s' can't be created: %s", path, strerror(errno));
            TRY(take_over(path, &gone));
        }
    }
    CHECK(!gone, VXS_CANT_CREATE, "lock '%s' comes and goes: try again", path);
    snprintf(lock->path, sizeof lock->path, "%s", path);
    return VXS_OK;
}

void lock_release(file_lock *lock) {
    owner ours, o;
    if (lock->path[0] == '\0')
        return;
    our_owner(&ours);
    int file = open(lock->path, O_RDONLY | O_CLOEXEC);
    bool mine = file >= 0 && read_owner(file, &o) && same(o.host, ours.host) && same(o.pid, ours.pid);
    if (file >= 0)
        close(file);
    if (mine)
        unlink(lock->path);
    lock->path[0] = '\0';
}
