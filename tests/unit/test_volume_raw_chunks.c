/* Chunks that voxslab decodes itself: equal to what HDF5 reads, and damage is found and named. */
#include "raw_fixture.h"

#include <fcntl.h>

#include "volume/raw_chunks.h"

static const form small_form = {3, {9, 14, 11}, {4, 5, 6}, {9, 14, 11}, false, false};

static hid_t half_type(void) {
    hid_t type = H5Tcopy(H5T_IEEE_F32BE);
    H5Tset_fields(type, 15, 10, 5, 0, 10);
    H5Tset_size(type, 2);
    H5Tset_ebias(type, 15);
    return type;
}

static hid_t bool_type(void) {
    hid_t type = H5Tenum_create(H5T_STD_I8LE);
    H5Tenum_insert(type, "FALSE", (signed char[]){0});
    H5Tenum_insert(type, "TRUE", (signed char[]){1});
    return type;
}

static void check_form(const form *f, hid_t type, const char *filters, bool known) {
    hid_t file, dataset = make_filtered("filtered.h5", f, type, filters, &file);
    close_file(dataset, file);
    check_equals_hdf5("filtered.h5", known);
}

static void every_order_of_filters_and_every_type_reads_as_by_hdf5(void **state) {
    (void)state;
    static const char *const filters[] = {"",   "D",   "S",   "F",   "SD",  "DS",  "FD",   "DF",   "SF",
                                          "FS", "SDF", "SFD", "FSD", "DSF", "DFS", "FDSF", "FFDFF"};
    hid_t half = half_type(), truth = bool_type();
    const hid_t types[] = {H5T_STD_U8LE,   H5T_STD_I16LE,  H5T_STD_U16BE, H5T_STD_I32LE,
                           H5T_STD_U32BE,  H5T_STD_I64LE,  H5T_STD_U64BE, H5T_IEEE_F32LE,
                           H5T_IEEE_F32BE, H5T_IEEE_F64BE, half,          truth};
    for (size_t f = 0; f < sizeof filters / sizeof *filters; f++)
        for (size_t t = 0; t < sizeof types / sizeof *types; t++)
            check_form(&small_form, types[t], filters[f], true);
    H5Tclose(half);
    H5Tclose(truth);
}

static void other_pipelines_are_left_to_hdf5(void **state) {
    (void)state;
    static const char *const filters[] = {"Z", "ZD", "DD", "SDFD", "FFFFFFFFF"};
    for (size_t f = 0; f < sizeof filters / sizeof *filters; f++)
        check_form(&small_form, H5T_STD_U16BE, filters[f], false);
}

static void missing_partial_large_and_many_chunks_read_as_by_hdf5(void **state) {
    (void)state;
    static const form forms[] = {
        {3, {9, 14, 11}, {4, 5, 6}, {4, 9, 11}, false, false},       /* some chunks are missing */
        {3, {9, 14, 11}, {4, 5, 6}, {0, 0, 0}, false, false},        /* all are */
        {3, {9, 14, 11}, {4, 5, 6}, {9, 9, 11}, false, true},        /* partial chunks are not filtered */
        {3, {5, 6, 7}, {16, 8, 32}, {5, 6, 7}, true, false},         /* a chunk larger than the volume */
        {3, {5, 6, 7}, {16, 8, 32}, {5, 6, 7}, true, true},          /* and not filtered */
        {3, {12, 10, 14}, {1, 1, 1}, {12, 10, 14}, false, false},    /* one voxel each: many to a parcel */
        {3, {40, 60, 50}, {40, 60, 50}, {40, 60, 50}, false, false}, /* only one */
        {3, {64, 50, 70}, {16, 50, 70}, {50, 50, 70}, false, false}, /* whole planes */
        {4, {3, 9, 10, 11}, {2, 4, 5, 6}, {3, 9, 10, 11}, false, false}, /* chunks that span channels */
        {5, {3, 2, 5, 9, 7}, {2, 2, 3, 4, 7}, {3, 2, 5, 8, 7}, false, false},
    };
    for (size_t i = 0; i < sizeof forms / sizeof *forms; i++) {
        check_form(&forms[i], H5T_STD_U16LE, "SD", true);
        check_form(&forms[i], H5T_IEEE_F32BE, "SD", true);
        check_form(&forms[i], H5T_STD_U16BE, "DF", true);
        check_form(&forms[i], H5T_STD_U16BE, "", true);
        check_form(&forms[i], H5T_STD_U16LE, "", true);
    }
}

/* Into a view too large for the caches, which rows are written past: a corner of it, and nothing beside. */
static void rows_written_past_the_caches_read_as_by_hdf5(void **state) {
    (void)state;
    static const form large = {3, {20, 1024, 1024}, {3, 200, 100}, {5, 300, 1024}, false, false};
    const box corner = {{{0, 1}, {0, 1}, {1, 5}, {7, 300}, {3, 1021}}};
    volume_info info;
    volume *in;
    hid_t file, dataset = make_filtered("large.h5", &large, H5T_STD_U16LE, "D", &file);
    close_file(dataset, file);
    assert_int_equal(volume_probe(in_folder("large.h5"), "/raw", &info), VXS_OK);
    const size_t bytes = (size_t)product(large.shape, 3) * 2;
    const box whole = box_of_shape(info.shape);
    char *expected = (char *)read_by_hdf5("large.h5", &info), *got = calloc(1, bytes);
    const box_view view = box_view_packed(got, &whole);
    assert_int_equal(volume_open_read(&info, MPI_COMM_SELF, 2, &in), VXS_OK);
    assert_int_equal(volume_read(in, &corner, &view), VXS_OK);
    volume_close(in);
    for (int64_t d = 1; d < 5; d++)
        for (int64_t h = 7; h < 300; h++) {
            const size_t at = (size_t)((d * 1024 + h) * 1024 + 3) * 2, row = (1021 - 3) * 2;
            assert_memory_equal(got + at, expected + at, row);
            memset(got + at, 0, row);
        }
    assert_true(got[0] == 0 && memcmp(got, got + 1, bytes - 1) == 0);
    free(got);
    free(expected);
}

/* The filters that a chunk with that mask has passed. */
static const char *left_by_mask(const char *filters, unsigned mask, char left[8]) {
    int count = 0;
    for (int i = 0; filters[i]; i++)
        if (!(mask >> i & 1))
            left[count++] = filters[i];
    left[count] = '\0';
    return left;
}

/* Chunk at of dataset becomes that of a file with other filters, stored as it is, with the mask. */
static void put_chunk(hid_t dataset, const hsize_t *at, const form *f, const char *filters, unsigned mask,
                      int64_t bytes_more) {
    hid_t type = H5Dget_type(dataset), file, from = make_filtered("from.h5", f, type, filters, &file);
    hsize_t bytes = 0;
    uint32_t none;
    unsigned char *raw = calloc(1, 1 << 16);
    assert_true(H5Dflush(from) >= 0 && H5Dget_chunk_storage_size(from, at, &bytes) >= 0);
    assert_true(H5Dread_chunk(from, H5P_DEFAULT, at, &none, raw) >= 0);
    assert_true(H5Dwrite_chunk(dataset, H5P_DEFAULT, mask, at, (size_t)((int64_t)bytes + bytes_more), raw) >=
                0);
    free(raw);
    close_file(from, file);
    H5Tclose(type);
}

static void filters_that_a_chunk_did_not_pass_are_skipped(void **state) {
    (void)state;
    static const char *const filters[] = {"SDF", "FDS", "FSD", "DFS"};
    for (int f = 0; f < 4; f++) {
        hid_t file, dataset = make_filtered("masked.h5", &small_form, H5T_STD_U16BE, filters[f], &file);
        unsigned mask = 0;
        for (hsize_t d = 0; d < 9; d += 4)
            for (hsize_t h = 0; h < 14; h += 5, mask = (mask + 1) % 8) {
                char left[8];
                put_chunk(dataset, (hsize_t[]){d, h, 0}, &small_form, left_by_mask(filters[f], mask, left),
                          mask, 0);
            }
        close_file(dataset, file);
        check_equals_hdf5("masked.h5", true);
    }
}

/* Chunk [4:8, 5:10, 0:6] is damaged by put_chunk: the status, its place and the reason. */
static void check_refused(const char *filters, const form *from, const char *from_filters, unsigned mask,
                          int64_t bytes_more, const char *reason) {
    for (int threads = 1; threads <= 5; threads += 2) {
        hid_t file, dataset = make_filtered("damaged.h5", &small_form, H5T_STD_U16LE, filters, &file);
        put_chunk(dataset, (hsize_t[]){4, 5, 0}, from, from_filters, mask, bytes_more);
        close_file(dataset, file);
        assert_int_equal(read_status("damaged.h5", threads), VXS_BAD_INPUT);
        ASSERT_SAYS("damaged.h5", "/raw", "[4:8, 5:10, 0:6]", "decoded", reason);
    }
}

static void chunks_that_are_cut_or_of_the_wrong_length_are_refused(void **state) {
    (void)state;
    const form longer = {3, {9, 15, 14}, {4, 5, 7}, {9, 15, 14}, false, false};
    const form shorter = {3, {9, 14, 10}, {4, 5, 5}, {9, 14, 10}, false, false};
    check_refused("SD", &small_form, "SD", 0, -1, "it");
    check_refused("SD", &small_form, "SD", 0, -30, "it");
    check_refused("D", &longer, "D", 0, 0, "more than 240 bytes");
    check_refused("D", &shorter, "D", 0, 0, "less than 240 bytes");
    check_refused("FD", &shorter, "FD", 0, 0, "less than 244 bytes");
    check_refused("DF", &shorter, "DF", 0, 0, "less than 240 bytes");
    check_refused("F", &shorter, "F", 0, 0, "200 bytes");
    check_refused("S", &shorter, "S", 0, 0, "200 bytes");
    check_refused("D", &longer, "", 1, 0, "280 bytes");
    check_refused("DF", &small_form, "DF", 0, -2, "checksum");
    check_refused("SF", &small_form, "SF", 0, -240, "checksum");
    check_refused("SDF", &small_form, "", 3, -238, "2 bytes");
}

/* More bytes than any chunk needs: HDF5 ignores what follows a stream. */
static void a_stream_with_a_long_tail_reads_as_by_hdf5(void **state) {
    (void)state;
    for (int64_t more = 10; more <= 10000; more *= 10) {
        hid_t file, dataset = make_filtered("tail.h5", &small_form, H5T_STD_U16LE, "D", &file);
        put_chunk(dataset, (hsize_t[]){4, 5, 0}, &small_form, "D", 0, more);
        close_file(dataset, file);
        check_equals_hdf5("tail.h5", true);
    }
}

static void checksums_of_old_hdf5_are_accepted(void **state) {
    (void)state;
    hid_t file, dataset = make_filtered("old.h5", &small_form, H5T_STD_U16LE, "F", &file);
    unsigned char raw[244];
    uint32_t none;
    const hsize_t at[3] = {4, 5, 0};
    assert_true(H5Dread_chunk(dataset, H5P_DEFAULT, at, &none, raw) >= 0);
    for (int half = 240; half < 244; half += 2) {
        unsigned char first = raw[half];
        raw[half] = raw[half + 1];
        raw[half + 1] = first;
    }
    assert_true(H5Dwrite_chunk(dataset, H5P_DEFAULT, 0, at, sizeof raw, raw) >= 0);
    close_file(dataset, file);
    check_equals_hdf5("old.h5", true);
}

static void flip_byte(const char *name, haddr_t at) {
    unsigned char byte;
    int file = open(in_folder(name), O_RDWR);
    assert_int_equal(pread(file, &byte, 1, (off_t)at), 1);
    byte ^= 0x5a;
    assert_int_equal(pwrite(file, &byte, 1, (off_t)at), 1);
    close(file);
}

static void every_flipped_byte_is_found_and_its_chunk_named(void **state) {
    (void)state;
    static const char *const filters[] = {"SD", "F", "SDF"};
    for (int f = 0; f < 3; f++) {
        hid_t file, dataset = make_filtered("flipped.h5", &small_form, H5T_STD_U16LE, filters[f], &file);
        unsigned mask;
        haddr_t address;
        hsize_t bytes;
        H5Dflush(dataset);
        assert_true(H5Dget_chunk_info_by_coord(dataset, (hsize_t[]){8, 10, 6}, &mask, &address, &bytes) >= 0);
        close_file(dataset, file);
        for (hsize_t i = 0; i < bytes; i += 3) {
            flip_byte("flipped.h5", address + i);
            assert_int_equal(read_status("flipped.h5", 2), VXS_BAD_INPUT);
            ASSERT_SAYS("flipped.h5", "/raw", "[8:9, 10:14, 6:11]", "decoded");
            flip_byte("flipped.h5", address + i);
        }
        assert_int_equal(read_status("flipped.h5", 2), VXS_OK);
    }
}

static void the_first_of_several_damaged_chunks_is_named(void **state) {
    (void)state;
    for (int i = 0; i < 20; i++) {
        hid_t file, dataset = make_filtered("several.h5", &small_form, H5T_STD_U16LE, "D", &file);
        for (hsize_t h = 0; h < 14; h += 5)
            put_chunk(dataset, (hsize_t[]){4, h, 6}, &small_form, "D", 0, -5);
        close_file(dataset, file);
        assert_int_equal(read_status("several.h5", 5), VXS_BAD_INPUT);
        ASSERT_SAYS("[4:8, 0:5, 6:11]");
    }
}

static void threads_are_as_many_as_the_memory_holds_and_chunks_there_are(void **state) {
    (void)state;
    hid_t file, dataset = make_filtered("filtered.h5", &small_form, H5T_STD_U16LE, "SD", &file);
    volume_info info;
    close_file(dataset, file);
    assert_int_equal(volume_probe(in_folder("filtered.h5"), "", &info), VXS_OK);
    assert_int_equal(volume_read_threads(&info, 4, INT64_MAX), 4);
    assert_int_equal(volume_read_threads(&info, 400, INT64_MAX), 18);
    assert_int_equal(volume_read_threads(&info, 4, 1), 1);
    for (int threads = 2; threads < 9; threads++) {
        int64_t bytes = volume_read_overhead(&info, 1000, threads);
        assert_int_equal(volume_read_threads(&info, 16, bytes), threads);
        assert_int_equal(volume_read_threads(&info, 16, bytes - 1), threads - 1);
    }
    info.layout = VOLUME_VIRTUAL;
    assert_int_equal(volume_read_threads(&info, 4, INT64_MAX), 1);
}

static void only_scattered_voxels_of_plain_chunks_are_taken_from_whole_ones(void **state) {
    (void)state;
    static const form plain = {3, {20, 96, 128}, {10, 48, 64}, {20, 96, 128}, false, false};
    const struct {
        box where;
        bool whole;
    } cases[] = {{{{{0, 1}, {0, 1}, {0, 20}, {0, 96}, {0, 128}}}, true},
                 {{{{0, 1}, {0, 1}, {3, 4}, {0, 96}, {0, 128}}}, true},
                 {{{{0, 1}, {0, 1}, {3, 4}, {0, 5}, {0, 64}}}, false},    /* 5 rows of 61440 bytes */
                 {{{{0, 1}, {0, 1}, {0, 10}, {0, 48}, {0, 64}}}, false}}; /* one run */
    hid_t file, dataset = make_filtered("plain.h5", &plain, H5T_STD_U16LE, "", &file);
    volume_info info;
    volume *v;
    close_file(dataset, file);
    assert_int_equal(volume_probe(in_folder("plain.h5"), "", &info), VXS_OK);
    assert_int_equal(volume_open_read(&info, MPI_COMM_SELF, 2, &v), VXS_OK);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        const box_view view = box_view_packed(NULL, &cases[i].where);
        assert_int_equal(raw_reader_is_faster(v, &cases[i].where, &view), cases[i].whole);
    }
    volume_close(v);
}

int main(int argc, char **argv) {
    MPI_Init(&argc, &argv);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(only_scattered_voxels_of_plain_chunks_are_taken_from_whole_ones),
        cmocka_unit_test(every_order_of_filters_and_every_type_reads_as_by_hdf5),
        cmocka_unit_test(other_pipelines_are_left_to_hdf5),
        cmocka_unit_test(missing_partial_large_and_many_chunks_read_as_by_hdf5),
        cmocka_unit_test(rows_written_past_the_caches_read_as_by_hdf5),
        cmocka_unit_test(filters_that_a_chunk_did_not_pass_are_skipped),
        cmocka_unit_test(chunks_that_are_cut_or_of_the_wrong_length_are_refused),
        cmocka_unit_test(a_stream_with_a_long_tail_reads_as_by_hdf5),
        cmocka_unit_test(checksums_of_old_hdf5_are_accepted),
        cmocka_unit_test(every_flipped_byte_is_found_and_its_chunk_named),
        cmocka_unit_test(the_first_of_several_damaged_chunks_is_named),
        cmocka_unit_test(threads_are_as_many_as_the_memory_holds_and_chunks_there_are),
    };
    int failed = cmocka_run_group_tests(tests, make_folder, remove_folder);
    MPI_Finalize();
    return failed;
}
