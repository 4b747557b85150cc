# Jobs that meet a real time limit, of one minute: warned by Slurm half a minute before it, they stop in time and are
# queued again; ended without a warning, they are submitted anew. The output is the undisturbed one.
. "$(dirname "$0")/common.sh"
resampling=${resampling/--size 400/--size 1600}
run 2 resample in.h5 expected.h5 $resampling --force
expect_status 0 'the undisturbed run'
h5dump -d /raw -b LE -o expected.bin expected.h5 >/dev/null
until_done_in() { # until_done_in SECONDS ID
    local end=$((SECONDS + $1))
    while [ -n "$(squeue -h -j "$2" 2>/dev/null)" ]; do
        [ $SECONDS -lt $end ] || { fail "job $2 does not end: $(squeue) $(tail -n 20 log)"; return; }
        sleep 0.5
    done
}
submit() { # submit LAUNCH SIGNAL
    id=$(LAUNCH=$1 slowly sbatch --parsable --time 1 --signal "$2" --nodelist n1 --ntasks 2 --overcommit --output log "$jobs/resample.sbatch" in.h5 out.h5 $resampling)
}

for launch in srun mpirun; do
    submit $launch B:USR1@30
    until_done_in 300 "$id"
    check_log "$launch, warned by the limit" 'the time is nearly over'
    check_log "$launch, warned by the limit" 'queued again'
    check_output out.h5 "$launch, warned by the limit"
    rm -f log
done

# CONT does nothing, so that the limit comes without a warning.
submit mpirun B:CONT@10
until_done_in 200 "$id"
check_log 'not warned' 'DUE TO TIME LIMIT'
[ ! -e out.h5 ] || fail 'not warned: the job was done before its time was over'
for again in 1 2 3 4; do
    submit mpirun B:CONT@10
    until_done_in 200 "$id"
    [ ! -e out.h5 ] || break
done
check_output out.h5 "not warned, submitted anew $again times"
finish
