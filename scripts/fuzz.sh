#!/usr/bin/env bash
# Fuzz the journal and the command line with libFuzzer, under AddressSanitizer and UBSan, on a tree that is built:
#   scripts/fuzz.sh [SECONDS [NAME]...]     10 seconds each of tests/fuzz/fuzz_NAME.c: journal and options
# BUILD names the build folder (build-test). The corpus in tests/fuzz/corpus is read, not changed; what is found
# new goes to BUILD/fuzz/NAME. SEED (1) makes short runs repeatable. Needs clang with its compiler-rt.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
case ${1:-} in --help | -h) sed -n '2,/^set -e/ {/^#/ s/^# \{0,1\}//p}' "$0"; exit 0 ;; esac
build=$(realpath "${BUILD:-build-test}")
seconds=${1:-10}
shift $(($# > 0))
[ $# -gt 0 ] || set -- journal options
mkdir -p "$build/fuzz"

flags=(-std=gnu11 -D_GNU_SOURCE -O1 -g -w "-fsanitize=address,undefined" -fno-sanitize-recover=undefined -Isrc -Iinclude)
export OMPI_CC=clang
compile() { # what the fuzzers look into, with the counters that guide them
    local source objects=()
    for source in src/base/*.c src/journal/*.c src/cli/*.c; do
        [ "$source" != src/cli/main.c ] || continue
        mpicc "${flags[@]}" -fsanitize=fuzzer-no-link -c "$source" -o "$build/fuzz/$(tr / _ <<<"$source").o"
        objects+=("$build/fuzz/$(tr / _ <<<"$source").o")
    done
    rm -f "$build/fuzz/looked_into.a"
    ar rc "$build/fuzz/looked_into.a" "${objects[@]}"
}
compile
for name in "$@"; do
    # shellcheck disable=SC2046
    mpicc "${flags[@]}" -fsanitize=fuzzer "tests/fuzz/fuzz_$name.c" -o "$build/fuzz/fuzz_$name" \
        -Wl,--start-group "$build/fuzz/looked_into.a" "$build/src/libvoxslab_mpi.a" "$build/src/libvoxslab.a" -Wl,--end-group \
        $(pkg-config --libs hdf5-openmpi 2>/dev/null || pkg-config --libs hdf5) $(pkg-config --libs libdeflate jansson) -lgomp -lm
    mkdir -p "$build/fuzz/$name"
    echo "fuzz_$name, $seconds s"
    (cd "$build/fuzz" && ASAN_OPTIONS=detect_leaks=0 timeout $((seconds + 60)) "./fuzz_$name" -seed="${SEED:-1}" \
        -max_total_time="$seconds" -max_len=2000 -timeout=300 -print_final_stats=1 -verbosity=0 "$name" "$OLDPWD/tests/fuzz/corpus/$name" 2>&1) |
        grep -v -e '# Uses:' -e 'ecommended dictionary'
done
