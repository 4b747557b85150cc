# Help, versions and the man page: on stdout, without MPI, once, and in agreement.
. "$(dirname "$0")/common.sh"

answers() { # answers RANKS NEEDLE ARGS...
    local ranks=$1 needle=$2
    shift 2
    run "$ranks" "$@"
    expect_status 0 "voxslab $*"
    grep -qF -- "$needle" "$folder.out" || fail "voxslab $*: no '$needle'"
    [ ! -s "$folder.err" ] || fail "voxslab $*: prints on stderr: $(cat "$folder.err")"
}
answers 0 'voxslab resample' --help
answers 0 'voxslab resample' -h
answers 0 '--size D,H,W' resample --help
answers 0 '--size D,H,W' resample in.h5 --help
answers 0 'FILE[:DATASET]' info --help
answers 0 'HDF5' --version
grep -q '^voxslab [0-9.]*$' "$folder.out" || fail "no version: $(cat "$folder.out")"
grep -qi 'mpi' "$folder.out" || fail "no MPI library: $(cat "$folder.out")"
grep -q '^kernels for ' "$folder.out" || fail "no instruction set: $(cat "$folder.out")"
VOXSLAB_ISA=baseline answers 0 'kernels for baseline' --version
answers 2 'Usage' resample --help
[ "$(grep -c '^Usage' "$folder.out")" -eq 1 ] || fail 'several ranks print help'

# Every option of a help is in the man page that was built, and the other way round.
sed 's/\\//g' "$MAN_PAGE" >man
for command in resample label grid-sample affine warp verify compare info; do
    "$VOXSLAB" "$command" --help | grep -oE -- '--[a-z][a-z-]+' | sort -u >help_options
    [ -s help_options ] || fail "no options in the help of $command"
    while read -r option; do
        grep -qE -- "(^|[^a-z-])$option([^a-z-]|\$)" man || fail "man page lacks $option"
    done <help_options
done
{ "$VOXSLAB" --help; "$VOXSLAB" resample --help; "$VOXSLAB" label --help; "$VOXSLAB" grid-sample --help; "$VOXSLAB" affine --help; "$VOXSLAB" warp --help; "$VOXSLAB" verify --help; "$VOXSLAB" compare --help; "$VOXSLAB" info --help; } >help
for option in $(grep -oE -- '--[a-z][a-z-]+' man | sort -u); do
    grep -qF -- "$option" help || fail "$option is in the man page only"
done
if command -v groff >/dev/null; then
    complaints=$(groff -man -ww -Tutf8 "$MAN_PAGE" 2>&1 >rendered)
    [ -z "$complaints" ] || fail "groff: $complaints"
fi

# A full disk under stdout is an error, not a silence.
"$VOXSLAB" --help >/dev/full 2>message
[ $? -eq 74 ] || fail 'help to a full disk does not give 74'
grep -q '^voxslab: ' message || fail 'help to a full disk says nothing'
finish
