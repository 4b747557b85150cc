# Input that can't be resampled: status 65 (2 when another name would do), one message, nothing left behind.
. "$(dirname "$0")/common.sh"
resample() { refuse "$1" "$2" resample "$3" out.h5 --scale 0.5 "${@:4}"; }
one_rank() { refuse_with 0 "$1" "$2" resample "$3" out.h5 --scale 0.5 "${@:4}"; }

make good.h5 /raw
: >empty.h5
echo 'not a volume' >text.h5
make whole.h5 /raw shape=40,50,60
head -c 100000 whole.h5 >truncated.h5
mkdir folder.h5
make several.h5 /a
make several.h5 /b/c add=1
make table.h5 /raw shape=8,9
make six.h5 /raw shape=1,2,3,2,2,2
make zero.h5 /raw shape=8,0,10
for dtype in compound string complex; do make "$dtype.h5" /raw dtype=$dtype; done
make filter.h5 /raw chunk=4,4,4 filter=unknown
make link.h5 /raw link=gone.h5:/raw

resample 65 "missing.h5|No such file|ls '$PWD'" missing.h5
one_rank 65 "no/where/missing.h5|No such file|ls '$PWD'" no/where/missing.h5
one_rank 65 "/no/where/missing.h5|No such file|ls '/'" /no/where/missing.h5
one_rank 65 "text.h5/missing.h5|Not a directory|ls '$PWD/text.h5'" text.h5/missing.h5
resample 65 'text.h5' text.h5
resample 65 'truncated.h5' truncated.h5
resample 65 "/nothing" good.h5:/nothing
resample 65 '/raw|length 0' zero.h5:/raw
resample 65 '/raw|filter 481|HDF5_PLUGIN_PATH' filter.h5:/raw
# A chunk that one rank can't decode, while others wait for its planes, in a later round, or along h.
make damaged.h5 /raw shape=48,40,44 chunk=8,16,16 deflate=4
size=$(stat -c %s damaged.h5)
for part in 30 60 90; do
    cp damaged.h5 damaged$part.h5
    head -c 40000 /dev/zero | dd of=damaged$part.h5 bs=1 seek=$((size * part / 100)) count=3000 conv=notrunc status=none
    for sizes in '96,40,44 --chunk 8,8,8 --memory 450k' '13,9,11 --chunk none' '48,40,44 --chunk 48,10,44'; do
        # shellcheck disable=SC2086
        refuse_with 5 65 "damaged$part.h5|decoded" resample damaged$part.h5 out.h5 --size $sizes
    done
done
one_rank 65 'missing.h5' missing.h5:/raw
one_rank 65 'empty.h5' empty.h5
one_rank 65 'folder.h5' folder.h5
one_rank 65 "/raw' of input file|link.h5|in file 'gone.h5'|HDF5_EXT_PREFIX" link.h5:/raw
one_rank 65 "in file 'gone.h5'" link.h5:/raw/deeper
# What an external file lacks would read as zeros.
make external.h5 /raw layout=external
truncate -s 1000 external.h5.raw
resample 65 'external.h5.raw|1000 bytes|needs 1440|current folder' external.h5
make outer.h5 /raw nested=external.h5:/raw
one_rank 65 'external.h5|virtual' outer.h5
rm external.h5.raw
one_rank 65 'external.h5.raw|No such file|needs 1440 bytes|HDF5_EXTFILE_PREFIX' external.h5
one_rank 65 '/raw|2 axes|3 to 5' table.h5:/raw
one_rank 65 '/raw|6 axes|3 to 5' six.h5:/raw
one_rank 65 '/b' several.h5:/b
resample 2 '/a|/b/c' several.h5
for dtype in compound string complex; do one_rank 65 "$dtype values|/raw" "$dtype.h5:/raw"; done
one_rank 65 '2 axes' table.h5

# The dataset is fine, but not for what is asked.
make half.h5 /raw dtype=float16
make wide.h5 /raw dtype=uint64
one_rank 2 'float16|nearest' half.h5
one_rank 2 'uint64|linear' wide.h5
one_rank 2 'uint64|cubic' wide.h5 --mode cubic
one_rank 2 'float16|cubic' half.h5 --mode cubic
one_rank 2 'cubic|int64' good.h5 --mode cubic --dtype int64
one_rank 2 'uint16 to bool' good.h5 --mode nearest --dtype bool
one_rank 2 '--chunk|4' good.h5 --chunk 1,2,3,4
refuse 2 '--spacing|element_size_um|--input-spacing' resample good.h5 out.h5 --spacing iso=1
spacings=('-1,0,1' 'nan,1,1' '1,1' 'inf,2,3')
faults=('holds -1, 0, 1, not three' 'holds nan, 1, 1' 'holds 2 numbers' 'holds inf, 2, 3')
for i in "${!spacings[@]}"; do
    make spaced.h5 /raw "spacing=${spacings[i]}"
    refuse_with 0 2 "--spacing|element_size_um ${faults[i]}|--input-spacing" resample spaced.h5 out.h5 --spacing iso=1
    run 0 resample spaced.h5 out.h5 --scale 1 --dry-run
    expect_status 0 "a spacing that is not needed"
    grep -q "no voxel spacing.*${faults[i]}" "$folder.err" || fail "no warning of the spacing ${spacings[i]}"
done
refuse 2 '2^63' resample good.h5 out.h5 --size 9223372036854775807,2,2
refuse_with 0 2 '2^63' resample good.h5 out.h5 --scale 1e18
refuse_with 0 2 '4 GiB' resample good.h5 out.h5 --size 2000,2000,2000 --chunk 2000,2000,2000
make big.h5 /raw shape=64,512,512 chunk=16,16,16 data=none
refuse 2 '--memory' resample big.h5 out.h5 --scale 0.5 --memory 4k

# The plan refuses the same.
refuse_with 0 65 'missing.h5' resample missing.h5 out.h5 --scale 0.5 --dry-run
refuse_with 2 65 'truncated.h5' resample truncated.h5 out.h5 --scale 0.5 --dry-run
refuse_with 0 2 '--memory' resample big.h5 out.h5 --scale 0.5 --memory 4k --dry-run --json plan.json

# So does info.
refuse_with 0 65 'missing.h5' info missing.h5
refuse_with 0 65 'truncated.h5' info truncated.h5
refuse_with 0 65 '/nothing' info good.h5:/nothing
refuse_with 2 65 'text.h5' info text.h5
finish
