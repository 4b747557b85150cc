#!/usr/bin/env bash
# From nothing to a resampled MRI volume and a picture of it: scripts/quickstart.sh [FOLDER]
# Installs what is missing (Debian, Ubuntu), builds a release, and writes to FOLDER (quickstart). Run it as often as
# you like. VOLUME=FILE.nii.gz takes another volume, BUILD another build folder (build-release), RANKS more ranks (2).
set -euo pipefail
here=$PWD
cd "$(dirname "${BASH_SOURCE[0]}")/.."
build=${BUILD:-build-release}
ranks=${RANKS:-2}
out=${1:-$PWD/quickstart}
case $out in /*) ;; *) out=$here/$out ;; esac
# Debian's own Python has the packages below; the first python3 on the PATH may be another one.
python=(/usr/bin/python3 -I)
[ -z "${PYTHON:-}" ] || python=("$PYTHON")
[ -z "${VOLUME:-}" ] || VOLUME=$(cd "$here" && realpath "$VOLUME")

say() { printf '\n-- %s\n' "$*"; }
die() { printf '\nquickstart: %s\n' "$*" >&2; exit 1; }
trap 'status=$?; [ $status -eq 0 ] || printf "\nquickstart: stopped with status %d; the last lines above say why. Nothing needs cleaning up: run it again.\n" $status >&2' EXIT

say "packages"
scripts/install_packages.sh build quickstart
. scripts/mpi_env.sh
"${python[@]}" -c 'import h5py, nibabel, numpy, PIL' || die "${python[0]} lacks h5py, nibabel, numpy or Pillow; set PYTHON to one that has them"

say "build"
generator=()
if [ ! -e "$build/CMakeCache.txt" ] && command -v ninja >/dev/null; then
    generator=(-G Ninja)
fi
cmake -S . -B "$build" "${generator[@]}" -DCMAKE_BUILD_TYPE=Release -DVOXSLAB_TESTS=OFF
cmake --build "$build" --parallel "$(nproc)"
voxslab=$build/src/voxslab
mpiexec=$(sed -n 's/^MPIEXEC_EXECUTABLE:[A-Z]*=//p' "$build/CMakeCache.txt")
"$voxslab" --version

say "a real volume: an MRI of a brain, from Debian's mricron-data"
volume=${VOLUME:-$(dpkg -L mricron-data | grep '/ch2better\.nii\.gz$')} || die "mricron-data has no ch2better.nii.gz; give another volume: VOLUME=FILE.nii.gz"
[ -r "$volume" ] || die "the volume '$volume' can't be read"
mkdir -p "$out" || die "the folder '$out' can't be made; give another: scripts/quickstart.sh FOLDER"
# The result at 0.25 mm is 280 MB; while it is written an older one is still there.
free_mib=$(df -Pm "$out" | awk 'NR == 2 {print $4}')
[ "$free_mib" -ge 800 ] || die "$out has $free_mib MiB free, 800 are needed; give another folder: scripts/quickstart.sh FOLDER"
"${python[@]}" scripts/nifti_to_hdf5.py "$volume" "$out/mri.h5"
"$voxslab" info "$out/mri.h5"

make() { # make SUBCOMMAND OUT OPTIONS
    echo "mpirun -n $ranks voxslab $1 $out/mri.h5 $out/$2 ${*:3} --force"
    # Ranks that are not bound to one core each may use them all.
    "$mpiexec" -n "$ranks" --bind-to none "$voxslab" "$1" "$out/mri.h5" "$out/$2" "${@:3}" --force </dev/null
}
say "to 1 mm"
make resample mri_1mm.h5 --spacing 1000,1000,1000 --mode area
say "to 0.25 mm"
make resample mri_0.25mm.h5 --spacing iso=250 --mode linear

say "rotated by 20 degrees about its centre"
# Output voxel (d, h, w) shows input voxel (d, cos*h - sin*w + .., sin*h + cos*w + ..): three rows of four numbers.
matrix=$("$voxslab" info "$out/mri.h5" | awk '$1 == "shape" {
    h = ($(NF - 2) - 1) / 2; w = ($NF - 1) / 2; c = cos(atan2(0, -1) / 9); s = sin(atan2(0, -1) / 9)
    printf "1 0 0 0  0 %.17g %.17g %.17g  0 %.17g %.17g %.17g", c, -s, h - c * h + s * w, s, c, w - s * h - c * w}')
make affine mri_20deg.h5 --matrix "$matrix"

say "the picture"
"${python[@]}" scripts/slices_png.py "$out/slices.png" \
    original="$out/mri.h5" "1 mm=$out/mri_1mm.h5" "0.25 mm=$out/mri_0.25mm.h5" \
    --turned "rotated by 20 degrees=$out/mri_20deg.h5" 20
printf '\nDone. Look at %s: all rows must show the same brain, the last one turned by 20 degrees.\n' "$out/slices.png"
