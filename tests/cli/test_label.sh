# voxslab label: what it refuses, what it makes, and that ranks do not matter.
. "$(dirname "$0")/common.sh"
make in.h5 /raw shape=20,21,22 spacing=2,1,1 chunk=8,8,8 deflate=4
make table.h5 /raw shape=8,9
make compound.h5 /raw dtype=compound
make half.h5 /raw dtype=float16

refuse 65 'missing.h5' label missing.h5 out.h5
refuse_with 0 65 '2 axes|3 to 5' label table.h5 out.h5
refuse_with 0 65 'compound' label compound.h5 out.h5
refuse_with 0 2 'bool' label in.h5 out.h5 --dtype bool
refuse_with 0 2 "'--scale'|voxslab label --help" label in.h5 out.h5 --scale 0.5
refuse_with 0 2 'OUT[:DATASET]' label in.h5
refuse_with 0 2 '--memory' label in.h5 out.h5 --memory 1k
refuse_with 0 2 '--dry-run' label in.h5 out.h5 --ranks 3
refuse 2 'in.h5|input' label in.h5 in.h5 --force
refuse_with 0 2 '--filter' label in.h5 out.h5 --chunk none --filter gzip

voxels() { h5dump -d /raw -b LE -o "$1.voxels" "$1" >/dev/null || fail "no voxels in $1"; }
run 0 label in.h5 one.h5 --json report.json
expect_status 0 'label'
grep -q 'label' "$folder.err" || fail "the banner does not say label: $(cat "$folder.err")"
grep -q '"operator": "label"' report.json || fail 'the report does not say label'
h5dump -pH -d /raw one.h5 >header
for needle in H5T_STD_U8 '( 20, 21, 22 )' 'CHUNKED ( 8, 8, 8 )' 'DEFLATE { LEVEL 4 }'; do
    grep -qF -- "$needle" header || fail "no '$needle' in $(cat header)"
done
h5dump -a /raw/element_size_um one.h5 | grep -q '2, 1, 1' || fail 'the spacing is lost'
h5dump -a /raw/voxslab_parameters one.h5 | grep -q 'operator=label minimum_label=0' || fail 'no provenance'
voxels one.h5
for ranks in 2 5; do
    run $ranks label in.h5 many.h5 --force --quiet --memory 300k
    expect_status 0 "label on $ranks ranks"
    voxels many.h5
    cmp -s one.h5.voxels many.h5.voxels || fail "$ranks ranks: other labels"
done
run 0 label half.h5 half-out.h5 --minimum-label --dtype int16 --filter none --chunk none --quiet
expect_status 0 'label of float16'
h5dump -pH -d /raw half-out.h5 | grep -q H5T_STD_I16 || fail '--dtype int16'
run 0 label in.h5 plan.h5 --dry-run --ranks 3
expect_status 0 'a plan'
grep -q 'label' "$folder.out" || fail "the plan does not say label: $(cat "$folder.out")"
[ ! -e plan.h5 ] || fail 'a plan writes'
finish
