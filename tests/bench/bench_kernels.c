/*
 * bench_kernels: how fast the library's calls are, beside the memory bandwidth and the clock measured in the
 * same run. One row per operator, size and dtype: the median of repeated calls on the same arrays. Prints a
 * table; --json writes the same for programs; --listen times the rows that another program asks for.
 */
#include <getopt.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <jansson.h>
#include <voxslab/voxslab.h>

#include "base/dtype.h"
#include "bench/machine.h"
#include "bench/row.h"

typedef struct settings {
    int threads;
    double seconds; /* of repeats, per row */
    const char *json, *filter, *note;
    bool smoke, listen, list;
} settings;

typedef struct roof {
    bandwidth bandwidth;
    double ghz;
} roof;

static const bench_family *const families[] = {&resample_rows, &sample_rows, &wide_rows};

static double output_voxels(const bench_row *r) {
    return (double)(r->voxels_out ? r->voxels_out : r->out * r->out * r->out);
}

static double gb_per_s(const bench_row *r) {
    return 1e-9 * (double)r->bytes / r->median;
}

/* Of all threads together. */
static double cycles_per_voxel(const bench_row *r, const roof *top, int threads) {
    return r->median * top->ghz * 1e9 * threads / output_voxels(r);
}

static void print_head(const settings *s, const roof *top) {
    char cpu[128];
    cpu_name(cpu, sizeof cpu);
    printf("voxslab %s on %s, %ld cores, %.2f GHz; %d thread%s: read %.1f, copy %.1f, triad %.1f GB/s\n\n",
           vxs_version(), cpu, sysconf(_SC_NPROCESSORS_ONLN), top->ghz, s->threads, s->threads > 1 ? "s" : "",
           top->bandwidth.read, top->bandwidth.copy, top->bandwidth.triad);
    printf("%-45s %9s %9s %9s %8s %8s %7s %6s %8s %9s %6s%s\n", "row", "ms", "least", "most", "Gvox/s",
           "in Gv/s", "GB/s", "share", "cycles", "floor ms", "of it",
           s->threads > 1 ? "   1 thread   by  floors" : "");
}

static void print_row(const bench_row *r, const roof *top, int threads) {
    const double in = (double)(r->voxels_in ? r->voxels_in : r->in * r->in * r->in);
    printf("%-45s %9.3f %9.3f %9.3f %8.3f %8.3f %7.2f %5.0f%% %8.2f", r->name, 1e3 * r->median,
           1e3 * r->least, 1e3 * r->most, 1e-9 * output_voxels(r) / r->median, 1e-9 * in / r->median,
           gb_per_s(r), 100 * gb_per_s(r) / bandwidth_roof(&top->bandwidth),
           cycles_per_voxel(r, top, threads));
    if (r->floor > 0)
        printf(" %9.3f %5.0f%%", 1e3 * r->floor, 100 * r->floor / r->median);
    else
        printf(" %9s %6s", "", "");
    if (r->one > 0)
        printf(" %9.3f %6.2f", 1e3 * r->one, r->one / r->median);
    if (r->one_floor > 0)
        printf(" %6.2f", r->one_floor / r->floor);
    putchar('\n');
    fflush(stdout);
}

static json_t *row_json(const bench_row *r, const roof *top, int threads) {
    return json_pack("{s:s, s:s, s:s, s:I, s:I, s:i, s:i, s:f, s:f, s:f, s:I, s:f, s:f, s:f, s:f, s:f, s:f}",
                     "name", r->name, "mode", r->mode, "dtype", dtype_name(r->dtype), "in", (json_int_t)r->in,
                     "out", (json_int_t)r->out, "threads", threads, "repeats", r->repeats, "ms_median",
                     1e3 * r->median, "ms_min", 1e3 * r->least, "ms_max", 1e3 * r->most, "bytes",
                     (json_int_t)r->bytes, "gb_per_s", gb_per_s(r), "bandwidth_share",
                     gb_per_s(r) / bandwidth_roof(&top->bandwidth), "cycles_per_voxel",
                     cycles_per_voxel(r, top, threads), "floor_ms", 1e3 * r->floor, "one_thread_ms",
                     1e3 * r->one, "one_thread_floor_ms", 1e3 * r->one_floor);
}

static json_t *head_json(const settings *s, const roof *top) {
    char cpu[128];
    cpu_name(cpu, sizeof cpu);
    return json_pack("{s:s, s:s*, s:{s:s, s:i, s:f}, s:{s:i, s:f, s:f, s:f, s:f}, s:[]}", "version",
                     vxs_version(), "note", s->note, "machine", "cpu", cpu, "cores",
                     (int)sysconf(_SC_NPROCESSORS_ONLN), "ghz", top->ghz, "bandwidth", "threads", s->threads,
                     "read_gb_per_s", top->bandwidth.read, "copy_gb_per_s", top->bandwidth.copy,
                     "triad_gb_per_s", top->bandwidth.triad, "roof_gb_per_s", bandwidth_roof(&top->bandwidth),
                     "rows");
}

/* Row k of all families, described, and which of its family's it is; NULL behind the last. */
static const bench_family *row_at(bench_row *r, int *i, int k, bool smoke) {
    for (size_t f = 0; f < sizeof families / sizeof *families; k -= families[f++]->rows)
        if (k < families[f]->rows) {
            families[f]->describe(r, k, smoke);
            *i = k;
            return families[f];
        }
    return NULL;
}

static bool run_row(bench_row *r, const bench_family *family, int i, double seconds) {
    const bool done = family->run(r, i, seconds);
    if (!done)
        fprintf(stderr, "bench_kernels: %s: %s\n", r->name, *vxs_message() ? vxs_message() : "out of memory");
    return done;
}

static bool is_wanted(const settings *s, const bench_row *r) {
    return !s->filter || strstr(r->name, s->filter);
}

static int run_rows(const settings *s, const roof *top, json_t *report) {
    const bench_family *family;
    bench_row r;
    int i;
    for (int k = 0; (family = row_at(&r, &i, k, s->smoke)) != NULL; k++) {
        if (!is_wanted(s, &r))
            continue;
        r.compared = true;
        if (!run_row(&r, family, i, s->seconds))
            return EXIT_FAILURE;
        print_row(&r, top, s->threads);
        json_array_append_new(json_object_get(report, "rows"), row_json(&r, top, s->threads));
    }
    return EXIT_SUCCESS;
}

/* How many are wanted; prints their names where that is what is asked for. */
static int count_rows(const settings *s) {
    bench_row r;
    int i, rows = 0;
    for (int k = 0; row_at(&r, &i, k, s->smoke) != NULL; k++) {
        rows += is_wanted(s, &r);
        if (s->list && is_wanted(s, &r))
            puts(r.name);
    }
    return rows;
}

/* The head; then for each line "SECONDS NAME" of the standard input a line: the row, or null if there is
 * none.
 */
static int answer_rows(const settings *s, const roof *top, const json_t *head) {
    char line[256];
    json_dumpf(head, stdout, JSON_COMPACT);
    while (putchar('\n'), fflush(stdout), fgets(line, sizeof line, stdin)) {
        const bench_family *family;
        bench_row r;
        char *name;
        const double seconds = strtod(line, &name);
        int i;
        name += strspn(name, " ");
        name[strcspn(name, "\n")] = '\0';
        for (int k = 0; (family = row_at(&r, &i, k, s->smoke)) != NULL && strcmp(r.name, name) != 0;)
            k++;
        if (family && !run_row(&r, family, i, seconds))
            return EXIT_FAILURE;
        json_t *answer = family ? row_json(&r, top, s->threads) : json_null();
        json_dumpf(answer, stdout, JSON_COMPACT | JSON_ENCODE_ANY);
        json_decref(answer);
    }
    return EXIT_SUCCESS;
}

/* Measure the machine, then the rows. */
static int measure(const settings *s) {
    vxs_set_num_threads(s->threads);
    const size_t bytes = (size_t)1 << (s->smoke ? 20 : 28);
    const roof top = {bandwidth_measure(bytes, s->threads), clock_ghz()};
    json_t *report = head_json(s, &top);
    if (!s->listen)
        print_head(s, &top);
    int status = s->listen ? answer_rows(s, &top, report) : run_rows(s, &top, report);
    if (s->json && json_dump_file(report, s->json, JSON_INDENT(1)) != 0) {
        fprintf(stderr, "bench_kernels: can't write '%s'\n", s->json);
        status = EXIT_FAILURE;
    }
    json_decref(report);
    return status;
}

static int usage(FILE *to) {
    fprintf(to, "bench_kernels [options]: time the kernels beside the machine's memory bandwidth\n"
                "  --threads N    threads (default: all cores given to this process)\n"
                "  --seconds S    of repeats per row (default 1)\n"
                "  --filter TEXT  only rows whose name contains TEXT, for instance 'uint8 area'\n"
                "  --json FILE    write the results to FILE\n"
                "  --note TEXT    a text to go into FILE\n"
                "  --listen       time the rows that come as lines 'SECONDS NAME', and answer each in JSON\n"
                "  --list         print the rows' names and end\n"
                "  --smoke        tiny sizes, no meaningful figures: does it run?\n"
                "  --help         this text\n");
    return to == stderr ? 2 : EXIT_SUCCESS;
}

/* -1: go on; otherwise the exit status. */
static int parse(settings *s, int argc, char **argv) {
    static const struct option options[] = {
        {"threads", required_argument, NULL, 't'}, {"seconds", required_argument, NULL, 's'},
        {"filter", required_argument, NULL, 'f'},  {"json", required_argument, NULL, 'j'},
        {"note", required_argument, NULL, 'n'},    {"listen", no_argument, NULL, 'l'},
        {"list", no_argument, NULL, 'i'},          {"smoke", no_argument, NULL, 'k'},
        {"help", no_argument, NULL, 'h'},          {NULL, 0, NULL, 0}};
    for (int option; (option = getopt_long(argc, argv, "", options, NULL)) >= 0;) {
        switch (option) {
        case 't':
            s->threads = atoi(optarg);
            break;
        case 's':
            s->seconds = atof(optarg);
            break;
        case 'f':
            s->filter = optarg;
            break;
        case 'j':
            s->json = optarg;
            break;
        case 'n':
            s->note = optarg;
            break;
        case 'l':
            s->listen = true;
            break;
        case 'i':
            s->list = true;
            break;
        case 'k':
            s->smoke = true;
            s->seconds = 0;
            break;
        case 'h':
            return usage(stdout);
        default:
            return usage(stderr);
        }
    }
    return optind < argc || s->threads < 1 ? usage(stderr) : -1;
}

int main(int argc, char **argv) {
    settings s = {.threads = vxs_get_num_threads(), .seconds = 1};
    int status = parse(&s, argc, argv);
    if (status >= 0)
        return status;
    if (count_rows(&s) == 0) {
        fprintf(stderr, "bench_kernels: no row's name contains '%s'; --list prints the names\n", s.filter);
        return 2;
    }
    return s.list ? EXIT_SUCCESS : measure(&s);
}
