# Rounds that take long: as few as can be, and where they can't be cut, progress within and a stop that is heard.
. "$(dirname "$0")/common.sh"

# 2 TiB to a tenth, each output chunk from 0.5 GiB: rounds of at most about 16 GiB a rank.
make tenth.h5 /raw shape=3000,20000,20000 chunk=64,64,64 data=none
plan() { # plan LEAST ARGS...
    run 0 resample tenth.h5 out.h5 --dry-run --quiet --json plan.json "${@:2}"
    expect_status 0 "plan ${*:2}"
    rounds=$(sed -n 's/.*"rounds": *\([0-9]*\).*/\1/p' plan.json | tail -1)
    [ "${rounds:-0}" -ge "$1" ] || fail "${*:2}: $rounds rounds, wanted $1 or more"
}
plan 10 --scale 0.1 --mode area --ranks 16 --memory 4GiB
plan 19 --scale 0.1 --mode area --ranks 16 --memory 64GiB --chunk 8,64,64
plan 128 --scale 0.1 --mode area --ranks 1 --memory 64GiB

# A budget that has the input read again and again is told of, and one that does not.
make cubic.h5 /raw shape=64,256,256 chunk=64,64,64 dtype=uint16 data=none
little() { # little MEMORY: leaves $reads, how often the plan reads the input
    run 0 resample cubic.h5 out.h5 --scale 0.5 --mode cubic --dry-run --memory "$1" --json plan.json
    reads=$(sed -n 's/^read .*amplification \([0-9]*\)\..*/\1/p' "$folder.out")
}
little 1
little "$(sed -n 's/.*--memory \([0-9]*\).*/\1/p' "$folder.err")"
more=$(sed -n 's/.*warning: .*is read [0-9]* times: --memory \([0-9]*\) reads it 2 times at most/\1/p' "$folder.err")
[ "${reads:-0}" -gt 4 ] && [ -n "$more" ] || fail "no warning of $reads reads: $(cat "$folder.err")"
little "$more"
[ "${reads:-9}" -le 2 ] && ! grep -q 'is read' "$folder.err" || fail "$reads reads with --memory $more: $(cat "$folder.err")"

# One output chunk out of 200 GiB: one round.
make huge.h5 /raw shape=6400,4096,4096 chunk=64,64,64 data=none
thumbnail() { # thumbnail SECONDS_TO_SIGNAL ARGS...
    local began=$SECONDS
    "$MPIRUN" --timeout 90 -n 2 "$VOXSLAB" resample huge.h5 out.h5 --size 8,8,8 --mode area --memory 1GiB \
        --progress 0.2 "${@:2}" >/dev/null 2>"$folder.err" &
    if [ "$1" -gt 0 ]; then
        sleep "$1"
        kill -TERM $(cat "/proc/$!/task/"*/children) # the ranks, as srun and a time limit do
    fi
    wait $!
    status=$?
    took=$((SECONDS - began))
}
given_up() { # given_up WHAT WORDS
    expect_status 75 "$1"
    [ "$took" -le 40 ] || fail "$1: took $took s"
    grep -q "stopped $2 within a round.*--resume" "$folder.err" || fail "$1: $(tail -c 400 "$folder.err")"
    sed -n 's/^ *\([0-9.]*\) %  round 0 of 1,.*/\1/p' "$folder.err" >percents
    [ "$(wc -l <percents)" -ge 2 ] && sort -n -c percents && [ "$(tail -1 percents)" != 0.0 ] ||
        fail "$1: no progress within the round: $(head -c 900 "$folder.err")"
    [ -e out.h5.partial ] && [ -e out.h5.partial.journal ] && [ ! -e out.h5.lock ] || fail "$1 leaves $(ls out.h5*)"
}
thumbnail 4 --force
given_up SIGTERM 'by a signal'
thumbnail 0 --resume --max-time 3
given_up '--max-time, resumed' 'before --max-time'
finish
