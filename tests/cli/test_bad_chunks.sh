# Input chunks that can't be decoded: named, with status 65, or skipped: filled, counted, listed and recorded.
. "$(dirname "$0")/common.sh"
make good.h5 /raw shape=40,50,60 chunk=8,16,20 deflate=1
cp good.h5 bad.h5
alter bad.h5 /raw damage 9,20,30
alter bad.h5 /raw damage 39,49,59
refuse 65 "/raw|bad.h5|[8:16, 16:32, 20:40]|decoded" resample bad.h5 out.h5 --scale 1 --quiet
for value in 70000 -1 1.5 x; do
    refuse_with 0 2 "$value|uint16|0 to 65535" resample bad.h5 out.h5 --scale 1 --skip-bad-chunks $value
done
refuse_with 0 2 '70000' resample bad.h5 out.h5 --scale 1 --skip-bad-chunks 70000 --dry-run

# The same voxels, list and count on any number of ranks; all other voxels as from the good file.
for ranks in 0 2 5; do
    run $ranks resample bad.h5 out$ranks.h5 --size 40,50,60 --skip-bad-chunks 7 --json report.json --chunk 5,50,60
    expect_status 0 "[$ranks ranks] skipping"
    for needle in 'skipped  chunk 8:16,16:32,20:40' 'skipped  chunk 32:40,48:50,40:60' \
        '2 chunks of the input, 2880 voxels'; do
        grep -qF -- "$needle" "$folder.err" || fail "[$ranks ranks] no '$needle' in $(cat "$folder.err")"
    done
    python3 - <<'P' || fail "[$ranks ranks] the list: $(cat report.json)"
import json
r = json.load(open('report.json'))
assert r['run']['bad_chunks'] == 2 and r['run']['bad_voxels'] == 2880
assert r['bad_chunks'] == [{'begin': [8, 16, 20], 'end': [16, 32, 40]}, {'begin': [32, 48, 40], 'end': [40, 50, 60]}]
P
done
h5dump -a /raw/voxslab_bad_chunks out2.h5 | grep -q '(0): 2$' || fail 'the output does not record how many'
h5dump -a /raw/voxslab_parameters out2.h5 | grep -q 'skip_bad_chunks=7' || fail 'the output does not record the value'
[ ! -e out2.h5.partial.bad_chunks ] || fail 'the list is left behind'
for ranks in 2 5; do
    run 0 compare out0.h5 out$ranks.h5 --quiet
    expect_status 0 "other voxels on $ranks ranks"
done
run 0 compare out0.h5 good.h5 --json compared.json --quiet
expect_status 1 'filled and good'
grep -q 'first at (8, 16, 20): 7 and' "$folder.err" || fail "filled and good: $(cat "$folder.err")"
differing=$(sed -n 's/.*"differing": \([0-9]*\).*/\1/p' compared.json)
[ "$differing" -gt 2870 ] && [ "$differing" -le 2880 ] || fail "$differing voxels are filled, wanted 2880"
run 2 verify out0.h5 --all --quiet
expect_status 0 'verifying an output of filled input'

# Only chunks that the output needs count, though one rank may read others on its way. By HDF5's own decoders,
# through a virtual dataset, and without compression too.
run 0 resample bad.h5 few.h5 --size 2,2,2 --mode nearest --skip-bad-chunks 7 --quiet --json report.json
expect_status 0 'a few voxels'
grep -q '"bad_chunks": \[\]' report.json || fail "chunks that nobody needs are listed: $(cat report.json)"
make virtual.h5 /raw layout=virtual sources=2 shape=16,20,24 chunk=4,10,24 deflate=1
alter virtual.h5.1 /raw damage 0,0,0
refuse_with 2 65 '/raw|[8:12, 0:10, 0:24]|decoded' resample virtual.h5 out.h5 --scale 1
run 2 label virtual.h5 label.h5 --skip-bad-chunks 0
expect_status 0 'a virtual dataset'
grep -qF 'skipped  chunk 8:12,0:10,0:24' "$folder.err" || fail "a virtual dataset: $(cat "$folder.err")"
make szip.h5 /raw shape=16,20,24 chunk=4,10,24 szip=1 fletcher32=1 dtype=float32
alter szip.h5 /raw damage 8,0,0
refuse_with 2 65 '/raw|[8:12, 0:10, 0:24]|decoded' resample szip.h5 out.h5 --scale 1 --filter none
run 2 resample szip.h5 szip-out.h5 --scale 1 --filter none --skip-bad-chunks nan --quiet
expect_status 0 'szip'
run 0 compare szip-out.h5 szip-out.h5 --quiet
expect_status 0 'szip, filled'

# By points, whose input is read as they fall.
run 2 affine bad.h5 turned.h5 --matrix '1 0 0 0 0 1 0 0 0 0 1 0' --skip-bad-chunks 7 --quiet
expect_status 0 'affine'
run 0 compare turned.h5 out0.h5 --quiet
expect_status 0 'affine, filled'

# A job that is stopped and resumed knows what the first run found.
least=$("$VOXSLAB" resample bad.h5 stopped.h5 --size 40,50,60 --chunk 4,50,60 --skip-bad-chunks 7 --dry-run --memory 1 2>&1 | sed -n 's/.*--memory \([0-9]*\).*/\1/p')
run 1 resample bad.h5 stopped.h5 --size 40,50,60 --chunk 4,50,60 --memory "$least" --skip-bad-chunks 7 --quiet --checkpoint 0.000001 --max-time 0.001
# Where that list is lost or damaged, the count would be wrong: refused, and what is done is kept.
resumed() { run "$1" resample bad.h5 stopped.h5 --size 40,50,60 --chunk 4,50,60 --memory "$least" --skip-bad-chunks 7 --quiet --checkpoint 0.000001 --resume "${@:2}"; }
for ((i = 0; i < 30 && status == 75 && $(wc -l <stopped.h5.partial.bad_chunks) < 2; i++)); do
    resumed 0 --max-time 0.001
done
expect_status 75 'stopped once a chunk was skipped'
cp stopped.h5.partial.bad_chunks list
number=$(sed -n 2p list)
for damage in "2s/.*/$((number + 1))/" '2d' '1d' '1s/list of ./list of 0/' delete; do
    if [ "$damage" = delete ]; then rm stopped.h5.partial.bad_chunks; else sed "$damage" list >stopped.h5.partial.bad_chunks; fi
    resumed 2
    expect_status 73 "a list with $damage"
    grep -q 'stopped.h5.partial.bad_chunks.*--force' "$folder.err" || fail "a list with $damage: $(cat "$folder.err")"
    [ -e stopped.h5.partial ] && [ -e stopped.h5.partial.journal ] || fail "a list with $damage: what is done is gone"
done
mv list stopped.h5.partial.bad_chunks
stops=0
status=75
while [ $status -eq 75 ] && [ $stops -lt 30 ]; do
    stops=$((stops + 1))
    run 0 resample bad.h5 stopped.h5 --size 40,50,60 --chunk 4,50,60 --memory "$least" --skip-bad-chunks 7 --json report.json --checkpoint 0.000001 --max-time 0.001 --resume
done
expect_status 0 'resumed'
[ $stops -gt 1 ] || fail 'it was never stopped'
grep -q '"bad_chunks": 2' report.json || fail "resumed: $(cat report.json)"
run 0 compare stopped.h5 out0.h5 --quiet
expect_status 0 'resumed: other voxels'
[ ! -e stopped.h5.partial.bad_chunks ] || fail 'the list is left behind'
finish
