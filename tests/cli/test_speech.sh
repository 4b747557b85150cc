# What a run says: banner, progress and report on stderr from rank 0, JSON where it is asked for, a plan on stdout.
. "$(dirname "$0")/common.sh"
make in.h5 /raw shape=64,50,40 chunk=16,16,16 deflate=1 spacing=2,1,1

run 2 resample in.h5 out.h5 --scale 0.5 --json report.json
expect_status 0 'a run'
for needle in 'voxslab ' '(64, 50, 40)' '(32, 25, 20)' 'ranks    2' 'memory' 'epoch' 'round' 'read ' 'write ' 'GB/s' \
    'voxel/s' 'amplification' 'ghosts' 'at the peak' 'done'; do
    grep -qF -- "$needle" "$folder.err" || fail "no '$needle' in: $(cat "$folder.err")"
done
[ "$(grep -c '^done ' "$folder.err")" -eq 1 ] || fail 'several ranks report'
[ ! -s "$folder.out" ] || fail "a run prints on stdout: $(cat "$folder.out")"
python3 - <<'P' || fail "the report: $(cat report.json)"
import json
r = json.load(open('report.json'))
assert r['input']['shape'] == [64, 50, 40] and r['output']['shape'] == [32, 25, 20]
assert r['output']['dtype'] == 'uint16' and r['output']['dataset'] == '/raw'
assert r['output']['spacing'] == [4, 2, 2] and r['plan']['ranks'] == 2
assert r['run']['write']['bytes'] == 32 * 25 * 20 * 2 and r['run']['seconds'] > 0
assert r['run']['read']['bytes'] >= r['plan']['needed_bytes'] > 0 and r['run']['peak_rss'] > 0
P
ls | grep -vxE 'in.h5|out.h5|report.json' && fail 'other files are left'

run 0 resample in.h5 quiet.h5 --scale 0.5 --quiet
expect_status 0 '--quiet'
[ ! -s "$folder.err" ] && [ ! -s "$folder.out" ] || fail "--quiet speaks: $(cat "$folder.err" "$folder.out")"
[ -s quiet.h5 ] || fail '--quiet makes no output'

run 2 resample in.h5 stdout.h5 --scale 0.5 --quiet --json -
python3 -m json.tool "$folder.out" >formatted || fail "--json - is no JSON: $(cat "$folder.out")"
run 0 resample in.h5 null.h5 --scale 0.5 --quiet --json /dev/null
expect_status 0 '--json /dev/null'
[ -c /dev/null ] || fail '--json replaced /dev/null'

# On a terminal the progress line stays in place; elsewhere it is a line now and then.
run 0 resample in.h5 often.h5 --size 64,400,400 --progress 0.000001
grep -qE '^ *[0-9.]+ % .*left$' "$folder.err" || fail "no progress line: $(cat "$folder.err")"
if command -v script >/dev/null; then
    script -qec "'$VOXSLAB' resample in.h5 terminal.h5 --scale 0.5" typescript >seen
    grep -q $'\r.*100.0 %' seen || fail "no progress in place: $(cat seen)"
fi

# A plan: nothing is written, everything is said.
rm -f ./*.json formatted seen typescript
before=$(snapshot)
run 0 resample in.h5 plan.h5 --scale 0.5 --dry-run --ranks 3 --memory 1GiB
expect_status 0 'a plan'
[ "$before" = "$(snapshot)" ] || fail 'a plan changes files'
for needle in '(32, 25, 20)' 'ranks    3' 'epoch' 'output box' 'amplification' 'ghosts' 'memory' '1.00 GiB allowed'; do
    grep -qF -- "$needle" "$folder.out" || fail "no '$needle' in the plan: $(cat "$folder.out")"
done
run 2 resample in.h5 plan.h5 --scale 0.5 --dry-run
expect_status 0 'a plan under mpirun'
grep -q '^ranks    2,' "$folder.out" || fail "mpirun -n 2 does not plan for 2 ranks: $(cat "$folder.out")"
[ "$(grep -c '^ranks ' "$folder.out")" -eq 1 ] || fail 'several ranks print the plan'
SLURM_NTASKS=7 run 0 resample in.h5 plan.h5 --scale 0.5 --dry-run
grep -q '^ranks    7,' "$folder.out" || fail 'a Slurm allocation of 7 tasks does not plan for 7 ranks'

# A cluster's plan on a laptop: the table is cut, the JSON is whole.
make huge.h5 /raw shape=3000,20000,20000 chunk=64,64,64 data=none
run 0 resample huge.h5 plan.h5 --scale 0.1 --dry-run --ranks 4096 --memory 4GiB --json plan.json
expect_status 0 'a plan for 4096 ranks'
grep -qE '^\.\.\. [0-9]+ parts left out.*--json' "$folder.out" || fail "no cut: $(cat "$folder.out")"
[ "$(wc -l <"$folder.out")" -lt 50 ] || fail 'the table is long'
python3 - <<'P' || fail 'the plan as JSON'
import json
p = json.load(open('plan.json'))
shape = p['output']['shape']
assert shape == [300, 2000, 2000] and p['plan']['ranks'] == 4096
voxels = 0
for part in p['parts']:
    box = [e - b for b, e in zip(part['output']['begin'], part['output']['end'])]
    voxels += box[0] * box[1] * box[2]
    assert part['memory_bytes'] <= 4 << 30
assert voxels == 300 * 2000 * 2000, voxels
P
run 0 resample huge.h5 plan.h5 --scale 0.1 --dry-run --ranks 5 --json -
python3 -m json.tool "$folder.out" >formatted || fail "a plan with --json - is no JSON: $(head -c 300 "$folder.out")"
finish
