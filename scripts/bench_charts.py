"""Draws bench.json: bench_rows.svg, ours and the peers on every row, and bench_roofline.svg. Needs matplotlib."""
import argparse
import json
import pathlib

import matplotlib

matplotlib.use("svg")
matplotlib.rcParams["svg.fonttype"] = "none"  # text as text: a third of the size
from matplotlib import pyplot  # noqa: E402: the backend comes first

COLOURS = {"voxslab": "#1b6ca8", "volresample": "#e07b39", "torch": "#8f5ea8", "other": "#7a7a7a"}
MODES = {"nearest": "#2a9d4e", "linear": "#1b6ca8", "area": "#c0392b"}
DTYPES = {"float32": "o", "uint8": "s", "uint16": "^"}


def bars_of(row):
    """(who, ms) from top to bottom."""
    found = [("voxslab", row["ours"]["ms_median"])] if row["ours"] else []
    for name, peer in row["peers"].items():
        if "ms_median" in peer:
            found.append((name, peer["ms_median"]))
    return found


def draw_row(axes, row, at):
    bars = bars_of(row)
    height = 0.8 / len(bars)
    for i, (who, ms) in enumerate(bars):
        y = at - 0.4 + (i + 0.5) * height
        axes.barh(y, ms, height * 0.92, color=COLOURS.get(who, COLOURS["other"]))
        ratio = row["peers"].get(who, {}).get("ratio")
        text = f"{ms:.3g}" + (f"  {who}" if who not in COLOURS else "") + (f"  ({ratio:.2g} x)" if ratio else "")
        axes.text(ms * 1.05, y, text, va="center", fontsize=6)


def draw_rows(rows, title, path):
    rows = [row for row in rows if bars_of(row)]
    figure, axes = pyplot.subplots(figsize=(9, 1.2 + 0.42 * len(rows)), layout="constrained")
    for at, row in enumerate(rows):
        draw_row(axes, row, at)
    axes.set_yticks(range(len(rows)), [row["name"] for row in rows], fontsize=7)
    axes.set_ylim(len(rows) - 0.4, -0.6)
    axes.set_xscale("log")
    axes.set_xlim(right=axes.get_xlim()[1] * 3)
    axes.set_xlabel("ms, median; less is better; in brackets: how many times faster voxslab is")
    axes.set_title(title, fontsize=9)
    for who, colour in COLOURS.items():
        axes.barh(0, 0, color=colour, label={"torch": "PyTorch"}.get(who, who))
    axes.legend(fontsize=7, loc="upper center", bbox_to_anchor=(0.5, -0.5 / figure.get_figheight()), ncols=4)
    figure.savefig(path)
    pyplot.close(figure)


def draw_roof(axes, rows, bandwidth):
    roof, most = bandwidth["roof_gb_per_s"], 0
    for row in rows:
        ours, words = row["ours"], row["name"].split()
        x = ours["bytes"] / ours["out"] ** 3
        most = max(most, x)
        axes.plot(x, ours["gb_per_s"], DTYPES[words[0]], color=MODES[words[1]], markersize=5, alpha=0.8)
        axes.annotate(words[2], (x, ours["gb_per_s"]), fontsize=4.5, xytext=(3, 2), textcoords="offset points")
    axes.axhline(roof, color="black", linewidth=1)
    axes.text(most, roof * 1.05, f"memory: {roof:.1f} GB/s", ha="right", fontsize=7)
    axes.set_xscale("log")
    axes.set_yscale("log")
    axes.set_xlabel("bytes moved per output voxel")
    axes.set_title(f"{bandwidth['threads']} threads", fontsize=9)


def draw_roofline(report, path):
    kernels = report["kernels"]
    figure, panels = pyplot.subplots(1, len(kernels), figsize=(1 + 5 * len(kernels), 4.5), sharey=True, squeeze=False,
                                     layout="constrained")
    for axes, run in zip(panels[0], kernels):
        threads = run["bandwidth"]["threads"]
        # only cubes that are resampled have a place here: of others the bytes per voxel say little
        rows = [row for row in report["rows"] if row["threads"] == threads and row["ours"]
                and row["name"].split()[0] in DTYPES and row["name"].split()[1] in MODES]
        draw_roof(axes, rows, run["bandwidth"])
    panels[0][0].set_ylabel("GB/s achieved (each needed cache line once)")
    for name, colour in MODES.items():
        panels[0][0].plot([], [], "o", color=colour, label=name)
    for name, marker in DTYPES.items():
        panels[0][0].plot([], [], marker, color="grey", label=name)
    panels[0][0].legend(fontsize=7, loc="lower right", ncols=2)
    figure.savefig(path)
    pyplot.close(figure)


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=pathlib.Path, help="with bench.json; the charts go there")
    folder = parser.parse_args().folder
    report = json.loads((folder / "bench.json").read_text(encoding="utf-8"))
    threads = max((row["threads"] for row in report["rows"]), default=0)
    rows = [row for row in report["rows"] if row["threads"] == threads]
    if rows:
        machine = report["kernels"][0]["machine"]["cpu"] if report["kernels"] else "this machine"
        draw_rows(rows, f"{machine}, {threads} threads", folder / "bench_rows.svg")
    if report["kernels"] and report["rows"]:
        draw_roofline(report, folder / "bench_roofline.svg")


if __name__ == "__main__":
    main()
