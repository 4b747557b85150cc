/*
 * Test inputs, through plain serial HDF5:
 *     make_volume FILE DATASET [key=value]...
 * shape=8,9,10  dtype=uint16 (dtypes of voxslab; be:T for big-endian; bool float16 compound string complex)
 * layout=contiguous|compact|external|virtual  chunk=4,4,4  deflate=4  shuffle=1  fletcher32=1  szip=1
 * filter=unknown spacing=2,1,1 (element_size_um) data=none|corners (only that is written: with chunks a huge
 * sparse file) add=1 (to an existing file)  sources=3 (files of a virtual dataset)  link=OTHER:/path (an
 * external link)  nested=OTHER:/path (a virtual dataset of all of that one)  poke=I:V,I:V... (after that the
 * voxels of row-major index I are V) Values are a hash of the global index, so that any part can be checked
 * alone. The file is complete on exit 0.
 */
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <hdf5.h>

enum { MAX_AXES = 8, UNKNOWN_FILTER = 481 };

typedef struct recipe {
    const char *file, *dataset, *dtype, *layout, *filter, *link, *nested, *data, *poke;
    int axes, spacing_count;
    hsize_t shape[MAX_AXES], chunk[MAX_AXES];
    bool chunked;
    int shuffle, fletcher32, szip, add, deflate, sources;
    double spacing[3];
} recipe;

static void die(const char *what, const char *value) {
    fprintf(stderr, "make_volume: %s '%s'\n", what, value);
    exit(1);
}

static hid_t good(hid_t id, const char *what) {
    if (id < 0)
        die("HDF5 failed at", what);
    return id;
}

/* ---- the command line ---- */

static int parse_list(const char *text, hsize_t *numbers) {
    int count = 0;
    for (char *end; count < MAX_AXES; text = end + 1) {
        numbers[count++] = strtoull(text, &end, 10);
        if (*end != ',')
            break;
    }
    return count;
}

static void parse_pair(recipe *r, const char *pair) {
    const char *value = strchr(pair, '=');
    if (!value)
        die("no value in", pair);
    value++;
    const struct {
        const char *key, **text;
        int *number;
    } keys[] = {
        {"dtype", &r->dtype, NULL},     {"layout", &r->layout, NULL},   {"filter", &r->filter, NULL},
        {"link", &r->link, NULL},       {"nested", &r->nested, NULL},   {"data", &r->data, NULL},
        {"poke", &r->poke, NULL},       {"deflate", NULL, &r->deflate}, {"sources", NULL, &r->sources},
        {"shuffle", NULL, &r->shuffle}, {"szip", NULL, &r->szip},       {"fletcher32", NULL, &r->fletcher32},
        {"add", NULL, &r->add}};
    size_t length = (size_t)(value - pair) - 1;
#define KEY(name) (strlen(name) == length && strncmp(pair, name, length) == 0)
    for (size_t i = 0; i < sizeof keys / sizeof *keys; i++)
        if (KEY(keys[i].key)) {
            if (keys[i].text)
                *keys[i].text = value;
            else
                *keys[i].number = atoi(value);
            return;
        }
    if (KEY("shape"))
        r->axes = parse_list(value, r->shape);
    else if (KEY("chunk"))
        r->chunked = parse_list(value, r->chunk) > 0;
    else if (KEY("spacing"))
        r->spacing_count = sscanf(value, "%lf,%lf,%lf", &r->spacing[0], &r->spacing[1], &r->spacing[2]);
    else
        die("unknown key in", pair);
#undef KEY
}

/* ---- types ---- */

/* As h5py writes it. */
static hid_t enum_bool(void) {
    hid_t type = H5Tenum_create(H5T_NATIVE_INT8);
    int8_t value = 0;
    H5Tenum_insert(type, "FALSE", &value);
    value = 1;
    H5Tenum_insert(type, "TRUE", &value);
    return type;
}

static hid_t half_float(void) {
    hid_t type = H5Tcopy(H5T_IEEE_F32LE);
    H5Tset_fields(type, 15, 10, 5, 0, 10);
    H5Tset_size(type, 2);
    H5Tset_ebias(type, 15);
    return type;
}

static hid_t pair_of(const char *first, const char *second, hid_t member) {
    hid_t type = H5Tcreate(H5T_COMPOUND, 2 * H5Tget_size(member));
    H5Tinsert(type, first, 0, member);
    H5Tinsert(type, second, H5Tget_size(member), member);
    return type;
}

static hid_t text_of_8(void) {
    hid_t type = H5Tcopy(H5T_C_S1);
    H5Tset_size(type, 8);
    return type;
}

static hid_t file_type(const char *name) {
    static const char *const numbers[] = {"uint8", "int8",   "uint16", "int16",   "uint32",
                                          "int32", "uint64", "int64",  "float32", "float64"};
    const hid_t little[] = {H5T_STD_U8LE,  H5T_STD_I8LE,  H5T_STD_U16LE, H5T_STD_I16LE,  H5T_STD_U32LE,
                            H5T_STD_I32LE, H5T_STD_U64LE, H5T_STD_I64LE, H5T_IEEE_F32LE, H5T_IEEE_F64LE};
    bool big = strncmp(name, "be:", 3) == 0;
    const char *plain = big ? name + 3 : name;
    for (size_t i = 0; i < sizeof little / sizeof *little; i++)
        if (strcmp(numbers[i], plain) == 0) {
            hid_t type = H5Tcopy(little[i]);
            if (big)
                H5Tset_order(type, H5T_ORDER_BE);
            return type;
        }
    if (strcmp(name, "bool") == 0)
        return enum_bool();
    if (strcmp(name, "float16") == 0)
        return half_float();
    if (strcmp(name, "compound") == 0)
        return pair_of("count", "label", H5T_STD_I32LE);
    if (strcmp(name, "complex") == 0)
        return pair_of("r", "i", H5T_IEEE_F32LE);
    if (strcmp(name, "string") == 0)
        return text_of_8();
    die("unknown dtype", name);
    return -1;
}

/* ---- values ---- */

static uint64_t hash(uint64_t x) {
    x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9u;
    x = (x ^ (x >> 27)) * 0x94d049bb133111ebu;
    return x ^ (x >> 31);
}

/* The memory type in which values are made; HDF5 converts to the file's. */
static hid_t memory_type(hid_t type) {
    if (H5Tget_class(type) == H5T_FLOAT)
        return H5Tcopy(H5Tget_size(type) == 8 ? H5T_NATIVE_DOUBLE : H5T_NATIVE_FLOAT);
    return H5Tget_class(type) == H5T_INTEGER ? H5Tget_native_type(type, H5T_DIR_ASCEND) : H5Tcopy(type);
}

static void fill(unsigned char *data, hid_t type, size_t bytes, uint64_t first, uint64_t count) {
    for (uint64_t i = 0; i < count; i++, data += bytes) {
        uint64_t h = hash(first + i + 1);
        double real = (double)(h >> 40) / (1 << 12) - 2048; /* exact in float32 */
        float single = (float)real;
        if (H5Tget_class(type) == H5T_ENUM)
            data[0] = h & 1;
        else if (H5Tget_class(type) != H5T_FLOAT)
            for (size_t b = 0; b < bytes; b++)
                data[b] = (unsigned char)(H5Tget_class(type) == H5T_STRING ? 'a' : h >> (8 * (b % 8)));
        else if (bytes == 8)
            memcpy(data, &real, 8);
        else
            memcpy(data, &single, 4);
    }
}

/* Slab by slab of whole chunk layers along the first axis; first_plane shifts the global index. */
static void write_values(hid_t dataset, hid_t type, const recipe *r, hsize_t first_plane) {
    hid_t memory = memory_type(type), space = H5Dget_space(dataset);
    size_t bytes = H5Tget_size(memory);
    hsize_t plane = 1, count[MAX_AXES], start[MAX_AXES] = {0}, layer = r->chunked ? r->chunk[0] : 1;
    for (int a = 1; a < r->axes; a++)
        plane *= count[a] = r->shape[a];
    unsigned char *data = malloc((size_t)(layer * plane) * bytes + 1);
    for (hsize_t d = 0; data && plane && d < r->shape[0]; d += layer) {
        start[0] = d;
        count[0] = r->shape[0] - d < layer ? r->shape[0] - d : layer;
        fill(data, memory, bytes, (first_plane + d) * plane, count[0] * plane);
        H5Sselect_hyperslab(space, H5S_SELECT_SET, start, NULL, count, NULL);
        hid_t memory_space = H5Screate_simple(r->axes, count, NULL);
        good(H5Dwrite(dataset, memory, memory_space, space, H5P_DEFAULT, data), "H5Dwrite");
        H5Sclose(memory_space);
    }
    free(data);
    H5Sclose(space);
    H5Tclose(memory);
}

/* The first and last voxels along every axis. */
static void write_corners(hid_t dataset, hid_t type, const recipe *r) {
    hid_t memory = memory_type(type), space = H5Dget_space(dataset), one = H5Screate(H5S_SCALAR);
    for (unsigned corner = 0; corner < 1u << r->axes; corner++) {
        hsize_t at[MAX_AXES], index = 0;
        unsigned char value[16];
        for (int a = 0; a < r->axes; a++) {
            at[a] = corner >> a & 1 ? r->shape[a] - 1 : 0;
            index = index * r->shape[a] + at[a];
        }
        fill(value, memory, H5Tget_size(memory), index, 1);
        H5Sselect_elements(space, H5S_SELECT_SET, 1, at);
        good(H5Dwrite(dataset, memory, one, space, H5P_DEFAULT, value), "H5Dwrite");
    }
    H5Sclose(one);
    H5Sclose(space);
    H5Tclose(memory);
}

static void poke_one(hid_t dataset, hid_t type, const recipe *r, hsize_t index, const char *text) {
    hsize_t at[MAX_AXES];
    for (int a = r->axes - 1; a >= 0; a--) {
        at[a] = index % r->shape[a];
        index /= r->shape[a];
    }
    const int64_t negative = strtoll(text, NULL, 10);
    const uint64_t whole = strtoull(text, NULL, 10);
    const double real = strtod(text, NULL);
    const bool is_float = H5Tget_class(type) == H5T_FLOAT, is_bool = H5Tget_class(type) == H5T_ENUM;
    const void *value = is_float ? (const void *)&real : text[0] == '-' ? (const void *)&negative : &whole;
    hid_t memory = is_float ? H5T_NATIVE_DOUBLE : text[0] == '-' ? H5T_NATIVE_INT64 : H5T_NATIVE_UINT64;
    hid_t space = H5Dget_space(dataset), one = H5Screate(H5S_SCALAR);
    H5Sselect_elements(space, H5S_SELECT_SET, 1, at);
    good(H5Dwrite(dataset, is_bool ? type : memory, one, space, H5P_DEFAULT, value), "poke");
    H5Sclose(one);
    H5Sclose(space);
}

static void poke(hid_t dataset, hid_t type, const recipe *r) {
    for (const char *at = r->poke; at && *at;) {
        char *colon;
        hsize_t index = strtoull(at, &colon, 10);
        poke_one(dataset, type, r, index, colon + 1);
        at = strchr(at, ',');
        at = at ? at + 1 : NULL;
    }
}

/* ---- datasets ---- */

static size_t same_bytes(unsigned flags, size_t n, const unsigned *values, size_t bytes, size_t *size,
                         void **data) {
    (void)flags, (void)n, (void)values, (void)size, (void)data;
    return bytes;
}

static void add_filters(hid_t dcpl, const recipe *r) {
    if (r->shuffle)
        good(H5Pset_shuffle(dcpl), "H5Pset_shuffle");
    if (r->deflate)
        good(H5Pset_deflate(dcpl, (unsigned)r->deflate), "H5Pset_deflate");
    if (r->fletcher32)
        good(H5Pset_fletcher32(dcpl), "H5Pset_fletcher32");
    if (r->szip)
        good(H5Pset_szip(dcpl, H5_SZIP_NN_OPTION_MASK, 8), "H5Pset_szip");
    if (r->filter) { /* known to this program only */
        const H5Z_class2_t class = {H5Z_CLASS_T_VERS, UNKNOWN_FILTER, 1,    1,
                                    "nobody has it",  NULL,           NULL, same_bytes};
        good(H5Zregister(&class), "H5Zregister");
        good(H5Pset_filter(dcpl, UNKNOWN_FILTER, H5Z_FLAG_MANDATORY, 0, NULL), "H5Pset_filter");
    }
}

static bool layout_is(const recipe *r, const char *name) {
    return r->layout && strcmp(r->layout, name) == 0;
}

static hid_t make_dcpl(const recipe *r, hid_t type) {
    hid_t dcpl = H5Pcreate(H5P_DATASET_CREATE);
    hsize_t bytes = H5Tget_size(type);
    for (int a = 0; a < r->axes; a++)
        bytes *= r->shape[a];
    if (r->chunked)
        good(H5Pset_chunk(dcpl, r->axes, r->chunk), "H5Pset_chunk");
    add_filters(dcpl, r);
    if (layout_is(r, "compact"))
        good(H5Pset_layout(dcpl, H5D_COMPACT), "H5Pset_layout");
    if (layout_is(r, "external")) {
        char raw[4096];
        snprintf(raw, sizeof raw, "%s.raw", r->file);
        remove(raw);
        good(H5Pset_external(dcpl, raw, 0, bytes), "H5Pset_external");
    }
    return dcpl;
}

static void write_spacing(hid_t dataset, const recipe *r) {
    hsize_t count = (hsize_t)r->spacing_count;
    hid_t space = H5Screate_simple(1, &count, NULL);
    hid_t attribute = H5Acreate2(dataset, "element_size_um", H5T_IEEE_F64LE, space, H5P_DEFAULT, H5P_DEFAULT);
    good(H5Awrite(attribute, H5T_NATIVE_DOUBLE, r->spacing), "element_size_um");
    H5Aclose(attribute);
    H5Sclose(space);
}

static void make_dataset(hid_t file, const recipe *r, hid_t dcpl, hsize_t first_plane) {
    hid_t type = file_type(r->dtype), lcpl = H5Pcreate(H5P_LINK_CREATE);
    hid_t space = good(H5Screate_simple(r->axes, r->shape, NULL), "shape");
    H5Pset_create_intermediate_group(lcpl, 1);
    hid_t dataset = good(H5Dcreate2(file, r->dataset, type, space, lcpl, dcpl, H5P_DEFAULT), "H5Dcreate2");
    if (r->spacing_count > 0)
        write_spacing(dataset, r);
    if (r->data && strcmp(r->data, "corners") == 0)
        write_corners(dataset, type, r);
    else if (!r->data && !layout_is(r, "virtual"))
        write_values(dataset, type, r, first_plane);
    poke(dataset, type, r);
    H5Dclose(dataset);
    H5Sclose(space);
    H5Pclose(lcpl);
    H5Tclose(type);
}

/* FILE.0, FILE.1 ... hold the planes in runs; their names in FILE are relative, as detectors write them. */
static void add_source(hid_t dcpl, hid_t space, const recipe *whole, int source, hsize_t begin, hsize_t end) {
    char path[4096];
    snprintf(path, sizeof path, "%s.%d", whole->file, source);
    recipe part = *whole;
    part.layout = NULL;
    part.spacing_count = 0;
    part.poke = NULL;
    part.shape[0] = end - begin;
    hid_t part_dcpl = make_dcpl(&part, file_type(part.dtype));
    hid_t file = good(H5Fcreate(path, H5F_ACC_TRUNC, H5P_DEFAULT, H5P_DEFAULT), path);
    make_dataset(file, &part, part_dcpl, begin);
    H5Fclose(file);
    H5Pclose(part_dcpl);
    hsize_t start[MAX_AXES] = {begin};
    hid_t part_space = H5Screate_simple(part.axes, part.shape, NULL);
    H5Sselect_hyperslab(space, H5S_SELECT_SET, start, NULL, part.shape, NULL);
    const char *slash = strrchr(path, '/');
    good(H5Pset_virtual(dcpl, space, slash ? slash + 1 : path, part.dataset, part_space), "H5Pset_virtual");
    H5Sclose(part_space);
}

static void make_virtual(hid_t file, const recipe *r) {
    hid_t dcpl = H5Pcreate(H5P_DATASET_CREATE), space = H5Screate_simple(r->axes, r->shape, NULL);
    for (int s = 0; s < r->sources; s++)
        add_source(dcpl, space, r, s, r->shape[0] * (hsize_t)s / (hsize_t)r->sources,
                   r->shape[0] * (hsize_t)(s + 1) / (hsize_t)r->sources);
    make_dataset(file, r, dcpl, 0);
    H5Sclose(space);
    H5Pclose(dcpl);
}

/* A link to the whole of another dataset, or a virtual dataset of it. */
static void make_reference(hid_t file, const recipe *r) {
    char target[4096];
    snprintf(target, sizeof target, "%s", r->link ? r->link : r->nested);
    char *colon = strrchr(target, ':');
    if (!colon)
        die("no dataset in", target);
    *colon = '\0';
    if (r->link) {
        good(H5Lcreate_external(target, colon + 1, file, r->dataset, H5P_DEFAULT, H5P_DEFAULT), "a link");
        return;
    }
    recipe whole = *r;
    whole.layout = "virtual";
    hid_t dcpl = H5Pcreate(H5P_DATASET_CREATE), space = H5Screate_simple(r->axes, r->shape, NULL);
    good(H5Pset_virtual(dcpl, space, target, colon + 1, space), "H5Pset_virtual");
    make_dataset(file, &whole, dcpl, 0);
}

int main(int argc, char **argv) {
    if (argc < 3)
        die("usage: make_volume FILE DATASET [key=value]...", "");
    recipe r = {
        .file = argv[1], .dataset = argv[2], .dtype = "uint16", .axes = 3, .shape = {8, 9, 10}, .sources = 3};
    for (int i = 3; i < argc; i++)
        parse_pair(&r, argv[i]);
    hid_t file = good(r.add ? H5Fopen(r.file, H5F_ACC_RDWR, H5P_DEFAULT)
                            : H5Fcreate(r.file, H5F_ACC_TRUNC, H5P_DEFAULT, H5P_DEFAULT),
                      r.file);
    if (r.link || r.nested) {
        make_reference(file, &r);
    } else if (layout_is(&r, "virtual")) {
        make_virtual(file, &r);
    } else {
        hid_t type = file_type(r.dtype), dcpl = make_dcpl(&r, type);
        make_dataset(file, &r, dcpl, 0);
        H5Pclose(dcpl);
        H5Tclose(type);
    }
    good(H5Fclose(file), "H5Fclose");
    return 0;
}
