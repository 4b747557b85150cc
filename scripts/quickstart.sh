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

resample() { # resample OUT OPTIONS
    echo "mpirun -n $ranks voxslab resample $out/mri.h5 $out/$1 ${*:2} --force"
    # Ranks that are not bound to one core each may use them all.
    "$mpiexec" -n "$ranks" --bind-to none "$voxslab" resample "$out/mri.h5" "$out/$1" "${@:2}" --force </dev/null
}
say "to 1 mm"
resample mri_1mm.h5 --spacing 1000,1000,1000 --mode area
say "to 0.25 mm"
resample mri_0.25mm.h5 --spacing iso=250 --mode linear

say "the picture"
"${python[@]}" scripts/slices_png.py "$out/slices.png" \
    original="$out/mri.h5" "1 mm=$out/mri_1mm.h5" "0.25 mm=$out/mri_0.25mm.h5"
printf '\nDone. Look at %s: the three rows must show the same brain.\n' "$out/slices.png"
