"""What must hold, as ratios within one run, and whether it does: used by bench_report.py.

A goal is {text, rows: how many it was asked of, short: those that fall short, in words}. Rows without our own figure
or without the peer's are not asked. Peers count as they are installed.
"""
import math
import re

TINYBRAIN = {"uint8": 1.3, "uint16": 2.5, "float32": 2.0}
LARGER_THAN_CACHE = 100e6  # bytes of input and output
ITEM = {"uint8": 1, "uint16": 2, "float32": 4}
NOISE = 0.05  # two figures that differ by no more are the same


def gib(row):
    return f"{row['in_bytes'] / 2**30:.3g} GiB"


def on_one(row, rows):
    """The same job on one rank with one thread."""
    return next(r for r in rows if (r["ranks"], r["threads"]) == (1, 1)
                and all(r[key] == row[key] for key in ("kind", "mode", "in_bytes")))


def goal(text, judged):
    """judged: (holds, words) for each row asked."""
    judged = list(judged)
    return {"text": text, "rows": len(judged), "short": [words for holds, words in judged if not holds]}


def label(row):
    return f"{row['name']}, {row['threads']} threads"


def ratio(row, peer):
    return row["peers"].get(peer, {}).get("ratio")


def geometric_mean(values):
    return math.exp(sum(map(math.log, values)) / len(values))


def cube_of(row):
    """dtype, mode, in, out of a cube that is resampled; else None."""
    found = re.fullmatch(r"(\w+) (nearest|linear|area) (\d+)->(\d+)", row["name"])
    return found and (found[1], found[2], int(found[3]), int(found[4]))


def in_memory(row):
    """Larger than cache, so that the memory's bandwidth can be what limits it."""
    cube = cube_of(row)
    return cube is not None and (cube[2] ** 3 + cube[3] ** 3) * ITEM[cube[0]] >= LARGER_THAN_CACHE


def must_reach_bandwidth(row, most):
    """Nearest, area and float32 linear, made smaller, at all cores, larger than cache."""
    cube = cube_of(row)
    return in_memory(row) and row["threads"] == most and cube[3] < cube[2] and (cube[1] != "linear" or cube[0] == "float32")


def beside_floor(row):
    """A bare loop over the same cache lines shows what the memory gives for them."""
    share = row["ours"]["floor_share"]
    return f" ({100 * share:.0f} % of a bare loop over the same lines)" if share else ""


def against_volresample(rows):
    for row in rows:
        times = ratio(row, "volresample")
        if times and "grid_sample" not in row["name"]:
            share = row["ours"]["bandwidth_share"] if in_memory(row) else 0
            words = f", {100 * share:.0f} % of the bandwidth{beside_floor(row)}" if share else ", in cache"
            yield times >= 2 or share >= 0.85, f"{label(row)}: {times:.2f} times{words}"


def sampled(rows, smooth):
    """At points of a grid: random ones, or those of a smooth one."""
    wanted = 3 if smooth else 2
    for row in rows:
        times = ratio(row, "volresample")
        if times and "grid_sample" in row["name"] and ("smooth" in row["name"]) == smooth:
            yield times >= wanted, f"{label(row)}: {times:.2f} times"


def affine_beside_linear(rows):
    """An axis-aligned matrix, and the resampling that does the same."""
    ours = {(row["name"], row["threads"]): row["ours"]["ms_median"] for row in rows if row["ours"]}
    for row in rows:
        same = (row["name"].replace("affine ", ""), row["threads"])
        if " affine " in row["name"] and row["ours"] and same in ours:
            times = row["ours"]["ms_median"] / ours[same]
            yield times <= 1.5, f"{label(row)}: {times:.2f} times"


def against_torch(rows):
    for threads in sorted({row["threads"] for row in rows}):
        peers = [row["peers"]["torch"] for row in rows if row["threads"] == threads and ratio(row, "torch")]
        if peers:
            mean = geometric_mean([peer["ratio"] for peer in peers])
            reused = [peer["ratio_reused"] for peer in peers if "ratio_reused" in peer]
            more = f" ({geometric_mean(reused):.2f} with PyTorch's memory reused)" if reused else ""
            yield mean >= 5, f"{threads} threads: {mean:.2f} times{more}"


def against_tinybrain(rows):
    for row in rows:
        times, wanted = ratio(row, "tinybrain"), TINYBRAIN[row["name"].split()[0]] if ratio(row, "tinybrain") else 0
        if times and row["threads"] == 1:
            yield times >= wanted, f"{label(row)}: {times:.2f} times, {wanted} wanted"


CUBIC = {"volresample": {"128->64": 10, "96x128x80->64x160x48": 10, "128->256": 5},
         "scipy": {"128->64": 20, "96x128x80->64x160x48": 20}}


def wide(rows):
    """Cubic beside volresample and SciPy, label on one core beside NumPy."""
    for row in rows:
        for peer, wanted in CUBIC.items():
            times, least = ratio(row, peer), wanted.get(row["name"].split()[-1])
            if " cubic " in row["name"] and times and least:
                yield times >= least, f"{label(row)}: {times:.1f} times {peer}, {least} wanted"
        times = ratio(row, "numpy") if " label " in row["name"] and row["threads"] == 1 else None
        if times:
            yield times >= 100, f"{label(row)}: {times:.1f} times numpy, 100 wanted"


def near_bandwidth(rows):
    most = max((row["threads"] for row in rows), default=0)
    for row in rows:
        if row["ours"] and must_reach_bandwidth(row, most):
            share = row["ours"]["bandwidth_share"]
            yield share >= 0.7, f"{label(row)}: {100 * share:.0f} %{beside_floor(row)}"


def copy_ratio(bandwidths):
    found = {b["threads"]: b["copy_gb_per_s"] for b in bandwidths}
    return f" (the copy itself: {found[2] / found[1]:.2f} times)" if 1 in found and 2 in found else ""


def two_threads(rows):
    """Where the memory allows: a bare loop over the same lines shows what two cores gain of it, give or take NOISE."""
    for row in rows:
        if row["threads"] == 2 and row["ours"] and row.get("beside_one", {}).get("times"):
            times, share = row["beside_one"]["times"], row["ours"]["bandwidth_share"]
            bare = row["beside_one"]["floor_times"] or math.inf
            large = row["ours"]["bytes"] >= LARGER_THAN_CACHE
            holds = times >= min(1.8, bare * (1 - NOISE)) or (large and share >= 0.85)
            beside = f", a bare loop over the same lines {bare:.2f} times" if bare < math.inf else ""
            yield holds, f"{row['name']}: {times:.2f} times{beside}; {100 * share:.0f} % of the bandwidth"


def beside_mpi_io(rows):
    for row in rows:
        if "floor" in row:
            times = row["s_median"] / row["floor"]["s_median"]
            yield times <= 1.3, f"{gib(row)} {row['mode']}: {times:.2f} times"


def inside_codec(rows):
    for row in rows:
        if "codec_share" in row and row["threads"] == 1:
            yield row["codec_share"] >= 0.9, f"{row['ranks']}x{row['threads']}: {100 * row['codec_share']:.0f} %"


def deflated_in_parallel(rows):
    for row in rows:
        if row["kind"] == "deflated" and row["ranks"] * row["threads"] == 2:
            one = on_one(row, rows)
            part = lambda r: r["phases"]["read"] if row["threads"] == 2 else r["s_median"]
            times, what = part(row) / part(one), "reading" if row["threads"] == 2 else "whole"
            yield times <= 0.55, f"{row['ranks']}x{row['threads']}, {what}: {times:.2f} of the time of 1x1"


def judge(rows, io_rows, bandwidths):
    found = [
        goal("at least 2 times volresample, or 85 % of the bandwidth", against_volresample(rows)),
        goal("grid_sample at random points at least 2 times volresample", sampled(rows, smooth=False)),
        goal("grid_sample on a smooth grid at least 3 times volresample", sampled(rows, smooth=True)),
        goal("affine, axis-aligned: at most 1.5 times linear", affine_beside_linear(rows)),
        goal("at least 5 times PyTorch in the geometric mean", against_torch(rows)),
        goal("2x2x2 averaging at least 1.3 (uint8), 2.5 (uint16), 2 (float32) times tinybrain", against_tinybrain(rows)),
        goal("cubic at least 10, 10, 5 times volresample, 20 times SciPy; label 100 times NumPy on 1 thread", wide(rows)),
        goal("nearest, area, float32 linear down at all cores: at least 70 % of the bandwidth", near_bandwidth(rows)),
        goal("2 threads at least 1.8 times 1, or within 5 % of what a bare loop gains, or at 85 % of the bandwidth" + copy_ratio(bandwidths), two_threads(rows)),
        goal("contiguous: at most 1.3 times plain MPI-IO", beside_mpi_io(io_rows)),
        goal("deflated, 1 thread a rank: at least 90 % of the time inside the codec", inside_codec(io_rows)),
        goal("deflated: 2 ranks, or the reading of 2 threads, at most 0.55 of the time of 1", deflated_in_parallel(io_rows)),
    ]
    return [g for g in found if g["rows"]]


def describe(goals):
    lines = []
    for g in goals:
        lines.append(f"{'met  ' if not g['short'] else 'SHORT'}  {g['text']}: {g['rows'] - len(g['short'])} of {g['rows']}")
        lines += [f"         {words}" for words in g["short"]]
    return "\n".join(lines)
