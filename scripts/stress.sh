#!/usr/bin/env bash
# All of the kills, failing system calls, Slurm jobs and fuzzing of which CI takes a sample, on a tree that
# scripts/test.sh has built; an hour or so.
#   scripts/stress.sh [PART]...     kills, errors, rest, slurm and fuzz unless given
# SEEDS ("1 2 3") chooses kills and faults, a round of each for every seed. BUILD names the build folder (build-test).
# TMPDIR says which file system to try.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
export BUILD=${BUILD:-build-test}
case ${1:-} in --help | -h) sed -n '2,/^set -e/ {/^#/ s/^# \{0,1\}//p}' "$0"; exit 0 ;; esac
[ $# -gt 0 ] || set -- kills errors rest slurm fuzz

run() { # run JOBS PATTERN [SEED]
    local said
    said=$(VOXSLAB_SEED=${3:-1} VOXSLAB_FAULTS=$1 ctest --test-dir "$BUILD" -C Stress --timeout 7200 --verbose -R "^($2)\$" --no-tests=error 2>&1) ||
        { echo "$said" | grep -E 'FAILED|failures' || echo "$said" | tail -n 40; return 1; }
    grep -oE '([0-9]+ (kills|faults) in|killed |slowest end|[0-9]+/[0-9]+ Test ).*' <<<"$said"
}
each_seed() { # each_seed JOBS PATTERN
    local seed
    for seed in ${SEEDS:-1 2 3}; do
        echo "$2, seed $seed:"
        run "$1" "$2" "$seed"
    done
}
for part in "$@"; do
    case $part in
    kills) each_seed 39 faults_kills ;; # 13 points x 3 storages
    errors) each_seed 66 faults_errors ;; # 11 faults x 3 storages x 2 components; ranks by seed
    rest) run 1 'faults_(stop|order|valgrind)' ;;
    slurm) run 1 'slurm_.*' ;;
    fuzz) scripts/fuzz.sh 600 ;;
    *) echo "stress.sh: no part '$part'" >&2; exit 2 ;;
    esac
done
