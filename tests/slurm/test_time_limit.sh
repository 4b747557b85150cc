# Jobs that meet a real time limit, of one minute: warned by Slurm half a minute before it, they stop in time and are
# queued again; ended without a warning, they are submitted anew. The output is the undisturbed one.
. "$(dirname "$0")/common.sh"
slowly() { LD_PRELOAD=$FAULT_LIBRARY VOXSLAB_FAULT="sync .partial $sleeps -1 slow" "$@"; }
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

sleeps=18 # 2.7 s a round, of which there are 25
submit srun B:USR1@30
until_done_in 300 "$id"
check_log 'warned by the limit' 'the time is nearly over'
check_log 'warned by the limit' 'queued again'
check_output out.h5 'warned by the limit'
rm -f log

# CONT does nothing, so that the limit comes without a warning.
sleeps=28
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
