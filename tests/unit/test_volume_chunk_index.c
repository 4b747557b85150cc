/* The ranges of the chunk index are all that a flush writes over in place, and nothing is lost with them put
 * back. */
#include "volume_fixture.h"

#include <fcntl.h>

enum { BYTES = 1 << 20 };

/* A filtered output with so many chunks of 2 x 2 x 2. */
static const char *make_output(int64_t chunks) {
    char warnings[512] = "";
    const hsize_t shape[3] = {2, 2, 2};
    volume_info like;
    make_file("like.h5", H5T_STD_U16LE, 3, shape, H5P_DEFAULT);
    assert_int_equal(volume_probe(in_folder("like.h5"), "", &like), VXS_OK);
    const volume_spec spec = {.dataset = "/entry/out",
                              .axes = 3,
                              .shape = {1, 1, 2 * chunks, 2, 2},
                              .dtype = VXS_UINT16,
                              .chunked = true,
                              .chunk = {1, 1, 2, 2, 2},
                              .filter = VOLUME_FILTER_GZIP,
                              .gzip_level = 1};
    const char *path = in_folder("out.h5");
    unlink(path);
    assert_int_equal(volume_create(path, &spec, &like, warnings, sizeof warnings), VXS_OK);
    return path;
}

static hid_t open_output(const char *path) {
    hid_t access = H5Pcreate(H5P_FILE_ACCESS);
    H5Pset_libver_bounds(access, H5F_LIBVER_V110, H5F_LIBVER_V110);
    hid_t file = H5Fopen(path, H5F_ACC_RDWR, access);
    assert_true(file >= 0);
    H5Pclose(access);
    return file;
}

static void write_chunks(hid_t file, int64_t begin, int64_t end) {
    hid_t dataset = H5Dopen2(file, "/entry/out", H5P_DEFAULT);
    for (int64_t i = begin; i < end; i++) {
        const hsize_t offset[3] = {2 * (hsize_t)i, 0, 0};
        const int64_t data[2] = {i, ~i};
        assert_true(H5Dwrite_chunk(dataset, H5P_DEFAULT, 0, offset, sizeof data, data) >= 0);
    }
    H5Dclose(dataset);
}

static size_t load(const char *path, unsigned char *bytes) {
    FILE *f = fopen(path, "rb");
    size_t got = fread(bytes, 1, BYTES, f);
    fclose(f);
    assert_true(got < BYTES);
    return got;
}

static int ranges_of(const char *path, file_range *ranges) {
    int64_t header = -1;
    assert_int_equal(volume_header_address(path, "/entry/out", &header), VXS_OK);
    int file = open(path, O_RDONLY);
    int count = volume_index_ranges(file, header, ranges);
    close(file);
    return count;
}

static bool in_ranges(const file_range *ranges, int count, int64_t at) {
    for (int i = 0; i < count; i++)
        if (at >= ranges[i].begin && at < ranges[i].begin + ranges[i].bytes)
            return true;
    return false;
}

/* What a flush changes behind the file's first 64 KiB, which are always kept. Returns how many bytes that
 * were. */
static int64_t check_flush(int64_t chunks, int64_t first, int64_t then) {
    static unsigned char before[BYTES], after[BYTES];
    file_range ranges[VOLUME_INDEX_RANGES];
    const char *path = make_output(chunks);
    hid_t file = open_output(path);
    write_chunks(file, 0, first);
    H5Fclose(file);
    const size_t size = load(path, before);
    const int count = ranges_of(path, ranges);
    assert_true(count >= 2);
    file = open_output(path);
    write_chunks(file, first, then);
    H5Fclose(file);
    assert_true(load(path, after) > size);
    int64_t changed = 0;
    for (size_t i = 0; i < size; i++)
        if (before[i] != after[i]) {
            changed += i >= 65536;
            if (!in_ranges(ranges, count, (int64_t)i))
                fail_msg("%lld chunks: byte %zu of %zu changes, and is in no range", (long long)chunks, i,
                         size);
        }
    return changed;
}

static void all_that_a_flush_changes_is_in_the_ranges(void **state) {
    (void)state;
    check_flush(2, 0, 1);
    check_flush(2, 1, 2);
    check_flush(100, 0, 100);
    check_flush(100, 60, 100);
    check_flush(1024, 1000, 1024); /* one page */
    check_flush(1025, 1000, 1025);
    assert_true(check_flush(12000, 6000, 9000) >
                1000); /* in many pages, which end far behind the file's head */
}

static void a_single_chunk_is_in_the_head(void **state) {
    (void)state;
    file_range ranges[VOLUME_INDEX_RANGES];
    const char *path = make_output(1);
    assert_true(ranges_of(path, ranges) >= 2);
    check_flush(1, 0, 1);
}

static void what_is_not_ours_has_no_ranges(void **state) {
    (void)state;
    file_range ranges[VOLUME_INDEX_RANGES];
    const char *path = make_output(5);
    int64_t header = -1;
    assert_int_equal(volume_header_address(path, "/entry/out", &header), VXS_OK);
    assert_int_not_equal(volume_header_address(path, "/none", &(int64_t){0}), VXS_OK);
    int file = open(path, O_RDONLY);
    assert_true(volume_index_ranges(file, header, ranges) > 0);
    assert_int_equal(volume_index_ranges(file, header + 1, ranges), 0);
    assert_int_equal(volume_index_ranges(file, -1, ranges), 0);
    assert_int_equal(volume_index_ranges(file, 1 << 30, ranges), 0);
    assert_int_equal(volume_index_ranges(-1, header, ranges), 0);
    close(file);
    const hsize_t shape[3] = {2, 2, 2};
    make_file("old.h5", H5T_STD_U16LE, 3, shape, H5P_DEFAULT); /* with an object header of version 1 */
    assert_int_equal(volume_header_address(in_folder("old.h5"), "/raw", &header), VXS_OK);
    file = open(in_folder("old.h5"), O_RDONLY);
    assert_int_equal(volume_index_ranges(file, header, ranges), 0);
    close(file);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(all_that_a_flush_changes_is_in_the_ranges),
        cmocka_unit_test(a_single_chunk_is_in_the_head),
        cmocka_unit_test(what_is_not_ours_has_no_ranges),
    };
    return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
