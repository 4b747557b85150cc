#!/usr/bin/env bash
# arm64.sh TREE: the library that needs no MPI is C for arm64 too, without a warning. 77 without a compiler for it.
set -euo pipefail
cd "$1"
compiler=aarch64-linux-gnu-gcc
if ! command -v "$compiler" >/dev/null; then
    echo "skipped: there is no $compiler here (gcc-aarch64-linux-gnu, libc6-dev-arm64-cross)"
    exit 77
fi

flags=(-std=gnu11 -fopenmp -ffp-contract=off -Wall -Wextra -Wshadow -Wstrict-prototypes -Wmissing-prototypes -Werror
    -D_GNU_SOURCE -D_FILE_OFFSET_BITS=64 -DISA=baseline -Isrc -Iinclude -fsyntax-only)
failed=()
for file in src/{base,geometry,kernels,partition,operators}/*.c src/kernels/rows/*.c; do
    "$compiler" "${flags[@]}" "$file" || failed+=("$file")
done
if [ ${#failed[@]} -gt 0 ]; then
    echo "not C for arm64: ${failed[*]}" >&2
    exit 1
fi
