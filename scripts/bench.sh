#!/usr/bin/env bash
# How fast voxslab is, beside its peers and beside what the machine can do: scripts/bench.sh [OPTION]...
#
# Runs from a clean checkout: installs what is missing (Debian, Ubuntu), builds a release, and measures
#   kernels   resampling and sampling on 1 thread and on all cores, with the memory's bandwidth
#   peers     volresample, PyTorch, tinybrain, SciPy and NumPy on the same rows, in turn with ours
#   io        the whole program beside plain MPI-IO (2 ranks), and with deflated input and output
#   scaling   the whole program over ranks x threads
# Then it prints one table and whether the goals are met, and writes to the output folder bench.json, bench.md (what is
# printed), bench_rows.svg and bench_roofline.svg. All figures are medians; what is compared takes turns. A figure takes
# at least 3 repeats, and more for 0.3 s; whole programs 5, with deflated files 3.
# Takes about a quarter of an hour on 2 cores, of which peers and io take most; leave the machine alone meanwhile.
#
#   --quick              a few rows, small files, few repeats: a look, not a result (two minutes)
#   --only PART[,PART]   kernels, peers, io, scaling; what the output folder has of others is shown again,
#                        and pointed out if it is of another commit
#   --resume             leave out what the output folder has of this commit: go on where a run was stopped
#   --rows REGEX         of the peers only rows whose name it finds, for instance 'uint8 area'
#   --threads N[,N]      thread counts of kernels and peers (1 and all cores)
#   --io-size SIZE       the contiguous input, in /dev/shm if it fits, else in $TMPDIR (8GiB; with --quick 1GiB)
#   --out DIR            the output folder (BUILD/bench)
#   --help               this text
#
# BUILD           the build folder (build-bench)
# VOXSLAB_VENV    Python's virtual environment, made if it is not there (BUILD/venv); PyTorch takes 6 GB of disk in it
# VOXSLAB_TORCH_INDEX  a package index with smaller builds of PyTorch, such as https://download.pytorch.org/whl/cpu
# PYTHON          the Python that makes the environment (python3)
set -euo pipefail
here=$PWD
cd "$(dirname "${BASH_SOURCE[0]}")/.."
absolute() { case $1 in /*) echo "$1" ;; *) echo "$here/$1" ;; esac; }
build=$(absolute "${BUILD:-$PWD/build-bench}")
venv=$(absolute "${VOXSLAB_VENV:-$build/venv}")
cores=$(nproc)

say() { printf '\n-- %d:%02d  %s\n' $((SECONDS / 60)) $((SECONDS % 60)) "$*"; }
usage() { sed -n '2,/^set -e/ {/^#/ s/^# \{0,1\}//p}' "$0"; }
wrong() { echo "bench.sh: $*; see --help" >&2; exit 2; }

parts=kernels,peers,io,scaling
resume=()
quick=0 rows='' io_size='' out=$build/bench
threads=1
[ "$cores" -eq 1 ] || threads=1,$cores
while [ $# -gt 0 ]; do
    case $1 in
    --only=* | --rows=* | --threads=* | --io-size=* | --out=*) set -- "${1%%=*}" "${1#*=}" "${@:2}" ;;
    esac
    case $1 in
    --quick) quick=1; shift; continue ;;
    --resume) resume=(--resume); shift; continue ;;
    --help | -h) usage; exit 0 ;;
    --only | --rows | --threads | --io-size | --out) [ $# -gt 1 ] || wrong "$1 needs a value" ;;
    *) wrong "there is no option '$1'" ;;
    esac
    case $1 in
    --only) parts=$2 ;;
    --rows) rows=$2 ;;
    --threads) threads=$2 ;;
    --io-size) io_size=$2 ;;
    --out) out=$(absolute "$2") ;;
    esac
    shift 2
done
[[ $threads =~ ^[1-9][0-9]*(,[1-9][0-9]*)*$ ]] || wrong "--threads takes numbers, not '$threads'"
for part in ${parts//,/ }; do
    case $part in kernels | peers | io | scaling) ;; *) wrong "--only: there is no part '$part'" ;; esac
done
wanted() { [[ ,$parts, == *,$1,* ]]; }

commit=$(git describe --always --dirty 2>/dev/null || echo unknown)
kernel_options=(--seconds 0.3)
peer_options=(--seconds 0.3 --rows "$rows")
io_options=(--io-size "${io_size:-8GiB}")
if [ "$quick" -eq 1 ]; then
    kernel_options=(--seconds 0.05)
    peer_options=(--seconds 0.05 --rows "${rows:-float32 (nearest|linear|area) (512->256|128->64)|uint8 area 512->256|grid_sample|cubic .*->64|label}")
    io_options=(--io-size "${io_size:-1GiB}" --deflate-size 128MiB --scaling-size 512MiB --modes linear --repeats 3)
fi

say "packages"
scripts/install_packages.sh build test bench
. scripts/mpi_env.sh

say "build in $build"
generator=()
if [ ! -e "$build/CMakeCache.txt" ] && command -v ninja >/dev/null; then
    generator=(-G Ninja)
fi
cmake -S . -B "$build" "${generator[@]}" -DCMAKE_BUILD_TYPE=Release >/dev/null
cmake --build "$build" --parallel "$cores" --target voxslab_program make_volume bench_kernels bench_io codec_clock
mpiexec=$(sed -n 's/^MPIEXEC_EXECUTABLE:[A-Z]*=//p' "$build/CMakeCache.txt")
"$build/src/voxslab" --version

say "Python packages in $venv"
python=$venv/bin/python
[ -x "$python" ] || "${PYTHON:-python3}" -m venv "$venv"
have() { "$python" -c "import $1" 2>/dev/null; }
install() { "$python" -m pip install --quiet --disable-pip-version-check "$@"; }
have matplotlib || install matplotlib
if wanted peers; then
    # A peer that can't be had is left out of the table, and said so there.
    for package in numpy scipy volresample tinybrain; do
        have "$package" || install "$package" || echo "bench.sh: going on without $package" >&2
    done
    have torch || install ${VOXSLAB_TORCH_INDEX:+--index-url "$VOXSLAB_TORCH_INDEX"} torch ||
        echo "bench.sh: going on without PyTorch" >&2
    have numpy || { echo "bench.sh: no NumPy, so no peers; try --only kernels,io,scaling" >&2; exit 1; }
fi

mkdir -p "$out"
measure_kernels() {
    local file=$out/kernels_$1.json
    if [ ${#resume[@]} -gt 0 ] && grep -qs "\"note\": \"$commit\"" "$file"; then
        echo "$1 threads: measured before"
        return
    fi
    "$build/tests/bench/bench_kernels" --threads "$1" --json "$file" --note "$commit" "${kernel_options[@]}"
}
measure_io() {
    "$python" scripts/bench_io.py "$@" --build "$build" --mpiexec "$mpiexec" --json "$out/io.json" --commit "$commit" \
        "${resume[@]}" "${io_options[@]}"
}
if wanted kernels; then
    say "kernels"
    for n in ${threads//,/ }; do
        measure_kernels "$n"
    done
fi
if wanted peers; then
    say "peers, in turn with ours"
    "$python" scripts/bench_peers.py --kernels "$build/tests/bench/bench_kernels" --threads "$threads" \
        --json "$out/peers.json" --commit "$commit" "${resume[@]}" "${peer_options[@]}"
fi
if wanted io; then
    say "the whole program, beside plain MPI-IO and with deflated files"
    measure_io contiguous deflated
fi
if wanted scaling; then
    say "the whole program over ranks x threads"
    measure_io scaling
fi

say "results in $out"
"$python" scripts/bench_report.py "$out" --commit "$commit"
"$python" scripts/bench_charts.py "$out"
