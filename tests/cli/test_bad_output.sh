# Output that can't be made: status 73 (2 when it is the input), one message, nothing made, nothing harmed.
. "$(dirname "$0")/common.sh"
resample() { refuse "$1" "$2" resample in.h5 "$3" --scale 0.5 "${@:4}"; }
one_rank() { refuse_with 0 "$1" "$2" resample in.h5 "$3" --scale 0.5 "${@:4}"; }

make in.h5 /raw
make mine.h5 /raw shape=3,3,3
make more.h5 /raw shape=3,3,3
make more.h5 /precious add=1 shape=3,3,3
make other.h5 /precious shape=3,3,3
echo 'my thesis' >text.h5
mkdir folder.h5
ln -s in.h5 symbolic.h5
ln in.h5 hard.h5

resample 2 'in.h5|input' in.h5
resample 2 'in.h5|input' in.h5 --force
one_rank 2 './in.h5|input' ./in.h5:/else --force
one_rank 2 'symbolic.h5|input' symbolic.h5 --force
one_rank 2 'hard.h5|input' hard.h5 --force
# Nor may it be a file that the input reads, at whatever depth, by whatever name, or OUT.partial.
make target.h5 /raw
make linked.h5 /raw link=target.h5:/raw
ln target.h5 target-hard.h5
make virtual.h5 /raw layout=virtual sources=3
make outer.h5 /raw nested=virtual.h5:/raw
make external.h5 /raw layout=external
reads() { refuse_with 0 2 "$3|reads its voxels from" resample "$1" "$2" --scale 0.5 --force; }
reads linked.h5 target.h5 target.h5
reads linked.h5 target-hard.h5 target-hard.h5
reads virtual.h5 virtual.h5.1 virtual.h5.1
reads outer.h5 virtual.h5.2 virtual.h5.2
reads outer.h5 virtual.h5 virtual.h5
reads external.h5 external.h5.raw external.h5.raw
ln in.h5 grown.h5.partial
ln -s "$PWD/virtual.h5.0" far.h5.partial
reads in.h5 grown.h5 grown.h5.partial
reads outer.h5 far.h5 far.h5.partial
for name in linked outer; do
    cp mine.h5 fresh.h5
    run 2 resample $name.h5 fresh.h5 --scale 0.5 --force --quiet
    expect_status 0 "--force on a file that $name.h5 does not read"
done
resample 73 'mine.h5|--force' mine.h5
resample 73 'more.h5|precious' more.h5 --force
one_rank 73 'other.h5|precious' other.h5 --force
one_rank 73 'mine.h5|raw' mine.h5:/else --force
one_rank 73 "output file 'text.h5'|not an HDF5 file|--force" text.h5 --force
one_rank 73 'folder.h5' folder.h5
one_rank 73 'folder.h5' folder.h5 --force
resample 73 'nowhere' nowhere/out.h5
one_rank 73 'text.h5' text.h5/out.h5
one_rank 73 '/proc' /proc/out.h5
if [ "$(id -u)" -ne 0 ]; then
    mkdir readonly
    chmod a-w readonly
    one_rank 73 'readonly' readonly/out.h5
fi
touch killed.h5.partial
resample 73 'killed.h5.partial' killed.h5
resample 73 'nowhere/report.json' out.h5 --json nowhere/report.json
one_rank 73 'folder.h5' out.h5 --json folder.h5
# 100 TB: more than any disk that tests run on.
refuse_with 0 73 'free there|102400000000000 bytes' resample in.h5 out.h5 --size 50000,32000,32000 --memory 4GiB
# Chunks are written whole: 64 MiB and more for 65 voxels along each axis. The limit is of KiB.
ulimit -S -f 30000
refuse_with 0 73 'ulimit -f|67108864 bytes' resample in.h5 out.h5 --size 129,129,129 --chunk 128,128,128 --filter none --dtype float32 --memory 4GiB
# So little that MPI could not start, or that its parts would end the program as they like.
ulimit -S -f 512
refuse_with 0 73 "ulimit -f|524288 bytes|5242880" resample in.h5 out.h5 --scale 0.5
ulimit -S -f unlimited
for kilobytes in 60000 150000 500000; do
    ! ldd "$VOXSLAB" | grep -q libasan || break # whose own takes terabytes
    ulimit -S -v $kilobytes
    one_rank 74 "ulimit -v|$((kilobytes * 1024)) bytes|536870912" out.h5
    ulimit -S -v unlimited
done
# The report replaces its file: not the volumes, however they are named.
for name in in.h5 ./in.h5 "$PWD/in.h5" symbolic.h5 hard.h5 ./out.h5 "../${PWD##*/}/out.h5"; do
    one_rank 2 "--json '$name'" out.h5:/raw --json "$name"
done
refuse_with 0 73 'nowhere/plan.json' resample in.h5 out.h5 --scale 0.5 --dry-run --json nowhere/plan.json

# --force replaces what holds only this dataset, and what a killed job left.
run 2 resample in.h5 mine.h5 --scale 0.5 --force --quiet
expect_status 0 '--force on our own dataset'
run 0 resample in.h5 killed.h5 --scale 0.5 --force --quiet
expect_status 0 '--force on a partial file'
[ ! -e killed.h5.partial ] || fail 'the partial file is still there'
finish
