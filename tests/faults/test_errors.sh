# Reads and writes that fail: the right status, a message, no hang, no output; and resumable with the cause gone.
. "$(dirname "$0")/common.sh"
make_expected
wanted=${VOXSLAB_FAULTS:-10} seed=${VOXSLAB_SEED:-1}
timeout=3
components=('^ompio' ompio)
# What fails, where, and how. The counts have no common divisor, so that all combinations come in 2 x 3 x 11 jobs.
calls=('write .partial EIO' 'read in.h5 EIO' 'write .partial ENOSPC' 'read .partial EIO' 'write .partial short'
    'read in.h5 short' 'sync .partial EIO' 'write .journal ENOSPC' 'write .partial EDQUOT' 'sync .journal EIO'
    'rename .partial EIO')
combinations=$((${#components[@]} * ${#kinds[@]} * ${#calls[@]}))

one_fault() { # one_fault CALL FILE ERROR N RANK KIND RANKS COMPONENT
    local what="$3 at $1 $4 of $2 on rank $5 of $7, $6, io=$8"
    OMPI_MCA_io=$8 job_with "$1 $2 $4 $5 $3" "$6" "$7" --io-timeout "$timeout"
    note_time "$3 of a $1"
    case $status in
    0) # never reached, or a short transfer that was taken up again
        [ -e out.h5 ] || fail "$what: status 0 without output" ;;
    73 | 74)
        [ ! -e out.h5 ] || fail "$what: status $status, but the output is there"
        grep -q '^voxslab: ' "$folder.err" || fail "$what: status $status without a message"
        [ "$status" -ne 73 ] || [ ! -e out.h5.partial ] || fail "$what: status $status leaves a partial file"
        faults=$((faults + 1)) ;;
    *) fail "$what: status $status: $(head -c 600 "$folder.err")" ;;
    esac
    [ "$(awk "BEGIN {print ($seconds > $timeout + 12)}")" -eq 0 ] || fail "$what: took $seconds s"
    [ "$status" -eq 0 ] || go_on "$6" "$what"
    check_output "$6" "$what"
    clear_output
}

# N is spread over the whole run, as far as the number of jobs allows: by the golden section.
faults=0
for ((i = (seed - 1) * wanted; i < seed * wanted; i++)); do
    kind=${kinds[$((i % 3))]} component=${components[$((i % 2))]} call=${calls[$((i % ${#calls[@]}))]}
    ranks=$((i / combinations % 3 + 1))
    rank=$((RANDOM % ranks))
    read -r name file error <<<"$call"
    count=$(calls_of "$name" "$file" "$rank" "$kind" "$ranks" "$component")
    if [ "$count" -eq 0 ]; then # the journal is rank 0's
        rank=0
        count=$(calls_of "$name" "$file" 0 "$kind" "$ranks" "$component")
    fi
    n=$(awk "BEGIN {at = $i / $combinations * 0.618034 + $i * 0.37; print int((at - int(at)) * $count) + 1}")
    one_fault "$name" "$file" "$error" "$n" "$rank" "$kind" "$ranks" "$component"
done
echo "$faults faults in $wanted jobs"
print_times

# A file size limit, in KiB: writes beyond it fail. MPI's own files take 4 MiB.
large='resample in.h5 out.h5 --size 200,200,200 --chunk 4,64,64 --filter gzip=1 --dtype float32 --quiet --memory 40MiB --threads 1'
# shellcheck disable=SC2086
(ulimit -f 9000 && run 2 ${large/gzip=1/none} && exit "$status")
[ $? -eq 73 ] && grep -q 'ulimit -f' "$folder.err" || fail "ulimit -f is not seen before: $(head -c 600 "$folder.err")"
for component in "${components[@]}"; do
    # shellcheck disable=SC2086
    (ulimit -f 9000 && OMPI_MCA_io=$component run 2 $large --io-timeout "$timeout" && exit "$status")
    [ $? -eq 74 ] || fail "ulimit -f, io=$component: not status 74: $(head -c 600 "$folder.err")"
    # OMPIO only knows that the write was cut short
    grep -q "File too large$([ "$component" = ompio ] && echo '\|file write failed')" "$folder.err" || fail "ulimit -f, io=$component: no cause in $(head -c 600 "$folder.err")"
    [ ! -e out.h5 ] || fail "ulimit -f, io=$component: the output is there"
    # shellcheck disable=SC2086
    run 1 $large --resume
    expect_status 0 "ulimit -f, io=$component: resumed"
    clear_output
done

# A write that never returns.
job_with 'write .partial 12 0 hang' chunked 2 --io-timeout 2
expect_status 74 'a transfer that hangs'
grep -q 'no progress for 2 s while' "$folder.err" || fail "a transfer that hangs: $(head -c 600 "$folder.err")"
go_on chunked 'a transfer that hangs'
check_output chunked 'a transfer that hangs'
clear_output

# A full disk, where we may make one.
mkdir disk
if mount -t tmpfs -o size=200k none disk 2>/dev/null; then
    trap 'umount "$folder/disk" 2>/dev/null; rm -rf "$folder" "$folder.out" "$folder.err"' EXIT
    run 2 resample in.h5 disk/out.h5 --size 48,60,40 --chunk none --quiet
    expect_status 73 'a disk too small'
    grep -q 'free there' "$folder.err" || fail 'a disk too small: no reason'
    for component in "${components[@]}"; do
        began=$EPOCHREALTIME
        OMPI_MCA_io=$component run 2 resample in.h5 disk/out.h5 --size 48,60,40 --chunk none --quiet --no-space-check --io-timeout "$timeout"
        echo "slowest end after a full disk, io=$component: $(awk "BEGIN {print $EPOCHREALTIME - $began}") s"
        expect_status 74 "a full disk, io=$component"
        # OMPIO only knows that the write was cut short
        grep -q "No space left$([ "$component" = ompio ] && echo '\|file write failed')" "$folder.err" || fail "a full disk, io=$component: no cause in $(head -c 600 "$folder.err")"
        [ ! -e disk/out.h5 ] || fail "a full disk, io=$component: the output is there"
        mount -o remount,size=10m disk
        OMPI_MCA_io=$component run 3 resample in.h5 disk/out.h5 --size 48,60,40 --chunk none --quiet --resume
        expect_status 0 "a disk that was full, io=$component"
        voxels disk/out.h5 >now.bin
        cmp -s expected.contiguous now.bin || fail "a disk that was full, io=$component: the output differs"
        rm -f disk/*
        mount -o remount,size=200k disk
    done
    umount disk
else
    echo 'no tmpfs can be mounted here: a full disk is not tried'
fi
finish
