"""Three orthogonal slices through the middle of volumes, one row each: slices_png.py OUT.png TITLE=FILE.h5[:DATASET] ...

All rows have one scale in millimetres, one grey scale, and a fourth picture: a detail of the axial slice, its voxels
as they are. Reads single slices, never a whole volume. Fails when a row does not show what the first one shows,
or the one of --turned what the first one shows when its axial slice is turned.
"""
import argparse
import sys

import h5py
import numpy
from PIL import Image, ImageDraw

MARGIN, CAPTION = 6, 14
DETAIL_MM = 40.0


class Volume:
    def __init__(self, argument):
        self.title, _, name = argument.partition("=")
        path, _, dataset = name.partition(":")
        self.data = h5py.File(path, "r")[dataset or "volume"]
        self.spacing_mm = numpy.array(self.data.attrs["element_size_um"]) / 1000
        self.shape = self.data.shape[-3:]

    def slice(self, axis):
        """The middle plane across an axis, superior or anterior up, left at the left."""
        where = [0] * (self.data.ndim - 3) + [slice(None)] * 3
        where[len(where) - 3 + axis] = self.shape[axis] // 2
        return self.data[tuple(where)][::-1].astype(numpy.float32)

    def extent_mm(self, axis):
        return [self.shape[a] * self.spacing_mm[a] for a in range(3) if a != axis]

    def detail(self):
        """The axial slice from its middle towards the back and the right."""
        plane = self.slice(0)
        rows, columns = (int(round(DETAIL_MM / s)) for s in self.spacing_mm[1:])
        top, left = plane.shape[0] // 2, plane.shape[1] // 2
        return plane[top : top + rows, left : left + columns]


def panel(plane, extent_mm, mm, low, high, smooth):
    grey = numpy.clip((plane - low) / (high - low) * 255, 0, 255).astype(numpy.uint8)
    height, width = (max(1, int(round(e / mm))) for e in extent_mm)
    method = Image.BOX if smooth and height < plane.shape[0] else Image.NEAREST
    return Image.fromarray(grey).resize((width, height), method)


def likeness(a, b):
    return numpy.corrcoef(numpy.asarray(a, dtype=float).ravel(), numpy.asarray(b, dtype=float).ravel())[0, 1]


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("png")
    parser.add_argument("volumes", nargs="+", metavar="TITLE=FILE.h5[:DATASET]")
    parser.add_argument("--pixel", type=float, default=0.5, metavar="MM", help="edge of a pixel in mm (0.5)")
    parser.add_argument("--turned", nargs=2, metavar=("TITLE=FILE", "DEGREES"),
                        help="a last row: the first volume turned about its centre, counterclockwise in the axial slice")
    args = parser.parse_args()
    volumes = [Volume(v) for v in args.volumes]
    if args.turned:
        volumes.append(Volume(args.turned[0]))

    planes = [volumes[0].slice(axis) for axis in range(3)]
    low, high = min(p.min() for p in planes), max(numpy.percentile(p, 99.9) for p in planes)
    side = max(volumes[0].extent_mm(0)[0], volumes[0].extent_mm(1)[0])

    rows = []
    for volume in volumes:
        # extents of the first volume: sizes that do not divide differ by less than a voxel
        row = [panel(volume.slice(a), volumes[0].extent_mm(a), args.pixel, low, high, True) for a in range(3)]
        rows.append(row + [panel(volume.detail(), (side, side), args.pixel, low, high, False)])

    widths = [p.width for p in rows[0]]
    height = max(p.height for p in rows[0]) + CAPTION + MARGIN
    figure = Image.new("L", (sum(widths) + MARGIN * (len(widths) + 1), height * len(rows) + CAPTION + MARGIN), 0)
    draw = ImageDraw.Draw(figure)
    for r, (volume, row) in enumerate(zip(volumes, rows)):
        size = " x ".join(map(str, volume.shape))
        draw.text((MARGIN, CAPTION + r * height), f"{volume.title}: {size} voxels", fill=255)
        for c, picture in enumerate(row):
            left = MARGIN + sum(widths[:c]) + MARGIN * c
            if r == 0:
                draw.text((left, 1), ("axial", "coronal", "sagittal", f"axial, {DETAIL_MM:g} mm")[c], fill=160)
            figure.paste(picture, (left, CAPTION + r * height + CAPTION))
    figure.save(args.png, optimize=True)

    print(f"{args.png}: {figure.width} x {figure.height} pixels")
    for volume, row in zip(volumes[1:], rows[1:]):
        expected = rows[0][:3]
        if args.turned and volume is volumes[-1]:  # the other two planes cut elsewhere
            expected = [rows[0][0].rotate(float(args.turned[1]), Image.BILINEAR)]
        alike = [likeness(a, b) for a, b in zip(expected, row)]
        print(f"{volume.title}: correlation with the original", *(f"{a:.4f}" for a in alike))
        if min(alike) < 0.95:
            sys.exit(f"{volume.title} does not show what {volumes[0].title} shows: look at {args.png}")


if __name__ == "__main__":
    main()
