# Sampling jobs of one round, which takes long: given up within it by all ranks, resumably.
. "$(dirname "$0")/../cli/common.sh"
given_up() { # given_up WHAT ARGS...: a run that would take several times as long as it may
    local began=$SECONDS
    run 2 affine "${@:2}" --quiet --threads 1
    expect_status 75 "$1"
    [ $((SECONDS - began)) -le 12 ] || fail "$1: took $((SECONDS - began)) s"
    grep -q 'stopped before --max-time within a round, of which [0-9]*\.[0-9] %.*--resume' "$folder.err" ||
        fail "$1: $(head -c 600 "$folder.err")"
    [ -e out.h5.partial ] && [ -e out.h5.partial.journal ] && [ ! -e out.h5.lock ] || fail "$1 leaves $(ls out.h5*)"
}

# Points that travel, in many passes over 200 GiB without data.
make huge.h5 /raw dtype=uint16 shape=6400,4096,4096 chunk=64,64,64 data=none
given_up 'points that travel' huge.h5 out.h5 --matrix '400 200 0 0  150 250 200 0  0 250 250 0' --size 16,16,16 \
    --memory 12MiB --max-time 1
rm -f out.h5*

# One large chunk of output from a small box.
make small.h5 /raw dtype=uint8 shape=200,200,200
given_up 'a large piece' small.h5 out.h5 --matrix '.3 .05 0 0  .05 .25 .02 0  0 .04 .25 0' --size 700,700,700 \
    --chunk 700,700,700 --max-time 0.5
finish
