"""Times the whole program, from file to file: beside plain MPI-IO, with deflated files, and over ranks x threads.

Makes its volumes in memory (/dev/shm) when they fit there, else in $TMPDIR, and deletes them. Every figure is a median
over runs that take turns with those they are compared with, after one of each that does not count. Times are the
program's own, without the start of MPI. In memory, pages that have just been freed wait for each run: see ready_pages.
Rows are added to FILE kind by kind and mode by mode; a run that was stopped goes on with --resume.
"""
import argparse
import json
import math
import mmap
import os
import pathlib
import re
import shutil
import signal
import statistics
import subprocess
import sys
import tempfile

GIB = 1 << 30
HUGE_BYTES = GIB // 2
CHUNK = "64,64,64"


def die(text):
    sys.exit(f"bench_io.py: {text}")


def size_in_bytes(text):
    match = re.fullmatch(r"([0-9.]+)\s*([KMGT]?)i?B?", text, re.IGNORECASE)
    if not match:
        raise argparse.ArgumentTypeError(f"'{text}' is no size; for instance 8GiB or 512M")
    return int(float(match[1]) * 1024 ** " KMGT".index(match[2].upper() or " "))


def shape_of(size):
    """About that many bytes of uint16; all sizes divide by 4."""
    side = max(64, 2 ** round(math.log2(size / 2) / 3))
    return max(4, size // (2 * side * side) // 4 * 4), side, side


def bytes_of(shape):
    return 2 * math.prod(shape)


def half(shape):
    return tuple(n // 2 for n in shape)


# ---- where the files go ----

def memory_available():
    try:
        text = pathlib.Path("/proc/meminfo").read_text(encoding="ascii")
        return int(re.search(r"MemAvailable:\s+(\d+) kB", text)[1]) * 1024
    except (OSError, TypeError):
        return 0


def place_for(size):
    """A folder with room for an input of that many bytes and its output."""
    needed = size * 9 // 8 + (256 << 20)
    shm, other = "/dev/shm", tempfile.gettempdir()
    if os.path.isdir(shm) and shutil.disk_usage(shm).free >= needed and memory_available() >= needed + 4 * GIB:
        return shm
    if shutil.disk_usage(other).free < needed:
        die(f"neither {shm} (and the memory for it) nor {other} has room for {needed / GIB:.1f} GiB; "
            "give a smaller --io-size and --deflate-size, or another TMPDIR")
    return other


def ready_pages(folder, count):
    """Lets the system have so many bytes of free pages that it need not get from elsewhere, by using them once.

    A virtual machine may hand memory back to its host two seconds after it was freed. Then the next one to write to it
    waits for the host, several times as long as the writing takes: that would time the host, and mostly the run that
    comes later after the last file was deleted. Huge pages, which the programs ask for, come from elsewhere than a
    file's: half a GiB of them is used once, too, while the file is still there.
    """
    path, zeros = folder / "pages", bytes(4 << 20)
    with open(path, "wb", buffering=0) as file, mmap.mmap(-1, HUGE_BYTES, mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS) as huge:
        if hasattr(mmap, "MADV_HUGEPAGE"):
            huge.madvise(mmap.MADV_HUGEPAGE)
        for _ in range(0, count, len(zeros)):
            file.write(zeros)
        for _ in range(0, HUGE_BYTES, len(zeros)):
            huge.write(zeros)
    path.unlink()


# ---- the programs ----

class Programs:
    def __init__(self, build, mpiexec, folder, in_memory):
        build = pathlib.Path(build).resolve()
        self.voxslab, self.make_volume = build / "src/voxslab", build / "tests/cli/make_volume"
        self.floor, self.clock = build / "tests/bench/bench_io", build / "tests/bench/libcodec_clock.so"
        self.mpiexec, self.folder, self.in_memory = mpiexec, pathlib.Path(folder), in_memory

    def call(self, command):
        done = subprocess.run([str(word) for word in command], stdin=subprocess.DEVNULL, capture_output=True, text=True,
                              check=False, timeout=1800)
        if done.returncode:
            die(f"status {done.returncode} from: {' '.join(map(str, command))}\n{done.stderr[-2000:]}")

    def make_ready(self, count):
        """Before each run; for its output and the programs themselves, more for longer runs: some go back meanwhile."""
        if self.in_memory:
            ready_pages(self.folder, min(count, memory_available() // 2))

    def mpi(self, ranks):
        return [self.mpiexec, "-n", ranks, "--bind-to", "none"]

    def resample(self, ranks, threads, source, out, *options, preload=()):
        """The report of one run; out is new."""
        out.unlink(missing_ok=True)
        report = self.folder / "report.json"
        self.call(self.mpi(ranks) + list(preload) + [self.voxslab, "resample", source, out, "--threads", threads, "--quiet",
                                                     "--json", report, *options])
        return json.loads(report.read_text(encoding="utf-8"))

    def clocked(self, ranks, threads, source, out, *options):
        """resample, and the seconds of all threads inside the codec: inflating, deflating."""
        prefix = self.folder / "codec"
        found = self.resample(ranks, threads, source, out, *options,
                              preload=["env", f"CODEC_CLOCK={prefix}", f"LD_PRELOAD={self.clock}"])
        found["codec"] = [0.0, 0.0]
        for path in self.folder.glob("codec.*"):
            found["codec"] = [a + float(b) for a, b in zip(found["codec"], path.read_text(encoding="ascii").split())]
            path.unlink()
        return found

    def plain(self, ranks, source, out, read_bytes, write_bytes):
        report = self.folder / "floor.json"
        self.call(self.mpi(ranks) + [self.floor, "--read", source, "--read-bytes", read_bytes, "--write", out,
                                     "--write-bytes", write_bytes, "--json", report])
        return json.loads(report.read_text(encoding="utf-8"))

    def volume(self, name, shape, *options):
        """A volume that is no noise, so that it deflates as pictures do: a random one, four times as large."""
        small, path = self.folder / "small.h5", self.folder / name
        quarter = ",".join(str(n // 4) for n in shape)
        self.call([self.make_volume, small, "volume", f"shape={quarter}", "dtype=uint16"])
        self.resample(os.cpu_count(), 1, small, path, "--scale", "4", *options)
        small.unlink()
        return path


# ---- what is measured ----

def spread(seconds):
    return {"s_median": statistics.median(seconds), "s_min": min(seconds), "s_max": max(seconds), "repeats": len(seconds)}


def figures_of(kind, mode, shape, ranks, threads):
    return {"kind": kind, "mode": mode, "shape": shape, "in_bytes": bytes_of(shape), "out_bytes": bytes_of(half(shape)),
            "ranks": ranks, "threads": threads}


def in_turn(repeats, *measures):
    """Runs them in turn, once without counting; one list of results for each."""
    for measure in measures:
        measure()
    rounds = [[measure() for measure in measures] for _ in range(repeats)]
    return [list(results) for results in zip(*rounds)]


def phases(results):
    names = [name for name, value in results[0]["run"].items() if isinstance(value, dict)]
    return {name: statistics.median(r["run"][name]["seconds_max"] for r in results) for name in names}


def program_figures(results):
    return spread([r["run"]["seconds"] for r in results]) | {
        "phases": phases(results), "peak_rss": max(r["run"]["peak_rss"] for r in results)}


class Results:
    """What is in the file, by kind and mode; rows of earlier commits stay until they are timed again."""

    def __init__(self, path, commit, resume):
        self.path, self.commit, self.resume = pathlib.Path(path), commit, resume
        self.rows = json.loads(self.path.read_text(encoding="utf-8"))["rows"] if self.path.exists() else []

    def lacks(self, kind, mode):
        of_this = [row for row in self.rows if self.same(row, kind, mode) and row.get("commit") == self.commit]
        return not self.resume or not of_this

    @staticmethod
    def same(row, kind, mode):
        return (row["kind"], row["mode"]) == (kind, mode)

    def add(self, rows, place):
        kind, mode = rows[0]["kind"], rows[0]["mode"]
        self.rows = [row for row in self.rows if not self.same(row, kind, mode)]
        self.rows += [row | {"commit": self.commit, "place": place} for row in rows]
        new = self.path.with_suffix(".new")
        new.write_text(json.dumps({"rows": self.rows}, indent=1), encoding="utf-8")
        new.replace(self.path)


def contiguous(programs, source, shape, mode, repeats):
    out, floor_out = programs.folder / "out.h5", programs.folder / "floor.raw"
    in_bytes, out_bytes, read_bytes = bytes_of(shape), bytes_of(half(shape)), []

    def ours():
        programs.make_ready(out_bytes + min(in_bytes, GIB))
        found = programs.resample(2, 1, source, out, "--scale", "0.5", "--mode", mode)
        read_bytes.append(found["run"]["read"]["bytes"])
        out.unlink()
        return found

    def floor():
        programs.make_ready(out_bytes + min(in_bytes, GIB))
        found = programs.plain(2, source, floor_out, read_bytes[-1], out_bytes)  # as many: nearest needs half of the planes
        floor_out.unlink()
        return found

    runs, floors = in_turn(repeats, ours, floor)
    floor_spread = spread([f["seconds"]["whole"] for f in floors])
    floor_spread |= {"read_bytes": read_bytes[-1]}
    floor_spread |= {part: statistics.median(f["seconds"][part] for f in floors) for part in ("read", "write")}
    return [figures_of("contiguous", mode, shape, 2, 1) | {"floor": floor_spread} | program_figures(runs)]


def deflated(programs, source, shape, mode, repeats):
    out, combinations = programs.folder / "out.h5", [(1, 1), (2, 1), (1, 2)]

    def measure(ranks, threads):
        out.unlink(missing_ok=True)
        programs.make_ready(bytes_of(shape))
        return programs.clocked(ranks, threads, source, out, "--scale", "0.5", "--mode", mode)

    measures = [lambda r=r, t=t: measure(r, t) for r, t in combinations]
    rows = []
    for (ranks, threads), runs in zip(combinations, in_turn(repeats, *measures)):
        whole = [r["run"]["seconds"] * ranks * threads for r in runs]
        rows.append(figures_of("deflated", mode, shape, ranks, threads) | program_figures(runs) | {
            "stored_bytes": source.stat().st_size,
            "inflate_s": statistics.median(r["codec"][0] for r in runs),
            "deflate_s": statistics.median(r["codec"][1] for r in runs),
            "codec_share": statistics.median(sum(r["codec"]) / w for r, w in zip(runs, whole))})
    out.unlink()
    return rows


def scaling(programs, source, shape, mode, repeats):
    out, cores = programs.folder / "out.h5", len(os.sched_getaffinity(0))
    steps = sorted({2**n for n in range(cores.bit_length())} | {cores})
    combinations = [(r, t) for r in steps for t in steps if r * t <= cores]

    def measure(ranks, threads):
        out.unlink(missing_ok=True)
        programs.make_ready(bytes_of(shape) // 2)
        return programs.resample(ranks, threads, source, out, "--scale", "0.5", "--mode", mode)

    measures = [lambda r=r, t=t: measure(r, t) for r, t in combinations]
    found = in_turn(repeats, *measures)
    out.unlink()
    return [figures_of("scaling", mode, shape, *way) | program_figures(runs) for way, runs in zip(combinations, found)]


def say(row):
    more = f"plain MPI-IO {row['floor']['s_median']:.2f} s" if "floor" in row else ""
    more = f"{100 * row['codec_share']:.0f} % in the codec" if "codec_share" in row else more
    print(f"{row['kind']:10} {row['mode']:8} {row['in_bytes'] / GIB:.3g} GiB  {row['ranks']} ranks x {row['threads']} threads  "
          f"{row['s_median']:.2f} s   {more}", flush=True)


# what is measured -> how, and how its input is stored
KINDS = {"contiguous": (contiguous, []), "deflated": (deflated, ["--chunk", CHUNK, "--filter", "gzip=4"]), "scaling": (scaling, [])}


def measure_kind(kind, modes, size, repeats, args, results):
    """Those modes, on one input of about that many bytes."""
    if not modes:
        return
    measure, storage = KINDS[kind]
    place, shape = place_for(size), shape_of(size)
    with tempfile.TemporaryDirectory(prefix="voxslab-bench.", dir=place) as folder:
        programs = Programs(args.build, args.mpiexec, folder, place == "/dev/shm")
        source = programs.volume("in.h5", shape, *storage)
        for mode in modes:
            rows = measure(programs, source, shape, mode, repeats)
            results.add(rows, "tmpfs" if place == "/dev/shm" else "disk")
            for row in rows:
                say(row)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("parts", nargs="+", choices=list(KINDS))
    parser.add_argument("--build", required=True, metavar="DIR", help="build folder")
    parser.add_argument("--json", required=True, metavar="FILE", help="where the results go")
    parser.add_argument("--commit", default="", metavar="TEXT", help="which version this is, for the results")
    parser.add_argument("--resume", action="store_true", help="leave out what FILE has of this commit")
    parser.add_argument("--mpiexec", default="mpirun")
    parser.add_argument("--io-size", type=size_in_bytes, default=8 * GIB, metavar="SIZE", help="contiguous input (8GiB)")
    parser.add_argument("--deflate-size", type=size_in_bytes, default=GIB, metavar="SIZE", help="deflated input (1GiB)")
    parser.add_argument("--scaling-size", type=size_in_bytes, default=2 * GIB, metavar="SIZE", help="of scaling (2GiB)")
    parser.add_argument("--modes", default="linear,area,nearest", metavar="MODE[,MODE]", help="(linear,area,nearest)")
    parser.add_argument("--repeats", type=int, default=5, help="of every run (5); of deflated files, which take long, at most 3")
    args = parser.parse_args()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit("bench_io.py: stopped"))  # the volumes are deleted then too

    sizes = {"contiguous": args.io_size, "deflated": args.deflate_size, "scaling": args.scaling_size}
    results = Results(args.json, args.commit, args.resume)
    for kind in args.parts:
        modes = ["linear"] if kind == "deflated" else args.modes.split(",")
        repeats = min(args.repeats, 3) if kind == "deflated" else args.repeats
        measure_kind(kind, [mode for mode in modes if results.lacks(kind, mode)], sizes[kind], repeats, args, results)


if __name__ == "__main__":
    main()
