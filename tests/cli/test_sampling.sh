# voxslab grid-sample, affine and warp: what they refuse, what they make, and that ranks and memory do not matter.
. "$(dirname "$0")/common.sh"
make in.h5 /raw shape=20,21,22 spacing=2,1,0.5 chunk=8,8,8 deflate=4
make plain.h5 /raw shape=12,13,14 dtype=uint8
make half.h5 /raw dtype=float16
make grid.h5 /grid shape=10,11,12,3 dtype=float32 chunk=4,4,4,3 deflate=1 spacing=3,3,3
identity='1 0 0 0 0 1 0 0 0 0 1 0'
affine() { refuse_with 0 2 "$1" affine "${2:-in.h5}" out.h5 "${@:3}"; }
sample() { refuse_with 0 "$1" "$2" grid-sample in.h5 "$3" out.h5 "${@:4}"; }
warp() { refuse_with 0 "$1" "$2" warp in.h5 "$3" out.h5 "${@:4}"; }

# Matrices.
affine '--matrix is missing' in.h5
affine '3 numbers|12 or 16' in.h5 --matrix '1 2 3'
affine 'last row' in.h5 --matrix "$identity 0 0 1 1"
affine 'not a finite number' in.h5 --matrix '1 0 0 nan 0 1 0 0 0 0 1 0'
affine "'1e400|not a finite number" in.h5 --matrix '1e400 0 0 0 0 1 0 0 0 0 1 0'
affine 'missing.tfm' in.h5 --matrix missing.tfm
refuse 2 'singular' affine in.h5 out.h5 --inverse --matrix '1 2 3 0 2 4 6 0 0 0 1 0'
printf '#Insight Transform File V1.0\n#Transform 0\nTransform: AffineTransform_double_3_3\nParameters: 1 0 0 0 1 0 0 0 1 0.25 1 -4\nFixedParameters: 3 4 5\n' >shift.tfm
{ cat shift.tfm; echo 'Transform: Euler3DTransform_double_3_3'; } >two.tfm
affine 'several transforms' in.h5 --matrix two.tfm
for key in InitialTransformParametersFileName InitialTransformParameterFileName; do
    printf '(Transform "AffineTransform")\n(%s "rigid.txt")\n(TransformParameters 1 0 0 0 1 0 0 0 1 0 0 0)\n(CenterOfRotationPoint 0 0 0)\n' "$key" >chain.txt
    affine "(InitialTransform|\"rigid.txt\"|write them as one" in.h5 --matrix chain.txt
done
affine '--coordinates voxels|physical' in.h5 --matrix shift.tfm --coordinates voxels
affine 'element_size_um|--input-spacing' plain.h5 --matrix shift.tfm
affine 'element_size_um|--input-spacing' plain.h5 --matrix "$identity" --spacing iso=2

# Options.
affine "'mirror'|zeros|reflection" in.h5 --matrix "$identity" --padding mirror
affine '--fill|constant' in.h5 --matrix "$identity" --fill 3
affine '--fill' in.h5 --matrix "$identity" --padding constant
affine '300|uint8|0 to 255' plain.h5 --matrix "$identity" --padding constant --fill 300
affine 'uint8' plain.h5 --matrix "$identity" --padding constant --fill nan
affine "'x3'|number" plain.h5 --matrix "$identity" --padding constant --fill x3
affine 'float16|nearest' half.h5 --matrix "$identity"
affine 'area|nearest' in.h5 --matrix "$identity" --mode area
affine '--coordinates|voxels or physical' in.h5 --matrix "$identity" --coordinates inches
affine '--unit|physical' in.h5 --matrix "$identity" --unit mm
affine 'nm, um or mm' in.h5 --matrix "$identity" --unit furlong
affine '--size' in.h5 --matrix "$identity" --size 0,1,1
affine '2^63' in.h5 --matrix "$identity" --size 9223372036854775807,2,2
affine '--origin|d,h,w' in.h5 --matrix "$identity" --origin 1,2
affine "'--scale'|affine --help" in.h5 --matrix "$identity" --scale 2
affine '--memory|at least' in.h5 --matrix "$identity" --memory 1k
affine '--memory|at least' in.h5 --matrix "$identity" --memory 1k --dry-run
refuse_with 0 2 'in.h5|input' affine in.h5 in.h5 --matrix "$identity" --force

# Grids.
make ints.h5 /grid shape=10,11,12,3 dtype=int32
make flat.h5 /grid shape=10,11,3 dtype=float32
make pairs.h5 /grid shape=10,11,12,2 dtype=float32
make two.h5 /grid shape=2,10,11,12,3 dtype=float32
sample 65 'missing.h5' missing.h5
sample 65 'shift.tfm' shift.tfm
refuse 2 'int32|float32 or float64' grid-sample in.h5 ints.h5 out.h5
sample 2 '3 axes|(D,H,W,3)' flat.h5
sample 2 '2 components|x, y, z' pairs.h5
sample 2 'batch of 2' two.h5
refuse_with 0 2 "grid's file" grid-sample in.h5 grid.h5 grid.h5 --force
refuse_with 0 2 '--json|own file' grid-sample in.h5 grid.h5 out.h5 --json grid.h5
refuse_with 0 2 'OUT[:DATASET]' grid-sample in.h5 grid.h5
refuse 2 '--memory|at least' grid-sample in.h5 grid.h5 out.h5 --memory 1k

# Fields.
make field.h5 /field shape=10,11,11,3 dtype=float64
make fine.h5 /field shape=20,21,23,3 dtype=float32
warp 2 '--size' field.h5
warp 2 '23 voxels along w|22' fine.h5 --size 20,21,22
warp 2 'batch of 2' two.h5 --size 20,21,22
warp 65 '/raw' plain.h5:/field
warp 2 '3 axes|(D,H,W,3)' plain.h5:/raw --size 20,21,22
warp 2 'int32|float32 or float64' ints.h5 --size 20,21,22
warp 2 '--unit|physical' field.h5 --unit mm

same() { # same WHAT A B
    "$VOXSLAB" compare "$2" "$3" >/dev/null 2>compare.err || fail "$1: $(cat compare.err)"
}
does() { # does RANKS WHAT ARGS...
    run "$1" "${@:3}" --quiet
    expect_status 0 "$2"
}
attribute() { # attribute FILE NAME NEEDLE
    h5dump -a "/raw/$2" "$1" | grep -qF -- "$3" || fail "$1: $2 is not '$3': $(h5dump -a "/raw/$2" "$1" 2>&1)"
}

# The identity, in voxels, in physical coordinates, as a 16-number file, inverted, as a field of zeros.
does 0 identity affine in.h5 same.h5 --matrix "$identity"
same identity in.h5 same.h5
attribute same.h5 element_size_um '2, 1, 0.5'
attribute same.h5 voxslab_parameters 'operator=affine mode=linear padding=zeros size=20,21,22 dtype=uint16 matrix=1,0,0,0,0,1,0,0,0,0,1,0'
attribute same.h5 voxslab_input in.h5
printf '1 0 0 0\n0 1 0 0\n0 0 1 0\n0 0 0 1\n' >eye.txt
does 2 'physical identity' affine in.h5 physical.h5 --matrix eye.txt --coordinates physical --inverse --unit mm --origin 0,0,0
same 'physical identity' in.h5 physical.h5
attribute physical.h5 origin_um '0, 0, 0'

# A transform file turns about its centre and is in x, y, z: 0.25, 1, -4 um are 0.5, 1, -2 voxels along w, h, d.
does 3 shift affine in.h5 itk.h5 --matrix shift.tfm --padding border
does 0 shift affine in.h5 numbers.h5 --matrix '1 0 0 -2 0 1 0 1 0 0 1 0.5' --padding border --mode linear
same 'a transform file' itk.h5 numbers.h5
does 0 'inverse shift' affine in.h5 back.h5 --matrix '1 0 0 2 0 1 0 -1 0 0 1 -0.5' --padding border --inverse
same '--inverse' back.h5 numbers.h5
does 0 'unit' affine in.h5 unit.h5 --matrix '1 0 0 -0.004 0 1 0 0.001 0 0 1 0.00025' --padding border --coordinates physical --unit mm
same '--unit mm' unit.h5 numbers.h5
# An output that lies elsewhere and is finer: voxel i shows input voxel (i * 1 + 4) / 2 along d.
does 2 'origin and spacing' affine in.h5 fine-out.h5 --matrix "$identity" --coordinates physical --spacing 1,1,0.5 --origin 5,0,0 --input-origin 1,0,0 --size 9,21,22
does 0 'the same in voxels' affine in.h5 voxels.h5 --matrix '0.5 0 0 2 0 1 0 0 0 0 1 0' --size 9,21,22
same 'origin and spacing' fine-out.h5 voxels.h5
attribute fine-out.h5 origin_um '5, 0, 0'
attribute fine-out.h5 element_size_um '1, 1, 0.5'
attribute voxels.h5 element_size_um '1, 1, 0.5'
does 0 'spacing alone' affine in.h5 iso.h5 --matrix "$identity" --spacing iso=1 --coordinates physical --dtype float32 --chunk none --filter none
h5dump -pH -d /raw iso.h5 >header
for needle in H5T_IEEE_F32 '( 40, 21, 11 )' CONTIGUOUS; do grep -qF -- "$needle" header || fail "no '$needle' in $(cat header)"; done

# Grids and fields: one rank, many, little memory; grids carry their own spacing.
does 0 grid grid-sample in.h5 grid.h5 one.h5 --padding reflection
attribute one.h5 element_size_um '3, 3, 3'
attribute one.h5 voxslab_points grid.h5
attribute one.h5 voxslab_points_dataset /grid
attribute one.h5 voxslab_parameters 'operator=grid-sample mode=linear padding=reflection size=10,11,12'
does 0 field warp in.h5 field.h5 warped.h5 --size 20,22,22 --coordinates physical --unit nm --padding border
attribute warped.h5 element_size_um '2, 1, 0.5'
run 0 grid-sample in.h5 grid.h5 out.h5 --memory 1 --dry-run
least=$(sed -n 's/.*--memory \([0-9]*\).*/\1/p' "$folder.err")
for ranks in 2 5; do
    does $ranks "grid, $ranks ranks" grid-sample in.h5 grid.h5 many.h5 --padding reflection --force --memory $((least + 100))
    same "grid, $ranks ranks" one.h5 many.h5
    does $ranks "field, $ranks ranks" warp in.h5 field.h5 many.h5 --size 20,22,22 --coordinates physical --unit nm --padding border --force --memory 1MiB
    same "field, $ranks ranks" warped.h5 many.h5
done

# A physical field of zeros is the identity onto its own lattice, a coarser one onto a finer; options place one that
# has none. A voxel of the output lies at the input's (origin + spacing * index - input's origin) / spacing.
make nowhere.h5 /field shape=10,7,11,3 dtype=float32 chunk=10,7,11,3 data=none
make somewhere.h5 /field shape=10,7,11,3 dtype=float32 chunk=10,7,11,3 data=none spacing=3,3,1
does 0 'an origin for a field' affine somewhere.h5 zeros.h5 --matrix "$identity" --origin 4,1,2
does 2 'onto the field' warp in.h5 zeros.h5 onto.h5 --coordinates physical
does 0 'onto its lattice' affine in.h5 lattice.h5 --matrix "$identity" --coordinates physical --size 10,7,11 --spacing 3,3,1 --origin 4,1,2
same 'onto the field' onto.h5 lattice.h5
attribute onto.h5 element_size_um '3, 3, 1'
attribute onto.h5 origin_um '4, 1, 2'
does 2 'finer than the field' warp in.h5 zeros.h5 finer.h5 --coordinates physical --spacing 1.5,3,0.5
does 0 'its finer lattice' affine in.h5 lattice.h5 --force --matrix "$identity" --coordinates physical --size 20,7,22 --spacing 1.5,3,0.5 --origin 3.25,1,1.75
same 'finer than the field' finer.h5 lattice.h5
attribute finer.h5 origin_um '3.25, 1, 1.75'
does 0 'placed' warp in.h5 nowhere.h5 placed.h5 --coordinates physical --size 20,7,22 --spacing 1.5,3,0.5 --origin 3.25,1,1.75
same 'placed by options' placed.h5 lattice.h5
run 2 verify finer.h5 --all
expect_status 0 'verify of a placed output'
warp 2 '--origin|element_size_um' zeros.h5 --coordinates physical --origin 1,1,1
warp 2 '--spacing|--coordinates physical' zeros.h5 --size 10,7,11 --spacing iso=2

# One read of the grid serves all channels; so does one of the input.
make channels.h5 /raw shape=3,20,21,22 chunk=2,8,8,8
does 0 channels grid-sample channels.h5 grid.h5 channels-out.h5 --padding reflection --filter none --json report.json
python3 -c 'import json; r = json.load(open("report.json"))["run"]["read"]["bytes"]; w = (3 * 20 * 21 * 22 * 2) + 10 * 11 * 12 * 12; assert r == w, (r, w)' || fail 'bytes read for 3 channels'

# What is said.
run 2 grid-sample in.h5 grid.h5 said.h5 --padding constant --fill -0 --json report.json
expect_status 0 'a run'
for needle in 'grid-sample, linear, padding constant' 'grid.h5:/grid' '(10, 11, 12, 3)' 'dealt to them' 'of input' 'at the peak'; do
    grep -qF -- "$needle" "$folder.err" || fail "no '$needle' in: $(cat "$folder.err")"
done
python3 - <<'P' || fail "the report: $(cat report.json)"
import json
r = json.load(open('report.json'))
assert r['operator'] == 'grid-sample' and r['padding'] == 'constant' and r['fill'] == 0
assert r['grid']['shape'] == [10, 11, 12, 3] and r['output']['shape'] == [10, 11, 12]
assert r['plan']['pieces'] >= 1 and r['run']['read']['bytes'] > 0 and r['run']['travelled_points'] == 0
P
run 0 affine in.h5 plan.h5 --matrix "$identity" --dry-run --ranks 3 --json plan.json
expect_status 0 'a plan'
grep -q 'affine' "$folder.out" || fail "the plan does not say affine: $(cat "$folder.out")"
[ ! -e plan.h5 ] || fail 'a plan writes'
python3 -c 'import json; p = json.load(open("plan.json")); assert len(p["parts"]) == p["plan"]["pieces"] and p["matrix"][0] == 1' || fail "plan.json"

# Stopped in time, refused with another matrix, gone on with.
make large.h5 /raw shape=64,64,64 chunk=16,16,16 deflate=1
run 2 affine large.h5 stop.h5 --matrix "$identity" --memory 450k --max-time 0.001 --quiet
expect_status 75 '--max-time'
run 2 affine large.h5 stop.h5 --matrix '1 0 0 1 0 1 0 0 0 0 1 0' --memory 450k --resume --quiet
expect_status 73 'another matrix'
grep -q 'matrix=' "$folder.err" || fail "another matrix: $(cat "$folder.err")"
does 3 resumed affine large.h5 stop.h5 --matrix "$identity" --memory 450k --resume
same resumed large.h5 stop.h5
finish
