/* A small volume for the installed example: make_input FILE.h5 writes /volume, uint16, 4x6x8, v = d+h+w. */
#include <hdf5.h>
#include <stdint.h>

int main(int argc, char **argv) {
    if (argc != 2)
        return 2;
    uint16_t data[4][6][8];
    for (int d = 0; d < 4; d++)
        for (int h = 0; h < 6; h++)
            for (int w = 0; w < 8; w++)
                data[d][h][w] = (uint16_t)(d + h + w);
    hsize_t shape[3] = {4, 6, 8};
    hid_t file = H5Fcreate(argv[1], H5F_ACC_TRUNC, H5P_DEFAULT, H5P_DEFAULT);
    hid_t space = H5Screate_simple(3, shape, NULL);
    hid_t set = H5Dcreate2(file, "volume", H5T_NATIVE_UINT16, space, H5P_DEFAULT, H5P_DEFAULT, H5P_DEFAULT);
    herr_t written = H5Dwrite(set, H5T_NATIVE_UINT16, H5S_ALL, H5S_ALL, H5P_DEFAULT, data);
    H5Dclose(set);
    H5Sclose(space);
    return written < 0 || H5Fclose(file) < 0;
}
