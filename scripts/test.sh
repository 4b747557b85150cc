#!/usr/bin/env bash
# Install what is missing, build with warnings as errors, run every test.
#   scripts/test.sh [ctest arguments]     for instance: scripts/test.sh -R unit_ -V
# BUILD names the build folder (build-test). The exit status is CTest's.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
build=${BUILD:-build-test}
cores=$(nproc)

scripts/install_packages.sh build test slurm fuzz
. scripts/mpi_env.sh

generator=()
if [ ! -e "$build/CMakeCache.txt" ] && command -v ninja >/dev/null; then
    generator=(-G Ninja)
fi
cmake -S . -B "$build" "${generator[@]}" -DCMAKE_BUILD_TYPE=Release -DVOXSLAB_WERROR=ON
cmake --build "$build" --parallel "$cores"

cd "$build"
exec ctest --output-on-failure --parallel "$cores" "$@"
