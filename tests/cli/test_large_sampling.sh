# Sampling volumes larger than memory, sparse on disk: bounded memory, each byte read once per pass.
. "$(dirname "$0")/common.sh"

# sampled RANKS ARGS...: run; leaves $peak, $read (bytes) and $travelled.
sampled() {
    run "$@" --json report.json --quiet --force
    expect_status 0 "voxslab ${*:2}"
    read -r peak read travelled < <(python3 -c 'import json; r = json.load(open("report.json"))["run"]; print(r["peak_rss"], r["read"]["bytes"], r["travelled_points"])')
}
within() { # within MIB WHAT
    [ "${peak:-0}" -gt 0 ] && [ "$peak" -le $((($1 + 200) << 20)) ] || fail "$2: peak of $peak bytes on a budget of $1 MiB"
}
voxel() { h5dump -y -d /raw -s "$2" -c 1,1,1 "$1" | sed -n '/DATA {/ {n; p; q}' | tr -dc '0-9'; }

# 16 GiB rotated by 20 degrees about voxel (1024, 1024, 1024), an eighth of the size, on 512 MiB a rank.
at=$((1024 * 2048 * 2048 + 1024 * 2048 + 1024))
make sixteen.h5 /raw shape=2048,2048,2048 dtype=uint16 chunk=64,64,64 data=none "poke=$at:777"
matrix=$(awk 'BEGIN {c = 8 * cos(atan2(0, -1) / 9); s = 8 * sin(atan2(0, -1) / 9)
    printf "8 0 0 %.17g  0 %.17g %.17g %.17g  0 %.17g %.17g %.17g", 0, c, -s, 1024 - 128 * (c - s), s, c, 1024 - 128 * (s + c)}')
sampled 2 affine sixteen.h5 rotated.h5 --matrix "$matrix" --size 256,256,256 --memory 512MiB
within 512 '16 GiB rotated'
[ "$(voxel rotated.h5 128,128,128)" = 777 ] || fail "the voxel about which it turns is $(voxel rotated.h5 128,128,128)"
[ "$(voxel rotated.h5 128,128,129)" = 0 ] || fail 'its neighbour is not empty'
[ "$travelled" -eq 0 ] || fail "an affine map's points travel: $travelled"

# Points all over 1 GiB on 16 MiB a rank: they travel, and every byte of the input is read once.
make one.h5 /raw shape=512,1024,1024 dtype=uint16 chunk=64,64,64 data=none
make grid.h5 /grid shape=40,40,40,3 dtype=float32
sampled 3 grid-sample one.h5 grid.h5 scattered.h5 --padding reflection --chunk 40,40,40 --memory 16MiB
within 16 'scattered points'
[ "$travelled" -eq 64000 ] || fail "$travelled of 64000 points travelled"
[ "$read" -eq $(((1 << 30) + 64000 * 12)) ] || fail "$read bytes were read, of 1 GiB and the grid"
finish
