# Kills at every point of the protocol and at random times, resumed on other ranks: the undisturbed run's output.
. "$(dirname "$0")/common.sh"
make_expected
undisturbed=$seconds # a whole run
wanted=${VOXSLAB_FAULTS:-12}

# Calls at which a rank dies, with the most that N is drawn from; the names are the protocol's points.
points=(
    'created:rename .journal.new 1 0 kill'
    'half-created:write .partial 4 0 kill'
    'opened:write .partial 9 0 kill'
    'mid-write:write .partial 90 0 kill'
    'mid-write-torn:write .partial 90 0 tear'
    'other-rank:write .partial 60 1 kill'
    'in-flush:sync .partial 7 0 kill'
    'in-flush-other-rank:sync .partial 7 1 kill'
    'after-flush:write .journal 7 0 kill'
    'half-journal:write .journal 7 0 tear'
    'before-journal-sync:sync .journal 7 0 kill'
    'before-rename:rename .partial 1 0 kill'
    'after-rename:unlink .journal 1 0 kill'
)

# One rank dies at a call, and mpirun ends the others.
kill_at_point() { # kill_at_point POINT KIND RANKS [OPTION]...
    local call file most rank deed
    read -r call file most rank deed <<<"${1#*:}"
    [ "$rank" -lt "$3" ] || rank=0
    job_with "$call $file $((RANDOM % most + 1)) $rank $deed" "${@:2}"
}

# All ranks die at once, at any time.
kill_any_time() { # kill_any_time KIND RANKS [OPTION]...
    local kind=$1 ranks=$2 launcher children
    shift 2
    # shellcheck disable=SC2086
    "$MPIRUN" -n "$ranks" "$VOXSLAB" $resampling ${storage[$kind]} --memory "${memory[$kind,$ranks]}" --checkpoint 0.000001 "$@" >/dev/null 2>&1 &
    launcher=$!
    sleep "$(awk "BEGIN {print $undisturbed * $((RANDOM % 1000)) / 1000}")"
    children=$(cat "/proc/$launcher/task/"*/children 2>/dev/null)
    # shellcheck disable=SC2086
    [ -z "$children" ] || kill -KILL $children 2>/dev/null
    last_ranks=$ranks
    wait_for_launcher "$launcher"
}

kills=0
declare -A killed # by point
count() { # count POINT: if the job died
    [ "$status" -ne 0 ] || return 0
    kills=$((kills + 1)) killed[$1]=$((${killed[$1]:-0} + 1))
}
settle() { # settle WHAT KIND: go on until it is done, and compare
    [ -e out.h5 ] && [ ! -e out.h5.partial ] && [ ! -e out.h5.partial.journal ] || go_on "$2" "$1"
    rm -f out.h5.lock # of one that was killed after all was done
    check_output "$2" "$1"
    clear_output
}

for ((i = 0; i < wanted; i++)); do
    # every point with every kind, in the course of 39
    kind=${kinds[$((i % 3))]} ranks=$((RANDOM % 3 + 1)) point=${points[$(((i + i / 13) % 13))]}
    what="${point%%:*}, $kind, $ranks ranks"
    kill_at_point "$point" "$kind" "$ranks"
    count "${point%%:*}"
    if [ "$status" -ne 0 ]; then
        [ ! -e out.h5 ] || [[ $what = after-rename* ]] || fail "$what: the output is there"
        if [ $((RANDOM % 2)) -eq 0 ]; then # and again, while it resumes
            what+=', twice'
            point=${points[$((RANDOM % 13))]}
            kill_at_point "$point" "$kind" $((RANDOM % 3 + 1)) --resume
            count "${point%%:*}"
        fi
    fi
    settle "$what" "$kind"
done
for ((i = 0; i < (wanted + 2) / 3; i++)); do
    kind=${kinds[$((i % 3))]} ranks=$((RANDOM % 3 + 1))
    kill_any_time "$kind" "$ranks"
    count 'any time'
    settle "any time, $kind, $ranks ranks" "$kind"
done

# A rank dies in the middle of writing the chunk index, which is put back.
mended=0
tear_index() { # tear_index RANKS COMPONENT
    local resampling=${resampling/ --quiet/} what="index torn, $1 ranks, io=$2"
    OMPI_MCA_io=$2 job_with "index .partial $((RANDOM % 3 + 2)) -1 tear" deflated "$1"
    [ "$status" -ne 0 ] || fail "$what: not killed"
    count 'index-torn'
    settle "$what" deflated
    ! grep -q 'flush of .* was cut short; its chunk index is what it was before' "$folder.err" || mended=$((mended + 1))
}
torn=$(((wanted + 2) / 3))
for ((i = 0; i < torn; i++)); do
    tear_index $((i / 2 % 3 + 1)) "$([ $((i % 2)) -eq 0 ] && echo ^ompio || echo ompio)"
done
[ "$mended" -gt 0 ] || fail "none of $torn torn indexes was put back"
echo "$kills kills in $wanted jobs, $mended torn indexes put back"
[ "$stuck" -eq 0 ] || echo "mpirun waited for dead ranks: $stuck"
for name in "${!killed[@]}"; do
    echo "killed $name: ${killed[$name]}"
done | sort
[ "$kills" -ge $((wanted * 2 / 3)) ] || fail "only $kills of $wanted jobs were killed"
finish
