#!/usr/bin/env python3
"""Golden results of SciPy for cubic: ndimage.zoom(order=3, mode='reflect'). Writes into its own folder.

    python3 -m venv /tmp/venv && /tmp/venv/bin/pip install scipy numpy && /tmp/venv/bin/python make_golden_cubic.py

grid_mode=True is align_corners 0, False is 1. Inputs are noise24, exact in float32, see make_golden.py; SciPy gets
them as float64, so that one result serves float32 volumes before the cast and float64 ones. cubic_cases.txt has the
columns of cases.txt.
"""
import os
import platform
import random

import numpy as np
import scipy
from scipy import ndimage

HERE = os.path.dirname(os.path.abspath(__file__))
FIELDS = "case file mode align coords src_dtype data n c in_d in_h in_w out_d out_h out_w offset count tolerance"

LINES = [  # the axis's sizes, along d, h and w in turn
    (1, 1), (1, 7), (2, 5), (3, 2), (4, 9), (5, 5), (6, 4), (7, 11), (8, 3), (9, 10), (10, 25), (11, 6), (12, 13),
    (13, 40), (33, 50), (63, 90), (64, 32), (64, 65), (64, 150), (65, 64), (65, 131), (96, 64), (97, 96), (100, 25),
    (101, 25), (103, 206), (128, 160), (129, 1), (160, 100), (200, 23), (257, 301), (300, 4),
]
BOXES = [
    ((1, 1, 1), (3, 4, 5)), ((2, 3, 4), (7, 9, 11)), ((7, 6, 5), (1, 1, 1)), ((5, 6, 7), (5, 6, 7)),
    ((4, 5, 6), (4, 10, 3)), ((8, 8, 8), (4, 4, 4)), ((4, 4, 4), (8, 8, 8)), ((12, 11, 10), (9, 13, 8)),
    ((10, 20, 30), (1, 2, 3)), ((13, 11, 7), (7, 5, 3)), ((6, 10, 14), (9, 15, 21)), ((12, 9, 15), (8, 6, 10)),
    ((3, 70, 66), (2, 35, 99)), ((40, 64, 3), (20, 96, 2)), ((2, 80, 81), (3, 48, 40)), ((20, 13, 70), (30, 12, 35)),
]


def shapes():
    rng = random.Random(3)
    found = list(BOXES)
    for n, m in LINES:
        found += [((n, 2, 1), (m, 3, 1)), ((1, n, 2), (1, m, 3)), ((2, 1, n), (3, 1, m))]
    for _ in range(24):
        found.append(tuple(tuple(rng.randint(1, 12) for _ in range(3)) for _ in range(2)))
    return found


def noise24(shape):
    k = np.arange(int(np.prod(shape)), dtype=np.uint64)
    with np.errstate(over="ignore"):
        z = k * np.uint64(0x9E3779B97F4A7C15) + np.uint64(0x9E3779B97F4A7C15)
        z = (z ^ (z >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
        z = (z ^ (z >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
        z ^= z >> np.uint64(31)
    return (((z >> np.uint64(40)).astype(np.int64) - (1 << 23)).astype(np.float64) * 2.0**-23).reshape(shape)


def zoom(volume, out, align):
    factors = [o / n for n, o in zip(volume.shape, out)]
    found = ndimage.zoom(volume, factors, order=3, mode="reflect", grid_mode=not align)
    assert found.shape == tuple(out)
    return found.reshape(-1)


def main():
    parts, lines, offset = [], [], 0
    for i, o in shapes():
        for align in (0, 1):
            values = zoom(noise24(i), o, align)
            name = f"cubic{'_align' * align}_{'x'.join(map(str, i))}_to_{'x'.join(map(str, o))}"
            words = [name, "cubic.f64", "cubic", align, "exact", "float64", "noise24", 1, 1, *i, *o, offset, len(values)]
            lines.append(" ".join(map(str, words + ["1e-14"])))
            parts.append(values)
            offset += len(values)
    np.concatenate(parts).tofile(os.path.join(HERE, "cubic.f64"))
    head = ["# made by make_golden_cubic.py: inputs and columns are explained there",
            f"# scipy {scipy.__version__} numpy {np.__version__} python {platform.python_version()}", "# " + FIELDS]
    with open(os.path.join(HERE, "cubic_cases.txt"), "w", encoding="ascii") as f:
        f.write("\n".join(head + lines) + "\n")


if __name__ == "__main__":
    main()
