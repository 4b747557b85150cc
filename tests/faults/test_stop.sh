# Stopping in time, one writer, and what --resume refuses.
. "$(dirname "$0")/common.sh"
make_expected
refused() { # refused NEEDLE WHAT
    expect_status 73 "$2"
    grep -q -- "$1" "$folder.err" || fail "$2: no '$1' in: $(head -c 600 "$folder.err")"
}

# A signal on any one rank stops all at the end of the round.
job_with 'write .partial 12 1 usr1' chunked 2
expect_status 75 SIGUSR1
grep -q -- '--resume' "$folder.err" || fail "SIGUSR1: no advice in $(head -c 600 "$folder.err")"
[ -e out.h5.partial ] && [ -e out.h5.partial.journal ] && [ ! -e out.h5.lock ] || fail "SIGUSR1 leaves $(ls out.h5*)"
cp out.h5.partial.journal journal

# The journal that can't be removed is named.
warned() { # warned NEEDLE WHAT
    expect_status 0 "$2"
    grep -q "warning: $1" "$folder.err" || fail "$2: no '$1' in: $(head -c 600 "$folder.err")"
}
cp -p out.h5.partial partial
before=$resampling resampling=${resampling/ --quiet/}
job_with 'unlink .journal 1 0 EIO' chunked 1 --resume
resampling=$before
warned ".*out.h5' is complete, but '.*out.h5.partial.journal' can't be removed" 'a journal that stays'
rm out.h5
mv partial out.h5.partial
cp journal out.h5.partial.journal

# The partial file is neither replaced nor gone on with unless asked for, nor by another job.
job chunked 2
refused '--resume' 'neither --resume nor --force'
run 2 $resampling ${storage[chunked]} --resume --mode nearest
refused 'mode=linear' 'another mode'
run 2 $resampling ${storage[contiguous]} --resume
refused 'chunk=' 'other chunks'
run 2 resample in.h5:/raw out.h5:/other --size 48,60,40 ${storage[chunked]} --resume --quiet
refused '/other' 'another dataset'
cp -p in.h5 kept.h5
touch -d 2001-01-01 in.h5
job chunked 2 --resume
refused 'input_mtime_ns' 'a changed input'
rm in.h5 && make in.h5 /raw dtype=uint16 shape=60,40,48 chunk=6,20,24 deflate=1
job chunked 2 --resume
refused 'input_mtime_ns' 'an input made again'
mv kept.h5 in.h5
printf 'x' | dd of=out.h5.partial.journal bs=1 seek=100 conv=notrunc status=none
job chunked 2 --resume
refused 'damaged' 'a damaged journal'
rm out.h5.partial.journal
job chunked 2 --resume
refused 'no journal' 'no journal'
job chunked 2 --force
expect_status 0 '--force'
check_output chunked '--force'

# A complete output is left alone, unless it is another job's; where nothing was begun, --resume begins.
kept=$(stat -c '%i %Y %s' out.h5)
run 2 ${resampling/ --quiet/} ${storage[chunked]} --resume
warned 'nothing to resume: .*complete' 'a complete output'
[ "$(stat -c '%i %Y %s' out.h5)" = "$kept" ] || fail 'a complete output was written again'
check_output chunked 'a complete output'
for other in "${storage[chunked]} --mode nearest" "${storage[chunked]} --input-spacing 1,1,2" "${storage[contiguous]}" "${storage[deflated]}"; do
    run 2 $resampling $other --resume
    refused 'of other input, options or version' "a complete output, with $other"
done
cp -p in.h5 kept.h5
touch -d 2001-01-01 in.h5
job chunked 2 --resume
refused 'of other input, options or version' 'a complete output of a changed input'
mv kept.h5 in.h5
clear_output
run 2 ${resampling/ --quiet/} ${storage[chunked]} --resume
warned 'nothing to resume: .*beginning' 'no output'
check_output chunked 'no output'
clear_output

# Records that can't be trusted: all is written again.
job_with 'write .partial 12 0 usr1' deflated 2
expect_status 75 'SIGUSR1, deflated'
for offset in 20480 24576 28672; do
    [ "$(stat -c %s out.h5.partial.journal)" -le "$offset" ] ||
        printf 'xxxxxxxxxxxxxxxxxxxxxxxxxxxx' | dd of=out.h5.partial.journal bs=1 seek="$offset" conv=notrunc status=none
done
go_on deflated 'records that are damaged'
check_output deflated 'records that are damaged'
clear_output

# A partial file that was damaged is told from one that can be gone on with.
job_with 'write .partial 30 0 usr1' deflated 2
expect_status 75 'SIGUSR1, deflated'
truncate -s 3000 out.h5.partial
job deflated 2 --resume
refused 'start over with --force' 'a partial file cut short'
clear_output

# --max-time ends before the time is over, resumably, as often as it takes.
job chunked 2 --max-time 0.001
expect_status 75 '--max-time'
for ((i = 0; i < 3; i++)); do
    job chunked $((i % 2 + 2)) --max-time 0.001 --resume
    expect_status 75 "--max-time again, $i"
done
go_on chunked '--max-time'
check_output chunked '--max-time'
clear_output

# What was recorded before a kill, eight rounds here, is not done again. Rounds differ in size.
number() { sed -n "s/^ *\"$1\": \([0-9]*\),\{0,1\}\$/\1/p" report.json | head -n 1; }
job_with 'write .journal 9 0 kill' chunked 2
expect_status 137 'killed at the ninth record'
job chunked 2 --resume --json report.json
expect_status 0 'killed at the ninth record, resumed'
check_output chunked 'killed at the ninth record'
resumed=$(number resumed_bytes) written=$(sed -n '/"write": {/,/}/s/.*"bytes": \([0-9]*\).*/\1/p' report.json)
[ $((resumed + written)) -eq $((48 * 60 * 40 * 2)) ] || fail "$resumed bytes resumed and $written written"
"$VOXSLAB" $resampling ${storage[chunked]} --memory "${memory[chunked,2]}" --dry-run --ranks 2 --json report.json >/dev/null
[ $((resumed * $(number rounds))) -ge $((48 * 60 * 40 * 2 * 5)) ] || fail "only $resumed bytes of eight of $(number rounds) rounds resumed"
clear_output

# One writer: the second is refused while the first is at it, and not when that was killed.
export LD_PRELOAD=$FAULT_LIBRARY VOXSLAB_FAULT='write .partial 12 0 hang'
"$MPIRUN" -n 2 "$VOXSLAB" $resampling ${storage[chunked]} --checkpoint 0.000001 --memory "${memory[chunked,2]}" >/dev/null 2>&1 &
launcher=$!
unset LD_PRELOAD VOXSLAB_FAULT
for ((i = 0; i < 200; i++)); do
    [ -e out.h5.partial.journal ] && [ -e out.h5.lock ] && break
    sleep 0.05
done
for how in --resume --force; do
    job chunked 1 "$how"
    refused "$(hostname)" "a second writer with $how"
done
children=$(cat "/proc/$launcher/task/"*/children)
kill -KILL $children
wait_for_launcher "$launcher"
[ -e out.h5.lock ] || fail 'a killed job leaves no lock'
go_on chunked 'after a killed writer'
check_output chunked 'after a killed writer'
clear_output

# A job that ends while the second waits for its lock: what it made is not replaced. Nor is what somebody else made.
background() { # leaves $launcher
    # shellcheck disable=SC2086
    "$MPIRUN" --timeout 120 -n 2 "$VOXSLAB" $resampling ${storage[chunked]} --checkpoint 0.000001 --memory "${memory[chunked,2]}" >/dev/null 2>&1 &
    launcher=$!
    for ((i = 0; i < 400; i++)); do
        [ -e out.h5.lock ] && [ -e out.h5.partial ] && break
        sleep 0.02
    done
}
background
job chunked 1 --mode nearest
refused 'exists\|another job is writing' 'a second job while the first ends'
wait "$launcher" || fail "the first of two jobs: $?"
check_output chunked 'the first of two jobs'
clear_output
background
echo precious >out.h5
wait "$launcher"
status=$?
expect_status 73 'a file of somebody else'
[ "$(cat out.h5)" = precious ] || fail 'a file of somebody else was replaced'
job chunked 2 --resume
refused 'exists' 'a file of somebody else, resumed'
rm out.h5
go_on chunked 'a file of somebody else, removed'
check_output chunked 'a file of somebody else, removed'
clear_output

# What can't be read now is not damaged: 74, and the same command goes on once it can.
job_with 'write .journal 6 0 kill' deflated 2
cp out.h5.partial.journal journal
cp out.h5.partial partial
for fault in 'read .journal 1 0 EIO' 'read .journal 2 0 EIO' 'read .journal 2 0 ENOSPC' 'read .partial 1 0 EIO' 'read .partial 5 0 EIO'; do
    job_with "$fault" deflated 2 --resume
    expect_status 74 "$fault"
    cmp -s journal out.h5.partial.journal || fail "$fault: the journal has changed"
done
job deflated 2 --resume --json report.json
expect_status 0 'after reads that failed'
[ "$(number resumed_bytes)" -gt 0 ] || fail 'after reads that failed: all is done again'
check_output deflated 'after reads that failed'
clear_output

# A signal while the output is verified: it is complete, and not all of it was looked at.
kept=${memory[chunked,2]}
memory[chunked,2]=400000
job_with 'read out.h5 4 1 usr1' chunked 2 --verify
expect_status 75 'SIGUSR1, verifying'
[ -e out.h5 ] && [ ! -e out.h5.partial ] || fail "SIGUSR1, verifying, leaves $(ls out.h5*)"
job chunked 2 --verify --resume
expect_status 0 'verified after all'
check_output chunked 'verified after all'
memory[chunked,2]=$kept
clear_output

# An input whose voxels come from other files is another one when those change.
make virtual.h5 /raw layout=virtual sources=3 shape=60,40,48 dtype=uint16
before_virtual=$resampling
resampling=${resampling/in.h5/virtual.h5}
for ranks in 1 2; do
    memory[chunked,$ranks]=$(memory_of chunked "$ranks")
done
source=$(ls virtual.h5?* | head -n 1)
job_with 'write .partial 9 0 kill' chunked 2
[ "$status" -ne 0 ] && [ -e out.h5.partial.journal ] || fail "a virtual input: not killed"
touch -d 2001-01-01 "$source"
job chunked 2 --resume
refused 'input_sources' "another source ($source)"
job chunked 2 --force
expect_status 0 'a virtual input'
run 2 verify out.h5
expect_status 0 'a virtual input verified'
touch -d 2002-01-01 "$source"
job chunked 2 --resume
refused 'of other input' 'a complete output of other sources'
run 2 verify out.h5
expect_status 65 'verified with other sources'
resampling=$before_virtual
clear_output

# --max-time within one read: of chunks as deep as the volume, which take 18 s.
make deep.h5 /raw dtype=uint16 shape=60,40,48 chunk=60,4,4 deflate=1
given_up() { # given_up WHAT SECONDS
    expect_status 75 "$1"
    awk "BEGIN {exit $seconds > $2}" || fail "$1: took $seconds s"
    grep -q "before --max-time within a round" "$folder.err" || fail "$1: $(head -c 600 "$folder.err")"
    [ -e out.h5.partial ] && [ -e out.h5.partial.journal ] && [ ! -e out.h5.lock ] || fail "$1 leaves $(ls out.h5*)"
}
before=$resampling resampling="resample deep.h5 out.h5 --size 48,60,40 --quiet --threads 1"
kept=${memory[chunked,1]} memory[chunked,1]=1GiB
job_with 'read deep.h5 1 -1 slow' chunked 1 --max-time 4
given_up '--max-time within a read' 12
job chunked 1 --resume
expect_status 0 'given up within a read, resumed'
resampling=$before memory[chunked,1]=$kept
clear_output

# A lock that can't be written says why; half of a write is gone on with.
job_with 'write .lock 1 0 ENOSPC' chunked 2
refused 'lock .*No space left' 'a full disk under the lock'
job_with 'write .lock 1 0 short' chunked 2
expect_status 0 'a lock written by halves'
check_output chunked 'a lock written by halves'
clear_output

# Where rank 0 hangs before all else, the watchdog ends the job.
job_with 'write .lock 1 0 hang' chunked 2 --io-timeout 1
expect_status 74 'hangs at the lock'
grep -q "taking the lock '.*out.h5.lock'" "$folder.err" || fail "hangs at the lock: $(head -c 600 "$folder.err")"
clear_output
job_with 'read in.h5 1 0 hang' chunked 1 --io-timeout 1
expect_status 74 'hangs while it looks at the input'
finish
