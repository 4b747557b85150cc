#!/usr/bin/env bash
# Kills and failing system calls, many of them, on a tree that scripts/test.sh has built.
#   scripts/stress.sh [KILLS [FAULTS [SEED]]]     90 jobs to kill and 120 to fail, seed 1, unless given
# BUILD names the build folder (build-test). TMPDIR says which file system to try.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
build=${BUILD:-build-test}
kills=${1:-90} faults=${2:-120}
export VOXSLAB_SEED=${3:-1}

run() { # run COUNT TEST
    VOXSLAB_FAULTS=$1 ctest --test-dir "$build" --timeout 7200 --verbose -R "^faults_$2\$" |
        grep -E 'FAILED|kills in|faults in|all well|Passed|Failed' || true
    # grep hides ctest's status: the log tells
    ! grep -q . "$build/Testing/Temporary/LastTestsFailed.log" 2>/dev/null
}
run "$kills" kills
run "$faults" errors
run 1 stop
