/* Every way of storing a dataset reads back, in boxes; a single process. */
#include "volume_fixture.h"

#include <fcntl.h>
#include <sys/resource.h>

#include "volume/pieces.h"

static const hsize_t shape3[3] = {9, 14, 11};

/* Read where into the middle of a larger array and compare with voxel_at. */
static vxs_status read_box(volume *in, const volume_info *info, const box *where) {
    int64_t pad[AXES] = {0, 0, 0, 3, 5}, stride[AXES], stride_next = 1;
    for (int a = AXES - 1; a >= 0; a--) {
        stride[a] = stride_next;
        stride_next *= range_size(where->axis[a]) + pad[a];
    }
    uint16_t *data = calloc((size_t)stride_next, sizeof *data);
    box_view view = {.data = data, .where = *where};
    memcpy(view.stride, stride, sizeof stride);
    TRY(volume_read(in, where, &view));
    int64_t i[AXES], wrong = 0;
    const range *r = where->axis;
    for (i[0] = r[0].begin; i[0] < r[0].end; i[0]++)
        for (i[1] = r[1].begin; i[1] < r[1].end; i[1]++)
            for (i[2] = r[2].begin; i[2] < r[2].end; i[2]++)
                for (i[3] = r[3].begin; i[3] < r[3].end; i[3]++)
                    for (i[4] = r[4].begin; i[4] < r[4].end; i[4]++) {
                        int64_t index = 0;
                        for (int a = 0; a < AXES; a++)
                            index = index * info->shape[a] + i[a];
                        wrong += *(uint16_t *)box_view_at(&view, sizeof *data, i) != voxel_at(index);
                    }
    assert_int_equal(wrong, 0);
    free(data);
    return VXS_OK;
}

/* The whole and a box inside, of the file's only dataset. */
static void check_reads_back(const char *file, const char *dataset, volume_layout layout, bool serial_only) {
    volume_info info;
    volume *in;
    vxs_status status = volume_probe(in_folder(file), dataset, &info);
    if (status != VXS_OK)
        fail_msg("%s", status_message());
    assert_int_equal(info.layout, layout);
    assert_int_equal(info.serial_only, serial_only);
    assert_int_equal(volume_open_read(&info, MPI_COMM_SELF, 2, &in), VXS_OK);
    box whole = box_of_shape(info.shape), part = whole;
    for (int a = AXIS_D; a < AXES; a++)
        part.axis[a] = (range){info.shape[a] / 3, info.shape[a] - 1};
    if (read_box(in, &info, &whole) != VXS_OK || read_box(in, &info, &part) != VXS_OK)
        fail_msg("%s", status_message());
    assert_int_equal(volume_close(in), VXS_OK);
}

static void check_stored(const char *file, hid_t type, hid_t plist, volume_layout layout, bool serial_only) {
    hid_t out = new_file(file), dataset = new_dataset(out, "/raw", type, 3, shape3, plist);
    fill_dataset(dataset, 0);
    H5Dclose(dataset);
    H5Fclose(out);
    check_reads_back(file, "", layout, serial_only);
}

static hid_t chunked(void) {
    hid_t plist = H5Pcreate(H5P_DATASET_CREATE);
    H5Pset_chunk(plist, 3, (hsize_t[]){4, 5, 6});
    return plist;
}

static void contiguous_compact_and_swapped_data_read_back(void **state) {
    (void)state;
    hid_t compact = H5Pcreate(H5P_DATASET_CREATE);
    H5Pset_layout(compact, H5D_COMPACT);
    check_stored("contiguous.h5", H5T_STD_U16LE, H5P_DEFAULT, VOLUME_CONTIGUOUS, false);
    check_stored("swapped.h5", H5T_STD_U16BE, H5P_DEFAULT, VOLUME_CONTIGUOUS, false);
    check_stored("compact.h5", H5T_STD_U16LE, compact, VOLUME_COMPACT, false);
    H5Pclose(compact);
}

static void every_filter_of_the_library_reads_back(void **state) {
    (void)state;
    hid_t plists[6];
    const char *const names[6] = {"", "deflate 4", "shuffle, deflate 9", "fletcher32", "szip", "scaleoffset"};
    for (int i = 0; i < 6; i++)
        plists[i] = chunked();
    H5Pset_deflate(plists[1], 4);
    H5Pset_shuffle(plists[2]);
    H5Pset_deflate(plists[2], 9);
    H5Pset_fletcher32(plists[3]);
    H5Pset_szip(plists[4], H5_SZIP_NN_OPTION_MASK, 4);
    H5Pset_scaleoffset(plists[5], H5Z_SO_INT, 0);
    for (int i = 0; i < 6; i++) {
        volume_info info;
        check_stored("filtered.h5", i % 2 ? H5T_STD_U16BE : H5T_STD_U16LE, plists[i], VOLUME_CHUNKED, false);
        assert_int_equal(volume_probe(in_folder("filtered.h5"), "", &info), VXS_OK);
        assert_string_equal(info.filters, names[i]);
        assert_int_equal(info.filtered, i > 0);
        assert_memory_equal(info.chunk, ((int64_t[]){1, 1, 4, 5, 6}), sizeof info.chunk);
        H5Pclose(plists[i]);
    }
}

static void external_storage_and_external_links_read_back_serially(void **state) {
    (void)state;
    hid_t plist = H5Pcreate(H5P_DATASET_CREATE);
    H5Pset_external(plist, in_folder("raw.bin"), 0, H5F_UNLIMITED);
    check_stored("external.h5", H5T_STD_U16LE, plist, VOLUME_EXTERNAL, true);
    H5Pclose(plist);
    hid_t out = new_file("link.h5");
    H5Lcreate_external("contiguous.h5", "/raw", out, "/elsewhere", H5P_DEFAULT, H5P_DEFAULT);
    H5Lcreate_external("gone.h5", "/raw", out, "/gone", H5P_DEFAULT, H5P_DEFAULT);
    H5Fclose(out);
    check_reads_back("link.h5", "/elsewhere", VOLUME_CONTIGUOUS, true);
    check_reads_back("link.h5", "", VOLUME_CONTIGUOUS, true);
}

static int first_voxel; /* of the next virtual dataset's values */

/* A virtual dataset of source files of so many planes each, stored as source_plist says. */
static void make_virtual_of(const char *file, const char *pattern, int sources, int planes,
                            hid_t source_plist) {
    hsize_t shape[3] = {(hsize_t)(sources * planes), 5, 7}, one[3] = {(hsize_t)planes, 5, 7}, start[3] = {0};
    hid_t plist = H5Pcreate(H5P_DATASET_CREATE), space = H5Screate_simple(3, shape, NULL);
    hid_t source_space = H5Screate_simple(3, one, NULL);
    for (int i = 0; i < sources; i++) {
        char name[64];
        snprintf(name, sizeof name, pattern, i);
        hid_t source = new_file(name),
              dataset = new_dataset(source, "/raw", H5T_STD_U16LE, 3, one, source_plist);
        fill_dataset(dataset, first_voxel + i * planes * 35);
        H5Dclose(dataset);
        H5Fclose(source);
        start[0] = (hsize_t)(i * planes);
        H5Sselect_hyperslab(space, H5S_SELECT_SET, start, NULL, one, NULL);
        H5Pset_virtual(plist, space, name, "/raw", source_space);
    }
    make_file(file, H5T_STD_U16LE, 3, shape, plist);
    H5Sclose(source_space);
    H5Sclose(space);
    H5Pclose(plist);
}

static void make_virtual(const char *file, const char *pattern, int planes) {
    make_virtual_of(file, pattern, planes, 1, H5P_DEFAULT);
}

static void check_read_chunk(const char *file, int64_t d, int64_t h, int64_t w, bool filtered,
                             int64_t bytes) {
    const int64_t expected[AXES] = {1, 1, d, h, w};
    volume_info info;
    assert_int_equal(volume_probe(in_folder(file), "", &info), VXS_OK);
    assert_memory_equal(info.read_chunk, expected, sizeof expected);
    assert_int_equal(info.read_filtered, filtered);
    assert_int_equal(info.source_chunk_bytes, bytes);
    assert_false(info.filtered);
    assert_int_equal(info.chunk[AXIS_W], 0);
}

static void reads_of_virtual_datasets_follow_their_sources_chunks_where_these_lie_on_one_grid(void **state) {
    (void)state;
    hid_t plist = H5Pcreate(H5P_DATASET_CREATE);
    H5Pset_chunk(plist, 3, (hsize_t[]){2, 5, 4});
    H5Pset_deflate(plist, 1);
    make_virtual_of("even.h5", "even%d.h5", 3, 4, plist);
    check_reads_back("even.h5", "", VOLUME_VIRTUAL, true);
    check_read_chunk("even.h5", 2, 5, 4, true, 80);
    make_virtual_of("odd.h5", "odd%d.h5", 3, 3, plist);
    check_reads_back("odd.h5", "", VOLUME_VIRTUAL, true);
    check_read_chunk("odd.h5", 1, 1, 1, true, 80);
    make_virtual("flat.h5", "flat%d.h5", 3);
    check_read_chunk("flat.h5", 1, 1, 1, false, 0);
    H5Pclose(plist);
}

static void virtual_datasets_read_back_and_their_sources_must_be_there(void **state) {
    (void)state;
    volume_info info;
    make_virtual("virtual.h5", "source%d.h5", 6);
    check_reads_back("virtual.h5", "", VOLUME_VIRTUAL, true);
    unlink(in_folder("source4.h5"));
    assert_int_equal(volume_probe(in_folder("virtual.h5"), "", &info), VXS_BAD_INPUT);
    ASSERT_SAYS("source4.h5", "/raw", "HDF5_VDS_PREFIX");
}

static int open_files(void) {
    int count = 0;
    for (int fd = 0; fd < 4096; fd++)
        count += fcntl(fd, F_GETFD) >= 0;
    return count;
}

static void sources_of_a_virtual_dataset_do_not_stay_open(void **state) {
    (void)state;
    volume_info info;
    volume *in;
    make_virtual("many.h5", "many%d.h5", 300);
    check_reads_back("many.h5", "", VOLUME_VIRTUAL, true);
    assert_int_equal(volume_probe(in_folder("many.h5"), "", &info), VXS_OK);
    int before = open_files();
    assert_int_equal(volume_open_read(&info, MPI_COMM_SELF, 2, &in), VXS_OK);
    for (int d = 0; d < 300; d++) {
        box plane = box_of_shape(info.shape);
        plane.axis[AXIS_D] = (range){d, d + 1};
        assert_int_equal(read_box(in, &info, &plane), VXS_OK);
        assert_true(open_files() < before + 140);
    }
    assert_int_equal(volume_close(in), VXS_OK);
}

/* A virtual dataset of virtual ones. */
static void make_nested(const char *file, int outer, int inner) {
    hsize_t shape[3] = {(hsize_t)(outer * inner), 5, 7}, part[3] = {(hsize_t)inner, 5, 7}, start[3] = {0};
    hid_t plist = H5Pcreate(H5P_DATASET_CREATE), space = H5Screate_simple(3, shape, NULL);
    hid_t part_space = H5Screate_simple(3, part, NULL);
    for (int i = 0; i < outer; i++) {
        char name[64], pattern[64];
        snprintf(name, sizeof name, "inner%d.h5", i);
        snprintf(pattern, sizeof pattern, "inner%d-%%d.h5", i);
        first_voxel = i * inner * 35;
        make_virtual(name, pattern, inner);
        start[0] = (hsize_t)(i * inner);
        H5Sselect_hyperslab(space, H5S_SELECT_SET, start, NULL, part, NULL);
        H5Pset_virtual(plist, space, name, "/raw", part_space);
    }
    first_voxel = 0;
    make_file(file, H5T_STD_U16LE, 3, shape, plist);
    H5Sclose(part_space);
    H5Sclose(space);
    H5Pclose(plist);
}

static void sources_of_sources_count_and_must_be_there(void **state) {
    (void)state;
    volume_info info;
    volume *in;
    make_nested("nested.h5", 4, 70);
    assert_int_equal(volume_probe(in_folder("nested.h5"), "", &info), VXS_OK);
    assert_int_equal(info.sources, 4 + 280);
    assert_true(info.nested_sources);
    int before = open_files();
    assert_int_equal(volume_open_read(&info, MPI_COMM_SELF, 1, &in), VXS_OK);
    for (int d = 0; d < 280; d++) {
        box plane = box_of_shape(info.shape);
        plane.axis[AXIS_D] = (range){d, d + 1};
        assert_int_equal(read_box(in, &info, &plane), VXS_OK);
        assert_true(open_files() < before + 150);
    }
    struct rlimit before_limit, low;
    assert_int_equal(getrlimit(RLIMIT_NOFILE, &before_limit), 0);
    low = before_limit;
    low.rlim_cur = 200; /* beyond it, HDF5 reads fill values and says nothing */
    assert_int_equal(setrlimit(RLIMIT_NOFILE, &low), 0);
    for (int d = 0; d < 280; d += 100) {
        box planes = box_of_shape(info.shape);
        planes.axis[AXIS_D] = (range){d, d < 180 ? d + 100 : 280};
        assert_int_equal(read_box(in, &info, &planes), VXS_OK);
    }
    assert_int_equal(setrlimit(RLIMIT_NOFILE, &before_limit), 0);
    assert_int_equal(volume_close(in), VXS_OK);
    unlink(in_folder("inner2-13.h5"));
    assert_int_equal(volume_probe(in_folder("nested.h5"), "", &info), VXS_BAD_INPUT);
    ASSERT_SAYS("inner2.h5", "maps itself");
}

static void a_series_of_numbered_sources_must_have_no_gap(void **state) {
    (void)state;
    volume_info info;
    hsize_t shape[3] = {6, 5, 7}, most[3] = {H5S_UNLIMITED, 5, 7}, one[3] = {1, 5, 7}, zero[3] = {0};
    hsize_t unlimited[3] = {H5S_UNLIMITED, 1, 1};
    make_virtual("plain.h5", "series%d.h5", 6);
    hid_t plist = H5Pcreate(H5P_DATASET_CREATE), space = H5Screate_simple(3, shape, most);
    hid_t source_space = H5Screate_simple(3, one, NULL);
    H5Sselect_hyperslab(space, H5S_SELECT_SET, zero, one, unlimited, one);
    H5Pset_virtual(plist, space, "series%b.h5", "/raw", source_space);
    hid_t out = new_file("series.h5");
    hid_t dataset = H5Dcreate2(out, "/raw", H5T_STD_U16LE, space, H5P_DEFAULT, plist, H5P_DEFAULT);
    assert_true(dataset >= 0);
    H5Dclose(dataset);
    H5Fclose(out);
    check_reads_back("series.h5", "", VOLUME_VIRTUAL, true);
    assert_int_equal(volume_probe(in_folder("series.h5"), "", &info), VXS_OK);
    assert_int_equal(info.sources, 6);
    unlink(in_folder("series3.h5"));
    assert_int_equal(volume_probe(in_folder("series.h5"), "", &info), VXS_BAD_INPUT);
    ASSERT_SAYS("series%b.h5", "gap", "/raw");
    H5Sclose(source_space);
    H5Sclose(space);
    H5Pclose(plist);
}

static void a_damaged_chunk_is_bad_input_with_its_place(void **state) {
    (void)state;
    hid_t plist = chunked();
    H5Pset_fletcher32(plist);
    hid_t out = new_file("damaged.h5"), dataset = new_dataset(out, "/raw", H5T_STD_U16LE, 3, shape3, plist);
    fill_dataset(dataset, 0);
    char chunk[4 * 5 * 6 * 2 + 4];
    memset(chunk, 7, sizeof chunk);
    assert_true(H5Dwrite_chunk(dataset, H5P_DEFAULT, 0, (hsize_t[]){4, 5, 0}, sizeof chunk, chunk) >= 0);
    H5Dclose(dataset);
    H5Fclose(out);
    H5Pclose(plist);
    volume_info info;
    volume *in;
    assert_int_equal(volume_probe(in_folder("damaged.h5"), "", &info), VXS_OK);
    assert_int_equal(volume_open_read(&info, MPI_COMM_SELF, 2, &in), VXS_OK);
    box where = box_of_shape(info.shape);
    where.axis[AXIS_D] = (range){4, 8};
    uint16_t *data = malloc((size_t)box_voxels(&where) * sizeof *data);
    box_view view = box_view_packed(data, &where);
    assert_int_equal(volume_read(in, &where, &view), VXS_BAD_INPUT);
    ASSERT_SAYS("damaged.h5", "/raw", "[4:8, 5:10, 0:6]", "decoded");
    free(data);
    volume_close(in);
}

static void pieces_cover_a_box_once_within_the_limit_and_cut_no_unit(void **state) {
    (void)state;
    const int64_t limits[] = {1, 7, 60, 200, 1000, 100000}, unit[AXES] = {1, 2, 4, 3, 5};
    const box where = {{{0, 2}, {1, 4}, {3, 17}, {2, 11}, {4, 23}}};
    for (size_t i = 0; i < sizeof limits / sizeof *limits; i++) {
        piece_walk walk;
        int64_t voxels = 0, count = 0;
        pieces_begin(&walk, &where, unit, limits[i]);
        while (pieces_next(&walk)) {
            voxels += box_voxels(&walk.piece);
            count++;
            assert_true(box_voxels(&walk.piece) <= (limits[i] < 120 ? 120 : limits[i]));
            for (int a = 0; a < AXES; a++) {
                range p = walk.piece.axis[a], w = where.axis[a];
                assert_true(range_contains(w, p));
                assert_true(p.begin == w.begin || p.begin % unit[a] == 0);
                assert_true(p.end == w.end || p.end % unit[a] == 0);
            }
        }
        assert_int_equal(voxels, box_voxels(&where));
        assert_int_equal(count, pieces_count(&walk));
    }
}

static void an_empty_box_has_no_pieces(void **state) {
    (void)state;
    const int64_t unit[AXES] = {1, 1, 4, 4, 4};
    const box nothing = {{{0, 1}, {0, 1}, {5, 5}, {0, 8}, {0, 8}}};
    piece_walk walk;
    pieces_begin(&walk, &nothing, unit, 100);
    assert_int_equal(pieces_count(&walk), 0);
    assert_false(pieces_next(&walk));
}

int main(int argc, char **argv) {
    MPI_Init(&argc, &argv);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(pieces_cover_a_box_once_within_the_limit_and_cut_no_unit),
        cmocka_unit_test(an_empty_box_has_no_pieces),
        cmocka_unit_test(contiguous_compact_and_swapped_data_read_back),
        cmocka_unit_test(every_filter_of_the_library_reads_back),
        cmocka_unit_test(external_storage_and_external_links_read_back_serially),
        cmocka_unit_test(virtual_datasets_read_back_and_their_sources_must_be_there),
        cmocka_unit_test(reads_of_virtual_datasets_follow_their_sources_chunks_where_these_lie_on_one_grid),
        cmocka_unit_test(sources_of_a_virtual_dataset_do_not_stay_open),
        cmocka_unit_test(sources_of_sources_count_and_must_be_there),
        cmocka_unit_test(a_series_of_numbered_sources_must_have_no_gap),
        cmocka_unit_test(a_damaged_chunk_is_bad_input_with_its_place),
    };
    int failed = cmocka_run_group_tests(tests, make_folder, remove_folder);
    MPI_Finalize();
    return failed;
}
