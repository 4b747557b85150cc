# voxslab compare: what it finds, on any number of ranks, and what it refuses.
. "$(dirname "$0")/common.sh"
make plain.h5 /raw
make deflated.h5 /raw chunk=3,4,7 deflate=4 shuffle=1
make other.h5 /raw chunk=5,2,3 fletcher32=1
make virtual.h5 /raw layout=virtual chunk=1,4,4 deflate=1
make big-endian.h5 /raw dtype=be:uint16

equal() { # equal RANKS A B [OPTION]...
    local ranks=$1
    shift
    run "$ranks" compare "$@"
    expect_status 0 "[$ranks] compare $*"
    grep -q '^differing voxels *0 of 720$' "$folder.out" || fail "[$ranks] compare $*: $(cat "$folder.out")"
    [ ! -s "$folder.err" ] || fail "[$ranks] compare $*: says $(cat "$folder.err")"
}
# differ RANKS NEEDLES A B [OPTION]...: status 1 and one message, which is stderr's first line and holds every
# needle (separated by '|').
differ() {
    local ranks=$1 needles=$2 needle
    shift 2
    run "$ranks" compare "$@"
    expect_status 1 "[$ranks] compare $*"
    [ "$(grep -c '^voxslab: ' "$folder.err")" -eq 1 ] || fail "[$ranks] compare $*: not one message: $(cat "$folder.err")"
    while read -r -d '|' needle; do
        grep -qF -- "$needle" "$folder.err" "$folder.out" ||
            fail "[$ranks] compare $*: no '$needle' in: $(cat "$folder.err" "$folder.out")"
    done <<<"$needles|"
}

# Any storage of the same values, on any number of ranks; every dtype.
equal 0 plain.h5 deflated.h5
equal 3 deflated.h5 other.h5
equal 2 virtual.h5 deflated.h5 --memory 8MiB
equal 2 big-endian.h5 plain.h5
for dtype in uint8 int8 int32 uint64 int64 float32 float64 float16 bool; do
    make two.h5 /raw dtype=$dtype poke=719:1,0:1
    make one.h5 /raw dtype=$dtype poke=719:0,0:1 chunk=3,3,3
    differ 0 'differ in 1 of 720 voxels|at (7, 8, 9): 0 and 1' one.h5 two.h5
done

# The figures, of values that are known: 6 errors of 0.1, 1e-30, 1e30 and the like, which no order of adding
# doubles gives exactly, and the same text whatever the ranks, threads and memory.
make a.h5 /raw dtype=float64 chunk=2,3,4 deflate=1 poke=17:0,100:0,200:0,333:0,555:0,700:0,701:-3,9:nan
make b.h5 /raw dtype=float64 chunk=8,2,5 poke=17:0.1,100:1e-30,200:1e30,333:0.1,555:-1e30,700:0.3,701:-3,9:nan
differ 0 'differ in 6 of 720 voxels, first at (0, 1, 7): 0 and 0.10000000000000001' a.h5 b.h5 --json figures.json --threads 1
grep -v '^read' "$folder.out" >figures
grep -qF 'at (2, 2, 0): 0 and 1e+30' figures || fail "no greatest difference in $(cat figures)"
python3 - <<'P' || fail "the figures: $(cat figures.json)"
import json
from fractions import Fraction
f = json.load(open('figures.json'))
mean = sum(Fraction(x) for x in (0.1, 1e-30, 1e30, 0.1, 1e30, 0.3)) / 720
assert f['equal'] is False and f['differing'] == 6 and f['voxels'] == 720 and f['one_nan'] == 0
assert f['first'] == {'index': [0, 1, 7], 'a': '0', 'b': '0.10000000000000001'}
assert f['worst']['index'] == [2, 2, 0] and f['max_absolute'] == 1e30 and f['max_relative'] == 1
assert f['mean_absolute'] == float(mean), (f['mean_absolute'], float(mean))
P
for how in '1 --threads 3' '3 --memory 160k --threads 1' '5 --threads 2'; do
    # shellcheck disable=SC2086
    run ${how%% *} compare a.h5 b.h5 ${how#* }
    expect_status 1 "compare on $how"
    cmp -s <(grep -v '^read' "$folder.out") figures || fail "on $how other figures: $(diff <(grep -v '^read' "$folder.out") figures)"
done

# Tolerances, NaN, zeros, infinities.
equal 0 a.h5 a.h5
make near.h5 /raw dtype=float32 poke=5:100
make far.h5 /raw dtype=float32 poke=5:100.5
differ 0 'differ in 1 of 720|at (0, 0, 5): 100 and 100.5' near.h5 far.h5 --atol 0.49
equal 0 near.h5 far.h5 --atol 0.5
equal 0 near.h5 far.h5 --rtol 0.005
differ 0 'differ in 1 of 720' near.h5 far.h5 --rtol 0.0049 --atol 0
make nan.h5 /raw dtype=float32 poke=5:nan
differ 2 'differ in 1 of 720|(0, 0, 5): 100 and|nan|NaN in one only' near.h5 nan.h5 --atol 1e30
make inf.h5 /raw dtype=float32 poke=5:inf
differ 2 'differ in 1 of 720|100 and inf' near.h5 inf.h5 --atol 1e30 --rtol 1
equal 0 inf.h5 inf.h5
make zero.h5 /raw dtype=float32 poke=5:0
make minus.h5 /raw dtype=float32 poke=5:-0
equal 0 zero.h5 minus.h5

# Other dtypes, by value; 64-bit integers are not rounded on the way.
make wide.h5 /raw dtype=uint64 poke=3:9007199254740993,4:18446744073709551615 data=none
make signed.h5 /raw dtype=int64 poke=3:9007199254740992,4:-1 data=none
make real.h5 /raw dtype=float64 poke=3:9007199254740992,4:18446744073709551616 data=none
differ 0 'differ in 2 of 720|9007199254740993 and 9007199254740992|18446744073709551615 and -1' wide.h5 signed.h5
differ 2 'differ in 2 of 720|9007199254740993 and 9007199254740992|max |a-b|          1' wide.h5 real.h5
make small.h5 /raw dtype=uint16 data=none poke=3:7
make large.h5 /raw dtype=float64 data=none poke=3:7 chunk=4,4,4 deflate=1
equal 2 small.h5 large.h5

# What can't be compared.
make flat.h5 /raw shape=8,9,11
make five.h5 /raw shape=1,8,9,10
head -c 3000 deflated.h5 >truncated.h5
differ 0 'the shapes differ: (8, 9, 10)|(8, 9, 11)' plain.h5 flat.h5
differ 2 'the shapes differ: (8, 9, 10)|(1, 8, 9, 10)' plain.h5 five.h5 --json shapes.json
grep -q '"same_shape": false' shapes.json || fail "other shapes as JSON: $(cat shapes.json)"
refuse 65 'missing.h5' compare plain.h5 missing.h5
refuse_with 0 65 'truncated' compare truncated.h5 plain.h5
refuse_with 0 2 'B[:DATASET]' compare plain.h5
refuse_with 0 2 '--atol' compare plain.h5 other.h5 --atol -1
refuse_with 0 2 '--rtol' compare plain.h5 other.h5 --rtol nan
refuse 2 '--memory' compare plain.h5 deflated.h5 --memory 100
make large.h5 /raw shape=48,40,44 chunk=8,16,16 deflate=4
cp large.h5 damaged.h5
head -c 3000 /dev/zero | dd of=damaged.h5 bs=1 seek=$(($(stat -c %s large.h5) / 2)) conv=notrunc status=none
refuse_with 3 65 'damaged.h5|/raw|decoded' compare large.h5 damaged.h5
run 2 compare plain.h5 deflated.h5 --quiet --json -
python3 -m json.tool "$folder.out" >formatted || fail "--json - is no JSON: $(cat "$folder.out")"
finish
