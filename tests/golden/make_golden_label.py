#!/usr/bin/env python3
"""Golden 3x3x3 neighbourhood labels, by the straightforward NumPy function below. Writes into its own folder.

    python3 -m venv /tmp/venv && /tmp/venv/bin/pip install numpy && /tmp/venv/bin/python make_golden_label.py

Inputs are functions of the row-major index k of a voxel and are not stored. z is splitmix64's output number k,
as in make_golden.py, and the value, of the case's dtype:
    noise24, noise53   as in make_golden.py
    levels:N           z mod N                       many ties
    bits               the low bits of z             every value of an integer dtype
    near               NEAR[z mod len(NEAR)]         numbers that float32 scores confuse
    special            SPECIAL[z mod len(SPECIAL)]   NaN, Inf, numbers around the centre's score of -100
    around:V           100 at the centre of every 3x3x3 cube (all of d, h, w are 1 mod 3), 100+V elsewhere
    zero
label_cases.txt has one line per case, FIELDS; the labels are one byte each, in label.u8.
"""
import os

import numpy as np

HERE = os.path.dirname(os.path.abspath(__file__))
FIELDS = "dtype data minimum d h w offset"
NEAR = [0, 13860, 19601, 5741, 8119, 2911, 5042, 16777216, -13860, -19601, 16777215, 16777217, -5042, 1, -1]
SPECIAL = [0, 1, -1, 100, 101, 150, 173.25, 200, 300, -100, 1e30, -1e30, 3e38, -3e38, 1e-40, -1e-42, 7, 9,
           float("inf"), float("-inf"), float("nan"), 5, 11, 12, 13]
SHAPES = [(1, 1, 1), (2, 3, 3), (3, 2, 5), (3, 3, 2), (3, 3, 3), (3, 4, 5), (5, 3, 4), (4, 5, 3), (7, 6, 5), (5, 6, 40)]


def label(volume, minimum=False):
    """The reference: what voxslab label must equal on every voxel."""
    x = volume.astype(np.float32)
    offset = np.indices((3, 3, 3)) - 1
    inverse = 1 / np.sqrt(np.maximum(1, (offset**2).sum(axis=0)).astype(np.float64))
    labels = np.zeros(x.shape, np.uint8)
    for d in range(1, x.shape[0] - 1):
        for h in range(1, x.shape[1] - 1):
            for w in range(1, x.shape[2] - 1):
                difference = x[d, h, w] - x[d - 1:d + 2, h - 1:h + 2, w - 1:w + 2]
                score = difference * inverse
                score[1, 1, 1] = -100
                strict = (np.delete(difference.reshape(27), 13) < 0).all()
                labels[d, h, w] = 13 if minimum and strict else score.argmax()
    return labels


def splitmix64(k):
    with np.errstate(over="ignore"):
        z = k * np.uint64(0x9E3779B97F4A7C15) + np.uint64(0x9E3779B97F4A7C15)
        z = (z ^ (z >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
        z = (z ^ (z >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
        return z ^ (z >> np.uint64(31))


def make_input(data, dtype, shape):
    z = splitmix64(np.arange(int(np.prod(shape)), dtype=np.uint64))
    kind, _, number = data.partition(":")
    if kind == "noise24":
        values = ((z >> np.uint64(40)).astype(np.int64) - (1 << 23)) * 2.0**-23
    elif kind == "noise53":
        values = ((z >> np.uint64(11)).astype(np.int64) - (1 << 52)) * 2.0**-52
    elif kind == "levels":
        values = z % np.uint64(number)
    elif kind == "bits":
        values = z.view(np.int64) if dtype.startswith("int") else z
    elif kind in ("near", "special"):
        table = np.array(NEAR if kind == "near" else SPECIAL)
        values = table[(z % np.uint64(len(table))).astype(np.int64)]
    elif kind == "around":
        centre = np.all(np.indices(shape) % 3 == 1, axis=0).reshape(-1)
        values = np.where(centre, 100.0, 100 + float(number))
    else:
        values = np.zeros(len(z))
    with np.errstate(over="ignore", invalid="ignore"):
        return values.astype(dtype).reshape(shape)


def cases():
    for shape in SHAPES:
        yield "float32", "noise24", 0, shape
        yield "float32", "special", 0, shape
        yield "uint8", "levels:3", 0, shape
    for dtype in ("uint8", "int8", "uint16", "int16", "uint32", "int32", "uint64", "int64"):
        yield dtype, "bits", 0, (5, 6, 40)
        yield dtype, "levels:7", 1, (5, 6, 23)
    for minimum in (0, 1):
        for data in ("noise24", "noise53", "levels:5", "near", "special", "zero"):
            yield "float32", data, minimum, (6, 7, 43)
            yield "float64", data, minimum, (6, 7, 43)
        for over in (100, 101, 150, 173.25, 173.5, 200, 0, -5, 1e-40):
            yield "float32", f"around:{over}", minimum, (6, 6, 9)
        yield "int32", "near", minimum, (8, 9, 31)
        yield "int16", "near", minimum, (8, 9, 31)


def main():
    lines, parts, offset = [f"# numpy {np.__version__}, made by make_golden_label.py", "# " + FIELDS], [], 0
    for dtype, data, minimum, shape in cases():
        parts.append(label(make_input(data, dtype, shape), bool(minimum)).reshape(-1))
        lines.append(f"{dtype} {data} {minimum} {shape[0]} {shape[1]} {shape[2]} {offset}")
        offset += len(parts[-1])
    np.concatenate(parts).tofile(os.path.join(HERE, "label.u8"))
    with open(os.path.join(HERE, "label_cases.txt"), "w", encoding="ascii") as f:
        f.write("\n".join(lines) + "\n")


if __name__ == "__main__":
    main()
