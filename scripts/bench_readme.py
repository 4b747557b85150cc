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


def beside_one(rows):
    """Of the row on most threads; the bare loop's in brackets."""
    found = rows[-1].get("beside_one") or {}
    if not found.get("times"):
        return "-"
    return f"{found['times']:.2f}" + (f" ({found['floor_times']:.2f})" if found["floor_times"] else "")


def compared(row):
    return row["ours"] and any("ratio" in peer for peer in row["peers"].values())


FAMILIES = ["nearest", "linear", "area", "grid_sample", "cubic", "label"]


def spread(rows, peer):
    """The geometric mean, and the range, of the times that ours is faster."""
    found = [row["peers"][peer]["ratio"] for row in rows if bench_goals.ratio(row, peer)]
    if not found:
        return "-"
    mean = bench_goals.geometric_mean(found)
    return number(mean) if len(found) == 1 else f"{number(mean)} ({number(min(found))} to {number(max(found))})"


def short_table(report):
    rows = [row for row in report["rows"] if compared(row)]
    most = max(row["threads"] for row in rows)
    lines = []
    for family in FAMILIES:
        for threads in sorted({1, most}):
            of = [row for row in rows if row["name"].split()[1] == family and row["threads"] == threads]
            if of:
                lines.append([family, str(threads)] + [spread(of, p) for p in ("volresample", "torch", "tinybrain", "scipy", "numpy")])
    return table(["", "threads", "x volresample", "x PyTorch", "x tinybrain", "x SciPy", "x NumPy"], lines)


def kernel_table(report):
    by_name = {}
    for row in report["rows"]:
        if compared(row):
            by_name.setdefault(row["name"], []).append(row)
    counts = " / ".join(map(str, sorted({row["threads"] for row in report["rows"]})))
    lines = [[name, both(rows, lambda r: number(r["ours"]["ms_median"])), both(rows, share), both(rows, of_floor), beside_one(rows),
              both(rows, times(["volresample"])), both(rows, times(["torch"])), both(rows, times(["tinybrain", "scipy", "numpy"]))]
             for name, rows in by_name.items()]
    others = "tinybrain, SciPy, NumPy"
    return table([f"{counts} threads", "ms", "of bandwidth", "of floor", "x 1 thread", "x volresample", "x PyTorch", f"x {others}"], lines)


# ---- the whole program ----

KINDS = {"contiguous": "contiguous", "deflated": "deflated", "scaling": "contiguous"}


def io_cells(row):
    cells = [f"{KINDS[row['kind']]}, {bench_goals.gib(row)}, {row['mode']}", f"{row['ranks']} x {row['threads']}", f"{row['s_median']:.2f} s",
             f"{1e-9 * (row['in_bytes'] + row['out_bytes']) / row['s_median']:.2f}", ""]
    if "floor" in row:
        cells[-1] = f"{row['s_median'] / row['floor']['s_median']:.2f} of MPI-IO's {row['floor']['s_median']:.2f} s"
    elif "codec_share" in row:
        cells[-1] = f"{100 * row['codec_share']:.0f} % in the codec"
    return cells


def io_table(report):
    """Runs of one volume over ranks x threads stand in one line."""
    lines, scaled = [], {}
    for row in report["io"]:
        cells = io_cells(row)
        if row["kind"] != "scaling":
            lines.append(cells)
        elif cells[0] in scaled:
            scaled[cells[0]][1:4] = [f"{a} / {b}" for a, b in zip(scaled[cells[0]][1:4], cells[1:4])]
        else:
            lines.append(cells)
            scaled[cells[0]] = cells
    return table(["uint16, halved", "ranks x threads", "wall", "GB/s", "beside"], lines)


def machine_words(report):
    machine = report["kernels"][0]["machine"]
    bandwidth = ", ".join(f"{run['bandwidth']['roof_gb_per_s']:.0f} GB/s on {run['bandwidth']['threads']}" for run in report["kernels"])
    peers = ", ".join(f"{name} {version}" for name, version in (report["versions"] or {}).items() if version and name != "python")
    return [f"{machine['cpu']}, {machine['cores']} cores, {machine['ghz']:.2f} GHz; memory {bandwidth}; {report['date']}, {report['commit']}.",
            f"Peers: {peers}, as installed." if peers else ""]


def column_words():
    return ["`of bandwidth`: bytes of the cache lines that must move, per second, of the bandwidth measured in the same run.",
            "`of floor`: of a bare loop over the same lines, which shows what the memory gives for that pattern; above 100 %",
            "where ours is faster. `x 1 thread`: in turns with one thread, in brackets what the bare loop gains. `-`: not offered, or",
            "in cache."]


def goals_words(report):
    """What was to be reached, and what falls short of it: in few lines, bench.md has the rows."""
    count = lambda goal: f"{goal['text']} ({goal['rows'] - len(goal['short'])} of {goal['rows']} rows)"
    lines = []
    for word, chosen in (("Met", [g for g in report["goals"] if not g["short"]]), ("Short", [g for g in report["goals"] if g["short"]])):
        if chosen:
            lines += ["", f"{word}: " + "; ".join(map(count, chosen)) + "."]
    return lines


def section(report):
    short = machine_words(report) + ["", "Times (x) that the kernels are faster, geometric mean and range of rows:", ""] + short_table(report)
    program = ["", "The whole program, from file to file; times without the start of MPI:", ""] + io_table(report)
    rows = ["", "<details><summary>Every row</summary>", ""] + column_words() + [""] + kernel_table(report) + ["", "</details>"]
    return "\n".join(short + (program if report["io"] else []) + goals_words(report) + rows)


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
