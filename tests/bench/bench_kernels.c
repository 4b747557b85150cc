/*
 * bench_kernels: how fast vxs_resample is, beside the memory bandwidth and the clock measured in the same
 * run. One row per mode, size and dtype: the median of repeated calls on the same arrays. Prints a table;
 * --json writes the same for programs.
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
#include "bench/traffic.h"

enum { REPEATS_MAX = 1000, REPEATS_MIN = 3, NAME_BYTES = 64 };

typedef struct settings {
    int threads;
    double seconds; /* of repeats, per row */
    const char *json, *filter;
    bool smoke;
} settings;

typedef struct roof {
    bandwidth bandwidth;
    double ghz;
} roof;

typedef struct shape {
    vxs_mode mode;
    int64_t in, out; /* cubes */
} shape;

static const shape shapes[] = {
    {VXS_NEAREST, 512, 256}, {VXS_NEAREST, 512, 171}, {VXS_NEAREST, 256, 512}, {VXS_NEAREST, 128, 64},
    {VXS_LINEAR, 512, 256},  {VXS_LINEAR, 512, 171},  {VXS_LINEAR, 256, 512},  {VXS_LINEAR, 128, 64},
    {VXS_AREA, 512, 256},    {VXS_AREA, 512, 171},    {VXS_AREA, 256, 512},    {VXS_AREA, 512, 64},
    {VXS_AREA, 128, 64},
};
static const vxs_dtype dtypes[] = {VXS_FLOAT32, VXS_UINT8, VXS_UINT16};
enum { SHAPES = sizeof shapes / sizeof *shapes, DTYPES = sizeof dtypes / sizeof *dtypes };

typedef struct row {
    char name[NAME_BYTES];
    shape shape;
    vxs_dtype dtype;
    int64_t bytes;
    int repeats;
    double median, least, most; /* seconds */
} row;

static void fill(void *data, vxs_dtype dtype, int64_t voxels) {
#pragma omp parallel for schedule(static)
    for (int64_t i = 0; i < voxels; i++) {
        uint64_t bits = (uint64_t)i * UINT64_C(0x9E3779B97F4A7C15);
        bits ^= bits >> 29;
        if (dtype == VXS_FLOAT32)
            ((float *)data)[i] = (float)(bits >> 40) * 0x1p-24f;
        else
            memcpy((char *)data + (size_t)i * dtype_bytes(dtype), &bits, dtype_bytes(dtype));
    }
}

static int by_value(const void *a, const void *b) {
    const double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

/* Calls until the time is up; the first, which touches the output's pages, does not count. */
static bool time_row(row *r, const vxs_view *in, const vxs_view *out, double seconds) {
    static double took[REPEATS_MAX];
    const vxs_resample_options options = {r->shape.mode, VXS_COORDS_AUTO, 0};
    double spent = 0;
    if (vxs_resample(in, out, &options) != VXS_OK)
        return false;
    for (r->repeats = 0; r->repeats < REPEATS_MAX && (r->repeats < REPEATS_MIN || spent < seconds);) {
        const double begin = seconds_now();
        if (vxs_resample(in, out, &options) != VXS_OK)
            return false;
        spent += took[r->repeats++] = seconds_now() - begin;
    }
    qsort(took, (size_t)r->repeats, sizeof *took, by_value);
    r->least = took[0];
    r->median = took[r->repeats / 2];
    r->most = took[r->repeats - 1];
    return true;
}

static bool run_row(row *r, double seconds) {
    const int64_t in = r->shape.in, out = r->shape.out;
    const size_t bytes = dtype_bytes(r->dtype);
    vxs_view src = {.data = bench_alloc((size_t)(in * in * in) * bytes),
                    .dtype = r->dtype,
                    .axes = 3,
                    .shape = {in, in, in}};
    vxs_view dst = {.data = bench_alloc((size_t)(out * out * out) * bytes),
                    .dtype = r->dtype,
                    .axes = 3,
                    .shape = {out, out, out}};
    r->bytes = traffic_bytes(r->shape.mode, r->dtype, in, out);
    bool done = src.data && dst.data && r->bytes > 0;
    if (done) {
        fill(src.data, r->dtype, in * in * in);
        done = time_row(r, &src, &dst, seconds);
    }
    free(src.data);
    free(dst.data);
    return done;
}

static double output_voxels(const row *r) {
    return (double)(r->shape.out * r->shape.out * r->shape.out);
}

static double gb_per_s(const row *r) {
    return 1e-9 * (double)r->bytes / r->median;
}

/* Of all threads together. */
static double cycles_per_voxel(const row *r, const roof *top, int threads) {
    return r->median * top->ghz * 1e9 * threads / output_voxels(r);
}

static void print_head(const settings *s, const roof *top) {
    char cpu[128];
    cpu_name(cpu, sizeof cpu);
    printf("voxslab %s on %s, %ld cores, %.2f GHz; %d thread%s: read %.1f, copy %.1f, triad %.1f GB/s\n\n",
           vxs_version(), cpu, sysconf(_SC_NPROCESSORS_ONLN), top->ghz, s->threads, s->threads > 1 ? "s" : "",
           top->bandwidth.read, top->bandwidth.copy, top->bandwidth.triad);
    printf("%-30s %9s %9s %9s %8s %8s %7s %6s %8s\n", "row", "ms", "least", "most", "Gvox/s", "in Gv/s",
           "GB/s", "share", "cycles");
}

static void print_row(const row *r, const roof *top, int threads) {
    const double in = (double)(r->shape.in * r->shape.in * r->shape.in);
    printf("%-30s %9.3f %9.3f %9.3f %8.3f %8.3f %7.2f %5.0f%% %8.2f\n", r->name, 1e3 * r->median,
           1e3 * r->least, 1e3 * r->most, 1e-9 * output_voxels(r) / r->median, 1e-9 * in / r->median,
           gb_per_s(r), 100 * gb_per_s(r) / bandwidth_roof(&top->bandwidth),
           cycles_per_voxel(r, top, threads));
    fflush(stdout);
}

static json_t *row_json(const row *r, const roof *top, int threads) {
    return json_pack("{s:s, s:s, s:s, s:I, s:I, s:i, s:i, s:f, s:f, s:f, s:I, s:f, s:f, s:f}", "name",
                     r->name, "mode", mode_name(r->shape.mode), "dtype", dtype_name(r->dtype), "in",
                     (json_int_t)r->shape.in, "out", (json_int_t)r->shape.out, "threads", threads, "repeats",
                     r->repeats, "ms_median", 1e3 * r->median, "ms_min", 1e3 * r->least, "ms_max",
                     1e3 * r->most, "bytes", (json_int_t)r->bytes, "gb_per_s", gb_per_s(r), "bandwidth_share",
                     gb_per_s(r) / bandwidth_roof(&top->bandwidth), "cycles_per_voxel",
                     cycles_per_voxel(r, top, threads));
}

static json_t *head_json(const settings *s, const roof *top) {
    char cpu[128];
    cpu_name(cpu, sizeof cpu);
    return json_pack("{s:s, s:{s:s, s:i, s:f}, s:{s:i, s:f, s:f, s:f, s:f}, s:[]}", "version", vxs_version(),
                     "machine", "cpu", cpu, "cores", (int)sysconf(_SC_NPROCESSORS_ONLN), "ghz", top->ghz,
                     "bandwidth", "threads", s->threads, "read_gb_per_s", top->bandwidth.read,
                     "copy_gb_per_s", top->bandwidth.copy, "triad_gb_per_s", top->bandwidth.triad,
                     "roof_gb_per_s", bandwidth_roof(&top->bandwidth), "rows");
}

/* Rows whose name contains the filter; the smoke run shrinks them, which proves that they run and no more. */
static int run_rows(const settings *s, const roof *top, json_t *report) {
    for (int d = 0; d < DTYPES; d++)
        for (int i = 0; i < SHAPES; i++) {
            row r = {.shape = shapes[i], .dtype = dtypes[d]};
            if (s->smoke) {
                r.shape.in = r.shape.in / 16 + 1;
                r.shape.out = r.shape.out / 16 + 1;
            }
            snprintf(r.name, sizeof r.name, "%s %s %lld->%lld", dtype_name(r.dtype), mode_name(r.shape.mode),
                     (long long)r.shape.in, (long long)r.shape.out);
            if (s->filter && !strstr(r.name, s->filter))
                continue;
            if (!run_row(&r, s->seconds)) {
                fprintf(stderr, "bench_kernels: %s: %s\n", r.name,
                        *vxs_message() ? vxs_message() : "out of memory");
                return EXIT_FAILURE;
            }
            print_row(&r, top, s->threads);
            json_array_append_new(json_object_get(report, "rows"), row_json(&r, top, s->threads));
        }
    return EXIT_SUCCESS;
}

static int usage(FILE *to) {
    fprintf(to, "bench_kernels [options]: time vxs_resample beside the machine's memory bandwidth\n"
                "  --threads N    threads (default: all cores given to this process)\n"
                "  --seconds S    of repeats per row (default 1)\n"
                "  --filter TEXT  only rows whose name contains TEXT, for instance 'uint8 area'\n"
                "  --json FILE    write the results to FILE\n"
                "  --smoke        tiny sizes, no meaningful figures: does it run?\n"
                "  --help         this text\n");
    return to == stderr ? 2 : EXIT_SUCCESS;
}

/* -1: go on; otherwise the exit status. */
static int parse(settings *s, int argc, char **argv) {
    static const struct option options[] = {{"threads", required_argument, NULL, 't'},
                                            {"seconds", required_argument, NULL, 's'},
                                            {"filter", required_argument, NULL, 'f'},
                                            {"json", required_argument, NULL, 'j'},
                                            {"smoke", no_argument, NULL, 'k'},
                                            {"help", no_argument, NULL, 'h'},
                                            {NULL, 0, NULL, 0}};
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
    vxs_set_num_threads(s.threads);
    const size_t bytes = (size_t)1 << (s.smoke ? 20 : 28);
    const roof top = {bandwidth_measure(bytes, s.threads), clock_ghz()};
    json_t *report = head_json(&s, &top);
    print_head(&s, &top);
    status = run_rows(&s, &top, report);
    if (s.json && json_dump_file(report, s.json, JSON_INDENT(1)) != 0) {
        fprintf(stderr, "bench_kernels: can't write '%s'\n", s.json);
        status = EXIT_FAILURE;
    }
    json_decref(report);
    return status;
}
