#!/usr/bin/env python3
"""Golden results of grid_sample (PyTorch 2.x), affine (SciPy, SimpleITK) and warp (SimpleITK). Writes into
its own folder.

    python3 -m venv /tmp/venv && /tmp/venv/bin/pip install torch numpy scipy SimpleITK
    /tmp/venv/bin/python make_grid_golden.py

Inputs are noise24 of make_golden.py and are not stored. grid_cases.txt has one line per case, FIELDS below.
The maps are stored, little-endian, in map.f32 or map.f64 at an offset in elements: the grid
[n][d][h][w][3] of a grid case, 12 numbers (3 rows of 4, d, h, w, from output to input voxels) of an affine
one, the field [d][h][w][3] (x, y, z) of a warp. Outputs likewise in sample.f32 or sample.f64, by src_dtype;
scale_* is what a field's displacements are multiplied with to become voxels; a warp's output
voxel i lies at step*i + shift of the input. tolerance: exact, or relative to
max|v| = 1. A NaN that was stored for an "inside" case is a voxel that is not compared: SimpleITK has its own
rule outside the voxel centres.

PyTorch's kernel of 5-D grids is portable code (GridSampler.cpp), the same on every machine; SciPy's and
ITK's differ from ours in rounding only.
"""
import os
import platform

os.environ.setdefault("ATEN_CPU_CAPABILITY", "default")

import numpy as np
import scipy
import scipy.ndimage
import SimpleITK as sitk
import torch
import torch.nn.functional as F

from make_golden import HERE, cpu_name, make_input, write_lines

FIELDS = ("case kind mode padding fill src_dtype map_dtype n c in_d in_h in_w out_d out_h out_w field_d field_h field_w"
          " scale_d scale_h scale_w step_d step_h step_w shift_d shift_h shift_w map_offset map_count offset count tolerance")
PADDINGS = ("zeros", "border", "reflection")
TORCH = {"float32": torch.float32, "float64": torch.float64}


def splitmix_uniform(seed, count, low, high):
    """Deterministic numbers that need no generator of any library's version."""
    k = np.arange(count, dtype=np.uint64) + np.uint64(seed * 1000003)
    with np.errstate(over="ignore"):
        z = (k + np.uint64(1)) * np.uint64(0x9E3779B97F4A7C15)
        z = (z ^ (z >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
        z = (z ^ (z >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
        z = z ^ (z >> np.uint64(31))
    return low + (high - low) * ((z >> np.uint64(11)).astype(np.float64) * 2.0**-53)


def specials(dtype):
    one = np.dtype(dtype).type(1)
    near = [np.nextafter(s, t) for s in (one, -one) for t in (one * 2, -one * 2, one * 0)]
    return np.array([1, -1, *near, 40, -40, 1e10, -1e10, np.nan, np.inf, -np.inf, 3e38, -3e38, 0, -0.0, 0.25, -0.75,
                     1.5, -1.5, 2, 3, -3, 5.125], dtype=dtype)


def special_grid(dtype, points, seed):
    """Each special value on each axis, with ordinary or special ones on the others."""
    values = specials(dtype)
    grid = splitmix_uniform(seed, points * 3, -1, 1).astype(dtype).reshape(points, 3)
    for p in range(points):
        grid[p, p % 3] = values[(p // 3) % len(values)]
        if p >= 3 * len(values):
            grid[p, (p + 1) % 3] = values[(p * 7) % len(values)]
    return grid


def tie_grid(dtype, sizes, points):
    """u = k + 1/2 for k = -6 ... 2n on every axis in turn (sizes are powers of two: exact)."""
    grid = np.zeros((points, 3), dtype=dtype)
    for p in range(points):
        for a, n in enumerate(reversed(sizes)):
            k = -6 + (p * (1 + 2 * a) + a) % (2 * n + 7)
            grid[p, a] = (2 * (k + 0.5) + 1) / n - 1
    return grid


class Writer:
    def __init__(self):
        self.lines, self.parts, self.sizes, self.stored = [], {}, {}, {}

    def put(self, stem, array):
        """The array's offset in its file; one that is there already is not stored again."""
        file = f"{stem}.f{array.dtype.itemsize * 8}"
        offset = self.stored.setdefault((file, array.tobytes()), self.sizes.get(file, 0))
        if offset < self.sizes.get(file, 0):
            return offset
        self.parts.setdefault(file, []).append(array.reshape(-1))
        self.sizes[file] = offset + array.size
        return offset

    def add(self, name, kind, mode, padding, fill, nc, in_dhw, out_dhw, points, values, tolerance, field=(1, 1, 1),
            scale=(1, 1, 1), step=(1, 1, 1), shift=(0, 0, 0)):
        at, to = self.put("map", points), self.put("sample", values)
        words = [name, kind, mode, padding, repr(float(fill)), values.dtype, points.dtype, *nc, *in_dhw, *out_dhw, *field,
                 *(repr(float(s)) for s in (*scale, *step, *shift)), at, points.size, to, values.size, tolerance]
        self.lines.append(" ".join(map(str, words)))

    def write(self, head):
        for file, parts in self.parts.items():
            np.concatenate(parts).tofile(os.path.join(HERE, file))
        write_lines("grid_cases.txt", head + ["# " + FIELDS] + self.lines)


def noise(dtype, shape):
    return make_input("noise24", TORCH[dtype], shape)


def add_torch(w, label, dtype, nc, in_dhw, out_dhw, grid):
    grid = np.ascontiguousarray(grid, dtype=dtype).reshape(nc[0], *out_dhw, 3)
    x = noise(dtype, (*nc, *in_dhw))
    for mode, ours in (("bilinear", "linear"), ("nearest", "nearest")):
        for padding in PADDINGS:
            got = F.grid_sample(x, torch.from_numpy(grid), mode=mode, padding_mode=padding, align_corners=False)
            w.add(f"grid_{ours}_{padding}_{dtype}_{label}", "grid", ours, padding, 0, nc, in_dhw, out_dhw, grid,
                  got.numpy(), "exact")


def add_grids(w):
    shapes = [((1, 1), (5, 6, 7), (3, 4, 5)), ((2, 3), (4, 5, 3), (2, 3, 4)), ((1, 4), (1, 1, 6), (2, 2, 5)),
              ((3, 1), (7, 1, 2), (1, 3, 3)), ((1, 1), (1, 1, 1), (2, 2, 2)), ((1, 2), (9, 2, 13), (4, 4, 4))]
    for seed, (nc, i, o) in enumerate(shapes):
        for dtype in TORCH:
            name = "x".join(map(str, nc + i + o))
            add_torch(w, "noise_" + name, dtype, nc, i, o, splitmix_uniform(seed, nc[0] * int(np.prod(o)) * 3, -1.4, 1.4))
    for dtype in TORCH:
        for sizes in ((3, 4, 5), (1, 7, 2)):
            name = "special_" + "x".join(map(str, sizes))
            add_torch(w, name, dtype, (1, 1), sizes, (5, 5, 6), special_grid(dtype, 150, 77))
        add_torch(w, "ties_8x4x2", dtype, (1, 2), (8, 4, 2), (1, 10, 10), tie_grid(dtype, (8, 4, 2), 100))


MATRICES = {
    "identity": np.eye(3, 4),
    "shift": np.hstack([np.eye(3), [[0.3], [-1.7], [2.25]]]),
    "scale": np.hstack([np.diag([0.7, 1.9, 1.1]), [[-0.4], [0.2], [0.6]]]),
    "quarter_turn": np.array([[1.0, 0, 0, 0], [0, 0, -1, 6], [0, 1, 0, 0]]),
    "shear": np.array([[1.0, 0, 0, 0], [0, 1, 0, 0], [1, 0, 1, -3]]),
    "oblique": np.array([[0.9, 0.2, -0.1, 0.5], [-0.15, 1.1, 0.3, -1.2], [0.05, -0.25, 0.8, 1.4]]),
}


def add_affines(w):
    i, o = (6, 7, 8), (5, 6, 9)
    x = noise("float64", (1, 1, *i)).numpy()[0, 0]
    for name, m in MATRICES.items():
        for padding, mode, cval in (("zeros", "grid-constant", 0), ("constant", "grid-constant", 0.75),
                                    ("border", "nearest", 0), ("reflection", "reflect", 0)):
            got = scipy.ndimage.affine_transform(x, m[:, :3], m[:, 3], output_shape=o, order=1, mode=mode, cval=cval,
                                                 prefilter=False)
            w.add(f"affine_{name}_{padding}", "affine", "linear", padding, cval, (1, 1), i, o, np.ascontiguousarray(m),
                  got, "1e-11")


def image_of(x, spacing, origin):
    image = sitk.GetImageFromArray(x)
    image.SetSpacing(spacing[::-1])
    image.SetOrigin(origin[::-1])
    return image


def blank_outside(got, u, sizes):
    """NaN where a coordinate lies beyond the outer voxel centres; u: [3][...]."""
    inside = np.all([(u[a] >= 0) & (u[a] <= sizes[a] - 1) for a in range(3)], axis=0)
    got = np.where(inside, got, np.nan)
    assert np.isfinite(got).sum() > got.size // 4
    return got


def add_itk(w):
    i, o = (9, 8, 10), (7, 9, 8)
    x = noise("float64", (1, 1, *i)).numpy()[0, 0]
    s_in, x_in, s_out, x_out = (2.0, 0.5, 0.75), (10.0, -3.0, 1.5), (1.75, 0.4, 0.8), (11.0, -2.6, 1.9)
    a = np.array([[0.95, 0.1, -0.2], [0.02, 1.05, 0.08], [0.06, -0.12, 0.9]])  # d, h, w
    t = np.array([0.5, 0.3, 0.4])
    transform = sitk.AffineTransform(3)
    transform.SetMatrix(a[::-1, ::-1].reshape(-1).tolist())
    transform.SetTranslation(t[::-1].tolist())
    image = image_of(x, s_in, x_in)
    got = sitk.GetArrayFromImage(sitk.Resample(image, o[::-1], transform, sitk.sitkLinear, x_out[::-1], s_out[::-1],
                                               (1, 0, 0, 0, 1, 0, 0, 0, 1), 0.0, sitk.sitkFloat64))
    m = np.zeros((3, 4))
    m[:, :3] = a * np.array(s_out)[None, :] / np.array(s_in)[:, None]
    m[:, 3] = (a @ np.array(x_out) + t - np.array(x_in)) / np.array(s_in)
    index = np.stack(np.meshgrid(*(np.arange(n, dtype=float) for n in o), indexing="ij"))
    u = np.tensordot(m[:, :3], index, 1) + m[:, 3].reshape(3, 1, 1, 1)
    w.add("affine_itk_physical", "affine", "linear", "zeros", 0, (1, 1), i, o, m, blank_outside(got, u, i), "1e-10")

    for dtype, tolerance in (("float64", "1e-10"), ("float32", "1e-5")):
        field = splitmix_uniform(5, int(np.prod(i)) * 3, -0.9, 0.9).reshape(*i, 3).astype(dtype)
        vectors = sitk.GetImageFromArray(field.astype(np.float64), isVector=True)
        vectors.SetSpacing(s_in[::-1])
        vectors.SetOrigin(x_in[::-1])
        got = sitk.GetArrayFromImage(sitk.Resample(image, image, sitk.DisplacementFieldTransform(vectors),
                                                   sitk.sitkLinear, 0.0, sitk.sitkFloat64))
        index = np.stack(np.meshgrid(*(np.arange(n, dtype=float) for n in i), indexing="ij"))
        u = index + np.stack([field[..., 2 - a].astype(float) / s_in[a] for a in range(3)])
        w.add(f"warp_itk_{dtype}", "warp", "linear", "zeros", 0, (1, 1), i, i, field, blank_outside(got, u, i),
              tolerance, field=i, scale=[1 / s for s in s_in])

    # onto the field's lattice, which is another than the image's
    field = splitmix_uniform(6, int(np.prod(o)) * 3, -0.4, 0.4).reshape(*o, 3)
    vectors = sitk.GetImageFromArray(field, isVector=True)
    vectors.SetSpacing(s_out[::-1])
    vectors.SetOrigin(x_out[::-1])
    got = sitk.GetArrayFromImage(sitk.Resample(image, o[::-1], sitk.DisplacementFieldTransform(vectors), sitk.sitkLinear,
                                               x_out[::-1], s_out[::-1], (1, 0, 0, 0, 1, 0, 0, 0, 1), 0.0, sitk.sitkFloat64))
    step, shift = (np.array(s_out) / np.array(s_in), (np.array(x_out) - np.array(x_in)) / np.array(s_in))
    index = np.stack(np.meshgrid(*(np.arange(n, dtype=float) for n in o), indexing="ij"))
    u = np.stack([step[a] * index[a] + shift[a] + field[..., 2 - a] / s_in[a] for a in range(3)])
    w.add("warp_itk_elsewhere", "warp", "linear", "zeros", 0, (1, 1), i, o, field, blank_outside(got, u, i), "1e-10",
          field=o, scale=[1 / s for s in s_in], step=step, shift=shift)


def main():
    torch.set_num_threads(1)
    w = Writer()
    add_grids(w)
    add_affines(w)
    add_itk(w)
    w.write([
        "# made by make_grid_golden.py: inputs, maps and columns are explained there",
        f"# torch {torch.__version__} scipy {scipy.__version__} SimpleITK {sitk.Version.VersionString()}"
        f" numpy {np.__version__} python {platform.python_version()}",
        f"# cpu {cpu_name()}, PyTorch's kernels: {torch.backends.cpu.get_cpu_capability()}",
    ])


if __name__ == "__main__":
    main()
