/*
 * Changes a dataset that is there, through plain serial HDF5:
 *     alter_volume FILE DATASET set I,J,K VALUE     one voxel
 *     alter_volume FILE DATASET damage I,J,K        the stored bytes of the chunk that holds it
 */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <hdf5.h>

enum { MAX_AXES = 8, DAMAGED_BYTES = 64 };

static void die(const char *what, const char *value) {
    fprintf(stderr, "alter_volume: %s '%s'\n", what, value);
    exit(1);
}

static int parse_index(const char *text, hsize_t at[MAX_AXES]) {
    int count = 0;
    for (char *end; count < MAX_AXES; text = end + 1) {
        at[count++] = strtoull(text, &end, 10);
        if (*end != ',')
            break;
    }
    return count;
}

static void set_voxel(hid_t dataset, const hsize_t *at, const char *text) {
    const double value = strtod(text, NULL);
    hid_t space = H5Dget_space(dataset), one = H5Screate(H5S_SCALAR);
    H5Sselect_elements(space, H5S_SELECT_SET, 1, at);
    if (H5Dwrite(dataset, H5T_NATIVE_DOUBLE, one, space, H5P_DEFAULT, &value) < 0)
        die("can't set", text);
    H5Sclose(one);
    H5Sclose(space);
}

/* Where the chunk is, and how long. */
static haddr_t find_chunk(hid_t dataset, const hsize_t *at, int axes, hsize_t *bytes) {
    hid_t plist = H5Dget_create_plist(dataset);
    hsize_t chunk[MAX_AXES], origin[MAX_AXES];
    haddr_t address = HADDR_UNDEF;
    unsigned mask;
    if (H5Pget_chunk(plist, axes, chunk) != axes)
        die("not chunked along so many axes", "");
    for (int a = 0; a < axes; a++)
        origin[a] = at[a] - at[a] % chunk[a];
    H5Dget_chunk_info_by_coord(dataset, origin, &mask, &address, bytes);
    H5Pclose(plist);
    return address;
}

static void overwrite(const char *path, haddr_t address, hsize_t bytes) {
    char junk[DAMAGED_BYTES];
    memset(junk, 0xa5, sizeof junk);
    const size_t count = bytes < sizeof junk ? (size_t)bytes : sizeof junk;
    int file = open(path, O_WRONLY);
    if (address == HADDR_UNDEF || file < 0 || pwrite(file, junk, count, (off_t)address) != (ssize_t)count)
        die("can't damage", path);
    close(file);
}

int main(int argc, char **argv) {
    hsize_t at[MAX_AXES], bytes = 0;
    if (argc < 5)
        die("usage: alter_volume FILE DATASET set|damage I,J,K [VALUE]", "");
    const int axes = parse_index(argv[4], at), damage = strcmp(argv[3], "damage") == 0;
    haddr_t address = HADDR_UNDEF;
    hid_t file = H5Fopen(argv[1], damage ? H5F_ACC_RDONLY : H5F_ACC_RDWR, H5P_DEFAULT);
    hid_t dataset = H5Dopen2(file, argv[2], H5P_DEFAULT);
    if (dataset < 0)
        die("can't open", argv[1]);
    if (damage)
        address = find_chunk(dataset, at, axes, &bytes);
    else
        set_voxel(dataset, at, argc > 5 ? argv[5] : "0");
    H5Dclose(dataset);
    H5Fclose(file);
    if (damage)
        overwrite(argv[1], address, bytes);
    return 0;
}
