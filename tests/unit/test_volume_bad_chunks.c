/* Chunks that can't be decoded or found: named, or filled and listed, whoever decodes. */
#include "raw_fixture.h"

#include "base/checked.h"
#include "base/voxel_text.h"

static const form plain_form = {3, {9, 14, 11}, {4, 5, 6}, {9, 14, 11}, false, false};

/* Of chunk (at voxels d, h, w): where it is stored. */
static haddr_t address_of(const char *name, const hsize_t origin[3], hsize_t *bytes) {
    hid_t file = H5Fopen(in_folder(name), H5F_ACC_RDONLY, H5P_DEFAULT);
    hid_t dataset = H5Dopen2(file, "/raw", H5P_DEFAULT);
    unsigned mask;
    haddr_t address = HADDR_UNDEF;
    assert_true(H5Dget_chunk_info_by_coord(dataset, origin, &mask, &address, bytes) >= 0);
    close_file(dataset, file);
    assert_true(address != HADDR_UNDEF);
    return address;
}

static void overwrite(const char *name, haddr_t at, const void *bytes, size_t count) {
    FILE *file = fopen(in_folder(name), "r+b");
    assert_int_equal(fseek(file, (long)at, SEEK_SET), 0);
    assert_int_equal(fwrite(bytes, 1, count, file), count);
    fclose(file);
}

static void damage_chunk(const char *name, const hsize_t origin[3]) {
    hsize_t bytes;
    const haddr_t at = address_of(name, origin, &bytes);
    unsigned char junk[64];
    memset(junk, 0xa5, sizeof junk);
    overwrite(name, at, junk, bytes < sizeof junk ? (size_t)bytes : sizeof junk);
}

/* A version 1 B-tree has addresses without a checksum: this one then points behind the file's end. */
static void misplace_chunk(const char *name, const hsize_t origin[3]) {
    hsize_t bytes;
    const haddr_t at = address_of(name, origin, &bytes);
    static unsigned char all[1 << 16];
    FILE *file = fopen(in_folder(name), "rb");
    const size_t length = fread(all, 1, sizeof all, file);
    int replaced = 0;
    fclose(file);
    for (size_t i = 0; i + 8 <= length; i++)
        if (memcmp(all + i, &at, 8) == 0) {
            const haddr_t far = at + (1 << 30);
            overwrite(name, i, &far, 8);
            replaced++;
        }
    assert_int_equal(replaced, 1);
}

typedef struct expectation {
    const unsigned char *good; /* the whole volume, undamaged */
    const unsigned char *voxel;
    const int64_t *bad; /* chunk numbers, ascending */
    int count;
} expectation;

static bool lies_in_bad(const volume_info *info, const expectation *e, int64_t index) {
    int64_t at[AXES];
    for (int a = AXES - 1; a >= 0; a--) {
        at[a] = index % info->shape[a];
        index /= info->shape[a];
    }
    for (int i = 0; i < e->count; i++) {
        const box chunk = volume_chunk_box(info, e->bad[i]);
        bool inside = true;
        for (int a = 0; a < AXES; a++)
            inside = inside && at[a] >= chunk.axis[a].begin && at[a] < chunk.axis[a].end;
        if (inside)
            return true;
    }
    return false;
}

static void check_filled(const volume_info *info, volume *in, const expectation *e) {
    const size_t element = dtype_bytes(info->dtype);
    const box whole = box_of_shape(info->shape);
    unsigned char *data = malloc((size_t)box_voxels(&whole) * element);
    const box_view view = box_view_packed(data, &whole);
    int64_t *numbers, count, wrong = 0;
    for (int again = 0; again < 2; again++) /* a chunk that is read twice is listed once */
        if (volume_read(in, &whole, &view) != VXS_OK)
            fail_msg("%s", status_message());
    for (int64_t i = 0; i < box_voxels(&whole); i++)
        wrong += memcmp(data + (size_t)i * element,
                        lies_in_bad(info, e, i) ? e->voxel : e->good + (size_t)i * element, element) != 0;
    assert_int_equal(wrong, 0);
    volume_take_bad_chunks(in, &numbers, &count);
    assert_int_equal(count, e->count);
    for (int i = 0; i < e->count; i++)
        assert_int_equal(numbers[i], e->bad[i]);
    free(numbers);
    volume_take_bad_chunks(in, &numbers, &count);
    assert_int_equal(count, 0);
    free(data);
}

static void check_with_threads(const char *name, const expectation *e) {
    static const int threads[] = {1, 2, 5};
    for (int t = 0; t < 3; t++) {
        volume_info info;
        volume *in;
        assert_int_equal(volume_probe(in_folder(name), "/raw", &info), VXS_OK);
        assert_int_equal(read_status(name, threads[t]), VXS_BAD_INPUT);
        ASSERT_SAYS("[4:8, 0:5, 6:11]", "/raw", name);
        assert_int_equal(volume_open_read(&info, MPI_COMM_SELF, threads[t], &in), VXS_OK);
        volume_fill_bad_chunks(in, e->voxel);
        check_filled(&info, in, e);
        assert_int_equal(volume_close(in), VXS_OK);
    }
}

/* Chunks on the grid 3 x 3 x 2: the first that is damaged is number 7, at (4, 0, 6); the last, 17, at the far
 * corner, is a partial one. */
static const hsize_t first_bad[3] = {4, 0, 6}, last_bad[3] = {8, 10, 6};
static const int64_t bad_numbers[] = {7, 17};

static void check_pipeline(const char *filters, hid_t type, const char *value) {
    hid_t file, dataset = make_filtered("bad.h5", &plain_form, type, filters, &file);
    close_file(dataset, file);
    volume_info info;
    unsigned char voxel[VOXEL_BYTES];
    assert_int_equal(volume_probe(in_folder("bad.h5"), "/raw", &info), VXS_OK);
    assert_int_equal(voxel_from_text(value, info.dtype, voxel), VXS_OK);
    unsigned char *good = read_by_hdf5("bad.h5", &info);
    damage_chunk("bad.h5", first_bad);
    damage_chunk("bad.h5", last_bad);
    check_with_threads("bad.h5", &(expectation){good, voxel, bad_numbers, 2});
    free(good);
}

static void bad_chunks_are_named_or_filled_whoever_decodes_them(void **state) {
    (void)state;
    static const char *const filters[] = {"D", "F", "SDF", "DF", "ZD", "DD"}; /* by us, and by HDF5 */
    for (size_t f = 0; f < sizeof filters / sizeof *filters; f++) {
        check_pipeline(filters[f], H5T_STD_U16LE, "65535");
        check_pipeline(filters[f], H5T_STD_I32BE, "-2");
        check_pipeline(filters[f], H5T_IEEE_F64LE, "nan");
    }
}

/* Behind the file's end: with and without filters. */
static void a_chunk_outside_of_the_file_is_a_bad_one(void **state) {
    (void)state;
    for (int filtered = 0; filtered < 2; filtered++) {
        hid_t file = new_file("outside.h5"),
              plist = filtered_plist(&plain_form, H5T_STD_U16LE, filtered ? "D" : "");
        hid_t dataset = new_dataset(file, "/raw", H5T_STD_U16LE, 3, plain_form.shape, plist);
        fill_dataset(dataset, 0);
        H5Pclose(plist);
        close_file(dataset, file);
        volume_info info;
        assert_int_equal(volume_probe(in_folder("outside.h5"), "/raw", &info), VXS_OK);
        unsigned char *good = read_by_hdf5("outside.h5", &info);
        misplace_chunk("outside.h5", first_bad);
        check_with_threads("outside.h5", &(expectation){good, (const unsigned char *)"\1\2", bad_numbers, 1});
        free(good);
    }
}

static void a_long_list_of_bad_chunks_is_complete(void **state) {
    (void)state;
    static const form fine = {3, {12, 10, 14}, {1, 1, 2}, {12, 10, 14}, false, false};
    hid_t file, dataset = make_filtered("many.h5", &fine, H5T_STD_U16LE, "F", &file);
    close_file(dataset, file);
    volume_info info;
    volume *in;
    assert_int_equal(volume_probe(in_folder("many.h5"), "/raw", &info), VXS_OK);
    unsigned char *good = read_by_hdf5("many.h5", &info);
    int64_t bad[12 * 10 * 7];
    int count = 0;
    for (int number = 0; number < 12 * 10 * 7; number++)
        if (number % 3 != 1) {
            const box b = volume_chunk_box(&info, number);
            damage_chunk("many.h5", (hsize_t[]){(hsize_t)b.axis[AXIS_D].begin, (hsize_t)b.axis[AXIS_H].begin,
                                                (hsize_t)b.axis[AXIS_W].begin});
            bad[count++] = number;
        }
    assert_int_equal(volume_open_read(&info, MPI_COMM_SELF, 3, &in), VXS_OK);
    volume_fill_bad_chunks(in, (const unsigned char *)"\7\7");
    check_filled(&info, in, &(expectation){good, (const unsigned char *)"\7\7", bad, count});
    volume_close(in);
    free(good);
}

typedef struct text_case {
    vxs_dtype dtype;
    const char *text;
    unsigned char voxel[VOXEL_BYTES]; /* little-endian */
    bool taken;
} text_case;

static void values_are_taken_within_the_range_of_their_dtype(void **state) {
    (void)state;
    static const text_case cases[] = {
        {VXS_UINT8, "255", {255}, true},
        {VXS_UINT8, "256", {0}, false},
        {VXS_UINT8, "-1", {0}, false},
        {VXS_UINT8, "-0", {0}, true},
        {VXS_INT8, "-128", {128}, true},
        {VXS_INT8, "-129", {0}, false},
        {VXS_INT16, "-2", {254, 255}, true},
        {VXS_UINT64, "18446744073709551615", {255, 255, 255, 255, 255, 255, 255, 255}, true},
        {VXS_UINT64, "18446744073709551616", {0}, false},
        {VXS_INT64, "-9223372036854775808", {0, 0, 0, 0, 0, 0, 0, 128}, true},
        {VXS_INT64, "9223372036854775808", {0}, false},
        {VXS_UINT16, "1.5", {0}, false},
        {VXS_UINT16, "", {0}, false},
        {VXS_UINT16, "nan", {0}, false},
        {VXS_UINT16, " 1", {0}, false},
        {VXS_BOOL, "1", {1}, true},
        {VXS_BOOL, "2", {0}, false},
        {VXS_FLOAT32, "1.5", {0, 0, 0xc0, 0x3f}, true},
        {VXS_FLOAT32, "1e39", {0}, false},
        {VXS_FLOAT32, "-inf", {0, 0, 0x80, 0xff}, true},
        {VXS_FLOAT32, "1.5x", {0}, false},
        {VXS_FLOAT64, "-2", {0, 0, 0, 0, 0, 0, 0, 0xc0}, true},
        {VXS_FLOAT64, "1e309", {0}, false},
        {VXS_FLOAT16, "1", {0, 0x3c}, true},
        {VXS_FLOAT16, "-65504", {0xff, 0xfb}, true},
        {VXS_FLOAT16, "65519", {0xff, 0x7b}, true},
        {VXS_FLOAT16, "65520", {0}, false},
        {VXS_FLOAT16, "5.9604644775390625e-8", {1, 0}, true},
        {VXS_FLOAT16, "0.333251953125", {0x55, 0x35}, true},
        {VXS_FLOAT16, "inf", {0, 0x7c}, true},
        {VXS_FLOAT16, "nan", {0, 0x7e}, true},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        unsigned char voxel[VOXEL_BYTES];
        const vxs_status status = voxel_from_text(cases[i].text, cases[i].dtype, voxel);
        if (status != (cases[i].taken ? VXS_OK : VXS_USAGE))
            fail_msg("'%s' as %s gives %d", cases[i].text, dtype_name(cases[i].dtype), (int)status);
        if (cases[i].taken && memcmp(voxel, cases[i].voxel, dtype_bytes(cases[i].dtype)) != 0)
            fail_msg("'%s' as %s is another voxel", cases[i].text, dtype_name(cases[i].dtype));
    }
}

int main(int argc, char **argv) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(bad_chunks_are_named_or_filled_whoever_decodes_them),
        cmocka_unit_test(a_chunk_outside_of_the_file_is_a_bad_one),
        cmocka_unit_test(a_long_list_of_bad_chunks_is_complete),
        cmocka_unit_test(values_are_taken_within_the_range_of_their_dtype),
    };
    MPI_Init(&argc, &argv);
    H5Eset_auto2(H5E_DEFAULT, NULL, NULL);
    int failed = cmocka_run_group_tests(tests, make_folder, remove_folder);
    MPI_Finalize();
    return failed;
}
