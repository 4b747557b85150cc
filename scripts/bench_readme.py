"""Prints the figures that README.md shows, from the bench.json of a run of scripts/bench.sh: python3 bench_readme.py FILE

Paste it over the part of README.md between the lines <!-- bench --> and <!-- end of bench -->, or let --into do so.
"""
import argparse
import json
import pathlib
import re

import bench_goals

BEGIN, END = "<!-- bench -->", "<!-- end of bench -->"


def number(value):
    return f"{value:.2g}" if value < 10 else f"{value:.0f}"


def table(head, rows):
    return ["| " + " | ".join(line) + " |" for line in [head, ["---"] * len(head)] + rows]


# ---- the kernels ----

def both(rows, cell):
    """One cell for each thread count, '-' where it was not measured."""
    cells = [cell(row) for row in rows]
    return " / ".join(cells) if any(c != "-" for c in cells) else "-"


def times(peers):
    def cell(row):
        found = [row["peers"][name]["ratio"] for name in peers if "ratio" in row["peers"].get(name, {})]
        return number(found[0]) if found else "-"
    return cell


def share(row):
    return f"{100 * row['ours']['bandwidth_share']:.0f} %" if bench_goals.in_memory(row) else "-"


def of_floor(row):
    share = row["ours"]["floor_share"]
    return f"{100 * share:.0f} %" if share else "-"


def kernel_table(report):
    by_name = {}
    for row in report["rows"]:
        if row["ours"]:
            by_name.setdefault(row["name"], []).append(row)
    counts = " / ".join(map(str, sorted({row["threads"] for row in report["rows"]})))
    lines = [[name, both(rows, lambda r: number(r["ours"]["ms_median"])), both(rows, share), both(rows, of_floor),
              both(rows, times(["volresample"])), both(rows, times(["torch"])), both(rows, times(["tinybrain", "scipy", "numpy"]))]
             for name, rows in by_name.items()]
    others = "tinybrain, SciPy, NumPy"
    return table([f"{counts} threads", "ms", "of bandwidth", "of floor", "x volresample", "x PyTorch", f"x {others}"], lines)


# ---- the whole program ----

def io_table(report):
    lines = []
    for row in report["io"]:
        cells = [f"{row['kind']}, {bench_goals.gib(row)}, {row['mode']}", f"{row['ranks']} x {row['threads']}", f"{row['s_median']:.2f} s",
                 f"{1e-9 * (row['in_bytes'] + row['out_bytes']) / row['s_median']:.2f}"]
        if "floor" in row:
            cells.append(f"{row['s_median'] / row['floor']['s_median']:.2f} of MPI-IO's {row['floor']['s_median']:.2f} s")
        elif "codec_share" in row:
            cells.append(f"{100 * row['codec_share']:.0f} % in the codec")
        else:
            cells.append("")
        lines.append(cells)
    return table(["uint16, halved", "ranks x threads", "wall", "GB/s", "beside"], lines)


def words(report):
    machine = report["kernels"][0]["machine"]
    bandwidth = ", ".join(f"{run['bandwidth']['roof_gb_per_s']:.0f} GB/s on {run['bandwidth']['threads']}" for run in report["kernels"])
    peers = ", ".join(f"{name} {version}" for name, version in (report["versions"] or {}).items() if version and name != "python")
    return [f"{machine['cpu']}, {machine['cores']} cores, {machine['ghz']:.2f} GHz; memory {bandwidth}; {report['date']}, {report['commit']}.",
            f"Peers: {peers}." if peers else "", "",
            "`of bandwidth`: bytes of the cache lines that must move, per second, of the bandwidth measured in the same run.",
            "`of floor`: of a bare loop over the same lines, which shows what the memory gives for that pattern; above 100 %",
            "where ours is faster. `x`: times that ours is faster than the peer as installed. `-`: not offered, or in cache."]


def section(report):
    kernels = words(report) + [""] + kernel_table(report)
    program = ["", "The whole program, from file to file; times without the start of MPI:", ""] + io_table(report)
    return "\n".join(kernels + (program if report["io"] else []))


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("file", type=pathlib.Path, help="bench.json")
    parser.add_argument("--into", type=pathlib.Path, metavar="README", help="replace the part there instead of printing")
    args = parser.parse_args()
    text = section(json.loads(args.file.read_text(encoding="utf-8")))
    if not args.into:
        return print(text)
    page = args.into.read_text(encoding="utf-8")
    if BEGIN not in page or END not in page:
        parser.error(f"{args.into} has no lines {BEGIN} and {END}")
    page = re.sub(re.escape(BEGIN) + ".*?" + re.escape(END), lambda _: f"{BEGIN}\n{text}\n{END}", page, flags=re.DOTALL)
    args.into.write_text(page, encoding="utf-8")


if __name__ == "__main__":
    main()
