#include "reference/sample_golden.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "reference/golden.h"
#include "reference/value.h"

static _Thread_local char problem[512];

/* Says what is wrong, and is it. */
#define PROBLEM(...) (snprintf(problem, sizeof problem, __VA_ARGS__), (const char *)problem)

enum { FIELDS = 32 };

static const char *const kind_names[] = {
    [REFERENCE_GRID] = "grid", [REFERENCE_AFFINE] = "affine", [REFERENCE_WARP] = "warp"};
#define NAME(id, name) [id] = name,
static const char *const mode_names[] = {VXS_MODE_LIST(NAME)};
static const char *const padding_names[] = {VXS_PADDING_LIST(NAME)};
#undef NAME
static const char *const float_names[] = {"float32", "float64"};
static const vxs_dtype float_dtypes[] = {VXS_FLOAT32, VXS_FLOAT64};

#define FIND(names, word) find(names, (int)(sizeof names / sizeof *names), word)

static int find(const char *const *names, int count, const char *name) {
    for (int i = 0; i < count; i++)
        if (strcmp(names[i], name) == 0)
            return i;
    return -1;
}

static const char *fill_case(char *word[FIELDS], sample_case *c) {
    snprintf(c->name, sizeof c->name, "%s", word[0]);
    int kind = FIND(kind_names, word[1]), mode = FIND(mode_names, word[2]);
    int padding = FIND(padding_names, word[3]), src = FIND(float_names, word[5]),
        map = FIND(float_names, word[6]);
    if (kind < 0 || mode < 0 || padding < 0 || src < 0 || map < 0)
        return PROBLEM("grid_cases.txt: an unknown name in %s", c->name);
    c->options = (vxs_sample_options){(vxs_mode)mode, (vxs_padding)padding, atof(word[4])};
    c->src_dtype = float_dtypes[src];
    c->map.kind = (reference_map_kind)kind;
    c->map.dtype = float_dtypes[map];
    int64_t *numbers[] = {c->in_shape,     c->in_shape + 1,  c->in_shape + 2, c->in_shape + 3,
                          c->in_shape + 4, c->out_dhw,       c->out_dhw + 1,  c->out_dhw + 2,
                          c->map.field,    c->map.field + 1, c->map.field + 2};
    for (int i = 0; i < 11; i++)
        *numbers[i] = atoll(word[7 + i]);
    for (int a = 0; a < 3; a++) {
        c->map.scale[a] = atof(word[18 + a]);
        c->map.step[a] = atof(word[21 + a]);
        c->map.shift[a] = atof(word[24 + a]);
    }
    int64_t *places[] = {&c->map_offset, &c->map_count, &c->offset, &c->count};
    for (int i = 0; i < 4; i++)
        *places[i] = atoll(word[27 + i]);
    c->map.batches = c->in_shape[0];
    c->tolerance = strcmp(word[31], "exact") == 0 ? 0 : atof(word[31]);
    int64_t outputs = c->in_shape[0] * c->in_shape[1] * c->out_dhw[0] * c->out_dhw[1] * c->out_dhw[2];
    return c->count == outputs ? NULL : PROBLEM("grid_cases.txt: %s is not one element per voxel", c->name);
}

static const char *read_case(char *line, sample_case *c) {
    char *word[FIELDS + 1], *rest = NULL;
    int words = 0;
    for (char *at = strtok_r(line, " \n", &rest); at && words <= FIELDS; at = strtok_r(NULL, " \n", &rest))
        word[words++] = at;
    if (words != FIELDS)
        return PROBLEM("grid_cases.txt: %d of %d fields in '%.60s'", words, FIELDS, line);
    return fill_case(word, c);
}

static const char *read_cases(const char *folder, sample_set *set) {
    char path[4096], line[1024];
    snprintf(path, sizeof path, "%s/grid_cases.txt", folder);
    FILE *stream = fopen(path, "rb");
    if (!stream)
        return PROBLEM("%.400s: %s", path, strerror(errno));
    const char *wrong = NULL;
    while (!wrong && fgets(line, sizeof line, stream)) {
        if (line[0] == '#')
            continue;
        sample_case *grown = realloc(set->cases, (size_t)(set->count + 1) * sizeof *grown);
        if (!grown) {
            wrong = PROBLEM("no memory for %d cases", set->count + 1);
            break;
        }
        set->cases = grown;
        set->cases[set->count] = (sample_case){.name = ""};
        wrong = read_case(line, &set->cases[set->count++]);
    }
    fclose(stream);
    return wrong;
}

/* A whole file, which must have exactly that many bytes. */
static const char *read_file(const char *folder, const char *file, size_t wanted, void **data) {
    char path[4096];
    snprintf(path, sizeof path, "%s/%s", folder, file);
    FILE *stream = fopen(path, "rb");
    if (!stream)
        return PROBLEM("%.400s: %s", path, strerror(errno));
    *data = malloc(wanted + 1);
    size_t got = *data ? fread(*data, 1, wanted + 1, stream) : 0;
    fclose(stream);
    return got == wanted ? NULL : PROBLEM("%s: not the %zu bytes of its cases", file, wanted);
}

static const char *read_files(const char *folder, sample_set *set) {
    static const char *const map_files[] = {"map.f32", "map.f64"}, *const sample_files[] = {"sample.f32",
                                                                                            "sample.f64"};
    for (int f = 0; f < 2; f++) {
        size_t bytes = reference_value_bytes(float_dtypes[f]), maps = 0, samples = 0;
        for (int i = 0; i < set->count; i++) {
            const sample_case *c = &set->cases[i];
            size_t map_end = (size_t)(c->map_offset + c->map_count), end = (size_t)(c->offset + c->count);
            if (c->map.dtype == float_dtypes[f] && map_end > maps)
                maps = map_end;
            if (c->src_dtype == float_dtypes[f] && end > samples)
                samples = end;
        }
        const char *wrong = read_file(folder, map_files[f], maps * bytes, &set->maps[f]);
        if (!wrong)
            wrong = read_file(folder, sample_files[f], samples * bytes, &set->samples[f]);
        if (wrong)
            return wrong;
    }
    return NULL;
}

const char *sample_golden_load(const char *folder, sample_set *set) {
    *set = (sample_set){.count = 0};
    const char *wrong = read_cases(folder, set);
    if (!wrong && set->count < SAMPLE_GOLDEN_LEAST)
        wrong = PROBLEM("grid_cases.txt: %d cases, need at least %d", set->count, SAMPLE_GOLDEN_LEAST);
    if (!wrong)
        wrong = read_files(folder, set);
    for (int i = 0; !wrong && i < set->count; i++) {
        sample_case *c = &set->cases[i];
        int map = c->map.dtype == VXS_FLOAT64, sample = c->src_dtype == VXS_FLOAT64;
        c->map.data = (char *)set->maps[map] + (size_t)c->map_offset * reference_value_bytes(c->map.dtype);
        c->expected = (char *)set->samples[sample] + (size_t)c->offset * reference_value_bytes(c->src_dtype);
    }
    if (wrong)
        sample_golden_free(set);
    return wrong;
}

void sample_golden_free(sample_set *set) {
    for (int f = 0; f < 2; f++) {
        free(set->maps[f]);
        free(set->samples[f]);
    }
    free(set->cases);
    *set = (sample_set){.count = 0};
}

void *sample_golden_input(const sample_case *c) {
    golden_case like = {.data = GOLDEN_NOISE24};
    for (int a = 0; a < 5; a++)
        like.in_shape[a] = c->in_shape[a];
    return golden_input(&like, c->src_dtype);
}
