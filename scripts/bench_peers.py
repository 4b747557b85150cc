"""Times other people's libraries and our kernels on the same rows, in turn: ours, the peers, ours again.

A row is a line of the table below: dtype, what, shapes, and for each peer the call that does it. A peer that raises
does not offer the row; one that answers in another dtype is marked so. Peers allocate their output in every call, ours
is given its own, so every peer is timed twice: as it is installed, and with its memory reused from call to call.

Every figure is the median of at least 3 calls, after one that does not count, and of as many more as --seconds allows.
Peers that use one thread only are timed beside one of ours. Rows are added to FILE one by one; a run that was stopped
goes on with --resume.
"""
import argparse
import ctypes
import functools
import gc
import importlib.metadata
import itertools
import json
import os
import re
import statistics
import subprocess
import sys
import time

import numpy

TIMES_AT_LEAST, TIMES_AT_MOST = 3, 1000
ONE_THREAD = ("tinybrain", "scipy", "numpy")  # all that these use


def cube(shape):
    return str(shape[0]) if len(set(shape)) == 1 else "x".join(map(str, shape))


class Row:
    def __init__(self, dtype, what, src, dst, **calls):
        as_shape = lambda size: (size,) * 3 if isinstance(size, int) else size
        self.dtype, self.src, self.dst, self.calls = dtype, as_shape(src), as_shape(dst), calls
        # the name that bench_kernels gives the same row
        self.name = f"{dtype} {what} {cube(self.src)}->{cube(self.dst)}"


# ---- the calls: (volume, output shape) -> result ----

def module(name):
    return importlib.import_module(name)


def volresample(mode):
    return lambda v, out: module("volresample").resample(v, out, mode=mode)


def volresample_as_int16(v, out):
    """It has no uint16, but nearest moves bits only."""
    return module("volresample").resample(v.view(numpy.int16), out, mode="nearest").view(numpy.uint16)


def volresample_grid(padding, make_grid):
    def call(v, out):
        return module("volresample").grid_sample(v[None, None], make_grid(out), mode="linear", padding_mode=padding)
    return call


def torch(mode):
    return lambda v, out: module("torch").nn.functional.interpolate(as_tensor(v), size=out, mode=mode).numpy()


def torch_grid(padding, make_grid):
    def call(v, out):
        grid = module("torch").from_numpy(make_grid(out))
        sample = module("torch").nn.functional.grid_sample
        return sample(as_tensor(v), grid, mode="bilinear", padding_mode=padding, align_corners=False).numpy()
    return call


def as_tensor(v):
    return module("torch").from_numpy(v)[None, None]


def tinybrain(v, out):
    """The C++ behind downsample_with_averaging; its arrays are w, h, d, the fastest axis first, as ours are."""
    return module("tinybrain.accelerated").average_pooling_2x2x2(v.T, 1)[0]


def scipy_cubic(v, out):
    factors = [o / i for o, i in zip(out, v.shape)]
    return module("scipy.ndimage").zoom(v, factors, order=3, mode="reflect", grid_mode=True)


def numpy_label(v, out):
    """The neighbour of the steepest descent, of 27, in every interior voxel, with NumPy's sliding windows."""
    windows = numpy.lib.stride_tricks.sliding_window_view(v.astype(numpy.float32), (3, 3, 3))
    difference = (windows[..., 1:2, 1:2, 1:2] - windows).reshape(windows.shape[:3] + (27,))
    steps = numpy.abs(numpy.indices((3, 3, 3)) - 1).sum(axis=0).ravel()
    score = difference * (1 / numpy.sqrt(numpy.maximum(steps, 1)))
    score[..., 13] = -100
    label = numpy.zeros(v.shape, numpy.uint8)
    label[1:-1, 1:-1, 1:-1] = score.argmax(axis=-1)
    return label


# ---- the arrays, as bench_kernels has them ----

def random_bits(begin, count):
    """splitmix64."""
    bits = numpy.arange(begin, begin + count, dtype=numpy.uint64) * numpy.uint64(0x9E3779B97F4A7C15)
    for shift, factor in ((30, 0xBF58476D1CE4E5B9), (27, 0x94D049BB133111EB)):
        bits = (bits ^ bits >> numpy.uint64(shift)) * numpy.uint64(factor)
    return bits ^ bits >> numpy.uint64(31)


@functools.lru_cache(maxsize=1)
def volume_of(dtype, shape):
    """Rows are timed in an order in which those that share it follow each other."""
    return filled(dtype, shape)


def filled(dtype, shape, begin=0):
    """Fractions of 1, or any bits of an integer, from the index; in blocks, for the bits are large."""
    flat = numpy.empty(int(numpy.prod(shape)), dtype)
    for k in range(0, flat.size, 1 << 20):
        bits = random_bits(begin + k, min(flat.size - k, 1 << 20))
        flat[k:k + (1 << 20)] = (bits >> numpy.uint64(40)) * 2.0**-24 if flat.dtype.kind == "f" else bits.astype(dtype)
    return flat.reshape(shape)


@functools.cache
def random_grid(shape):
    return 2 * filled("float32", (1, *shape, 3), 0x5EED0000) - 1


@functools.cache
def smooth_grid(shape):
    """The identity moved by up to two voxels, for cubes."""
    at, size = numpy.indices(shape)[::-1].astype(numpy.float64), shape[0]
    moved = [at[i] + 2 * numpy.sin(6 * at[(i + 1) % 3] / size) for i in range(3)]
    return numpy.stack([(2 * u + 1) / size - 1 for u in moved], -1, dtype=numpy.float32, casting="same_kind")[None]


# ---- the rows ----

TORCH_MODES = {"nearest": "nearest-exact", "linear": "trilinear", "area": "area"}
SIZES = {"nearest": [(512, 256), (512, 171), (256, 512), (128, 64)], "area": [(512, 256), (512, 171), (256, 512), (512, 64), (128, 64)]}
SIZES["linear"] = SIZES["nearest"]


def resample_row(dtype, mode, src, dst):
    calls = dict(volresample=volresample(mode), torch=torch(TORCH_MODES[mode]))
    if (dtype, mode) == ("uint16", "nearest"):
        calls["volresample"] = volresample_as_int16
    if mode == "area" and src == 2 * dst:
        calls["tinybrain"] = tinybrain
    return Row(dtype, mode, src, dst, **calls)


def cubic_row(src, dst):
    calls = dict(volresample=volresample("cubic"))
    if src != 128 or dst != 256:  # SciPy would take a minute
        calls["scipy"] = scipy_cubic
    return Row("float32", "cubic", src, dst, **calls)


def grid_row(padding, make_grid, what=""):
    return Row("float32", f"grid_sample linear {padding}{what}", 128, 128,
               volresample=volresample_grid(padding, make_grid), torch=torch_grid(padding, make_grid))


ROWS = [resample_row(dtype, mode, *sizes)
        for dtype, mode in itertools.product(("float32", "uint8", "uint16"), TORCH_MODES) for sizes in SIZES[mode]] + [
    grid_row("zeros", random_grid),
    grid_row("reflection", random_grid),
    grid_row("zeros", smooth_grid, " smooth"),
    grid_row("reflection", smooth_grid, " smooth"),
    cubic_row(128, 64),
    cubic_row((96, 128, 80), (64, 160, 48)),
    cubic_row(128, 256),
    Row("float32", "label", 128, 128, numpy=numpy_label),
]


# ---- timing ----

class Memory:
    """What glibc does with large blocks that are freed. Elsewhere: nothing, and there is no second figure."""
    TRIM, THRESHOLD, MMAPS = -1, -3, -4

    def __init__(self):
        try:
            self.libc = ctypes.CDLL("libc.so.6")
        except OSError:
            self.libc = None

    def reuse(self, on):
        """off: back to the system above 32 MiB, as its sliding threshold would have it soon. on: kept."""
        if self.libc is None:
            return False
        gc.collect()
        self.libc.mallopt(self.THRESHOLD, 32 << 20)
        self.libc.mallopt(self.MMAPS, 0 if on else 65536)
        self.libc.mallopt(self.TRIM, 2**31 - 1 if on else 64 << 20)
        self.libc.malloc_trim(0)
        return True


class OtherLoad:
    """How many cores other programs keep busy meanwhile; None where the system does not tell."""

    def __init__(self, children):
        self.children = children
        self.begin, self.since = self.busy_seconds(), time.perf_counter()

    def busy_seconds(self):
        """Of the whole machine, and what the host took (steal), without this program and its children."""
        try:
            with open("/proc/stat", encoding="ascii") as file:
                user, nice, system, _, _, irq, softirq, steal = map(int, file.readline().split()[1:9])
            ours = sum(map(self.ticks_of, self.children))
        except (OSError, ValueError):
            return None
        return (user + nice + system + irq + softirq + steal - ours) / os.sysconf("SC_CLK_TCK") - sum(os.times()[:2])

    @staticmethod
    def ticks_of(child):
        with open(f"/proc/{child.pid}/stat", encoding="ascii") as file:
            return sum(map(int, file.read().rsplit(")", 1)[1].split()[11:13]))

    def cores(self):
        if self.begin is None:
            return None
        return max(0.0, (self.busy_seconds() - self.begin) / (time.perf_counter() - self.since))


class Kernels:
    """One bench_kernels for each thread count, which waits for rows to time."""

    def __init__(self, program, threads):
        self.of = {}
        for n in threads if program else ():
            self.of[n] = subprocess.Popen([program, "--listen", "--threads", str(n)], stdin=subprocess.PIPE,
                                          stdout=subprocess.PIPE, text=True)
            self.answer(n)  # its head: it has measured the memory, alone on the machine

    def answer(self, threads):
        line = self.of[threads].stdout.readline()
        if not line:
            sys.exit("bench_peers.py: bench_kernels ended, see above")
        return json.loads(line)

    def time(self, name, threads, seconds):
        """Its row of that name; None while it has none."""
        if not self.of:
            return None
        self.of[threads].stdin.write(f"{seconds} {name}\n")
        self.of[threads].stdin.flush()
        return self.answer(threads)


def set_threads(threads):
    for name in ("volresample", "torch"):
        try:
            module(name).set_num_threads(threads)
        except ImportError:
            pass


def spread(seconds):
    return {"ms_median": 1e3 * statistics.median(seconds), "ms_min": 1e3 * min(seconds), "ms_max": 1e3 * max(seconds),
            "repeats": len(seconds)}


def time_call(call, volume, out, seconds):
    took = []
    while len(took) < TIMES_AT_LEAST or (sum(took) < seconds and len(took) < TIMES_AT_MOST):
        begin = time.perf_counter()
        call(volume, out)
        took.append(time.perf_counter() - begin)
    return spread(took)


def time_peer(call, row, volume, seconds, memory):
    memory.reuse(False)
    try:
        result = call(volume, row.dst)
    except ImportError:
        return {"missing": "not installed"}
    except (NotImplementedError, TypeError, ValueError, RuntimeError) as error:
        return {"missing": f"not offered: {str(error).splitlines()[0][:100]}"}
    returned = str(result.dtype)
    del result
    found = time_call(call, volume, row.dst, seconds)
    if memory.reuse(True):
        call(volume, row.dst)
        found["reused"] = time_call(call, volume, row.dst, seconds)
        memory.reuse(False)
    if returned != row.dtype and "label" not in row.name:
        found["returns"] = returned
    return found


def time_row(row, threads, kernels, seconds, memory):
    volume = volume_of(row.dtype, row.src)
    set_threads(threads)
    load, before = OtherLoad(kernels.of.values()), kernels.time(row.name, threads, seconds)
    peers = {name: {"missing": "uses one thread"} if threads > 1 and name in ONE_THREAD
             else time_peer(call, row, volume, seconds, memory) for name, call in row.calls.items()}
    after = kernels.time(row.name, threads, seconds)
    found = {"name": row.name, "threads": threads, "peers": peers, "ours": [o for o in (before, after) if o],
             "other_load_cores": load.cores()}
    if found["ours"]:
        found["ours_ms_median"] = statistics.mean(o["ms_median"] for o in found["ours"])
    return found


def say(found):
    parts = [f"{found['name']:42} {found['threads']} threads  ours {found.get('ours_ms_median', float('nan')):8.2f} ms"]
    for name, peer in found["peers"].items():
        parts.append(f"{name} {peer['ms_median']:.2f}" if "ms_median" in peer else f"{name} {peer['missing'][:11]}")
    if (found["other_load_cores"] or 0) > 0.1:
        parts.append(f"(other programs: {found['other_load_cores']:.1f} cores)")
    print("   ".join(parts), flush=True)


def versions():
    found = {"python": sys.version.split()[0]}
    for name in ("volresample", "torch", "tinybrain", "scipy", "numpy"):
        try:
            found[name] = importlib.metadata.version(name)
        except importlib.metadata.PackageNotFoundError:
            found[name] = None
    return found


class Results:
    """What is in the file, by name and threads; rows of earlier commits stay until they are timed again."""

    def __init__(self, path, commit):
        self.path, self.commit, self.rows = path, commit, {}
        if os.path.exists(path):
            with open(path, encoding="utf-8") as file:
                self.rows = {(row["name"], row["threads"]): row for row in json.load(file)["rows"]}

    def has(self, row, threads):
        return self.rows.get((row.name, threads), {}).get("commit", "") == self.commit

    def add(self, found):
        self.rows[found["name"], found["threads"]] = found | {"commit": self.commit}
        with open(self.path + ".new", "w", encoding="utf-8") as file:
            json.dump({"versions": versions(), "rows": list(self.rows.values())}, file, indent=1)
        os.replace(self.path + ".new", self.path)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--json", required=True, metavar="FILE", help="where the results go")
    parser.add_argument("--commit", default="", metavar="TEXT", help="which version of ours this is, for the results")
    parser.add_argument("--resume", action="store_true", help="leave out what FILE has of this commit")
    parser.add_argument("--kernels", metavar="PROGRAM", help="bench_kernels; without it the peers only")
    parser.add_argument("--threads", default="1", metavar="N[,N]", help="thread counts (1)")
    parser.add_argument("--seconds", type=float, default=0.3, help="of repeats per call; at least 3 repeats (0.3)")
    parser.add_argument("--rows", default="", metavar="REGEX", help="only rows whose name it finds")
    parser.add_argument("--list", action="store_true", help="print the rows' names and end")
    args = parser.parse_args()

    rows = [row for row in ROWS if re.search(args.rows, row.name)]
    if args.list:
        return print("\n".join(row.name for row in rows))
    if not rows:
        parser.error(f"no row's name has '{args.rows}'; --list prints the names")
    threads, results, memory = list(map(int, args.threads.split(","))), Results(args.json, args.commit), Memory()
    todo = [(row, n) for row in sorted(rows, key=lambda row: (row.dtype, row.src)) for n in threads
            if not (args.resume and results.has(row, n))]
    kernels = Kernels(args.kernels, threads if todo else [])
    versions(), set_threads(1)  # and so load what takes long
    for row, n in todo:
        found = time_row(row, n, kernels, args.seconds, memory)
        say(found)
        results.add(found)


if __name__ == "__main__":
    main()
