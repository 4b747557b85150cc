/* What volume_create makes, what it copies, and what --force may replace. */
#include "volume_fixture.h"

static const hsize_t shape3[3] = {6, 8, 10};
static const volume_spec plain = {
    .dataset = "/entry/out", .axes = 3, .shape = {1, 1, 3, 4, 5}, .dtype = VXS_UINT16, .gzip_level = 4};

static volume_info like_file(const char *name, hid_t type, hid_t plist) {
    volume_info info;
    make_file(name, type, 3, shape3, plist);
    assert_int_equal(volume_probe(in_folder(name), "", &info), VXS_OK);
    return info;
}

static vxs_status create(const char *name, const volume_spec *spec, const volume_info *like) {
    char warnings[512] = "";
    unlink(in_folder(name));
    return volume_create(in_folder(name), spec, like, warnings, sizeof warnings);
}

static volume_info create_and_probe(const volume_spec *spec, const volume_info *like) {
    volume_info made;
    if (create("out.h5", spec, like) != VXS_OK || volume_probe(in_folder("out.h5"), "", &made) != VXS_OK)
        fail_msg("%s", status_message());
    return made;
}

static void dtype_kept_keeps_the_file_type_and_dtype_changed_is_little_endian(void **state) {
    (void)state;
    volume_info like = like_file("like.h5", H5T_STD_U16BE, H5P_DEFAULT);
    volume_info made = create_and_probe(&plain, &like);
    assert_string_equal(made.dataset, "/entry/out");
    assert_memory_equal(made.shape, plain.shape, sizeof made.shape);
    assert_true(made.swapped && made.layout == VOLUME_CONTIGUOUS);
    for (int dtype = 0; dtype < VXS_DTYPES; dtype++) {
        volume_spec spec = plain;
        spec.dtype = (vxs_dtype)dtype;
        made = create_and_probe(&spec, &like);
        assert_int_equal(made.dtype, dtype);
        assert_int_equal(made.swapped, dtype == VXS_UINT16);
    }
}

static void filters_are_those_asked_for_or_the_inputs(void **state) {
    (void)state;
    hid_t plist = H5Pcreate(H5P_DATASET_CREATE);
    H5Pset_chunk(plist, 3, shape3);
    H5Pset_shuffle(plist);
    H5Pset_szip(plist, H5_SZIP_NN_OPTION_MASK, 4);
    H5Pset_fletcher32(plist);
    volume_info like = like_file("like.h5", H5T_STD_U16LE, plist);
    H5Pclose(plist);
    const struct {
        volume_filter filter;
        const char *text;
    } cases[] = {{VOLUME_FILTER_SAME, "shuffle, szip, fletcher32"},
                 {VOLUME_FILTER_NONE, ""},
                 {VOLUME_FILTER_GZIP, "deflate 4"},
                 {VOLUME_FILTER_SHUFFLE_GZIP, "shuffle, deflate 4"}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        volume_spec spec = plain;
        spec.chunked = true;
        memcpy(spec.chunk, ((int64_t[]){1, 1, 2, 4, 5}), sizeof spec.chunk);
        spec.filter = cases[i].filter;
        volume_info made = create_and_probe(&spec, &like);
        assert_string_equal(made.filters, cases[i].text);
        assert_int_equal(made.filtered, volume_spec_is_filtered(&spec, &like));
        assert_memory_equal(made.chunk, spec.chunk, sizeof made.chunk);
        spec.chunked = false;
        assert_false(volume_spec_is_filtered(&spec, &like));
    }
}

static size_t pass(unsigned flags, size_t count, const unsigned values[], size_t bytes, size_t *room,
                   void **data) {
    (void)flags, (void)count, (void)values, (void)room, (void)data;
    return bytes;
}

static void a_filter_that_only_decodes_asks_for_another_and_leaves_nothing(void **state) {
    (void)state;
    H5Z_class2_t class = {H5Z_CLASS_T_VERS, 32008, 1, 1, "bitshuffle", NULL, NULL, pass};
    assert_true(H5Zregister(&class) >= 0);
    hid_t plist = H5Pcreate(H5P_DATASET_CREATE);
    H5Pset_chunk(plist, 3, shape3);
    H5Pset_filter(plist, 32008, 0, 0, NULL);
    volume_info like = like_file("like.h5", H5T_STD_U16LE, plist);
    H5Pclose(plist);
    class.encoder_present = 0;
    assert_true(H5Zregister(&class) >= 0);
    volume_spec spec = plain;
    spec.chunked = true;
    memcpy(spec.chunk, ((int64_t[]){1, 1, 2, 4, 5}), sizeof spec.chunk);
    assert_int_equal(create("out.h5", &spec, &like), VXS_CANT_CREATE);
    ASSERT_SAYS("bitshuffle", "--filter");
    assert_int_not_equal(access(in_folder("out.h5"), F_OK), 0);
    H5Zunregister(32008);
}

static void an_existing_file_and_an_impossible_place_are_refused(void **state) {
    (void)state;
    char warnings[64] = "";
    volume_info like = like_file("like.h5", H5T_STD_U16LE, H5P_DEFAULT);
    assert_int_equal(volume_create(in_folder("like.h5"), &plain, &like, warnings, sizeof warnings),
                     VXS_CANT_CREATE);
    ASSERT_SAYS("like.h5", "File exists");
    assert_int_equal(access(in_folder("like.h5"), F_OK), 0);
    assert_int_equal(volume_create(in_folder("no/such.h5"), &plain, &like, warnings, sizeof warnings),
                     VXS_CANT_CREATE);
    ASSERT_SAYS("no/such.h5", "No such file");
}

/* ---- attributes ---- */

static void add_attribute(hid_t object, const char *name, hid_t type, hsize_t count, const void *data) {
    hid_t space = count ? H5Screate_simple(1, &count, NULL) : H5Screate(H5S_SCALAR);
    hid_t attribute = H5Acreate2(object, name, type, space, H5P_DEFAULT, H5P_DEFAULT);
    assert_true(attribute >= 0 && H5Awrite(attribute, type, data) >= 0);
    H5Aclose(attribute);
    H5Sclose(space);
}

static void add_all_kinds(hid_t file, hid_t dataset) {
    hid_t text = H5Tcopy(H5T_C_S1), vlen = H5Tvlen_create(H5T_NATIVE_INT);
    H5Tset_size(text, H5T_VARIABLE);
    add_attribute(dataset, "names", text, 2, (const char *[]){"first", "second, longer"});
    add_attribute(dataset, "numbers", H5T_NATIVE_INT, 3, (int[]){1, -2, 3});
    add_attribute(dataset, "ragged", vlen, 1, &(hvl_t){2, (int[]){4, 5}});
    add_attribute(dataset, "offset", H5T_IEEE_F32BE, 0, "\x3f\x80\x00\x00");
    add_attribute(dataset, "voxslab_version", H5T_NATIVE_INT, 0, &(int){1});
    add_attribute(dataset, "element_size_um", H5T_NATIVE_DOUBLE, 3, (double[]){1, 2, 3});
    hobj_ref_t reference;
    H5Rcreate(&reference, file, "/raw", H5R_OBJECT, -1);
    add_attribute(dataset, "points_at", H5T_STD_REF_OBJ, 0, &reference);
    hid_t compound = H5Tcreate(H5T_COMPOUND, sizeof reference + 4);
    H5Tinsert(compound, "dataset", 0, H5T_STD_REF_OBJ);
    H5Tinsert(compound, "dimension", sizeof reference, H5T_NATIVE_INT);
    char both[sizeof reference + 4] = {0};
    memcpy(both, &reference, sizeof reference);
    add_attribute(dataset, "REFERENCE_LIST", compound, 1, both);
    H5Tclose(compound);
    H5Tclose(vlen);
    H5Tclose(text);
}

static char *info_of(const char *name) {
    char *text = NULL;
    size_t bytes = 0;
    FILE *out = open_memstream(&text, &bytes);
    assert_int_equal(volume_print_info(out, in_folder(name), ""), VXS_OK);
    fclose(out);
    return text;
}

static void attributes_are_copied_but_references_spacing_and_provenance(void **state) {
    (void)state;
    char warnings[512] = "";
    hid_t file = new_file("like.h5"),
          dataset = new_dataset(file, "/raw", H5T_STD_U16LE, 3, shape3, H5P_DEFAULT);
    add_all_kinds(file, dataset);
    H5Dclose(dataset);
    H5Fclose(file);
    volume_info like, made;
    assert_int_equal(volume_probe(in_folder("like.h5"), "", &like), VXS_OK);
    const volume_attribute own[] = {{"voxslab_command", "voxslab \xc3\xa9", 0},
                                    {"voxslab_bytes", NULL, 1LL << 40}};
    volume_spec spec = plain;
    spec.has_spacing = true;
    memcpy(spec.spacing, ((double[]){2, 4, 6.5}), sizeof spec.spacing);
    spec.attributes = own;
    spec.attribute_count = 2;
    unlink(in_folder("out.h5"));
    assert_int_equal(volume_create(in_folder("out.h5"), &spec, &like, warnings, sizeof warnings), VXS_OK);
    assert_non_null(strstr(warnings, "'points_at'"));
    assert_non_null(strstr(warnings, "'REFERENCE_LIST'"));
    assert_int_equal(volume_probe(in_folder("out.h5"), "", &made), VXS_OK);
    assert_memory_equal(made.spacing, spec.spacing, sizeof made.spacing);

    char *text = info_of("out.h5");
    const char *const lines[] = {"names = \"first\", \"second, longer\"\n",
                                 "numbers = 1, -2, 3\n",
                                 "offset = 1\n",
                                 "ragged = (variable-length)\n",
                                 "element_size_um = 2, 4, 6.5\n",
                                 "voxslab_command = \"voxslab \xc3\xa9\"\n",
                                 "voxslab_bytes = 1099511627776\n",
                                 "3 x 4 x 5",
                                 "uint16"};
    for (size_t i = 0; i < sizeof lines / sizeof *lines; i++)
        if (!strstr(text, lines[i]))
            fail_msg("'%s' is not in: %s", lines[i], text);
    assert_null(strstr(text, "points_at"));
    assert_null(strstr(text, "voxslab_version"));
    free(text);
}

/* ---- --force ---- */

static void only_a_file_with_nothing_else_is_replaceable(void **state) {
    (void)state;
    volume_info like = like_file("like.h5", H5T_STD_U16LE, H5P_DEFAULT);
    assert_int_equal(create("out.h5", &plain, &like), VXS_OK);
    const char *path = in_folder("out.h5");
    assert_int_equal(volume_check_replaceable(path, "/entry/out"), VXS_OK);
    assert_int_equal(volume_check_replaceable(path, "/entry/other"), VXS_CANT_CREATE);
    ASSERT_SAYS("/entry/out", "--force");
    assert_int_equal(volume_check_replaceable(path, "/entry"), VXS_CANT_CREATE);
    ASSERT_SAYS("group", "/entry");

    hid_t file = H5Fopen(path, H5F_ACC_RDWR, H5P_DEFAULT), root = H5Gopen2(file, "/", H5P_DEFAULT);
    add_attribute(root, "note", H5T_NATIVE_INT, 0, &(int){1});
    H5Gclose(root);
    H5Fclose(file);
    assert_int_equal(volume_check_replaceable(path, "/entry/out"), VXS_CANT_CREATE);
    ASSERT_SAYS("note");

    file = new_file("two.h5");
    H5Dclose(new_dataset(file, "/entry/out", H5T_STD_U8LE, 3, shape3, H5P_DEFAULT));
    H5Dclose(new_dataset(file, "/entry/more", H5T_STD_U8LE, 3, shape3, H5P_DEFAULT));
    H5Fclose(file);
    assert_int_equal(volume_check_replaceable(in_folder("two.h5"), "/entry/out"), VXS_CANT_CREATE);
    ASSERT_SAYS("/entry/more");
    FILE *text = fopen(in_folder("text.txt"), "w");
    fputs("precious", text);
    fclose(text);
    assert_int_equal(volume_check_replaceable(in_folder("text.txt"), "/entry/out"), VXS_CANT_CREATE);
    ASSERT_SAYS("text.txt", "not an HDF5 file");
}

static void a_written_file_reads_back_in_the_inputs_byte_order(void **state) {
    (void)state;
    volume *out, *in;
    volume_info like = like_file("like.h5", H5T_STD_U16BE, H5P_DEFAULT),
                made = create_and_probe(&plain, &like);
    uint16_t data[60], back[60];
    for (int i = 0; i < 60; i++)
        data[i] = voxel_at(i);
    box where = box_of_shape(made.shape);
    box_view view = box_view_packed(data, &where), back_view = box_view_packed(back, &where);
    assert_int_equal(volume_open_write(in_folder("out.h5"), "/entry/out", MPI_COMM_SELF, &out), VXS_OK);
    assert_int_equal(volume_write(out, &where, &view), VXS_OK);
    assert_int_equal(volume_flush(out), VXS_OK);
    assert_int_equal(volume_close(out), VXS_OK);
    assert_int_equal(volume_open_read(&made, MPI_COMM_SELF, 2, &in), VXS_OK);
    assert_int_equal(volume_read(in, &where, &back_view), VXS_OK);
    assert_int_equal(volume_close(in), VXS_OK);
    for (int i = 0; i < 60; i++)
        assert_int_equal(back[i], voxel_at(i));
}

int main(int argc, char **argv) {
    MPI_Init(&argc, &argv);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(dtype_kept_keeps_the_file_type_and_dtype_changed_is_little_endian),
        cmocka_unit_test(filters_are_those_asked_for_or_the_inputs),
        cmocka_unit_test(a_filter_that_only_decodes_asks_for_another_and_leaves_nothing),
        cmocka_unit_test(an_existing_file_and_an_impossible_place_are_refused),
        cmocka_unit_test(attributes_are_copied_but_references_spacing_and_provenance),
        cmocka_unit_test(only_a_file_with_nothing_else_is_replaceable),
        cmocka_unit_test(a_written_file_reads_back_in_the_inputs_byte_order),
    };
    int failed = cmocka_run_group_tests(tests, make_folder, remove_folder);
    MPI_Finalize();
    return failed;
}
