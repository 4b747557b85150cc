# What a failed transfer says: status 74, and rank, host, file, place and cause; whatever MPI-IO makes of it.
. "$(dirname "$0")/../cli/common.sh"
make in.h5 /raw dtype=uint16 shape=60,40,48 chunk=6,20,24 deflate=1
job='resample in.h5 out.h5 --size 48,60,40 --quiet --threads 1 --memory 500k --checkpoint 0.000001 --io-timeout 3'

# says COMPONENT FAULT NEEDLES [OPTION]...: on 2 ranks; one message with all needles, separated by '|'.
says() {
    local what="$2, io=$1" needles=$3 needle
    export OMPI_MCA_io=$1 LD_PRELOAD=$FAULT_LIBRARY VOXSLAB_FAULT=$2
    # shellcheck disable=SC2086
    run 2 $job "${@:4}"
    unset OMPI_MCA_io LD_PRELOAD VOXSLAB_FAULT
    expect_status 74 "$what"
    [ ! -e out.h5 ] || fail "$what: the output is there"
    while read -r -d '|' needle; do
        grep '^voxslab: ' "$folder.err" | grep -qF -- "$needle" || fail "$what: no '$needle' in: $(cat "$folder.err")"
    done <<<"$needles|"
    rm -f out.h5*
}
chunked=(--chunk 4,16,16 --filter none)
host=$(hostname)
says '^ompio' 'write .partial 10 1 ENOSPC' "rank 1 on $host: writing [|'/raw' in|out.h5.partial' at byte |(No space left on device)" "${chunked[@]}"
says ompio 'write .partial 14 0 EIO' "rank 0 on $host: writing [|out.h5.partial' at byte |(Input/output error)" "${chunked[@]}"
says '^ompio' 'write .partial 14 0 EDQUOT' "rank 0 on $host: writing [|out.h5.partial'|(Disk quota exceeded)" --chunk 4,16,16 --filter gzip=1
says '^ompio' 'sync .partial 2 1 EIO' "rank 1 on $host: flushing|out.h5.partial|(Input/output error)" "${chunked[@]}"
says '^ompio' 'write .partial 2 0 EIO' "rank 0 on $host: output file|out.h5.partial|Input/output error" "${chunked[@]}"
# OMPIO calls a failed read done: neither a file that is none nor a chunk that can't be decoded may come of it.
for component in '^ompio' ompio; do
    data=$([ "$component" = ompio ] && echo 18 || echo 5) # OMPIO's ranks open the file one by one, and then read
    says "$component" "read in.h5 $data 1 EIO" "rank 1 on $host: reading chunk [|'/raw' in|in.h5' at byte |(Input/output error)" --skip-bad-chunks 0
    says "$component" 'read in.h5 2 0 EIO' "rank 0 on $host: reading|in.h5'|(Input/output error)"
done
says '^ompio' 'read in.h5 26 0 EIO' "rank 0 on $host: |in.h5'" "${chunked[@]}" # inside the collective open

# Memory that runs out is told, too.
make big.h5 /raw dtype=float64 shape=600,1024,1024 data=none
(ulimit -v 550000 && run 2 resample big.h5 out.h5 --scale 0.9 --mode nearest --quiet --memory 6GiB --threads 1 && exit "$status")
[ $? -eq 74 ] || fail "too little memory does not end in 74: $(cat "$folder.err")"
grep -q "^voxslab: rank [01] on $host: out of memory: [0-9]* bytes for" "$folder.err" || fail "too little memory: $(cat "$folder.err")"
[ ! -e out.h5 ] || fail 'too little memory: the output is there'

# And threads: before anything is made, and where OpenMP gives up later and ends one rank among others that wait.
threads() { # threads RANKS WORDS THREADS COMMAND [ARGS...]
    (ulimit -S -v 700000 && run "$1" "${@:4}" --threads "$3" --memory 40MiB && exit "$status")
    [ $? -eq 74 ] || fail "$3 threads, $1 ranks, ${*:4}: not status 74: $(head -c 900 "$folder.err")"
    grep -q "^voxslab: $2" "$folder.err" || fail "$3 threads, $1 ranks, ${*:4}: no '$2' in: $(head -c 900 "$folder.err")"
    [ ! -e out.h5 ] || fail "$3 threads, ${*:4}: the output is there"
}
for ranks in 0 1 3; do
    threads $ranks "rank 0 on $host: only [0-9]* of 400 threads.*smaller --threads" 400 resample in.h5 out.h5 --scale 0.5
    [ ! -e out.h5.partial ] || fail 'without threads: a partial file is there'
done
threads 2 "rank 0 on $host: only [0-9]* of 400 threads" 400 compare in.h5 in.h5
cat >poor_rank_1 <<'END'
#!/bin/sh
[ "$OMPI_COMM_WORLD_RANK" != 1 ] || export OMP_STACKSIZE=800M # threads larger than the limit, unlike those tried
exec "$VOXSLAB_PROGRAM" "$@"
END
chmod +x poor_rank_1
export VOXSLAB_PROGRAM=$VOXSLAB
VOXSLAB=$PWD/poor_rank_1
threads 3 'a library that it needs ended the program' 2 resample in.h5 out.h5 --scale 0.5 --force
VOXSLAB=$VOXSLAB_PROGRAM
run 3 resample in.h5 out.h5 --scale 0.5 --quiet --force
expect_status 0 'after threads were missing'
finish
