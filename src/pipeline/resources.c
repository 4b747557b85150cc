#include "pipeline/resources.h"

#include <limits.h>
#include <pthread.h>
#include <sched.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/checked.h"
#include "comm/agree.h"

/* Of what is free, the part that we plan with: the page cache of what is written needs the rest. */
enum { FAIR_PERCENT = 60 };

/* A line "KEY:  123 kB" of a /proc file, in bytes; -1 if there is none. */
static int64_t proc_kilobytes(const char *path, const char *key) {
    FILE *file = fopen(path, "r");
    char line[256];
    long long value = -1;
    while (file && fgets(line, sizeof line, file))
        if (strncmp(line, key, strlen(key)) == 0 && sscanf(line + strlen(key), "%lld", &value) == 1)
            break;
    if (file)
        fclose(file);
    return value < 0 ? -1 : value * 1024;
}

/* A file that holds one number; -1 if it does not ("max", missing). */
static int64_t number_in_file(const char *path) {
    FILE *file = fopen(path, "r");
    long long value = -1;
    if (file && fscanf(file, "%lld", &value) != 1)
        value = -1;
    if (file)
        fclose(file);
    return value;
}

typedef struct cgroup_kind {
    const char *mark; /* what precedes the group's path in /proc/self/cgroup */
    const char *root, *limit, *used;
} cgroup_kind;

static const cgroup_kind cgroup_kinds[] = {
    {"0::", "/sys/fs/cgroup", "memory.max", "memory.current"},
    {":memory:", "/sys/fs/cgroup/memory", "memory.limit_in_bytes", "memory.usage_in_bytes"},
};

/* The path of this process's group, "" for the root or when there is none. */
static void find_cgroup(const char *mark, char path[PATH_MAX]) {
    FILE *file = fopen("/proc/self/cgroup", "r");
    char line[PATH_MAX];
    path[0] = '\0';
    while (file && fgets(line, sizeof line, file)) {
        const char *at = strstr(line, mark);
        if (at && (mark[0] == ':' || at == line))
            snprintf(path, PATH_MAX, "%.*s", (int)strcspn(at + strlen(mark), "\n"), at + strlen(mark));
    }
    if (file)
        fclose(file);
}

static int64_t free_of_group(const cgroup_kind *kind, const char *path) {
    char limit_file[2 * PATH_MAX], used_file[2 * PATH_MAX];
    snprintf(limit_file, sizeof limit_file, "%s%s/%s", kind->root, path, kind->limit);
    snprintf(used_file, sizeof used_file, "%s%s/%s", kind->root, path, kind->used);
    int64_t limit = number_in_file(limit_file), used = number_in_file(used_file);
    return limit >= 0 && used >= 0 ? max_i64(limit - used, 0) : INT64_MAX;
}

/* What the control groups leave: the limit less what is in use, of this process's group and all above it. */
static int64_t cgroup_free(void) {
    int64_t least = INT64_MAX;
    for (size_t i = 0; i < sizeof cgroup_kinds / sizeof *cgroup_kinds; i++) {
        char path[PATH_MAX];
        find_cgroup(cgroup_kinds[i].mark, path);
        least = min_i64(least, free_of_group(&cgroup_kinds[i], ""));
        for (char *slash; path[0] && strcmp(path, "/") != 0; *slash = '\0') {
            least = min_i64(least, free_of_group(&cgroup_kinds[i], path));
            slash = strrchr(path, '/');
            if (!slash)
                break;
        }
    }
    return least;
}

/* Slurm's limits are in MiB, per node or per allocated core. */
static int64_t slurm_limit(void) {
    const char *node = getenv("SLURM_MEM_PER_NODE"), *cpu = getenv("SLURM_MEM_PER_CPU");
    const char *cpus = getenv("SLURM_CPUS_ON_NODE");
    if (node && atoll(node) > 0)
        return saturating_mul(atoll(node), 1 << 20);
    if (cpu && cpus && atoll(cpu) > 0 && atoll(cpus) > 0)
        return saturating_mul(saturating_mul(atoll(cpu), atoll(cpus)), 1 << 20);
    return INT64_MAX;
}

static int64_t node_memory(void) {
    int64_t available = proc_kilobytes("/proc/meminfo", "MemAvailable:");
    if (available < 0)
        available = (int64_t)1 << 30;
    return min_i64(available, min_i64(cgroup_free(), slurm_limit()));
}

/* Cores of this process; all ranks of the node share them unless they are bound to fewer than all. */
static int cores_per_rank(int ranks_on_node) {
    const char *wanted = getenv("OMP_NUM_THREADS");
    if (wanted && atoi(wanted) > 0)
        return atoi(wanted);
    cpu_set_t set;
    long online = sysconf(_SC_NPROCESSORS_ONLN);
    int mine = sched_getaffinity(0, sizeof set, &set) == 0 ? CPU_COUNT(&set) : (int)online;
    if (mine >= online)
        mine /= ranks_on_node;
    return mine > 1 ? mine : 1;
}

static resources share(int ranks, int nodes, int ranks_on_node) {
    int64_t memory = node_memory() / 100 * FAIR_PERCENT / ranks_on_node;
    return (resources){ranks, nodes, memory, cores_per_rank(ranks_on_node)};
}

/* Ranks that a launcher started on this node, as its environment tells; 1 without one. */
static int launched_here(void) {
    static const char *const variables[] = {"OMPI_COMM_WORLD_LOCAL_SIZE", "MPI_LOCALNRANKS",
                                            "PMI_LOCAL_SIZE"};
    for (size_t i = 0; i < sizeof variables / sizeof *variables; i++) {
        const char *text = getenv(variables[i]);
        if (text && atoi(text) > 0)
            return atoi(text);
    }
    return 1;
}

resources resources_of_process(void) {
    return share(1, 1, launched_here());
}

/* The least of all ranks. */
static resources of_ranks(MPI_Comm comm) {
    int ranks, local_ranks, local_rank, nodes;
    MPI_Comm node;
    MPI_Comm_size(comm, &ranks);
    MPI_Comm_split_type(comm, MPI_COMM_TYPE_SHARED, 0, MPI_INFO_NULL, &node);
    MPI_Comm_size(node, &local_ranks);
    MPI_Comm_rank(node, &local_rank);
    MPI_Comm_free(&node);
    int first = local_rank == 0;
    MPI_Allreduce(&first, &nodes, 1, MPI_INT, MPI_SUM, comm);
    resources mine = share(ranks, nodes, local_ranks), least = mine;
    MPI_Allreduce(&mine.memory, &least.memory, 1, MPI_INT64_T, MPI_MIN, comm);
    MPI_Allreduce(&mine.threads, &least.threads, 1, MPI_INT, MPI_MIN, comm);
    return least;
}

static void *wait_for(void *gate) {
    pthread_mutex_lock(gate);
    pthread_mutex_unlock(gate);
    return NULL;
}

/*
 * So many threads on every rank at a time, each one's first among them: each of the others waits until the
 * last of all ranks has begun. What a process once had is not tried again: on busy cores that takes long.
 */
static vxs_status try_threads(MPI_Comm comm, int threads) {
    static int had = 1;
    const int more = threads > had ? threads - 1 : 0;
    pthread_mutex_t gate = PTHREAD_MUTEX_INITIALIZER;
    pthread_t *others = malloc(((size_t)more + 1) * sizeof *others);
    int begun = 0;
    pthread_mutex_lock(&gate);
    while (others && begun < more && pthread_create(&others[begun], NULL, wait_for, &gate) == 0)
        begun++;
    MPI_Barrier(comm);
    pthread_mutex_unlock(&gate);
    for (int i = 0; i < begun; i++)
        pthread_join(others[i], NULL);
    const bool listed = others != NULL;
    free(others);
    CHECK(listed, VXS_IO, "out of memory: a list of %d threads", threads);
    CHECK(begun == more, VXS_IO,
          "only %d of %d threads are to be had: give a smaller --threads, or raise 'ulimit -u', 'ulimit -v' "
          "or the number of processes that the job's control group allows",
          begun + 1, threads);
    had = threads > had ? threads : had;
    return VXS_OK;
}

vxs_status resources_take(MPI_Comm comm, int threads, int64_t memory, resources *taken) {
    *taken = of_ranks(comm);
    if (threads > 0)
        taken->threads = threads;
    if (memory > 0)
        taken->memory = memory;
    return comm_agree(comm, try_threads(comm, taken->threads));
}

int64_t resources_peak_rss(void) {
    return max_i64(0, proc_kilobytes("/proc/self/status", "VmHWM:"));
}
