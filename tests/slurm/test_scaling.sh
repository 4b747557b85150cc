# jobs/scaling.sbatch on a real Slurm: a row for each number of ranks, on as few nodes as hold them.
. "$(dirname "$0")/common.sh"
for launch in srun mpirun; do
    id=$(LAUNCH=$launch REPEATS=2 sbatch --parsable --nodes 2 --ntasks-per-node 2 --overcommit --output log "$jobs/scaling.sbatch" in.h5 out.h5 $resampling)
    until_done "$id"
    while read -r ranks nodes; do
        grep -q "^ *$ranks  *$nodes  *[0-9.]*  *[0-9.]*  *[0-9.]*\$" log || fail "$launch: no row for $ranks ranks on $nodes nodes: $(cat log)"
    done <<<$'1 1\n2 1\n4 2'
    [ ! -e out.h5 ] || fail "$launch: the output is left"
    cat log
    rm -f log
done
finish
