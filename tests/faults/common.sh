# Sourced by the tests of kills and faults, after what tests/cli/common.sh brings. From CTest also: FAULT_LIBRARY.
# VOXSLAB_SEED and VOXSLAB_FAULTS choose which faults, and how many.
. "$(dirname "${BASH_SOURCE[0]}")/../cli/common.sh"
RANDOM=${VOXSLAB_SEED:-1}
export OMP_WAIT_POLICY=passive

# The output's storage, by name.
declare -A storage=([contiguous]='--chunk none' [chunked]='--chunk 4,16,16 --filter none'
    [deflated]='--chunk 4,16,16 --filter gzip=1')
kinds=(contiguous chunked deflated)
make in.h5 /raw dtype=uint16 shape=60,40,48 chunk=6,20,24 deflate=1
resampling='resample in.h5 out.h5 --size 48,60,40 --quiet --threads 1'

# Little enough for many rounds on a rank count, as the refusal of too little tells: memory_of KIND RANKS.
memory_of() {
    local least
    # shellcheck disable=SC2086
    least=$("$VOXSLAB" $resampling ${storage[$1]} --dry-run --ranks "$2" --memory 1 2>&1 | sed -n 's/.*--memory \([0-9]*\).*/\1/p')
    [ -n "$least" ] || fail "no least memory for $1 on $2 ranks"
    echo $((least + least / 20))
}
declare -A memory
for kind in "${kinds[@]}"; do
    for ranks in 1 2 3 4; do
        memory[$kind,$ranks]=$(memory_of "$kind" "$ranks")
    done
done

# voxels FILE: the dataset as bytes, on stdout; nothing when it can't be read.
voxels() {
    rm -f voxels.bin
    h5dump -d /raw -b LE -o voxels.bin "$1" >/dev/null 2>&1 && cat voxels.bin
}

# header FILE: shape, dtype, chunks, filters and attributes as text, on stdout, but for where and when.
header() {
    h5dump -p -A "$1" | awk '
        /ATTRIBUTE "voxslab_(command|date)"/ {skip = 1}
        skip {skip += gsub(/{/, "{") - gsub(/}/, "}"); skip = skip > 1 ? skip : 0; next}
        !/^HDF5 |OFFSET/'
}

# job KIND RANKS [OPTION]...: a run with many rounds, and a checkpoint after each; leaves $status and $seconds.
job() {
    local kind=$1 ranks=$2 began=$EPOCHREALTIME
    last_ranks=$ranks
    shift 2
    # shellcheck disable=SC2086
    run "$ranks" $resampling ${storage[$kind]} --memory "${memory[$kind,$ranks]}" --checkpoint "${checkpoint:-0.000001}" "$@"
    seconds=$(awk "BEGIN {print $EPOCHREALTIME - $began}")
}

# job_with FAULT KIND RANKS [OPTION]...
job_with() {
    local fault=$1
    shift
    export LD_PRELOAD=$FAULT_LIBRARY VOXSLAB_FAULT=$fault
    job "$@"
    unset LD_PRELOAD VOXSLAB_FAULT
}

# The calls on the job's files that a run makes, "RANK begin|end CALL PATH OFFSET", in trace.KIND.RANKS.COMPONENT, once
# for each: traced KIND RANKS COMPONENT [OPTION]...
traced() {
    trace=$folder/trace.$1.$2.$3
    [ ! -e "$trace" ] || return 0
    VOXSLAB_FAULT_LOG=$trace OMPI_MCA_io=$3 job_with 'any .h5 0 -1 trace' "$1" "$2" "${@:4}"
    expect_status 0 "traced, $1, $2 ranks, io=$3"
    clear_output
}

# How many calls of a kind a rank makes on a file: calls_of CALL FILE RANK KIND RANKS COMPONENT
calls_of() {
    traced "$4" "$5" "$6"
    grep -c "^$3 begin $1 [^ ]*$2 " "$trace"
}

clear_output() { rm -f out.h5 out.h5.partial out.h5.partial.journal out.h5.partial.journal.new out.h5.lock; }

# After a kill of all ranks. Where they had not met yet, Open MPI 4.1.4 may wait for the dead for ever: then mpirun dies
# too, as when a node does. Leaves $status.
stuck=0
wait_for_launcher() { # wait_for_launcher PID
    local tenths
    for ((tenths = 0; tenths < 600; tenths++)); do
        kill -0 "$1" 2>/dev/null || break
        sleep 0.1
    done
    [ "$tenths" -lt 600 ] || { kill -KILL "$1"; stuck=$((stuck + 1)); }
    wait "$1" 2>/dev/null
    status=$?
}

# Whether OUT is what the undisturbed run made, and nothing else is left: check_output KIND WHAT
check_output() {
    voxels out.h5 >now.bin
    cmp -s "expected.$1" now.bin || fail "$2: the output differs from the undisturbed run's"
    cmp -s "expected.$1.header" <(header out.h5) ||
        fail "$2: the output's header differs: $(diff "expected.$1.header" <(header out.h5) | head -n 10)"
    for rest in out.h5.partial out.h5.partial.journal out.h5.partial.journal.new out.h5.lock; do
        [ ! -e "$rest" ] || fail "$2: $rest is still there"
    done
}

make_expected() {
    for kind in "${kinds[@]}"; do
        job "$kind" 1
        expect_status 0 "undisturbed, $kind"
        voxels out.h5 >"expected.$kind"
        header out.h5 >"expected.$kind.header"
        grep -q 'voxslab_input_mtime_ns' "expected.$kind.header" || fail "no attributes in $(cat "expected.$kind.header")"
        ! grep -qE 'voxslab_(command|date)' "expected.$kind.header" || fail "dates in $(cat "expected.$kind.header")"
        [ "$(stat -c %s "expected.$kind")" -eq $((48 * 60 * 40 * 2)) ] || fail "expected.$kind has a wrong size"
        clear_output
    done
}

# Go on until it is done, on another number of ranks each time.
go_on() { # go_on KIND WHAT
    local ranks=$((RANDOM % 4 + 1))
    [ "$ranks" -ne "${last_ranks:-0}" ] || ranks=$((ranks % 4 + 1))
    job "$1" "$ranks" --resume
    expect_status 0 "$2: resumed on $ranks ranks"
}

declare -A slowest # the longest job, by the fault's name
note_time() { # note_time NAME
    slowest[$1]=$(awk "BEGIN {print ($seconds > ${slowest[$1]:-0}) ? $seconds : ${slowest[$1]:-0}}")
}
print_times() {
    for name in "${!slowest[@]}"; do
        echo "slowest end after $name: ${slowest[$name]} s"
    done | sort
}
