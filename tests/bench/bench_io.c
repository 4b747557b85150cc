/*
 * bench_io: what plain MPI-IO takes to read a file and to write another one: the floor under voxslab's own
 * input and output. Every rank reads its contiguous share of the first file and writes its share of the
 * second, in independent calls of bounded size. The second file is new: an older one is removed beforehand.
 */
#include <errno.h>
#include <getopt.h>
#include <inttypes.h>
#include <limits.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <mpi.h>

enum { SMOKE_BYTES = 4 << 20 };

typedef struct settings {
    const char *read, *write, *json;
    int64_t read_bytes, write_bytes, call_bytes;
    bool smoke;
} settings;

typedef struct seconds {
    double read, write, whole; /* of the slowest rank */
} seconds;

static int rank, ranks;

static void die(const char *what, const char *name, const char *why) {
    fprintf(stderr, "bench_io: rank %d: %s '%s': %s\n", rank, what, name, why);
    MPI_Abort(MPI_COMM_WORLD, EXIT_FAILURE);
}

static void check(int error, const char *what, const char *name) {
    char text[MPI_MAX_ERROR_STRING];
    int length;
    if (error == MPI_SUCCESS)
        return;
    MPI_Error_string(error, text, &length);
    die(what, name, text);
}

static int64_t share_begin(int64_t bytes, int r) {
    return bytes / ranks * r + bytes % ranks * r / ranks;
}

/* This rank's share of the file in calls of at most call_bytes, all through one buffer. */
static void transfer(const char *name, bool writing, int64_t bytes, char *buffer, int64_t call_bytes) {
    const char *what = writing ? "can't write" : "can't read";
    const int64_t end = share_begin(bytes, rank + 1);
    MPI_File file;
    check(MPI_File_open(MPI_COMM_WORLD, name,
                        writing ? MPI_MODE_CREATE | MPI_MODE_EXCL | MPI_MODE_WRONLY : MPI_MODE_RDONLY,
                        MPI_INFO_NULL, &file),
          "can't open", name);
    for (int64_t at = share_begin(bytes, rank), step; at < end; at += step) {
        MPI_Status status;
        int moved = 0;
        step = end - at < call_bytes ? end - at : call_bytes;
        if (writing)
            check(MPI_File_write_at(file, at, buffer, (int)step, MPI_BYTE, &status), what, name);
        else
            check(MPI_File_read_at(file, at, buffer, (int)step, MPI_BYTE, &status), what, name);
        MPI_Get_count(&status, MPI_BYTE, &moved);
        if (moved != step)
            die(what, name, writing ? "the file system is full" : "the file is too short");
    }
    check(MPI_File_close(&file), "can't close", name);
}

static double slowest(double mine) {
    double all;
    MPI_Allreduce(&mine, &all, 1, MPI_DOUBLE, MPI_MAX, MPI_COMM_WORLD);
    return all;
}

/* Only a plain file: unlink would remove a device or a pipe just as well. */
static void remove_old(const char *name) {
    struct stat found;
    if (lstat(name, &found) != 0) {
        if (errno != ENOENT)
            die("can't look at", name, strerror(errno));
    } else if (!S_ISREG(found.st_mode)) {
        die("won't replace", name, "it is no plain file");
    } else if (unlink(name) != 0) {
        die("can't remove", name, strerror(errno));
    }
}

static seconds run(const settings *s, char *buffer) {
    if (rank == 0 && s->write)
        remove_old(s->write);
    MPI_Barrier(MPI_COMM_WORLD);
    const double begin = MPI_Wtime();
    if (s->read)
        transfer(s->read, false, s->read_bytes, buffer, s->call_bytes);
    const double middle = MPI_Wtime();
    if (s->write)
        transfer(s->write, true, s->write_bytes, buffer, s->call_bytes);
    const double end = MPI_Wtime();
    return (seconds){slowest(middle - begin), slowest(end - middle), slowest(end - begin)};
}

static void report(const settings *s, const seconds *took) {
    printf("MPI-IO on %d rank%s, calls of %.1f MiB: read %.3f GiB in %.3f s, wrote %.3f GiB in %.3f s, "
           "whole %.3f s\n",
           ranks, ranks > 1 ? "s" : "", (double)s->call_bytes / (1 << 20), (double)s->read_bytes / (1 << 30),
           took->read, (double)s->write_bytes / (1 << 30), took->write, took->whole);
    if (!s->json)
        return;
    FILE *file = fopen(s->json, "w");
    if (!file)
        die("can't write", s->json, strerror(errno));
    fprintf(file,
            "{\"ranks\": %d, \"call_bytes\": %" PRId64 ", \"read_bytes\": %" PRId64
            ", \"write_bytes\": %" PRId64 ",\n \"seconds\": {\"read\": %.6f, \"write\": %.6f, "
            "\"whole\": %.6f}}\n",
            ranks, s->call_bytes, s->read_bytes, s->write_bytes, took->read, took->write, took->whole);
    if (fclose(file) != 0)
        die("can't write", s->json, strerror(errno));
}

/* Writes a few MiB in calls that don't divide them, reads them back, compares the last call's bytes. */
static void smoke(void) {
    const char *folder = getenv("TMPDIR");
    char name[PATH_MAX];
    int64_t call = 1000003, mine = share_begin(SMOKE_BYTES, rank + 1) - share_begin(SMOKE_BYTES, rank);
    char *buffer = malloc((size_t)call), *pattern = malloc((size_t)call);
    if (!buffer || !pattern)
        die("no memory for", "the buffers", "1 MB each");
    int id = (int)getpid();
    MPI_Bcast(&id, 1, MPI_INT, 0, MPI_COMM_WORLD);
    snprintf(name, sizeof name, "%s/bench_io_smoke.%d", folder && *folder ? folder : "/tmp", id);
    memset(pattern, 'a' + rank % 26, (size_t)call);
    settings s = {.write = name, .write_bytes = SMOKE_BYTES, .call_bytes = call};
    run(&s, memcpy(buffer, pattern, (size_t)call));
    memset(buffer, 0, (size_t)call);
    s = (settings){.read = name, .read_bytes = SMOKE_BYTES, .call_bytes = call};
    const seconds took = run(&s, buffer);
    if (rank == 0)
        unlink(name);
    if (memcmp(buffer, pattern, (size_t)(mine < call ? mine : call)) != 0)
        die("read other bytes than were written to", name, "compared");
    if (rank == 0)
        report(&s, &took);
    free(buffer);
    free(pattern);
}

static int usage(FILE *to) {
    if (rank == 0)
        fprintf(to, "mpirun -n N bench_io [options]: seconds that plain MPI-IO takes for a file each way\n"
                    "  --read FILE        read it, each rank its contiguous share\n"
                    "  --write FILE       write it anew; an older plain file is removed\n"
                    "  --read-bytes N     of the file to read\n"
                    "  --write-bytes N    of the file to write\n"
                    "  --call-bytes N     most bytes of one call, and size of the buffer (4 MiB)\n"
                    "  --json FILE        write the result to FILE\n"
                    "  --smoke            a few MiB in $TMPDIR, no meaningful figures: does it run?\n"
                    "  --help             this text\n"
                    "It uses ROMIO, as voxslab does, unless OMPI_MCA_io is set.\n");
    return to == stderr ? 2 : EXIT_SUCCESS;
}

/* 0 when it is no positive number. */
static int64_t positive(const char *text) {
    char *end;
    errno = 0;
    const long long value = strtoll(text, &end, 10);
    return errno || *end || end == text || value < 0 ? 0 : value;
}

/* -1: go on; otherwise the exit status. */
static int parse(settings *s, int argc, char **argv) {
    static const struct option options[] = {{"read", required_argument, NULL, 'r'},
                                            {"write", required_argument, NULL, 'w'},
                                            {"read-bytes", required_argument, NULL, 'R'},
                                            {"write-bytes", required_argument, NULL, 'W'},
                                            {"call-bytes", required_argument, NULL, 'c'},
                                            {"json", required_argument, NULL, 'j'},
                                            {"smoke", no_argument, NULL, 'k'},
                                            {"help", no_argument, NULL, 'h'},
                                            {NULL, 0, NULL, 0}};
    opterr = rank == 0;
    for (int option; (option = getopt_long(argc, argv, "", options, NULL)) >= 0;) {
        switch (option) {
        case 'r':
            s->read = optarg;
            break;
        case 'w':
            s->write = optarg;
            break;
        case 'R':
            s->read_bytes = positive(optarg);
            break;
        case 'W':
            s->write_bytes = positive(optarg);
            break;
        case 'c':
            s->call_bytes = positive(optarg);
            break;
        case 'j':
            s->json = optarg;
            break;
        case 'k':
            s->smoke = true;
            break;
        case 'h':
            return usage(stdout);
        default:
            return usage(stderr);
        }
    }
    const bool sound = optind == argc && (s->smoke || s->read || s->write) && !s->read == !s->read_bytes &&
                       !s->write == !s->write_bytes && s->call_bytes > 0 && s->call_bytes <= INT_MAX;
    return sound ? -1 : usage(stderr);
}

int main(int argc, char **argv) {
    settings s = {.call_bytes = 4 << 20};
    setenv("OMPI_MCA_io", "^ompio", 0);
    MPI_Init(&argc, &argv);
    MPI_Comm_rank(MPI_COMM_WORLD, &rank);
    MPI_Comm_size(MPI_COMM_WORLD, &ranks);
    int status = parse(&s, argc, argv);
    if (status < 0 && s.smoke) {
        smoke();
        status = EXIT_SUCCESS;
    } else if (status < 0) {
        char *buffer = calloc(1, (size_t)s.call_bytes);
        if (!buffer)
            die("no memory for", "the buffer", "give a smaller --call-bytes");
        const seconds took = run(&s, buffer);
        if (rank == 0)
            report(&s, &took);
        free(buffer);
        status = EXIT_SUCCESS;
    }
    MPI_Finalize();
    return status;
}
