# Whatever the input is stored as, the output holds the same voxels as that of a plain contiguous file.
. "$(dirname "$0")/common.sh"
shape=shape=21,38,40 # 63,840 bytes: the most that is compact is 64 KiB

# The values alone: the attributes tell where they come from. Little-endian, whatever the file has.
voxels() { h5dump -d /raw -b LE -o "$1.voxels" "$1" >/dev/null || fail "no voxels in $1"; }

# same_as_plain NAME [RANKS]: resample NAME.h5 and compare with the plain file's output.
same_as_plain() {
    local name=$1 ranks=${2:-3}
    run "$ranks" resample "$name.h5:/raw" "$name-out.h5" --size 9,25,31 --chunk 4,8,16 --filter none --quiet --force
    expect_status 0 "$name on $ranks ranks"
    voxels "$name-out.h5"
    cmp -s "$name-out.h5.voxels" plain-out.h5.voxels || fail "$name on $ranks ranks: other voxels than from a plain file"
}

make plain.h5 /raw $shape
run 0 resample plain.h5 plain-out.h5 --size 9,25,31 --chunk 4,8,16 --quiet
expect_status 0 "plain"
voxels plain-out.h5

make chunked.h5 /raw $shape chunk=8,16,16
make deflated.h5 /raw $shape chunk=8,16,16 deflate=4
make shuffled.h5 /raw $shape chunk=5,16,40 shuffle=1 deflate=1 fletcher32=1
make szipped.h5 /raw $shape chunk=8,16,16 szip=1
make compact.h5 /raw $shape layout=compact
make external.h5 /raw $shape layout=external
make virtual.h5 /raw $shape layout=virtual sources=5
make target.h5 /raw $shape chunk=8,16,16 deflate=4
make linked.h5 /raw link=target.h5:/raw
for name in plain chunked deflated shuffled szipped compact external virtual linked; do same_as_plain "$name"; done
for name in virtual external linked; do same_as_plain "$name" 0; same_as_plain "$name" 5; done

# Big-endian files keep their byte order, and hold the same values.
make big.h5 /raw $shape dtype=be:uint16 chunk=8,16,16
same_as_plain big
h5dump -H -d /raw big-out.h5 | grep -q H5T_STD_U16BE || fail "the output of a big-endian file is not big-endian"

# The output is stored like the input, or as asked.
run 2 resample deflated.h5 like.h5 --scale 0.5 --quiet
expect_status 0 "stored like the input"
h5dump -pH like.h5 | grep -q 'COMPRESSION DEFLATE { LEVEL 4 }' || fail "the output is not deflated like the input"
h5dump -pH like.h5 | grep -q 'CHUNKED ( 8, 16, 16 )' || fail "the output is not chunked like the input"
# A filter that refuses chunks which don't shrink, as these don't, is replaced: HDF5 1.10 could not read them again.
run 2 resample szipped.h5 szipped-out.h5 --size 9,25,31 --chunk 4,8,16 --force
expect_status 0 "szip out"
grep -q 'not by the input.s filters (szip).*--filter' "$folder.err" || fail "no word of the replaced szip"
h5dump -pH szipped-out.h5 | grep -q 'COMPRESSION DEFLATE { LEVEL 4 }' || fail "szip is not replaced by gzip"
voxels szipped-out.h5
cmp -s szipped-out.h5.voxels plain-out.h5.voxels || fail "szip out: other voxels than from a plain file"
# Nor do they shrink under filters that are kept, which can take them all the same.
make whole.h5 /raw $shape
voxels whole.h5
for filters in 'deflate=1' 'deflate=9' 'shuffle=1 deflate=4' 'shuffle=1 deflate=4 fletcher32=1' 'fletcher32=1' 'shuffle=1'; do
    # shellcheck disable=SC2086
    make kept.h5 /raw $shape chunk=8,16,16 $filters
    run 0 resample kept.h5 kept-out.h5 --scale 1 --mode nearest --quiet --force
    expect_status 0 "kept $filters"
    h5dump -pH kept-out.h5 | sed -n '/FILTERS/,/}$/p' >kept.txt
    h5dump -pH kept.h5 | sed -n '/FILTERS/,/}$/p' | cmp -s - kept.txt || fail "$filters: other filters in the output"
    voxels kept-out.h5
    cmp -s kept-out.h5.voxels whole.h5.voxels || fail "$filters: other voxels than were put in"
done
run 2 resample deflated.h5 asked.h5 --scale 0.5 --chunk none --quiet
expect_status 0 "--chunk none"
h5dump -pH asked.h5 | grep -q CONTIGUOUS || fail "--chunk none is not contiguous"
run 2 resample plain.h5 zipped.h5 --scale 0.5 --chunk 4 --filter shuffle+gzip=9 --quiet
status_of_cube=$status
run 2 resample plain.h5 zipped2.h5 --scale 0.5 --chunk 4,4,4 --filter shuffle+gzip=9 --quiet
expect_status 0 "--filter shuffle+gzip=9"
h5dump -pH zipped2.h5 | grep -q 'PREPROCESSING SHUFFLE' || fail "no shuffle"
h5dump -pH zipped2.h5 | grep -q 'LEVEL 9' || fail "no gzip 9"
[ "$status_of_cube" -eq 2 ] || fail "--chunk with one number for three axes: status $status_of_cube"
finish
