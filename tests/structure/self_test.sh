#!/usr/bin/env bash
# self_test.sh TREE: check.sh must find each kind of breach, put into a small sound tree, and nothing in the sound tree.
set -euo pipefail
check=$1/tests/structure/check.sh
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

cat >"$work/program" <<'END'
#!/bin/sh
echo "  --size D,H,W   output voxels"
END
sound_tree() {
    rm -rf "$work/tree"
    mkdir -p "$work"/tree/{src/base,src/kernels,src/volume,src/cli,include/voxslab,scripts}
    cd "$work/tree"
    git init -q
    echo 'int x;' >src/base/box.h
    printf '#include "base/box.h"\n#include "kernels/own.h"\n' >src/kernels/run.c
    echo '#include <hdf5.h>' >src/volume/open.c
    printf '#include <mpi.h>\n#include "volume/volume.h"\n' >src/cli/main.c
    echo 'scripts/quickstart.sh, scripts/test.sh; voxslab resample --help; mpirun -n 2 voxslab resample --size 1,2,3' >README.md
    printf '#!/bin/sh\n' | tee scripts/quickstart.sh >scripts/test.sh
    chmod +x scripts/*.sh "$work/program"
}
failures=0
finds() { # finds WORDS COMMAND: after COMMAND in a sound tree, check.sh fails and says WORDS
    sound_tree
    eval "$2"
    if "$check" . "$work/program" >"$work/out" 2>&1 || ! grep -qF -- "$1" "$work/out"; then
        echo "not found: $1, after: $2"
        cat "$work/out"
        failures=$((failures + 1))
    fi
}

sound_tree
"$check" . "$work/program" || { echo "the sound tree is refused"; exit 1; }
finds "kernels (floor 2) includes 'volume/volume.h'" "echo '#include \"volume/volume.h\"' >>src/kernels/run.c"
finds "kernels (floor 2) includes 'partition/tiles.h'" "echo '#  include \"partition/tiles.h\"' >>src/kernels/run.c"
finds "'own.h' does not begin with a room" "echo '#include \"own.h\"' >>src/kernels/run.c"
finds "'../base/box.h' does not begin" "echo '#include \"../base/box.h\"' >>src/kernels/run.c"
finds "the room 'attic' has no floor" "mkdir src/attic; echo '#include \"base/box.h\"' >src/attic/a.c"
finds "src/cli/main.c:3: <hdf5\\.h>" "echo '#include <hdf5.h>' >>src/cli/main.c"
finds "src/kernels/run.c:3: <mpi\\.h>" "echo '#include <mpi.h>' >>src/kernels/run.c"
finds "voxslab.h:1: <mpi\\.h>" "echo '#include <mpi.h>' >include/voxslab/voxslab.h"
finds "'notes.txt' does not belong" "touch notes.txt"
finds "src/base/long.c has 401 lines" "seq -f 'int y%g;' 401 >src/base/long.c"
finds "does not name scripts/test.sh" "sed -i s,scripts/test.sh,, README.md"
finds "scripts/quickstart.sh, a command" "chmod -x scripts/quickstart.sh"
finds "links to 'scripts/lost.png'" "echo '![x](scripts/lost.png)' >>README.md"
finds "neither names --size" "echo 'scripts/quickstart.sh scripts/test.sh' >README.md"
finds "shows --sise" "sed -i 's/--size/--sise/' README.md"
finds "shows --sice" "printf 'voxslab resample a b \\\\\n  --sice 3\n' >>README.md"
finds "README.md's C example" "mkdir -p tests/install/example; echo 'int z;' >tests/install/example/resample.c"
[ "$failures" -eq 0 ] || exit 1
echo "structure self-test: every breach found"
