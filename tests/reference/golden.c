#include "reference/golden.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static _Thread_local char problem[512];

/* Says what is wrong, and is it. */
#define PROBLEM(...) (snprintf(problem, sizeof problem, __VA_ARGS__), (const char *)problem)

static const struct {
    const char *file;
    size_t bytes;
    int per_voxel; /* elements */
} kinds[GOLDEN_KINDS] = {
    [GOLDEN_NEAREST] = {"nearest.i32", sizeof(int32_t), 1},
    [GOLDEN_WINDOWS] = {"windows.i32", sizeof(int32_t), 2},
    [GOLDEN_LINEAR64] = {"linear.f64", sizeof(double), 1},
    [GOLDEN_LINEAR32] = {"linear.f32", sizeof(float), 1},
    [GOLDEN_AREA] = {"area.f64", sizeof(double), 1},
    [GOLDEN_CUBIC] = {"cubic.f64", sizeof(double), 1},
};

static const char *const mode_names[] = {
#define NAME(id, name) [id] = name,
    VXS_MODE_LIST(NAME)};
static const char *const coords_names[] = {VXS_COORDS_LIST(NAME)
#undef NAME
};
static const char *const dtype_names[] = {
#define NAME(id, name, ctype, class) [id] = name,
    VXS_DTYPE_LIST(NAME)
#undef NAME
};
static const char *const data_names[] = {
    [GOLDEN_INDEX] = "index", [GOLDEN_NOISE24] = "noise24", [GOLDEN_NOISE53] = "noise53"};

uint64_t golden_splitmix64(uint64_t state) {
    uint64_t z = state + UINT64_C(0x9E3779B97F4A7C15);
    z = (z ^ (z >> 30)) * UINT64_C(0xBF58476D1CE4E5B9);
    z = (z ^ (z >> 27)) * UINT64_C(0x94D049BB133111EB);
    return z ^ (z >> 31);
}

double golden_voxel(golden_data data, int64_t k) {
    uint64_t z = golden_splitmix64((uint64_t)k * UINT64_C(0x9E3779B97F4A7C15));
    if (data == GOLDEN_INDEX)
        return (double)k;
    if (data == GOLDEN_NOISE24)
        return (double)((int64_t)(z >> 40) - (INT64_C(1) << 23)) * 0x1p-23;
    return (double)((int64_t)(z >> 11) - (INT64_C(1) << 52)) * 0x1p-52;
}

int64_t golden_input_voxels(const golden_case *c) {
    const int64_t *s = c->in_shape;
    return s[0] * s[1] * s[2] * s[3] * s[4];
}

int64_t golden_output_voxels(const golden_case *c) {
    return c->in_shape[0] * c->in_shape[1] * c->out_dhw[0] * c->out_dhw[1] * c->out_dhw[2];
}

void *golden_input(const golden_case *c, vxs_dtype dtype) {
    int64_t voxels = golden_input_voxels(c);
    void *input = malloc((size_t)voxels * sizeof(double));
    for (int64_t k = 0; input && k < voxels; k++)
        if (dtype == VXS_FLOAT32)
            ((float *)input)[k] = (float)golden_voxel(c->data, k);
        else
            ((double *)input)[k] = golden_voxel(c->data, k);
    return input;
}

static int find(const char *const *names, int count, const char *name) {
    for (int i = 0; i < count; i++)
        if (strcmp(names[i], name) == 0)
            return i;
    return -1;
}

static int find_kind(const char *file) {
    for (int kind = 0; kind < GOLDEN_KINDS; kind++)
        if (strcmp(kinds[kind].file, file) == 0)
            return kind;
    return -1;
}

static const char *read_case(const char *line, golden_case *c) {
    char file[32], mode[16], coords[16], dtype[16], data[16], tolerance[16];
    long long n[10];
    int fields = sscanf(line,
                        "%95s %31s %15s %d %15s %15s %15s %lld %lld %lld %lld %lld %lld %lld %lld %lld %lld "
                        "%15s",
                        c->name, file, mode, &c->options.align_corners, coords, dtype, data, n, n + 1, n + 2,
                        n + 3, n + 4, n + 5, n + 6, n + 7, n + 8, n + 9, tolerance);
    if (fields != 18)
        return PROBLEM("cases.txt: %d of 18 fields in '%.60s'", fields, line);
    int found[] = {find_kind(file), find(mode_names, VXS_MODES, mode),
                   find(coords_names, VXS_COORDS_KINDS, coords), find(dtype_names, VXS_DTYPES, dtype),
                   find(data_names, GOLDEN_DATA_KINDS, data)};
    for (int i = 0; i < 5; i++)
        if (found[i] < 0)
            return PROBLEM("cases.txt: an unknown name in '%.60s'", line);
    c->kind = (golden_kind)found[0];
    c->options.mode = (vxs_mode)found[1];
    c->options.coords = (vxs_coords)found[2];
    c->src_dtype = (vxs_dtype)found[3];
    c->data = (golden_data)found[4];
    for (int a = 0; a < 8; a++)
        *(a < 5 ? &c->in_shape[a] : &c->out_dhw[a - 5]) = n[a];
    c->offset = n[8];
    c->count = n[9];
    c->floorf = strcmp(tolerance, "floorf") == 0;
    c->tolerance = strcmp(tolerance, "ulp1") == 0 ? 1 : c->floorf ? 1e-11 : atof(tolerance);
    if (c->count != golden_output_voxels(c) * kinds[c->kind].per_voxel)
        return PROBLEM("cases.txt: %s has %lld elements, not one per voxel", c->name, n[9]);
    return NULL;
}

static FILE *open_in(const char *folder, const char *file) {
    char path[4096];
    snprintf(path, sizeof path, "%s/%s", folder, file);
    FILE *stream = fopen(path, "rb");
    if (!stream)
        PROBLEM("%.400s: %s", path, strerror(errno));
    return stream;
}

static const char *read_cases(const char *folder, const char *manifest, golden_set *set) {
    FILE *stream = open_in(folder, manifest);
    if (!stream)
        return problem;
    char line[512];
    const char *wrong = NULL;
    while (!wrong && fgets(line, sizeof line, stream)) {
        if (line[0] == '#')
            continue;
        golden_case *grown = realloc(set->cases, (size_t)(set->count + 1) * sizeof *grown);
        if (!grown) {
            wrong = PROBLEM("no memory for %d cases", set->count + 1);
            break;
        }
        set->cases = grown;
        set->cases[set->count] = (golden_case){.name = ""};
        wrong = read_case(line, &set->cases[set->count++]);
    }
    fclose(stream);
    return wrong;
}

static const char *read_file(const char *folder, golden_set *set, golden_kind kind) {
    int64_t elements = 0;
    for (int i = 0; i < set->count; i++)
        if (set->cases[i].kind == kind) {
            if (set->cases[i].offset != elements)
                return PROBLEM("cases.txt: %s does not begin where the case before it ends",
                               set->cases[i].name);
            elements += set->cases[i].count;
        }
    if (elements == 0)
        return NULL; /* of another manifest */
    FILE *stream = open_in(folder, kinds[kind].file);
    if (!stream)
        return problem;
    size_t wanted = (size_t)elements * kinds[kind].bytes;
    char *bytes = set->files[kind] = malloc(wanted + 1);
    size_t got = bytes ? fread(bytes, 1, wanted + 1, stream) : 0;
    fclose(stream);
    if (got != wanted)
        return PROBLEM("%s: %s than the %zu bytes of its cases", kinds[kind].file,
                       got < wanted ? "shorter" : "longer", wanted);
    for (int i = 0; i < set->count; i++)
        if (set->cases[i].kind == kind)
            set->cases[i].expected = bytes + (size_t)set->cases[i].offset * kinds[kind].bytes;
    return NULL;
}

static int same_shapes(const golden_case *a, const golden_case *b) {
    return memcmp(a->in_shape, b->in_shape, sizeof a->in_shape) == 0 &&
           memcmp(a->out_dhw, b->out_dhw, sizeof a->out_dhw) == 0;
}

static void count_shapes(golden_set *set) {
    set->shapes = 0;
    for (int i = 0; i < set->count; i++) {
        int seen = 0;
        while (seen < i && !same_shapes(&set->cases[seen], &set->cases[i]))
            seen++;
        set->shapes += seen == i;
    }
}

const char *golden_load(const char *folder, const char *manifest, golden_set *set) {
    *set = (golden_set){.count = 0};
    const char *wrong = read_cases(folder, manifest, set);
    count_shapes(set);
    if (!wrong && set->shapes < GOLDEN_LEAST_SHAPES)
        wrong = PROBLEM("cases.txt: %d shapes, need at least %d", set->shapes, GOLDEN_LEAST_SHAPES);
    for (int kind = 0; !wrong && kind < GOLDEN_KINDS; kind++)
        wrong = read_file(folder, set, (golden_kind)kind);
    if (wrong)
        golden_free(set);
    return wrong;
}

void golden_free(golden_set *set) {
    for (int kind = 0; kind < GOLDEN_KINDS; kind++)
        free(set->files[kind]);
    free(set->cases);
    *set = (golden_set){.count = 0};
}

int golden_load_sweeps(const char *folder, golden_sweep *sweeps, int limit) {
    FILE *stream = open_in(folder, "sweeps.txt");
    if (!stream)
        return -1;
    char line[256], mode[16];
    int count = 0;
    while (count >= 0 && count < limit && fgets(line, sizeof line, stream)) {
        long long n[3];
        unsigned long long hash;
        if (line[0] == '#')
            continue;
        int fields = sscanf(line, "%15s %lld %lld %lld %llx", mode, n, n + 1, n + 2, &hash);
        int found = fields == 5 ? find(mode_names, VXS_MODES, mode) : -1;
        if (found < 0)
            count = -1;
        else
            sweeps[count++] = (golden_sweep){(vxs_mode)found, n[0], n[1], n[2], hash};
    }
    fclose(stream);
    return count;
}

uint64_t golden_sweep_term(int64_t out, int64_t i, int slot, int64_t value) {
    return golden_splitmix64(golden_splitmix64(((uint64_t)out << 32) + (uint64_t)i) + (uint64_t)slot +
                             (uint64_t)value);
}
