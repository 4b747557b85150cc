/* What is said of files that can't be used, and what is found in those that can. */
#include "volume_fixture.h"

static const hsize_t shape3[3] = {4, 6, 8};

static vxs_status probe(const char *file, const char *dataset, volume_info *info) {
    return volume_probe(in_folder(file), dataset, info);
}

static void write_bytes(const char *name, const void *bytes, size_t count) {
    FILE *out = fopen(in_folder(name), "wb");
    assert_non_null(out);
    assert_int_equal(fwrite(bytes, 1, count, out), count);
    fclose(out);
}

static void names_split_at_the_last_colon_unless_the_file_exists(void **state) {
    (void)state;
    char file[VOLUME_PATH_BYTES], dataset[VOLUME_NAME_BYTES];
    assert_int_equal(volume_split_name("a/b.h5:entry//data/", file, dataset), VXS_OK);
    assert_string_equal(file, "a/b.h5");
    assert_string_equal(dataset, "/entry/data");
    assert_int_equal(volume_split_name("c:d.h5:/x", file, dataset), VXS_OK);
    assert_string_equal(file, "c:d.h5");
    assert_int_equal(volume_split_name("plain.h5", file, dataset), VXS_OK);
    assert_string_equal(dataset, "");
    write_bytes("with:colon.h5", "x", 1);
    assert_int_equal(volume_split_name(in_folder("with:colon.h5"), file, dataset), VXS_OK);
    assert_string_equal(file, in_folder("with:colon.h5"));
    const char *bad[] = {"", ":", ":/raw", "a.h5:", "a.h5:///"};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        assert_int_equal(volume_split_name(bad[i], file, dataset), VXS_USAGE);
}

static void files_that_are_not_hdf5_are_named_with_the_reason(void **state) {
    (void)state;
    volume_info info;
    assert_int_equal(probe("nothing.h5", "", &info), VXS_BAD_INPUT);
    ASSERT_SAYS("nothing.h5", "No such file");
    assert_int_equal(volume_probe(folder, "", &info), VXS_BAD_INPUT);
    ASSERT_SAYS(folder, "folder");
    write_bytes("text.h5", "hello, world", 12);
    assert_int_equal(probe("text.h5", "", &info), VXS_BAD_INPUT);
    ASSERT_SAYS("text.h5", "not an HDF5 file");
    write_bytes("empty.h5", "", 0);
    assert_int_equal(probe("empty.h5", "", &info), VXS_BAD_INPUT);
    ASSERT_SAYS("empty.h5", "0 bytes");
}

static void a_truncated_file_is_called_so(void **state) {
    (void)state;
    volume_info info;
    hid_t file = new_file("cut.h5"),
          dataset = new_dataset(file, "/raw", H5T_STD_U16LE, 3, shape3, H5P_DEFAULT);
    fill_dataset(dataset, 0);
    H5Dclose(dataset);
    H5Fclose(file);
    assert_int_equal(truncate(in_folder("cut.h5"), 1500), 0);
    assert_int_equal(probe("cut.h5", "", &info), VXS_BAD_INPUT);
    ASSERT_SAYS("cut.h5", "truncated");
}

static void missing_datasets_are_answered_with_what_is_there(void **state) {
    (void)state;
    volume_info info;
    hid_t file = new_file("several.h5");
    H5Dclose(new_dataset(file, "/entry/a", H5T_STD_U8LE, 3, shape3, H5P_DEFAULT));
    H5Dclose(new_dataset(file, "/entry/b", H5T_IEEE_F32BE, 4, (hsize_t[]){2, 3, 4, 5}, H5P_DEFAULT));
    H5Dclose(new_dataset(file, "/entry/row", H5T_STD_U8LE, 1, shape3, H5P_DEFAULT));
    H5Lcreate_soft("/entry/a", file, "/linked", H5P_DEFAULT, H5P_DEFAULT);
    H5Lcreate_soft("/nowhere", file, "/dangling", H5P_DEFAULT, H5P_DEFAULT);
    H5Lcreate_soft("/", file, "/entry/circle", H5P_DEFAULT, H5P_DEFAULT);
    H5Fclose(file);
    assert_int_equal(probe("several.h5", "/nope", &info), VXS_BAD_INPUT);
    ASSERT_SAYS("/nope", "/entry/a: uint8 (4, 6, 8)", "/entry/b: float32, big-endian (2, 3, 4, 5)",
                "/entry/row");
    assert_int_equal(probe("several.h5", "/entry", &info), VXS_BAD_INPUT);
    ASSERT_SAYS("/entry", "group");
    assert_int_equal(probe("several.h5", "", &info), VXS_USAGE);
    ASSERT_SAYS("FILE:DATASET", "/entry/a", "/entry/b");
    assert_null(strstr(status_message(), "row"));
    assert_null(strstr(status_message(), "linked"));
    assert_int_equal(probe("several.h5", "linked", &info), VXS_OK);
    assert_int_equal(probe("several.h5", "/dangling", &info), VXS_BAD_INPUT);
}

static void the_only_volume_is_taken_without_a_name(void **state) {
    (void)state;
    volume_info info;
    hid_t file = new_file("one.h5");
    H5Dclose(new_dataset(file, "/entry/angles", H5T_IEEE_F64LE, 1, shape3, H5P_DEFAULT));
    H5Dclose(new_dataset(file, "/entry/data", H5T_STD_I32LE, 4, (hsize_t[]){2, 3, 4, 5}, H5P_DEFAULT));
    H5Lcreate_hard(file, "/entry/data", file, "/entry/same", H5P_DEFAULT, H5P_DEFAULT);
    H5Fclose(file);
    assert_int_equal(probe("one.h5", "", &info), VXS_OK);
    assert_string_equal(info.dataset, "/entry/data");
    assert_int_equal(info.axes, 4);
    assert_memory_equal(info.shape, ((int64_t[]){1, 2, 3, 4, 5}), sizeof info.shape);
}

static void shapes_that_are_no_volumes_are_refused(void **state) {
    (void)state;
    volume_info info;
    const hsize_t shape6[6] = {1, 1, 1, 2, 2, 2}, hollow[3] = {4, 0, 8};
    make_file("two.h5", H5T_STD_U8LE, 2, shape3, H5P_DEFAULT);
    assert_int_equal(probe("two.h5", "", &info), VXS_BAD_INPUT);
    ASSERT_SAYS("/raw", "2 axes", "3 to 5");
    make_file("six.h5", H5T_STD_U8LE, 6, shape6, H5P_DEFAULT);
    assert_int_equal(probe("six.h5", "/raw", &info), VXS_BAD_INPUT);
    ASSERT_SAYS("6 axes");
    make_file("hollow.h5", H5T_STD_U8LE, 3, hollow, H5P_DEFAULT);
    assert_int_equal(probe("hollow.h5", "/raw", &info), VXS_BAD_INPUT);
    ASSERT_SAYS("length 0", "axis 1");
    hid_t file = new_file("bare.h5");
    H5Fclose(file);
    assert_int_equal(probe("bare.h5", "", &info), VXS_BAD_INPUT);
    ASSERT_SAYS("bare.h5", "no dataset at all");
}

static hid_t make_enum(const char *no, const char *yes) {
    signed char zero = 0, one = 1;
    hid_t type = H5Tenum_create(H5T_STD_I8LE);
    H5Tenum_insert(type, no, &zero);
    H5Tenum_insert(type, yes, &one);
    return type;
}

static hid_t make_compound(const char *first, const char *second) {
    hid_t type = H5Tcreate(H5T_COMPOUND, 16);
    H5Tinsert(type, first, 0, H5T_IEEE_F64LE);
    H5Tinsert(type, second, 8, H5T_IEEE_F64LE);
    return type;
}

static hid_t make_string(size_t bytes) {
    hid_t type = H5Tcopy(H5T_C_S1);
    H5Tset_size(type, bytes);
    return type;
}

static hid_t make_precise(hid_t like, size_t bits) {
    hid_t type = H5Tcopy(like);
    H5Tset_precision(type, bits);
    return type;
}

static hid_t make_sized(hid_t like, size_t bytes) {
    hid_t type = H5Tcopy(like);
    H5Tset_size(type, bytes);
    return type;
}

static void types_that_are_not_numbers_of_ours_are_named(void **state) {
    (void)state;
    const struct {
        hid_t type;
        const char *word;
    } bad[] = {{make_compound("x", "y"), "compound"},
               {make_compound("r", "i"), "complex"},
               {make_string(8), "string"},
               {make_string(H5T_VARIABLE), "string"},
               {H5Tcopy(H5T_STD_REF_OBJ), "reference"},
               {H5Tcopy(H5T_STD_B16LE), "bitfield"},
               {H5Tcreate(H5T_OPAQUE, 4), "opaque"},
               {make_enum("off", "on"), "enum"},
               {H5Tvlen_create(H5T_STD_U8LE), "variable-length"},
               {H5Tarray_create2(H5T_STD_U8LE, 1, (hsize_t[]){3}), "array"},
               {make_precise(H5T_STD_U16LE, 12), "integer of 12 bits in 2 bytes"},
               {make_sized(H5T_STD_U32LE, 3), "integer of 24 bits in 3 bytes"},
               {H5Tcopy(H5T_NATIVE_LDOUBLE), "float of"}};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        volume_info info;
        make_file("type.h5", bad[i].type, 3, shape3, H5P_DEFAULT);
        assert_int_equal(probe("type.h5", "/raw", &info), VXS_BAD_INPUT);
        ASSERT_SAYS("/raw", bad[i].word);
        H5Tclose(bad[i].type);
    }
}

static hid_t make_half(hid_t like) {
    hid_t type = H5Tcopy(like);
    H5Tset_fields(type, 15, 10, 5, 0, 10);
    H5Tset_size(type, 2);
    H5Tset_ebias(type, 15);
    return type;
}

static void every_dtype_is_recognised_in_both_byte_orders(void **state) {
    (void)state;
    const struct {
        hid_t type;
        vxs_dtype dtype;
        bool swapped;
    } good[] = {{H5T_STD_U8BE, VXS_UINT8, false},
                {H5T_STD_I8LE, VXS_INT8, false},
                {H5T_STD_U16BE, VXS_UINT16, true},
                {H5T_STD_I16LE, VXS_INT16, false},
                {H5T_STD_U32LE, VXS_UINT32, false},
                {H5T_STD_I32BE, VXS_INT32, true},
                {H5T_STD_U64BE, VXS_UINT64, true},
                {H5T_STD_I64LE, VXS_INT64, false},
                {H5T_IEEE_F32BE, VXS_FLOAT32, true},
                {H5T_IEEE_F64LE, VXS_FLOAT64, false},
                {make_half(H5T_IEEE_F32LE), VXS_FLOAT16, false},
                {make_half(H5T_IEEE_F32BE), VXS_FLOAT16, true},
                {make_enum("FALSE", "TRUE"), VXS_BOOL, false}};
    for (size_t i = 0; i < sizeof good / sizeof *good; i++) {
        volume_info info;
        make_file("type.h5", good[i].type, 3, shape3, H5P_DEFAULT);
        assert_int_equal(probe("type.h5", "", &info), VXS_OK);
        assert_int_equal(info.dtype, good[i].dtype);
        assert_int_equal(info.swapped, good[i].swapped);
    }
}

/* A filter of another number, registered while the file is made. */
static size_t pass(unsigned flags, size_t count, const unsigned values[], size_t bytes, size_t *room,
                   void **data) {
    (void)flags, (void)count, (void)values, (void)room, (void)data;
    return bytes;
}

static void a_filter_without_plugin_is_named(void **state) {
    (void)state;
    const H5Z_class2_t class = {H5Z_CLASS_T_VERS, 32008, 1, 1, "bitshuffle; see its page", NULL, NULL, pass};
    assert_true(H5Zregister(&class) >= 0);
    hid_t plist = H5Pcreate(H5P_DATASET_CREATE);
    H5Pset_chunk(plist, 3, (hsize_t[]){2, 3, 4});
    H5Pset_filter(plist, 32008, 0, 0, NULL);
    make_file("filter.h5", H5T_STD_U16LE, 3, shape3, plist);
    H5Pclose(plist);
    assert_true(H5Zunregister(32008) >= 0);
    volume_info info;
    assert_int_equal(probe("filter.h5", "", &info), VXS_BAD_INPUT);
    ASSERT_SAYS("/raw", "32008", "bitshuffle", "HDF5_PLUGIN_PATH");
}

static void spacing_is_three_positive_numbers_of_any_type(void **state) {
    (void)state;
    const struct {
        hid_t type;
        hsize_t count;
        double values[4];
        bool good;
    } cases[] = {{H5T_IEEE_F64LE, 3, {1.5, 2, 3}, true}, {H5T_STD_I16BE, 3, {1, 2, 3}, true},
                 {H5T_IEEE_F32LE, 2, {1, 2}, false},     {H5T_IEEE_F64LE, 3, {1, 0, 3}, false},
                 {H5T_IEEE_F64LE, 3, {1, -2, 3}, false}, {H5T_IEEE_F64LE, 4, {1, 2, 3, 4}, false}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        hid_t file = new_file("spacing.h5"),
              dataset = new_dataset(file, "/raw", H5T_STD_U8LE, 3, shape3, H5P_DEFAULT);
        hid_t space = H5Screate_simple(1, &cases[i].count, NULL);
        hid_t attribute =
            H5Acreate2(dataset, "element_size_um", cases[i].type, space, H5P_DEFAULT, H5P_DEFAULT);
        H5Awrite(attribute, H5T_NATIVE_DOUBLE, cases[i].values);
        H5Aclose(attribute);
        H5Sclose(space);
        H5Dclose(dataset);
        H5Fclose(file);
        volume_info info;
        assert_int_equal(probe("spacing.h5", "", &info), VXS_OK);
        assert_int_equal(info.has_spacing, cases[i].good);
        if (cases[i].good)
            assert_memory_equal(info.spacing, cases[i].values, sizeof info.spacing);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(names_split_at_the_last_colon_unless_the_file_exists),
        cmocka_unit_test(files_that_are_not_hdf5_are_named_with_the_reason),
        cmocka_unit_test(a_truncated_file_is_called_so),
        cmocka_unit_test(missing_datasets_are_answered_with_what_is_there),
        cmocka_unit_test(the_only_volume_is_taken_without_a_name),
        cmocka_unit_test(shapes_that_are_no_volumes_are_refused),
        cmocka_unit_test(types_that_are_not_numbers_of_ours_are_named),
        cmocka_unit_test(every_dtype_is_recognised_in_both_byte_orders),
        cmocka_unit_test(a_filter_without_plugin_is_named),
        cmocka_unit_test(spacing_is_three_positive_numbers_of_any_type),
    };
    return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
