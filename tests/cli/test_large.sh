# Volumes larger than memory, sparse on disk: bounded memory and 64-bit indices, for real through the program.
. "$(dirname "$0")/common.sh"

# peak RANKS ARGS...: run, and leave the report's peak memory of the largest rank in $peak, in bytes.
peak() {
    run "$@" --json report.json --quiet
    expect_status 0 "voxslab ${*:2}"
    peak=$(sed -n 's/.*"peak_rss[a-z_]*": *\([0-9]*\).*/\1/p' report.json | head -1)
    [ -n "$peak" ] || fail "no peak memory in the report of voxslab ${*:2}"
}

# 8 GiB on a budget of 256 MiB a rank: at most 200 MiB more than that, for the libraries.
make eight.h5 /raw shape=1024,2048,2048 dtype=uint16 chunk=64,64,64 data=none
for mode in nearest linear area; do
    peak 2 resample eight.h5 eight-out.h5 --scale 0.1 --mode $mode --memory 256MiB --force
    [ "${peak:-0}" -gt 0 ] && [ "$peak" -le $(((256 + 200) << 20)) ] ||
        fail "8 GiB, mode $mode: peak of $peak bytes on a budget of 256 MiB"
done

# Twice the volume takes no more memory.
small=$peak
make sixteen.h5 /raw shape=2048,2048,2048 dtype=uint16 chunk=64,64,64 data=none
peak 2 resample sixteen.h5 eight-out.h5 --scale 0.1 --mode area --memory 256MiB --force
[ "$peak" -le $((small + (32 << 20))) ] || fail "16 GiB take $peak bytes, 8 GiB took $small"

# More than 2^32 voxels, and one axis beyond 2^32.
make voxels.h5 /raw shape=1700,1700,1700 dtype=uint8 chunk=100,170,170 data=none
run 2 resample voxels.h5 voxels-out.h5 --size 3,4,5 --mode area --quiet --memory 250MiB
expect_status 0 "2^32 voxels"
make axis.h5 /raw shape=1,1,4294967299 dtype=uint8 chunk=1,1,4194304 data=none
run 2 resample axis.h5 axis-out.h5 --size 1,1,7 --mode nearest --quiet --memory 8GiB --dry-run
expect_status 0 "an axis beyond 2^32, planned"

# The first and last voxels of more than 2^32 arrive where they belong.
make far.h5 /raw shape=4,32768,32769 dtype=uint8 chunk=1,256,32769 data=corners
run 2 resample far.h5 far-out.h5 --size 4,3,3 --mode nearest --align-corners --chunk none --quiet --memory 300MiB
expect_status 0 "far corners"
corners() { # corners FILE LAST_D LAST_H LAST_W: the values at the 8 corners
    h5dump -y -d /raw -s 0,0,0 -S "$2,$3,$4" -c 2,2,2 "$1" | sed -n '/DATA {/,$p' | sed '/}/q' | tr -dc '0-9, '
}
wanted=$(corners far.h5 3 32767 32768)
[ "$(corners far-out.h5 3 2 2)" = "$wanted" ] || fail "corners $(corners far-out.h5 3 2 2), wanted $wanted"
[[ $wanted =~ [1-9] ]] || fail 'the corners of the input are zero'
finish
