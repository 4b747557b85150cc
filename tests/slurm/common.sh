# Sourced by the tests of our batch scripts: a Slurm of its own on loopback, with two pretend nodes.
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
. "$here/../cli/common.sh"
jobs=$here/../../jobs
export PATH=$PATH:/usr/sbin VOXSLAB
# Where the system is to be left alone, Slurm may be missing. Elsewhere scripts/test.sh has installed it.
missing() {
    [ "${VOXSLAB_PACKAGES:-}" != skip ] || { echo "$1: skipped"; exit 77; }
    fail "$1: scripts/install_packages.sh slurm, or VOXSLAB_PACKAGES=skip"
    finish
}
for tool in munged slurmctld slurmd sbatch unshare; do
    command -v $tool >/dev/null || missing "no $tool here"
done
unset OMPI_MCA_rmaps_base_oversubscribe
cluster=$folder.slurm
trap '"$here/stop.sh" "$cluster" >/dev/null 2>&1; rm -rf "$folder" "$folder.out" "$folder.err" "$cluster"' EXIT
"$here/start.sh" "$cluster" >"$folder.out" 2>&1 || missing "Slurm does not start here: $(tail -n 20 "$folder.out")"
. "$cluster/env"

# A job of many rounds, with a checkpoint after each, and its undisturbed output. slowly COMMAND...: what it submits
# takes long enough to be disturbed.
slowly() { LD_PRELOAD=$FAULT_LIBRARY VOXSLAB_FAULT='sync .partial 1 -1 slow' "$@"; }
make in.h5 /raw dtype=uint16 shape=60,40,48 chunk=6,20,24 deflate=1
resampling='--size 400,60,40 --chunk 4,16,16 --filter gzip=1 --threads 1 --quiet --checkpoint 0.000001'
memory=$("$VOXSLAB" resample in.h5 x.h5 $resampling --dry-run --ranks 2 --memory 1 2>&1 | sed -n 's/.*--memory \([0-9]*\).*/\1/p')
resampling+=" --memory $((memory + memory / 20))"
run 2 resample in.h5 expected.h5 $resampling
expect_status 0 'the undisturbed run'
h5dump -d /raw -b LE -o expected.bin expected.h5 >/dev/null

until_running() { # until a checkpoint of it is on disk
    for ((i = 0; i < 400; i++)); do
        [ -e out.h5.partial.journal ] && [ "$(stat -c %s out.h5.partial.journal)" -gt 20480 ] && return
        sleep 0.05
    done
    fail "no checkpoint: $(cat log) $(squeue)"
}
until_done() { # until_done ID
    for ((i = 0; i < 1000; i++)); do
        [ -n "$(squeue -h -j "$1" 2>/dev/null)" ] || return 0
        sleep 0.1
    done
    fail "job $1 does not end: $(squeue) $(tail -n 20 ./*log)"
}
until_state() { # until_state ID STATE
    for ((i = 0; i < 400; i++)); do
        [ "$(squeue -h --states=all -j "$1" -o %T 2>/dev/null)" != "$2" ] || return 0
        sleep 0.05
    done
    fail "job $1 is never $2: $(squeue)"
}
check_output() { # check_output FILE WHAT: the undisturbed output, and nothing else is left
    h5dump -d /raw -b LE -o now.bin "$1" >/dev/null 2>&1
    cmp -s expected.bin now.bin || fail "$2: the output differs: $(tail -n 20 ./*log)"
    [ "$(ls "$1"*)" = "$1" ] || fail "$2: left $(ls "$1"*)"
    rm -f "$1"* now.bin
}
check_log() { # check_log WHAT NEEDLE [FILE]
    grep -q -- "$2" "${3:-log}" || fail "$1: no '$2' in the log: $(tail -n 20 "${3:-log}")"
}
