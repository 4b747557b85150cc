# Kills at every point of the protocol and at random times, resumed on other ranks: the undisturbed run's output.
. "$(dirname "$0")/common.sh"
make_expected
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
    sleep "$(awk "BEGIN {print 0.2 + $((RANDOM % 1000)) / 1000}")"
    children=$(cat "/proc/$launcher/task/"*/children 2>/dev/null)
    # shellcheck disable=SC2086
    [ -z "$children" ] || kill -KILL $children 2>/dev/null
    wait "$launcher" 2>/dev/null
    status=$?
}

kills=0
declare -A killed # by point
for ((i = 0; i < wanted; i++)); do
    kind=${kinds[$((i % 3))]} ranks=$((RANDOM % 3 + 1))
    if [ $((i % 14)) -eq 13 ]; then
        what="any time, $kind, $ranks ranks"
        kill_any_time "$kind" "$ranks"
    else
        # every point with every kind, in the course of 39
        point=${points[$(((i + i / 13) % 13))]}
        what="${point%%:*}, $kind, $ranks ranks"
        kill_at_point "$point" "$kind" "$ranks"
    fi
    if [ "$status" -ne 0 ]; then
        kills=$((kills + 1))
        killed[${what%%,*}]=$((${killed[${what%%,*}]:-0} + 1))
        [ ! -e out.h5 ] || [[ $what = after-rename* ]] || [[ $what = any* ]] || fail "$what: the output is there"
        if [ $((RANDOM % 2)) -eq 0 ]; then # and again, while it resumes
            what+=', twice'
            point=${points[$((RANDOM % 13))]}
            kill_at_point "$point" "$kind" $((RANDOM % 3 + 1)) --resume
            [ "$status" -eq 0 ] || kills=$((kills + 1)) killed[${point%%:*}]=$((${killed[${point%%:*}]:-0} + 1))
        fi
        [ -e out.h5 ] && [ ! -e out.h5.partial ] && [ ! -e out.h5.partial.journal ] || go_on "$kind" "$what"
    fi
    rm -f out.h5.lock.stale
    check_output "$kind" "$what"
    clear_output
done
echo "$kills kills in $wanted jobs"
for name in "${!killed[@]}"; do
    echo "killed $name: ${killed[$name]}"
done | sort
[ "$kills" -ge $((wanted * 2 / 3)) ] || fail "only $kills of $wanted jobs were killed"
finish
