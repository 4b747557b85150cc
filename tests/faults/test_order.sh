# What a power failure leaves: everything is on the disk before the journal says so, and the journal before the next
# record; the output is on the disk before it has its name, and its name before the journal goes. Told by a trace
# of the calls of all ranks.
. "$(dirname "$0")/common.sh"

# The journal keeps the chunk index from here on, behind two short records (journal/internal.h).
kept=28672
# The rules, over "RANK begin|end CALL PATH OFFSET".
check_order() { # check_order TRACE WHAT RECORDS KIND
    awk '
    function wrong(what) { print NR ": " what ": " $0; bad = 1 }
    function all_synced(what, r) { for (r in dirty) if (dirty[r]) wrong("rank " r " has not synced its writes before " what) }
    { name = $4; sub(/.*\//, "", name); call = $2 " " $3 }
    call == "begin write" && name == "out.h5.partial" { dirty[$1] = 1; unsynced = 1 }
    call == "end sync" && name == "out.h5.partial" { dirty[$1] = 0 }
    call == "begin write" && name == "out.h5.partial.journal" && $5 >= '$kept' { keeping = 1; kept = 0; next }
    call == "end sync" && name == "out.h5.partial.journal" && keeping { keeping = 0; kept = 1; next }
    call == "begin write" && name == "out.h5.partial" && keeping { wrong("the output changes before its index is kept on the disk") }
    call == "begin sync" && name == "out.h5.partial" && "'"$4"'" == "deflated" && !kept { wrong("a flush, and the index is not kept") }
    call == "begin write" && name == "out.h5.partial.journal" {
        kept = 0
        all_synced("a record")
        if (recorded) wrong("a record before the last one is on the disk")
        recorded = 1; records++
    }
    call == "end sync" && name == "out.h5.partial.journal" { recorded = 0 }
    call == "begin rename" && name == "out.h5.partial" {
        all_synced("the rename")
        if (recorded || !records) wrong("the rename before the last record is on the disk")
        renamed = 1
    }
    call == "end sync" && renamed && $4 == folder { named = 1 }
    call == "begin write" && renamed && name ~ /^out.h5/ { wrong("a write after the rename") }
    call == "begin unlink" && name == "out.h5.partial.journal" {
        if (!named) wrong("the journal goes before the name of the output is on the disk")
        removed = 1
    }
    END {
        if (records < '"$3"') wrong(records + 0 " records, not '"$3"'")
        if (!removed) wrong("the journal was never removed")
        exit bad
    }' folder="$(pwd -P)" "$1" || fail "$2"
}

for component in '^ompio' ompio; do
    for kind in "${kinds[@]}"; do
        traced "$kind" 3 "$component"
        check_order "$trace" "$kind, io=$component" 2 "$kind"
    done
done

# A run that goes on, and one with a single checkpoint: the one at the end.
job_with 'write .partial 12 0 usr1' deflated 2
expect_status 75 'stopped'
rm -f "$folder"/trace.deflated.2.*
traced deflated 2 '^ompio' --resume
check_order "$trace" 'resumed' 2 deflated
rm -f "$trace"
checkpoint=1000 traced chunked 2 '^ompio'
check_order "$trace" 'without checkpoints' 1 chunked
finish
