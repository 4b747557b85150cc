# The program on the golden data that SimpleITK made: an affine transform as files of ITK and of elastix have it, and
# displacement fields on the image's lattice and on another.
GOLDEN=$(realpath "$(dirname "$0")/../golden")
export GOLDEN
. "$(dirname "$0")/common.sh"
python=${PYTHON:-/usr/bin/python3} # Debian's own has h5py; the first on the PATH may be another one
cat >itk.py <<'P'
"""itk.py make: the files; itk.py check CASE FILE: the golden voxels that are inside. tests/golden/make_grid_golden.py"""
import os
import sys

import h5py
import numpy as np

GOLDEN = os.environ["GOLDEN"]
IMAGE, ELSEWHERE = ((9, 8, 10), (2.0, 0.5, 0.75), (10.0, -3.0, 1.5)), ((7, 9, 8), (1.75, 0.4, 0.8), (11.0, -2.6, 1.9))
MATRIX = np.array([[0.95, 0.1, -0.2], [0.02, 1.05, 0.08], [0.06, -0.12, 0.9]])[::-1, ::-1]  # x, y, z
SHIFT, CENTRE = np.array([0.4, 0.3, 0.5]), np.array([3.0, -1.0, 12.5])


def case(name):
    """What the case's map and voxels are, and how near it must be."""
    words = next(line.split() for line in open(f"{GOLDEN}/grid_cases.txt") if line.startswith(name + " "))
    found = []
    for stem, dtype, at, count in (("map", words[6], *words[27:29]), ("sample", words[5], *words[29:31])):
        bits = int(dtype[len("float"):])
        found.append(np.fromfile(f"{GOLDEN}/{stem}.f{bits}", f"<f{bits // 8}", int(count), offset=int(at) * bits // 8))
    return *found, float(words[31])


def noise(shape):
    with np.errstate(over="ignore"):
        z = (np.arange(np.prod(shape), dtype=np.uint64) + np.uint64(1)) * np.uint64(0x9E3779B97F4A7C15)
        z = (z ^ (z >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
        z = (z ^ (z >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
        z = z ^ (z >> np.uint64(31))
    return (((z >> np.uint64(40)).astype(np.int64) - (1 << 23)) * 2.0**-23).reshape(shape)


def put(file, lattice, data):
    with h5py.File(file, "w") as f:
        d = f.create_dataset("raw", data=data, chunks=tuple(max(1, n // 2) for n in data.shape), compression="gzip")
        d.attrs["element_size_um"], d.attrs["origin_um"] = lattice[1:]


def text(numbers):
    return " ".join(repr(float(v)) for v in np.ravel(numbers))


def make():
    put("in.h5", IMAGE, noise(IMAGE[0]))
    for name, lattice in (("float64", IMAGE), ("float32", IMAGE), ("elsewhere", ELSEWHERE)):
        put(f"{name}.h5", lattice, case(f"warp_itk_{name}")[0].reshape(*lattice[0], 3))
    of_centre = SHIFT + MATRIX @ CENTRE - CENTRE
    with open("itk.tfm", "w") as f:
        f.write(f"#Insight Transform File V1.0\n#Transform 0\nTransform: AffineTransform_double_3_3\n"
                f"Parameters: {text(MATRIX)} {text(of_centre)}\nFixedParameters: {text(CENTRE)}\n")
    with open("TransformParameters.0.txt", "w") as f:
        f.write(f'(Transform "AffineTransform")\n(NumberOfParameters 12)\n'
                f"(TransformParameters {text(MATRIX)} {text(of_centre)})\n"
                f'(InitialTransformParametersFileName "NoInitialTransform")\n(HowToCombineTransforms "Compose")\n'
                f"(CenterOfRotationPoint {text(CENTRE)})\n(FixedImageDimension 3)\n(MovingImageDimension 3)\n")


def check(name, file):
    expected, tolerance = case(name)[1:]
    with h5py.File(file) as f:
        got = f["raw"][()].reshape(-1)
    inside = np.isfinite(expected)
    worst = np.abs(got - expected)[inside].max()
    assert inside.sum() > 100 and worst <= tolerance, f"{name}, {file}: off by {worst}, {tolerance} wanted"


make() if sys.argv[1] == "make" else check(*sys.argv[2:])
P
"$python" itk.py make || fail 'the files are not made'

agrees() { # agrees RANKS CASE COMMAND ARGS...: with what SimpleITK made
    run "$1" "$3" in.h5 "${@:4}" --force --quiet
    expect_status 0 "${*:2}"
    "$python" itk.py check "$2" out.h5 || fail "${*:2}"
}
for file in itk.tfm TransformParameters.0.txt; do
    agrees 2 affine_itk_physical affine out.h5 --matrix "$file" --size 7,9,8 --spacing 1.75,0.4,0.8 --origin 11,-2.6,1.9
done
agrees 0 warp_itk_float64 warp float64.h5 out.h5 --coordinates physical
agrees 3 warp_itk_float32 warp float32.h5 out.h5 --coordinates physical
agrees 2 warp_itk_elsewhere warp elsewhere.h5 out.h5 --coordinates physical
h5dump -a /raw/origin_um out.h5 | grep -qF '11, -2.6, 1.9' || fail "the output does not lie where the field does"
# The same lattice by options, for a field that does not say where it lies.
"$python" -c 'import h5py; f = h5py.File("elsewhere.h5", "a"); del f["raw"].attrs["element_size_um"], f["raw"].attrs["origin_um"]'
agrees 0 warp_itk_elsewhere warp elsewhere.h5 out.h5 --coordinates physical --size 7,9,8 --spacing 1.75,0.4,0.8 --origin 11,-2.6,1.9
finish
