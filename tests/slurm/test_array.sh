# jobs/array.sbatch on a real Slurm: as many at once as asked for, a task that is warned goes on, the summary comes
# when all are done and not at all when one failed. All tasks run on two nodes, with TCP between them.
. "$(dirname "$0")/common.sh"
export OMPI_MCA_pml=ob1 OMPI_MCA_btl=self,tcp
srun --mpi=pmix --nodes 2 -n 2 --overcommit "$VOXSLAB" resample in.h5 out.h5 $resampling --json two.json >"$folder.out" 2>&1 ||
    fail "two nodes: $(head -c 600 "$folder.out")"
check_output out.h5 'two nodes'
grep -q '"nodes": 2' two.json || fail "not two nodes: $(grep nodes two.json)"
grep -q '"ghost_bytes": [1-9]' two.json || fail "no ghosts between the nodes: $(grep ghost two.json)"

printf 'in.h5 out%d.h5\n' 1 2 3 >list
submit() { # submit LAUNCH LIST: leaves $array and $behind, the numbers of the two jobs
    LAUNCH=$1 AT_ONCE=2 SBATCH_OPTIONS='--nodes 2 --ntasks 2 --overcommit' slowly bash "$jobs/array.sbatch" "$2" $resampling >said 2>&1 ||
        fail "$1: $(cat said)"
    array=$(sed -n 's/^array \([0-9]*\):.*/\1/p' said)
    behind=$(sed -n 's/^Submitted batch job //p' said)
    [ -n "$array" ] && [ -n "$behind" ] || fail "$1: no numbers in $(cat said)"
}
for launch in srun mpirun; do
    submit $launch list
    most=0 warned=
    for ((i = 0; i < 1000; i++)); do
        running=$(squeue -h -t R -j "$array" -o %K 2>/dev/null | wc -l)
        [ "$running" -le "$most" ] || most=$running
        if [ -z "$warned" ] && [ -e out2.h5.partial.journal ] && [ "$(stat -c %s out2.h5.partial.journal)" -gt 20480 ]; then
            scancel --batch --signal=USR1 "${array}_2" && warned=yes
        fi
        [ -n "$(squeue -h -j "$array" 2>/dev/null)" ] || break
        sleep 0.1
    done
    [ "$most" -eq 2 ] || fail "$launch: $most tasks at once, not 2"
    until_done "$behind"
    check_log "$launch, warned" 'queued again' "voxslab-${array}_2.log"
    check_log "$launch, summary" '^3 volumes, 0 missing' "voxslab-summary-$behind.log"
    for n in 1 2 3; do
        check_output out$n.h5 "$launch, task $n"
    done
    rm -f ./*.log
done

printf 'in.h5 out1.h5\n# a comment\nnothing.h5 out2.h5\n' >bad
submit srun bad
until_done "$array"
until_done "$behind"
check_output out1.h5 'beside a task that fails'
check_log 'a task that fails' 'nothing.h5' "voxslab-${array}_2.log"
[ ! -e "voxslab-summary-$behind.log" ] || fail "a summary although a task failed: $(cat voxslab-summary-*.log)"
finish
