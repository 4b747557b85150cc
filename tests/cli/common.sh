# Sourced by the tests: a folder of its own, assertions that say what was run.
# From CTest: VOXSLAB, MAKE_VOLUME, ALTER_VOLUME, MPIRUN, MAN_PAGE.
set -uo pipefail
. "$(dirname "${BASH_SOURCE[0]}")/../../scripts/mpi_env.sh"
unset SLURM_PROCID SLURM_NTASKS SLURM_STEP_NUM_TASKS
# Under AddressSanitizer: what MPI keeps until the end would change exit statuses and messages.
export ASAN_OPTIONS=${ASAN_OPTIONS:-}:detect_leaks=0
export OMP_NUM_THREADS=${OMP_NUM_THREADS:-1} LC_ALL=C
folder=$(mktemp -d "${TMPDIR:-/tmp}/voxslab-cli.XXXXXX")
trap 'rm -rf "$folder"' EXIT
cd "$folder" || exit 1
failures=0

fail() {
    echo "FAILED: $*" >&2
    failures=$((failures + 1))
}

# The last line of every test.
finish() {
    [ "$failures" -eq 0 ] || { echo "$failures failures" >&2; exit 1; }
    echo "all well"
    exit 0
}

make() { "$MAKE_VOLUME" "$@" || fail "make_volume $*"; }

alter() { "$ALTER_VOLUME" "$@" || fail "alter_volume $*"; }

# run RANKS ARGS...: without mpirun when RANKS is 0. Leaves $status, and the files out and err beside the folder.
run() {
    local ranks=$1
    shift
    if [ "$ranks" -eq 0 ]; then
        timeout 120 "$VOXSLAB" "$@" >"$folder.out" 2>"$folder.err"
    else
        timeout -k 5 150 "$MPIRUN" --timeout 120 -n "$ranks" "$VOXSLAB" "$@" >"$folder.out" 2>"$folder.err"
    fi
    status=$?
}
trap 'rm -rf "$folder" "$folder.out" "$folder.err"' EXIT

# Every file with its time: what a refused or dry run must not change.
snapshot() { find . -mindepth 1 -printf '%p %y %s %T@\n' | sort; }

expect_status() { # expect_status WANTED WHAT
    [ "$status" -eq "$1" ] || fail "$2: exit status $status, wanted $1: $(head -c 600 "$folder.err")"
}

# refuse_with RANKS STATUS NEEDLES ARGS...: that exit status; one message, which holds every needle (separated
# by '|'); no stack of HDF5's; nothing on stdout; no file made or changed.
refuse_with() {
    local ranks=$1 wanted=$2 needles=$3 what before after messages needle
    shift 3
    what="[$ranks ranks] voxslab $*"
    before=$(snapshot)
    run "$ranks" "$@"
    after=$(snapshot)
    expect_status "$wanted" "$what"
    messages=$(grep -c '^voxslab: ' "$folder.err")
    [ "$messages" -eq 1 ] || fail "$what: $messages messages: $(head -c 900 "$folder.err")"
    [ "$ranks" -gt 0 ] || [ "$(wc -l <"$folder.err")" -eq 1 ] || fail "$what: more than a line: $(head -c 900 "$folder.err")"
    ! grep -q 'HDF5-DIAG' "$folder.err" || fail "$what: prints HDF5's stack"
    while read -r -d '|' needle; do
        grep '^voxslab: ' "$folder.err" | grep -qF -- "$needle" ||
            fail "$what: no '$needle' in: $(grep '^voxslab: ' "$folder.err")"
    done <<<"$needles|"
    [ ! -s "$folder.out" ] || fail "$what: prints on stdout: $(head -c 200 "$folder.out")"
    [ "$before" = "$after" ] || fail "$what: leaves $(diff <(echo "$before") <(echo "$after"))"
}

# refuse STATUS NEEDLES ARGS...: without mpirun and on 2 ranks.
refuse() {
    refuse_with 0 "$@"
    refuse_with 2 "$@"
}
