# Sizes and spacings through the program: floor of --scale, rounding of --spacing, the spacing that is written.
. "$(dirname "$0")/common.sh"
make in.h5 /raw shape=7,10,15 spacing=2,0.5,0.25

# sizes WANTED_SHAPE WANTED_SPACING ARGS...
sizes() {
    local shape=$1 spacing=$2 is
    shift 2
    run 0 resample in.h5 out.h5 "$@" --mode nearest --quiet --force
    expect_status 0 "$*"
    is=$(h5dump -H -d /raw out.h5 | sed -n 's/.*SIMPLE { ( \([0-9, ]*\) ).*/\1/p' | head -1)
    [ "$is" = "$shape" ] || fail "$*: shape $is, wanted $shape"
    is=$(h5dump -a /raw/element_size_um out.h5 | sed -n 's/.*(0): //p')
    [ "$is" = "$spacing" ] || fail "$*: spacing $is, wanted $spacing"
}

sizes '3, 4, 6' '4.66667, 1.25, 0.625' --scale 0.45
sizes '1, 1, 1' '14, 5, 3.75' --scale 0.01
sizes '5, 6, 9' '2.8, 0.833333, 0.416667' --spacing 3,0.8,0.4
sizes '4, 5, 8' '4, 1.125, 0.5' --size 4,5,8 --align-corners
sizes '1, 5, 8' '14, 1.125, 0.5' --size 1,5,8 --align-corners
sizes '4, 5, 8' '3.5, 1, 0.46875' --size 4,5,8
finish
