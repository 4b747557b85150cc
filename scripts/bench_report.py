"""Merges what scripts/bench.sh measured: bench.json, one table, and whether the goals are met.

The table is Markdown that reads well as it is. 'share' is the part of the memory bandwidth that was measured in the
same run, or, of deflated files, the part of the time that was spent inside the codec. 'of floor' is how much of the
time a bare loop takes that reads and writes the same cache lines in the same order and computes nothing. 'x 1 thread'
is how many times faster than one thread, timed in turns with it, and in brackets what the bare loop gains. A peer has two figures: as it is
installed / with its memory reused from call to call; 'x' is how many times ours is faster.
"""
import argparse
import datetime
import json
import pathlib
import statistics

import bench_goals

PEERS = ("volresample", "torch")  # these have columns of their own
BUSY_CORES = 0.1  # used by other programs meanwhile
HEAD = ["row", "ranks x threads", "ours", "least to most", "GB/s", "share", "of floor", "x 1 thread", "cycles/voxel",
        "volresample", "x", "PyTorch", "x", "other", "x"]


def load(path):
    return json.loads(path.read_text(encoding="utf-8")) if path.exists() else None


def kernel_rows(kernels, peers):
    """One row for each name and thread count: ours from beside the peers where they were timed, else on its own."""
    rows, floors = {}, {}
    for run in kernels:
        for row in run["rows"]:
            floors[row["name"], row["threads"]] = row["floor_ms"], row["floor_ms"] / row["ms_median"]
            rows[row["name"], row["threads"]] = {"name": row["name"], "threads": row["threads"], "ours": row, "peers": {},
                                                 "beside_one": beside_one(row), "commit": run.get("note")}
    for found in peers["rows"] if peers else []:
        row = rows.setdefault((found["name"], found["threads"]),
                              {"name": found["name"], "threads": found["threads"], "ours": None})
        row["commit"] = found.get("commit")
        row["peers"], row["busy"] = found["peers"], (found.get("other_load_cores") or 0) > BUSY_CORES
        if found["ours"]:
            row["ours"] = merged(found["ours"])
        for peer in row["peers"].values():
            if row["ours"] and "ms_median" in peer:
                peer["ratio"] = peer["ms_median"] / row["ours"]["ms_median"]
                if "reused" in peer:
                    peer["ratio_reused"] = peer["reused"]["ms_median"] / row["ours"]["ms_median"]
    for key, row in rows.items():
        if row["ours"]:
            row["ours"]["floor_ms"], row["ours"]["floor_share"] = floors.get(key, (0, 0))
    names = {name: place for place, (name, _) in reversed(list(enumerate(rows)))}  # where each came first
    return sorted(rows.values(), key=lambda row: (names[row["name"]], row["threads"]))


def beside_one(row):
    """How many times faster than one thread, ours and the floor, timed in turns; 0: not known."""
    faster = lambda one, all_: row.get(one, 0) / row[all_] if row[all_] else 0
    return {"times": faster("one_thread_ms", "ms_median"), "floor_times": faster("one_thread_floor_ms", "floor_ms")}


def merged(runs):
    """Before and after the peers: the mean of what was measured twice, the outer ends of the spread."""
    one = dict(runs[0])
    for key in ("ms_median", "gb_per_s", "bandwidth_share", "cycles_per_voxel"):
        one[key] = statistics.mean(run[key] for run in runs)
    one["ms_min"], one["ms_max"] = min(r["ms_min"] for r in runs), max(r["ms_max"] for r in runs)
    return one


# ---- the table ----

def number(value):
    return f"{value:.3g}" if value < 100 else f"{value:.0f}"


def of_floor(ours):
    return f"{100 * ours['floor_share']:.0f} %" if ours["floor_share"] else ""


def times_one(found):
    if not found or not found["times"]:
        return ""
    return f"{found['times']:.2f}" + (f" ({found['floor_times']:.2f})" if found["floor_times"] else "")


def peer_cells(peer):
    if not peer or "ms_median" not in peer:
        return ["-", ""]
    ms, ratio = number(peer["ms_median"]), number(peer["ratio"]) if "ratio" in peer else ""
    if "reused" in peer:
        ms += " / " + number(peer["reused"]["ms_median"])
        ratio += " / " + number(peer["ratio_reused"]) if ratio else ""
    return [ms + (" *" if "returns" in peer else ""), ratio]


def kernel_cells(row):
    ours = row["ours"]
    cells = [row["name"] + (" !" if row.get("busy") else ""), f"1x{row['threads']}"]
    if ours:
        cells += [number(ours["ms_median"]) + " ms", f"{number(ours['ms_min'])} to {number(ours['ms_max'])}",
                  number(ours["gb_per_s"]), f"{100 * ours['bandwidth_share']:.0f} %", of_floor(ours),
                  times_one(row.get("beside_one")), number(ours["cycles_per_voxel"])]
    else:
        cells += ["-", "", "", "", "", "", ""]
    for name in PEERS:
        cells += peer_cells(row["peers"].get(name))
    others = [(name, peer) for name, peer in row["peers"].items() if name not in PEERS]
    if others:
        ms, ratio = peer_cells(others[0][1])
        return cells + [f"{others[0][0]} {ms}", ratio]
    return cells + ["-", ""]


def io_cells(row, rows):
    name = f"{row['kind']} {bench_goals.gib(row)} uint16 {row['mode']}, halved"
    moved = 1e-9 * (row["in_bytes"] + row["out_bytes"]) / row["s_median"]
    other, ratio = "-", ""
    if "floor" in row:
        other, ratio = f"MPI-IO {number(row['floor']['s_median'])} s", row["floor"]["s_median"] / row["s_median"]
    elif row["ranks"] * row["threads"] > 1:
        one = bench_goals.on_one(row, rows)
        other, ratio = f"1x1 {number(one['s_median'])} s", one["s_median"] / row["s_median"]
    return [name, f"{row['ranks']}x{row['threads']}", number(row["s_median"]) + " s",
            f"{number(row['s_min'])} to {number(row['s_max'])}", number(moved),
            f"{100 * row['codec_share']:.0f} %" if "codec_share" in row else "", "", "", "", "", "", "", "",
            other, number(ratio) if ratio else ""]


def table(rows, io_rows):
    lines = [HEAD] + [kernel_cells(row) for row in rows] + [io_cells(row, io_rows) for row in io_rows]
    widths = [max(len(line[i]) for line in lines) for i in range(len(HEAD))]
    text = ["| " + " | ".join(cell.ljust(width) for cell, width in zip(line, widths)) + " |" for line in lines]
    return "\n".join([text[0], "|" + "|".join("-" * (width + 2) for width in widths) + "|"] + text[1:])


# ---- the machine ----

def bandwidth_line(run):
    found = run["bandwidth"]
    return (f"memory, {found['threads']} threads: " + ", ".join(
        f"{key.removesuffix('_gb_per_s')} {value:.1f}" for key, value in found.items() if key != "threads") + " GB/s")


def describe(report):
    lines = [f"voxslab {report['commit']}, {report['date']}"]
    if report["kernels"]:
        machine = report["kernels"][0]["machine"]
        lines.append(f"{machine['cpu']}, {machine['cores']} cores, {machine['ghz']:.2f} GHz")
        lines += [bandwidth_line(run) for run in report["kernels"]]
    if report["versions"]:
        lines.append(", ".join(f"{name} {version}" for name, version in report["versions"].items() if version))
    return "\n".join(lines)


def notes(report):
    rows, found = report["rows"], []
    others = {row["commit"] for row in rows + report["io"] if row.get("commit") != report["commit"]}
    if others:
        names = ", ".join(sorted(str(c or "unknown") for c in others))
        mixed = [row["name"] if "name" in row else f"{row['kind']} {row['mode']}" for row in rows + report["io"] if row.get("commit") in others]
        found.append(f"OF OTHER COMMITS ({names}): {len(mixed)} rows, such as {mixed[0]}.")
    if any("reused" in peer for row in rows for peer in row["peers"].values()):
        found.append("Peers: ms as installed / with their memory reused from call to call; x: times that ours is faster.")
    if any(row.get("busy") for row in rows):
        found.append(f"! NOT TO BE TRUSTED: other programs kept more than {BUSY_CORES} cores busy meanwhile.")
    if any("returns" in peer for row in rows for peer in row["peers"].values()):
        found.append("* converts to float32 and returns that.")
    if report["io"]:
        places = " and ".join(sorted({row["place"] for row in report["io"]}))
        found.append(f"Files on {places}; the program's own time, without the start of MPI.")
    return found


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=pathlib.Path, help="with kernels_N.json, peers.json, io.json; bench.json goes there")
    parser.add_argument("--commit", default="unknown", metavar="TEXT", help="of this run; rows of others are pointed out")
    args = parser.parse_args()

    kernels = sorted(map(load, args.folder.glob("kernels_*.json")), key=lambda run: run["bandwidth"]["threads"])
    peers, files = load(args.folder / "peers.json"), load(args.folder / "io.json")
    rows, io_rows = kernel_rows(kernels, peers), files["rows"] if files else []
    report = {"commit": args.commit, "date": datetime.date.today().isoformat(), "versions": peers and peers["versions"],
              "kernels": [{key: value for key, value in run.items() if key != "rows"} for run in kernels],
              "rows": rows, "io": io_rows,
              "goals": bench_goals.judge(rows, io_rows, [run["bandwidth"] for run in kernels])}

    text = "\n\n".join([describe(report), table(rows, io_rows), "\n".join(notes(report)),
                        bench_goals.describe(report["goals"])]) + "\n"
    (args.folder / "bench.json").write_text(json.dumps(report, indent=1) + "\n", encoding="utf-8")
    (args.folder / "bench.md").write_text(text, encoding="utf-8")
    print(text)


if __name__ == "__main__":
    main()
