#!/usr/bin/env bash
# A tenth of the tests, chosen by a seed, under AddressSanitizer and UBSan: scripts/test_sanitized.sh SEED
# At least one of each kind (unit, mpi, cli). SEED all runs everything. BUILD names the build folder (build-asan).
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
seed=${1:?usage: scripts/test_sanitized.sh SEED}
build=${BUILD:-build-asan}
cores=$(nproc)

scripts/install_packages.sh build test
. scripts/mpi_env.sh
generator=()
if [ ! -e "$build/CMakeCache.txt" ] && command -v ninja >/dev/null; then
    generator=(-G Ninja)
fi
# -O1 instead of -O2: compiles in half the time, and the tests are no slower for it.
cmake -S . -B "$build" "${generator[@]}" -DCMAKE_BUILD_TYPE=RelWithDebInfo -DCMAKE_C_FLAGS_RELWITHDEBINFO="-O1 -g" \
    -DVOXSLAB_SANITIZE=address,undefined
cmake --build "$build" --parallel "$cores"
cd "$build"

# The tests with a label, in an order that the seed decides. Those labelled 'rss' bound the peak memory, which
# AddressSanitizer's own would exceed.
shuffled() {
    ctest -N -L "$1" -LE rss | sed -n 's/^ *Test *#[0-9]*: //p' | while read -r name; do
        printf '%s %s\n' "$(printf '%s' "$seed/$name" | sha256sum | cut -c 1-16)" "$name"
    done | sort | cut -d ' ' -f 2
}
chosen=()
for kind in unit mpi cli; do
    mapfile -t names < <(shuffled "^$kind\$")
    [ ${#names[@]} -gt 0 ] || { echo "test_sanitized.sh: there is no test with the label '$kind'" >&2; exit 1; }
    tenth=$(((${#names[@]} + 9) / 10))
    [ "$seed" != all ] || tenth=${#names[@]}
    chosen+=("${names[@]:0:tenth}")
done
echo "seed $seed: ${chosen[*]}"
pattern=$(IFS='|'; echo "^(${chosen[*]})\$")

export ASAN_OPTIONS=detect_stack_use_after_return=1:strict_string_checks=1:${ASAN_OPTIONS:-}
export UBSAN_OPTIONS=print_stacktrace=1:${UBSAN_OPTIONS:-}
export LSAN_OPTIONS=suppressions=$PWD/../tests/lsan.supp:print_suppressions=0:${LSAN_OPTIONS:-}
# The distributed test, the longest, takes a tenth of its combinations.
export VOXSLAB_SEED=$seed
[ "$seed" = all ] || export VOXSLAB_SAMPLE=10
ctest --output-on-failure -R "$pattern" --no-tests=error
