#!/usr/bin/env python3
"""Golden results of PyTorch 2.x for nearest, linear and area. Writes into its own folder.

    python3 -m venv /tmp/venv && /tmp/venv/bin/pip install torch numpy && /tmp/venv/bin/python make_golden.py

Inputs are functions of the row-major index k of a voxel (N,C,D,H,W) and are not stored. With
z = splitmix64's output number k from state 0 (state += 0x9E3779B97F4A7C15, then its mix):
    noise24 = ((z >> 40) - 2^23) * 2^-23     exact in float32, in [-1,1)
    noise53 = ((z >> 11) - 2^52) * 2^-52     exact in float64, in [-1,1)
    index   = k
cases.txt has one line per case, sweeps.txt one hash per bundle of (in, out) pairs; FIELDS and SWEEPS below
are their first lines. Outputs are little-endian, in one file per group, at an offset in elements.

PyTorch's AVX2 and AVX512 kernels for contiguous tensors are compiled with contraction: s*(i+0.5)-0.5 is a
fused multiply-add there, and a few ties of nearest-exact fall the other way (2 -> 41 at i = 20). The
portable kernels, and the channels-last ones on every machine, round twice, as the sources say. The golden
files are those of the portable kernels; the count of the differing indices is in the head of cases.txt.

PyTorch takes the floor of a linear coordinate in float32 even where the coordinate is double (floorf in
guard_index_and_lambda). On long axes a coordinate just below a voxel, 9994.9997 say, then becomes that voxel:
off by up to size*2^-24. Tolerance "floorf" marks such cases: 1e-11 but for those voxels.
"""
import os
import platform
import random
import subprocess
import sys

os.environ.setdefault("ATEN_CPU_CAPABILITY", "default")

import numpy as np
import torch
import torch.nn.functional as F

HERE = os.path.dirname(os.path.abspath(__file__))
FIELDS = "case file mode align coords src_dtype data n c in_d in_h in_w out_d out_h out_w offset count tolerance"
SWEEPS = "rule in out_begin out_end hash"
MASK = (1 << 64) - 1
SWEEP_SIZES = 128

SMALL = [  # in, out
    ((1, 1, 1), (1, 1, 1)), ((1, 1, 1), (1, 1, 2)), ((1, 1, 1), (3, 4, 5)), ((1, 5, 1), (4, 5, 6)),
    ((1, 1, 9), (5, 3, 9)), ((6, 1, 1), (1, 7, 11)), ((2, 2, 2), (5, 5, 5)), ((2, 3, 4), (7, 9, 11)),
    ((7, 6, 5), (1, 1, 1)), ((9, 1, 4), (1, 1, 1)), ((8, 8, 8), (1, 8, 1)), ((5, 6, 7), (5, 6, 7)),
    ((4, 5, 6), (4, 10, 3)), ((4, 5, 6), (9, 5, 3)), ((4, 5, 6), (2, 11, 6)), ((8, 8, 8), (4, 4, 4)),
    ((4, 4, 4), (8, 8, 8)), ((6, 6, 6), (2, 2, 2)), ((3, 3, 3), (9, 9, 9)), ((10, 20, 30), (1, 2, 3)),
    ((30, 3, 3), (3, 3, 3)), ((13, 11, 7), (7, 5, 3)), ((7, 5, 3), (13, 11, 7)), ((17, 2, 3), (5, 7, 2)),
    ((19, 5, 2), (23, 3, 3)), ((5, 7, 11), (11, 7, 5)), ((2, 13, 2), (3, 17, 3)), ((6, 10, 14), (9, 15, 21)),
    ((12, 9, 15), (8, 6, 10)), ((3, 3, 3), (7, 7, 7)), ((7, 7, 7), (3, 3, 3)), ((2, 2, 41), (2, 2, 2)),
]
LONG = [  # along the last axis, two of them along the others
    (2, 41), (2, 25), (2, 47), (2, 83), (2, 82), (2, 98), (4, 82), (4, 94), (6, 123), (3, 26), (3, 75), (3, 7),
    (107, 53), (53, 107), (127, 101), (101, 127), (199, 2), (200, 3), (257, 64), (64, 257), (255, 256),
    (256, 255), (512, 171), (171, 512), (640, 64), (97, 970), (1004, 1000), (1008, 1007), (1021, 510),
]
VERY_LONG = {(8190, 8191): ("nearest",), (10000, 10001): ("area",), (10000, 9999): ("nearest", "linear"),
             (9999, 10000): ("linear",)}


def shapes():
    rng = random.Random(2)
    found = [((1, 1), i, o) for i, o in SMALL]
    found += [((1, 1), (1, 1, n), (1, 1, m)) for n, m in LONG]
    found += [((1, 1), (1, 107, 1), (1, 53, 1)), ((1, 1), (41, 1, 1), (82, 1, 1)), ((1, 1), (2, 1, 1), (25, 1, 1))]
    found += [((2, 3), (3, 4, 5), (4, 3, 7)), ((1, 4), (5, 2, 6), (3, 5, 4)), ((3, 1), (2, 7, 3), (5, 3, 3))]
    for _ in range(12):
        found.append(((1, 1), *(tuple(rng.randint(1, 12) for _ in range(3)) for _ in range(2))))
    return found


def splitmix64(state):
    """The output of splitmix64 whose state before the increment is state: uint64 array to uint64 array."""
    with np.errstate(over="ignore"):
        z = state + np.uint64(0x9E3779B97F4A7C15)
        z = (z ^ (z >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
        z = (z ^ (z >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
        return z ^ (z >> np.uint64(31))


def make_input(kind, dtype, shape):
    k = np.arange(int(np.prod(shape)), dtype=np.uint64)
    with np.errstate(over="ignore"):
        z = splitmix64(k * np.uint64(0x9E3779B97F4A7C15))
    if kind == "noise24":
        values = ((z >> np.uint64(40)).astype(np.int64) - (1 << 23)).astype(np.float64) * 2.0**-23
    elif kind == "noise53":
        values = ((z >> np.uint64(11)).astype(np.int64) - (1 << 52)).astype(np.float64) * 2.0**-52
    else:
        values = k.astype(np.float64)
    return torch.from_numpy(values.reshape(shape)).to(dtype)


def interpolate(x, size, mode, align=False):
    extra = {"align_corners": align} if mode == "trilinear" else {}
    return F.interpolate(x, size=size, mode=mode, **extra).contiguous().numpy().reshape(-1)


def axis_nearest(n, m):
    x = torch.arange(n, dtype=torch.float32).view(1, 1, 1, 1, n)
    return interpolate(x, (1, 1, m), "nearest-exact").astype(np.int64)


def axis_windows(n, m):
    """The windows that PyTorch averaged, from the means of k and of k*k over them."""
    k = torch.arange(n, dtype=torch.float64).view(1, 1, 1, 1, n)
    mean, square = (interpolate(x, (1, 1, m), "area") for x in (k, k * k))
    count = np.rint(np.sqrt(12 * (square - mean * mean) + 1)).astype(np.int64)
    start = np.rint(mean - (count - 1) / 2).astype(np.int64)
    assert np.array_equal(start + (count - 1) / 2, mean)
    return start, start + count


def floor_steps(i, o, align):
    """How many coordinates of these axes PyTorch's floorf moves by more than rounding."""
    steps = 0
    for n, m in zip(i, o):
        k = np.arange(m)
        r = (n - 1) / max(m - 1, 1) * k if align else np.maximum(0, n / m * (k + 0.5) - 0.5)
        steps += int((np.floor(r.astype(np.float32)) - r > 1e-9).sum()) if n != m else 0
    return steps


class Writer:
    def __init__(self):
        self.cases, self.files = [], {}

    def add(self, name, file, mode, align, coords, dtype, data, nc, in_dhw, out_dhw, values, tolerance):
        offset = sum(len(v) for v in self.files.setdefault(file, []))
        self.files[file].append(values)
        words = [name, file, mode, align, coords, dtype, data, *nc, *in_dhw, *out_dhw, offset, len(values), tolerance]
        self.cases.append(" ".join(str(word) for word in words))

    def write(self, head):
        for file, parts in self.files.items():
            np.concatenate(parts).tofile(os.path.join(HERE, file))
        write_lines("cases.txt", head + ["# " + FIELDS] + self.cases)


def write_lines(name, lines):
    with open(os.path.join(HERE, name), "w", encoding="ascii") as f:
        f.write("\n".join(lines) + "\n")


def add_shape(w, nc, i, o, modes=("nearest", "linear", "area")):
    name = "_to_".join("x".join(map(str, s)) for s in ((nc if nc != (1, 1) else ()) + i, o))
    case = lambda *a: w.add(f"{a[1]}{'_align' * a[2]}_{a[4]}_{name}", *a[:6], nc, i, o, *a[6:])
    full = (*nc, *i)
    if "nearest" in modes:
        got = interpolate(make_input("index", torch.float32, full), o, "nearest-exact").astype(np.int32)
        case("nearest.i32", "nearest", 0, "torch", "float32", "index", got, "exact")
    for align in (0, 1) if "linear" in modes else ():
        for dtype, coords, data, file, tolerance in (
            (torch.float64, "exact", "noise53", "linear.f64", "1e-11"),
            (torch.float32, "torch", "noise24", "linear.f32", "2e-6"),
        ):
            got = interpolate(make_input(data, dtype, full), o, "trilinear", bool(align))
            if dtype == torch.float64 and floor_steps(i, o, align):
                tolerance = "floorf"
            case(file, "linear", align, coords, str(dtype)[6:], data, got, tolerance)
    if "area" in modes:
        got = interpolate(make_input("noise24", torch.float64, full), o, "area")
        case("area.f64", "area", 0, "exact", "float64", "noise24", got, "ulp1")


def add_extra(w):
    for (n, m), modes in VERY_LONG.items():
        add_shape(w, (1, 1), (1, 1, n), (1, 1, m), modes)
    ramp = make_input("index", torch.float64, (1, 1, 1, 1, 10000))
    for align in (0, 1):
        got = interpolate(ramp, (1, 1, 9999), "trilinear", bool(align))
        w.add(f"linear_ramp_align_{align}", "linear.f64", "linear", align, "exact", "float64", "index", (1, 1),
              (1, 1, 10000), (1, 1, 9999), got, "floorf")
    for n, m in LONG + [(10000, 10001)]:
        pairs = np.stack(axis_windows(n, m), axis=1).astype(np.int32).reshape(-1)
        w.add(f"windows_{n}_to_{m}", "windows.i32", "area", 0, "exact", "float64", "index", (1, 1), (1, 1, n),
              (1, 1, m), pairs, "exact")


def sweep_hash(pairs_of, n, outs):
    """The sum of splitmix64(splitmix64(m << 32 | i) + slot + value) over outs m, outputs i and slots, modulo
    2^64. nearest has one slot, the source index; area two, start and end."""
    total = 0
    for m in outs:
        for slot, values in enumerate(pairs_of(n, m)):
            key = splitmix64((np.uint64(m) << np.uint64(32)) + np.arange(m, dtype=np.uint64)) + np.uint64(slot)
            total += int(splitmix64(key + values.astype(np.uint64)).sum(dtype=np.uint64))
    return total & MASK


def sweeps():
    lines = ["# " + SWEEPS]
    nearest = lambda n, m: (axis_nearest(n, m),)
    for rule, of in (("nearest", nearest), ("area", axis_windows)):
        for n in range(1, SWEEP_SIZES + 1):
            lines.append(f"{rule} {n} 1 {SWEEP_SIZES + 1} {sweep_hash(of, n, range(1, SWEEP_SIZES + 1)):016x}")
    big = 1 << 23
    for n, m in ((big - 1, big), (big, big - 1), (big + 1, big - 1), (2 * big, 2 * big - 1), (2 * big - 1, 2 * big)):
        lines.append(f"nearest {n} {m} {m + 1} {sweep_hash(nearest, n, (m,)):016x}")
    return lines


def contracted_ties():
    """In a process with this machine's best kernels: how many nearest indices of the sweep differ."""
    code = ("import sys; sys.path.insert(0, sys.argv[1]); import make_golden as g; import torch; print("
            "torch.backends.cpu.get_cpu_capability(), *(int(i) for n in range(1, 129) for m in range(1, 129)"
            " for i in g.axis_nearest(n, m)))")
    runs = []
    for capability in ("default", ""):
        env = {k: v for k, v in os.environ.items() if k != "ATEN_CPU_CAPABILITY"}
        # Set but empty stops this script's own default and lets PyTorch choose.
        env["ATEN_CPU_CAPABILITY"] = capability
        env["PYTHONDONTWRITEBYTECODE"] = "1"
        runs.append(subprocess.run([sys.executable, "-W", "ignore", "-c", code, HERE], env=env, check=True,
                                   capture_output=True, text=True).stdout.split())
    return runs[1][0], sum(a != b for a, b in zip(runs[0][1:], runs[1][1:])), len(runs[0]) - 1


def cpu_name():
    with open("/proc/cpuinfo", encoding="ascii", errors="replace") as f:
        return next((line.split(":")[1].strip() for line in f if line.startswith("model name")), platform.machine())


def main():
    torch.set_num_threads(1)
    w = Writer()
    for nc, i, o in shapes():
        add_shape(w, nc, i, o)
    add_extra(w)
    best, differ, of = contracted_ties()
    head = [
        "# made by make_golden.py: inputs, formulas and columns are explained there",
        f"# torch {torch.__version__} numpy {np.__version__} python {platform.python_version()}",
        f"# cpu {cpu_name()}, PyTorch's kernels: {torch.backends.cpu.get_cpu_capability()}",
        f"# its {best} kernels differ in {differ} of {of} nearest indices (all sizes up to {SWEEP_SIZES})",
    ]
    w.write(head)
    write_lines("sweeps.txt", sweeps())


if __name__ == "__main__":
    main()
