/* Volumes in parallel. ranks: 3 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdlib.h>
#include <hdf5.h>
#include <string.h>
#include <unistd.h>

#include "comm/agree.h"
#include "volume/volume.h"

static char folder[] = "/tmp/voxslab-mpi-XXXXXX";
static int rank, ranks;

static uint16_t voxel_at(int64_t index) {
    return (uint16_t)((uint64_t)index * 2654435761u >> 7);
}

/* Only the verdict of all ranks may be asserted: one that stops alone hangs the others. */
static void assert_all(bool good, const char *what) {
    int mine = good, all = 0;
    MPI_Allreduce(&mine, &all, 1, MPI_INT, MPI_MIN, MPI_COMM_WORLD);
    if (!good)
        fprintf(stderr, "rank %d: %s: %s\n", rank, what, status_message());
    assert_true(all);
}

#define ASSERT_ALL(condition) assert_all(condition, #condition)

static void fill(uint16_t *data, const box *where, const int64_t shape[AXES]) {
    for (int64_t d = where->axis[AXIS_D].begin; d < where->axis[AXIS_D].end; d++)
        for (int64_t h = where->axis[AXIS_H].begin; h < where->axis[AXIS_H].end; h++)
            for (int64_t w = where->axis[AXIS_W].begin; w < where->axis[AXIS_W].end; w++)
                *data++ = voxel_at((d * shape[AXIS_H] + h) * shape[AXIS_W] + w);
}

static bool is_filled(const uint16_t *data, const box *where, const int64_t shape[AXES]) {
    size_t bytes = (size_t)box_voxels(where) * sizeof *data;
    uint16_t *expected = malloc(bytes);
    fill(expected, where, shape);
    bool same = memcmp(data, expected, bytes) == 0;
    free(expected);
    return same;
}

/* An output like nothing: its "input" is a small file of the same dtype. */
typedef struct layout_case {
    const char *name;
    int64_t shape[AXES], chunk[AXES];
    bool chunked;
    volume_filter filter;
    int64_t planes_per_round;
} layout_case;

static const layout_case cases[] = {
    {"contiguous", {1, 1, 23, 17, 19}, {0}, false, VOLUME_FILTER_NONE, 4},
    {"chunked", {1, 1, 23, 17, 19}, {1, 1, 4, 5, 6}, true, VOLUME_FILTER_NONE, 4},
    {"gzip", {1, 1, 23, 17, 19}, {1, 1, 4, 5, 6}, true, VOLUME_FILTER_GZIP, 4},
    {"shuffle+gzip", {1, 1, 23, 17, 19}, {1, 1, 4, 5, 6}, true, VOLUME_FILTER_SHUFFLE_GZIP, 8},
    {"many chunks", {1, 1, 84, 80, 80}, {1, 1, 2, 2, 2}, true, VOLUME_FILTER_NONE, 10},
    {"many gzipped chunks", {1, 1, 84, 80, 80}, {1, 1, 2, 2, 2}, true, VOLUME_FILTER_GZIP, 20},
};

static void path_of(char path[4096], const char *name) {
    snprintf(path, 4096, "%s/%s.h5", folder, name);
}

/* Rank 0 makes a file of the case's layout. like describes an earlier one, or itself where there is none. */
static vxs_status create(const layout_case *c, const char *path, const volume_info *like) {
    volume_spec spec = {.dataset = "/entry/data",
                        .axes = 3,
                        .dtype = VXS_UINT16,
                        .chunked = c->chunked,
                        .filter = c->filter,
                        .gzip_level = 1};
    memcpy(spec.shape, c->shape, sizeof spec.shape);
    memcpy(spec.chunk, c->chunk, sizeof spec.chunk);
    char warnings[256];
    return volume_create(path, &spec, like, warnings, sizeof warnings);
}

/* Slabs of unequal size, in chunk layers: rank 1 has few, the last rank none of the last rounds. */
static range slab_of(const layout_case *c, int of_rank) {
    int64_t layer = c->chunked ? c->chunk[AXIS_D] : 1, layers = (c->shape[AXIS_D] + layer - 1) / layer;
    int64_t cuts[4] = {0, layers / 2, layers / 2 + 1, layers};
    int64_t begin = of_rank > 2 ? layers : cuts[of_rank], end = of_rank > 2 ? layers : cuts[of_rank + 1];
    range r = {begin * layer, end * layer > c->shape[AXIS_D] ? c->shape[AXIS_D] : end * layer};
    return r;
}

static vxs_status write_slab(volume *out, const layout_case *c) {
    range slab = slab_of(c, rank);
    box where = box_of_shape(c->shape);
    vxs_status status = VXS_OK;
    uint16_t *data = malloc((size_t)(c->planes_per_round * c->shape[AXIS_H] * c->shape[AXIS_W]) * 2);
    for (int64_t begin = 0; begin < c->shape[AXIS_D]; begin += c->planes_per_round) {
        range round = {slab.begin + begin, slab.begin + begin + c->planes_per_round};
        where.axis[AXIS_D] = range_intersect(slab, round);
        box_view view = box_view_packed(data, &where);
        if (!box_is_empty(&where))
            fill(data, &where, c->shape);
        vxs_status written = volume_write(out, &where, &view);
        status = status == VXS_OK ? written : status;
    }
    free(data);
    return status;
}

static vxs_status read_whole(const volume_info *info, MPI_Comm comm, bool *same) {
    volume *in;
    TRY(volume_open_read(info, comm, 2, &in));
    box where = box_of_shape(info->shape);
    uint16_t *data = malloc((size_t)box_voxels(&where) * 2);
    box_view view = box_view_packed(data, &where);
    vxs_status status = volume_read(in, &where, &view);
    *same = status == VXS_OK && is_filled(data, &where, info->shape);
    free(data);
    vxs_status closed = volume_close(in);
    return status == VXS_OK ? closed : status;
}

/* Each rank reads as many boxes as its number, at other places than the others. */
static vxs_status read_unevenly(const volume_info *info, bool *same) {
    volume *in;
    TRY(volume_open_read(info, MPI_COMM_WORLD, 2, &in));
    vxs_status status = VXS_OK;
    *same = true;
    for (int i = 0; i < 5 * rank && status == VXS_OK; i++) {
        box where = box_of_shape(info->shape);
        for (int a = AXIS_D; a < AXES; a++) {
            where.axis[a].begin = (i * 7 + rank * 3) % info->shape[a];
            where.axis[a].end = where.axis[a].begin + 1 + (info->shape[a] - where.axis[a].begin - 1) / 2;
        }
        uint16_t *data = malloc((size_t)box_voxels(&where) * 2);
        box_view view = box_view_packed(data, &where);
        status = volume_read(in, &where, &view);
        *same = *same && is_filled(data, &where, info->shape);
        free(data);
    }
    status = comm_agree(MPI_COMM_WORLD, status);
    vxs_status closed = volume_close(in);
    return status == VXS_OK ? closed : status;
}

static volume_info seed;

static void check_case(const layout_case *c) {
    char path[4096];
    volume *out = NULL;
    volume_info info;
    bool same = false;
    path_of(path, c->name);
    ASSERT_ALL(comm_agree(MPI_COMM_WORLD, rank == 0 ? create(c, path, &seed) : VXS_OK) == VXS_OK);
    ASSERT_ALL(volume_open_write(path, "/entry/data", MPI_COMM_WORLD, &out) == VXS_OK);
    vxs_status written = write_slab(out, c);
    if (written != VXS_OK) {
        fprintf(stderr, "rank %d: %s: %s\n", rank, c->name, status_message());
        MPI_Abort(MPI_COMM_WORLD, 74);
    }
    assert_string_equal(volume_not_collective(out), "");
    ASSERT_ALL(volume_flush(out) == VXS_OK);
    ASSERT_ALL(volume_close(out) == VXS_OK);

    ASSERT_ALL(volume_probe(path, "", &info) == VXS_OK);
    ASSERT_ALL(info.filtered == (c->filter != VOLUME_FILTER_NONE));
    ASSERT_ALL(rank > 0 || (read_whole(&info, MPI_COMM_SELF, &same) == VXS_OK && same));
    ASSERT_ALL(read_unevenly(&info, &same) == VXS_OK && same);
    volume_info serial = info;
    serial.serial_only = true;
    ASSERT_ALL(rank < ranks - 1 || (read_whole(&serial, MPI_COMM_SELF, &same) == VXS_OK && same));
    MPI_Barrier(MPI_COMM_WORLD);
    if (rank == 0)
        unlink(path);
}

static void every_layout_written_in_parallel_reads_back(void **state) {
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        double begin = MPI_Wtime();
        check_case(&cases[i]);
        if (rank == 0)
            print_message("%s: %.2f s\n", cases[i].name, MPI_Wtime() - begin);
    }
}

static void opening_what_is_missing_fails_on_all_ranks_alike(void **state) {
    (void)state;
    volume *opened = (volume *)&rank;
    char text[STATUS_MESSAGE_BYTES], path[4096];
    path_of(path, "missing");
    ASSERT_ALL(volume_open_write(path, "/a", MPI_COMM_WORLD, &opened) == VXS_CANT_CREATE);
    ASSERT_ALL(opened == NULL);
    memcpy(text, status_message(), sizeof text);
    MPI_Bcast(text, sizeof text, MPI_CHAR, 0, MPI_COMM_WORLD);
    ASSERT_ALL(strcmp(text, status_message()) == 0 && strstr(text, "missing.h5"));

    volume_info gone = seed;
    if (rank == 1) /* as on a node that does not mount the file system */
        snprintf(gone.file, sizeof gone.file, "%s", path);
    opened = (volume *)&rank;
    ASSERT_ALL(volume_open_read(&gone, MPI_COMM_WORLD, 2, &opened) == VXS_BAD_INPUT);
    ASSERT_ALL(opened == NULL && strstr(status_message(), "missing.h5"));
    gone = seed;
    snprintf(gone.dataset, sizeof gone.dataset, "/no/such");
    ASSERT_ALL(volume_open_read(&gone, MPI_COMM_WORLD, 2, &opened) == VXS_BAD_INPUT);
    ASSERT_ALL(opened == NULL && strstr(status_message(), "/no/such"));
}

static void component_is_the_one_asked_for(void **state) {
    (void)state;
    const char *asked = getenv("OMPI_MCA_io");
    bool romio = asked && asked[0] == '^';
    char reading[32] = "", writing[32] = "";
    volume *in = NULL, *out = NULL;
    ASSERT_ALL(volume_open_read(&seed, MPI_COMM_WORLD, 2, &in) == VXS_OK);
    volume_io_component(in, reading);
    ASSERT_ALL(volume_close(in) == VXS_OK);
    ASSERT_ALL(volume_open_write(seed.file, seed.dataset, MPI_COMM_WORLD, &out) == VXS_OK);
    volume_io_component(out, writing);
    ASSERT_ALL(volume_close(out) == VXS_OK);
    if (asked) {
        ASSERT_ALL(strcmp(writing, romio ? "romio" : "ompio") == 0);
        ASSERT_ALL(strcmp(reading, romio ? "romio" : "serial") == 0); /* OMPIO's short reads go unnoticed */
    }
}

static void the_worst_status_and_its_lowest_message_reach_all_ranks(void **state) {
    (void)state;
    vxs_status mine =
        rank == 0 ? status_fail(VXS_USAGE, "usage of 0") : status_fail(VXS_IO, "io of %d", rank);
    ASSERT_ALL(comm_agree(MPI_COMM_WORLD, mine) == (ranks > 1 ? VXS_IO : VXS_USAGE));
    ASSERT_ALL(ranks > 1
                   ? strncmp(status_message(), "rank 1 on ", 10) == 0 && strstr(status_message(), ": io of 1")
                   : strcmp(status_message(), "usage of 0") == 0);
    ASSERT_ALL(comm_agree(MPI_COMM_WORLD, VXS_OK) == VXS_OK);
}

/* A small file for outputs to be like. */
static int make_seed(const char *path) {
    hid_t file = H5Fcreate(path, H5F_ACC_EXCL, H5P_DEFAULT, H5P_DEFAULT);
    hid_t space = H5Screate_simple(3, (hsize_t[]){2, 3, 4}, NULL);
    hid_t dataset = H5Dcreate2(file, "/raw", H5T_STD_U16LE, space, H5P_DEFAULT, H5P_DEFAULT, H5P_DEFAULT);
    bool made = dataset >= 0;
    H5Dclose(dataset);
    H5Sclose(space);
    return H5Fclose(file) < 0 || !made;
}

static int set_up(void **state) {
    (void)state;
    MPI_Comm_rank(MPI_COMM_WORLD, &rank);
    MPI_Comm_size(MPI_COMM_WORLD, &ranks);
    if (rank == 0 && !mkdtemp(folder))
        MPI_Abort(MPI_COMM_WORLD, 1);
    MPI_Bcast(folder, sizeof folder, MPI_CHAR, 0, MPI_COMM_WORLD);
    char path[4096];
    path_of(path, "seed");
    int status = rank == 0 ? make_seed(path) : 0;
    MPI_Bcast(&status, 1, MPI_INT, 0, MPI_COMM_WORLD);
    return status != 0 || volume_probe(path, "/raw", &seed) != VXS_OK;
}

static int tear_down(void **state) {
    (void)state;
    char path[4096];
    path_of(path, "seed");
    MPI_Barrier(MPI_COMM_WORLD);
    if (rank == 0) {
        unlink(path);
        rmdir(folder);
    }
    return 0;
}

int main(int argc, char **argv) {
    MPI_Init(&argc, &argv);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_worst_status_and_its_lowest_message_reach_all_ranks),
        cmocka_unit_test(component_is_the_one_asked_for),
        cmocka_unit_test(opening_what_is_missing_fails_on_all_ranks_alike),
        cmocka_unit_test(every_layout_written_in_parallel_reads_back),
    };
    int failed = cmocka_run_group_tests(tests, set_up, tear_down);
    MPI_Finalize();
    return failed;
}
