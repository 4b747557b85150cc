"""NIfTI to HDF5, as voxslab reads it: nifti_to_hdf5.py IN.nii.gz OUT.h5[:DATASET] [--chunk N]

The dataset (default /volume) has the axes d, h, w = z, y, x, each growing towards superior, anterior and right
(4-D series: time first), chunks of N^3 voxels and the attribute element_size_um: float64[3], micrometres, d, h, w.
"""
import argparse
import sys

import h5py
import nibabel
import numpy


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("nifti")
    parser.add_argument("hdf5", help="OUT.h5[:DATASET]")
    parser.add_argument("--chunk", type=int, default=64, help="edge of a chunk in voxels (64)")
    args = parser.parse_args()
    path, _, dataset = args.hdf5.partition(":")

    image = nibabel.as_closest_canonical(nibabel.load(args.nifti))
    voxels = numpy.asanyarray(image.dataobj)  # as stored, or float64 where the file has a scale factor
    if voxels.ndim not in (3, 4) or voxels.dtype.fields is not None:
        sys.exit(f"{args.nifti}: {voxels.ndim} axes of {voxels.dtype}, need 3 or 4 of plain numbers")
    if voxels.dtype == numpy.float64 and image.get_data_dtype() != numpy.float64:
        voxels = voxels.astype(numpy.float32)
    voxels = voxels.T  # x, y, z -> z, y, x
    millimetres = {"mm": 1.0, "meter": 1000.0, "micron": 0.001}.get(image.header.get_xyzt_units()[0], 1.0)
    spacing = numpy.array(image.header.get_zooms()[2::-1], dtype=numpy.float64) * (millimetres * 1000)

    chunk = (1,) * (voxels.ndim - 3) + tuple(min(args.chunk, n) for n in voxels.shape[-3:])
    with h5py.File(path, "w") as file:
        out = file.create_dataset(dataset or "volume", data=voxels, chunks=chunk)
        out.attrs["element_size_um"] = spacing
    print(f"{path}: {' x '.join(map(str, voxels.shape))} {voxels.dtype}, voxels of {spacing.tolist()} um (d, h, w)")


if __name__ == "__main__":
    main()
