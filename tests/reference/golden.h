/*
 * tests/golden in memory: results of PyTorch and SciPy, and the inputs that gave them. golden/make_golden.py
 * and make_golden_cubic.py explain the files. Local.
 */
#ifndef REFERENCE_GOLDEN_H
#define REFERENCE_GOLDEN_H

#include <voxslab/voxslab.h>

#define GOLDEN_LEAST_SHAPES 60

/* splitmix64's output for a state, before the increment. */
uint64_t golden_splitmix64(uint64_t state);

typedef enum golden_data { GOLDEN_INDEX, GOLDEN_NOISE24, GOLDEN_NOISE53, GOLDEN_DATA_KINDS } golden_data;

/* Voxel k of an input, exact in float64; noise24 is exact in float32 too. */
double golden_voxel(golden_data data, int64_t k);

typedef enum golden_kind {
    GOLDEN_NEAREST,  /* int32: row-major index of the input voxel, over all axes */
    GOLDEN_WINDOWS,  /* int32 pairs: start and end of the windows along w */
    GOLDEN_LINEAR64, /* double */
    GOLDEN_LINEAR32, /* float, torch coordinates */
    GOLDEN_AREA,     /* double; the input is exact in float32 */
    GOLDEN_CUBIC,    /* double; the input is exact in float32 */
    GOLDEN_KINDS
} golden_kind;

typedef struct golden_case {
    char name[96];
    golden_kind kind;
    vxs_resample_options options;
    vxs_dtype src_dtype;
    golden_data data;
    int64_t in_shape[5], out_dhw[3];
    int64_t offset, count; /* elements in the kind's file */
    double tolerance;      /* times max|v|; 0: exact; area: 1, in float32 ulps */
    int floorf;            /* PyTorch floors double coordinates in float32: some voxels move further */
    const void *expected;  /* [count], borrowed from files[kind] */
} golden_case;

typedef struct golden_set {
    golden_case *cases;
    int count, shapes; /* shapes: different pairs of input and output shape */
    void *files[GOLDEN_KINDS];
} golden_set;

/* NULL, or what is wrong, in words, with the set empty: a manifest or a file missing, a line that can't be
 * read, a file longer or shorter than its cases, fewer than GOLDEN_LEAST_SHAPES shapes. Valid until the next
 * call. manifest: "cases.txt" or "cubic_cases.txt". */
const char *golden_load(const char *folder, const char *manifest, golden_set *set);

/* Legal on a zeroed set. */
void golden_free(golden_set *set);

/* The input of a case as float32 or float64, for free(). */
void *golden_input(const golden_case *c, vxs_dtype dtype);

int64_t golden_input_voxels(const golden_case *c);
int64_t golden_output_voxels(const golden_case *c);

/* One line of sweeps.txt: a hash over all outputs of in -> out, for out in out_begin, ..., out_end-1. */
typedef struct golden_sweep {
    vxs_mode mode; /* nearest or area */
    int64_t in, out_begin, out_end;
    uint64_t hash;
} golden_sweep;

/* The number of lines read, at most limit; -1 when the file is missing or a line can't be read. */
int golden_load_sweeps(const char *folder, golden_sweep *sweeps, int limit);

/* What a hash adds up: slot 0 is a source index or a window's start, slot 1 a window's end. */
uint64_t golden_sweep_term(int64_t out, int64_t i, int slot, int64_t value);

#endif
