# Sampling jobs that stop, are killed or fail, whose points travel: resumed on other ranks, the undisturbed output.
. "$(dirname "$0")/common.sh"
make grid.h5 /grid shape=48,60,40,3 dtype=float32 chunk=12,15,20,3
resampling='grid-sample in.h5 grid.h5 out.h5 --padding reflection --quiet --threads 1'
kinds=(chunked deflated)
for ranks in 1 2 3 4; do
    for kind in "${kinds[@]}"; do memory[$kind,$ranks]=$(memory_of "$kind" "$ranks"); done
done
make_expected
job chunked 2 --json report.json
python3 -c 'import json; assert json.load(open("report.json"))["run"]["travelled_points"] > 0' || fail "no point travels"
clear_output
timeout=3

# A signal, a grid that changed meanwhile, and on.
job_with 'write .partial 12 1 usr1' chunked 2
expect_status 75 SIGUSR1
cp -p grid.h5 grid.kept
touch -d 2001-01-01 grid.h5
job chunked 2 --resume
expect_status 73 'a changed grid'
grep -q 'grid_mtime_ns' "$folder.err" || fail "a changed grid: $(head -c 600 "$folder.err")"
rm grid.h5 && cp -p grid.kept grid.h5
go_on chunked SIGUSR1
check_output chunked SIGUSR1
clear_output

# Killed in a write and in a flush.
for fault in 'write .partial 20 0 kill' 'sync .partial 3 1 kill'; do
    job_with "$fault" deflated 2
    [ "$status" -ne 0 ] || fail "$fault: not killed"
    go_on deflated "$fault"
    check_output deflated "$fault"
    clear_output
done

# Failing transfers, of the input, the grid and the output; one that never returns.
for fault in 'read in.h5 9 0 EIO' 'read grid.h5 9 1 EIO' 'write .partial 15 0 ENOSPC' 'write .partial 12 1 hang'; do
    job_with "$fault" chunked 2 --io-timeout "$timeout"
    note_time "${fault##* }"
    [ "$status" -eq 74 ] || fail "$fault: status $status: $(head -c 600 "$folder.err")"
    [ ! -e out.h5 ] || fail "$fault: the output is there"
    grep -q '^voxslab: ' "$folder.err" || fail "$fault: no message"
    go_on chunked "$fault"
    check_output chunked "$fault"
    clear_output
done
print_times
finish
