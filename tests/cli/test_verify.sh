# voxslab verify: the same to the bit or not, from the recorded input; and what it can't verify.
. "$(dirname "$0")/common.sh"
make in.h5 /raw shape=30,40,44 chunk=7,16,16 deflate=1 spacing=3,1,0.7
make flat.h5 /raw dtype=float32 shape=2,20,21,22
resample() {
    run 0 resample "$@" --quiet
    expect_status 0 "resample $*"
}
resample in.h5:/raw chunked.h5:/out --size 25,51,33 --chunk 4,16,16 --filter gzip=1
resample flat.h5 flat-out.h5 --scale 1.5 --mode nearest --align-corners --chunk none --dtype float64
run 0 label in.h5 label.h5 --minimum-label --dtype int16 --quiet
expect_status 0 label

same() { # same RANKS OUT [OPTION]...
    run "$1" verify "${@:2}"
    expect_status 0 "[$1] verify ${*:2}"
    grep -q '^result   the same to the bit$' "$folder.err" || fail "[$1] verify ${*:2}: $(cat "$folder.err")"
}
same 0 chunked.h5
same 3 chunked.h5:/out --all
grep -qE '^tiles    84 of 84 computed again, 42075 voxels' "$folder.err" || fail "not all tiles: $(cat "$folder.err")"
same 2 flat-out.h5 --all --threads 2
same 2 label.h5 --sample 30%
grep -qE '^tiles    14 of 45 computed again' "$folder.err" || fail "not 30 % of the tiles: $(cat "$folder.err")"

# Outputs of points: their grid or field is an input, too.
make grid.h5 /grid shape=9,10,11,3 dtype=float32 chunk=4,4,4,3
make field.h5 /field shape=15,20,22,3 dtype=float64
run 0 grid-sample in.h5 grid.h5 sampled.h5 --padding reflection --quiet
expect_status 0 grid-sample
run 0 affine in.h5 turned.h5 --matrix '0.9 0.1 0 1.5 -0.1 0.9 0 2 0 0 1.1 -1' --size 20,30,40 --padding constant --fill 3 --mode nearest --quiet
expect_status 0 affine
run 0 warp in.h5 field.h5 warped.h5 --size 30,40,44 --padding border --coordinates physical --quiet
expect_status 0 warp
for out in sampled turned warped; do
    same 2 $out.h5 --all
done
mv grid.h5 moved-grid.h5
refuse_with 0 65 'grid.h5|--points' verify sampled.h5
same 0 sampled.h5 --points moved-grid.h5
alter moved-grid.h5 /grid set 3,3,3,0 0.01
alter moved-grid.h5 /grid set 3,3,3,1 0.01
run 0 verify sampled.h5 --points moved-grid.h5 --all --quiet
expect_status 1 'another grid'
grep -q 'first at (3, 3, 3): ' "$folder.err" || fail "another grid: $(cat "$folder.err")"

# Too little memory is refused with a number that does.
run 0 verify chunked.h5 --all --memory 1k
expect_status 2 'too little memory'
least=$(sed -n 's/.*--memory \([0-9]*\).*/\1/p' "$folder.err")
same 2 chunked.h5 --all --memory "$least"
same 2 chunked.h5 --all --memory $((least * 3 / 2)) # the buffer does not grow at the cost of the job

# The least that a job with --verify takes is enough to verify its output, too.
verified_in_the_least() { # verified_in_the_least OPTION...
    local job="resample in.h5 least.h5 --size 25,51,33 --verify --quiet $*"
    refuse_with 2 2 '--memory' $job --memory 1k
    least=$(sed -n 's/.*--memory \([0-9]*\).*/\1/p' "$folder.err")
    [ ! -e least.h5 ] || fail "refused, but made: $job"
    run 2 $job --memory "$least"
    expect_status 0 "$job --memory $least"
    rm -f least.h5
}
for filter in gzip=1 none; do # a chunk of 336 KB: more than what writing it takes beside it
    verified_in_the_least --chunk 25,51,33 --dtype float64 --filter $filter
done

# One voxel is enough, whoever computes it; a sample finds it when it draws its tile, the same for all ranks.
cp chunked.h5 wrong.h5
alter wrong.h5 /out set 13,50,20 77
for ranks in 0 3; do
    run "$ranks" verify wrong.h5 --all --json found.json
    expect_status 1 "[$ranks] a wrong voxel"
    grep -q '^voxslab: .*1 of 42075 voxels .*first at (13, 50, 20): 77 is stored, [0-9]* computed' "$folder.err" ||
        fail "[$ranks] a wrong voxel: $(cat "$folder.err")"
    grep -q '"same": false' found.json || fail "a wrong voxel as JSON: $(cat found.json)"
done
found=0
for seed in 1 2 3 4 5 6; do
    run 0 verify wrong.h5 --sample 42 --seed $seed --quiet
    first=$status
    found=$((found + status))
    [ $seed -gt 2 ] || {
        run 2 verify wrong.h5 --sample 42 --seed $seed --quiet
        [ "$status" -eq "$first" ] || fail "seed $seed: $first on 1 rank, $status on 2"
    }
done
[ $found -gt 0 ] && [ $found -lt 6 ] || fail "half of the tiles find the wrong voxel in $found of 6 samples"

# At the end of a run.
run 2 resample in.h5 again.h5 --scale 0.5 --verify
expect_status 0 '--verify'
grep -q '^result   the same to the bit$' "$folder.err" || fail "--verify: $(cat "$folder.err")"

# An input that moved, changed, or is gone; an output of nobody's; other parameters.
mv in.h5 moved.h5
refuse 65 "in.h5|--input" verify chunked.h5
same 2 chunked.h5 --input moved.h5 --all
cp moved.h5 in.h5
refuse_with 0 65 'has changed since|--input' verify chunked.h5
same 0 chunked.h5 --input in.h5
make other.h5 /raw shape=30,40,45
refuse_with 2 65 'is not the input|(30, 40, 44)|(30, 40, 45)' verify chunked.h5 --input other.h5
make other-grid.h5 /grid shape=9,10,12,3 dtype=float32
refuse_with 0 65 'is not the grid|(9, 10, 11, 3)' verify sampled.h5 --input moved.h5 --points other-grid.h5
make in.h5 /raw shape=30,40,45
refuse_with 2 65 'has changed since|in.h5' verify chunked.h5
refuse_with 0 65 'in.h5|no output|voxslab_version' verify in.h5
refuse_with 0 65 'missing.h5' verify missing.h5
refuse_with 0 2 '--all and --sample' verify chunked.h5 --all --sample 3
refuse_with 0 2 '--sample' verify chunked.h5 --sample 0
refuse_with 0 2 '--sample' verify chunked.h5 --sample 101%
refuse_with 0 2 'OUT[:DATASET]' verify
finish
