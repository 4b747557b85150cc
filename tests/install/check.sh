#!/usr/bin/env bash
# check.sh BUILD_DIR MAKE_INPUT: install to a fresh prefix, then build and run the examples against it, through
# CMake's package and through pkg-config. CC, CFLAGS, CMAKE, MPICC and MPIEXEC come from the build.
set -euo pipefail
build=$1 make_input=$2
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
prefix=$work/moved

fail() { echo "install: $*" >&2; exit 1; }
expect() { # expect WHAT WANTED GOT
    [ "$2" = "$3" ] || fail "$1 printed '$3', expected '$2'"
    echo "$1: $3"
}

"$CMAKE" --install "$build" --prefix "$work/prefix" >"$work/install.log" || { cat "$work/install.log"; fail "cmake --install failed"; }
mv "$work/prefix" "$prefix" # an installed folder can be moved

there() {
    local found
    found=$(find "$prefix" -path "$prefix/$1" | head -n 1)
    [ -n "$found" ] || fail "no $1 under the prefix; it holds: $(cd "$prefix" && find . -type f | sort | tr '\n' ' ')"
    echo "$found"
}
there include/voxslab/voxslab.h
there include/voxslab/voxslab_mpi.h
there 'lib*/libvoxslab.*'
there 'lib*/libvoxslab_mpi.*'
there 'lib*/cmake/voxslab/voxslabConfigVersion.cmake'
pc=$(there 'lib*/pkgconfig/voxslab_mpi.pc')
there 'lib*/pkgconfig/voxslab.pc'
program=$(there bin/voxslab)
page=$(there share/man/man1/voxslab.1)
libdir=$(dirname "$(dirname "$pc")")

# the program, where it now stands
"$program" --version | head -n 1
"$program" --help >/dev/null

# the page renders without warnings
if command -v mandoc >/dev/null; then
    mandoc -T lint -W warning "$page" || fail "mandoc warns about voxslab.1"
fi
if command -v groff >/dev/null; then
    warnings=$(groff -man -ww -z -rLL=100n -Tutf8 "$page" 2>&1)
    [ -z "$warnings" ] || fail "groff warns about voxslab.1: $warnings"
    grep -q -- --size <<<"$(groff -man -Tascii -P-cbou "$page")" || fail "voxslab.1 does not mention --size"
fi

"$make_input" "$work/in.h5"
run_mpi() { # run_mpi PROGRAM OUT
    "$MPIEXEC" -n 2 "$1" "$work/in.h5" "$2"
}

echo "-- CMake package"
"$CMAKE" -S "$here/example" -B "$work/cmake" -DCMAKE_C_COMPILER="$CC" -DCMAKE_C_FLAGS="$CFLAGS" \
    -DCMAKE_PREFIX_PATH="$prefix" >"$work/cmake.log" 2>&1 || { cat "$work/cmake.log"; fail "find_package(voxslab) failed"; }
"$CMAKE" --build "$work/cmake" >"$work/cmake.log" 2>&1 || { cat "$work/cmake.log"; fail "the example does not build with CMake"; }
expect resample 3.5 "$("$work/cmake/resample")"
expect resample_mpi "2 x 3 x 4" "$(run_mpi "$work/cmake/resample_mpi" "$work/cmake.h5")"

echo "-- pkg-config"
export PKG_CONFIG_PATH=$libdir/pkgconfig LD_LIBRARY_PATH=$libdir${LD_LIBRARY_PATH:+:$LD_LIBRARY_PATH}
# shellcheck disable=SC2046  # the flags are words
{
    "$CC" $CFLAGS -o "$work/resample" "$here/example/resample.c" $(pkg-config --cflags --libs voxslab)
    "$MPICC" $CFLAGS -o "$work/resample_mpi" "$here/example/resample_mpi.c" $(pkg-config --cflags --libs voxslab_mpi)
}
expect resample 3.5 "$("$work/resample")"
expect resample_mpi "2 x 3 x 4" "$(run_mpi "$work/resample_mpi" "$work/pkg.h5")"
echo "install: all there"
