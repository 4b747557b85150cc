# Valgrind sees no error of ours, and nothing that we lose, in a small run that is stopped and gone on with.
. "$(dirname "$0")/../cli/common.sh"
suppressions=$(realpath "$OLDPWD/$(dirname "$0")/mpi.supp" 2>/dev/null || realpath "$(dirname "$0")/mpi.supp")
if ! command -v valgrind >/dev/null; then
    [ "${VOXSLAB_PACKAGES:-}" != skip ] || { echo 'no valgrind: skipped'; exit 77; }
    fail 'no valgrind: scripts/install_packages.sh test'
    finish
fi
make in.h5 /raw dtype=uint16 shape=12,20,24 chunk=3,10,12 deflate=1
job='resample in.h5 out.h5 --size 15,12,30 --chunk 4,8,8 --filter gzip=1 --quiet --threads 1 --checkpoint 0.000001'
memory=$("$VOXSLAB" $job --dry-run --ranks 2 --memory 1 2>&1 | sed -n 's/.*--memory \([0-9]*\).*/\1/p')
job+=" --memory $((memory + memory / 20))"

watched() { # watched STATUS OPTION...
    # shellcheck disable=SC2086
    timeout 240 "$MPIRUN" --timeout 230 -n 2 valgrind --quiet --error-exitcode=99 --leak-check=full --errors-for-leak-kinds=definite \
        --suppressions="$suppressions" --num-callers=40 --log-file="$PWD/valgrind.%p" "$VOXSLAB" $job "${@:2}" >"$folder.out" 2>"$folder.err"
    status=$?
    expect_status "$1" "under valgrind, ${*:2}"
    for log in valgrind.*; do
        ! grep -q '==[0-9]*== [A-Z0-9]' "$log" || fail "${*:2}: $(head -n 60 "$log")"
    done
    [ "$(ls valgrind.* | wc -l)" -eq 2 ] || fail "valgrind ran on $(ls valgrind.* | wc -l) ranks, not 2"
    rm -f valgrind.*
}
watched 75 --max-time 0.001
watched 0 --resume
run 1 ${job/out.h5/plain.h5}
h5dump -d /raw -b LE -o plain.bin plain.h5 >/dev/null && h5dump -d /raw -b LE -o out.bin out.h5 >/dev/null && cmp plain.bin out.bin ||
    fail 'the output differs from one without valgrind'
finish
