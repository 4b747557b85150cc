# Jobs that Slurm ends in other ways than by the warning, and jobs submitted anew: the output is the undisturbed one.
. "$(dirname "$0")/common.sh"
submit() { # submit NODE [OPTION]...
    id=$(slowly sbatch --parsable --nodelist "$1" --ntasks 2 --overcommit --output log "$jobs/resample.sbatch" in.h5 out.h5 $resampling "${@:2}")
}

# SIGTERM reaches the ranks themselves under srun.
submit n1
until_running
scancel --signal=TERM "$id"
until_done "$id"
check_log SIGTERM 'queued again'
check_output out.h5 SIGTERM

# Ranks killed: the next job, on the other node, asks Slurm whether the lock's owner is gone.
submit n2
until_running
owner=$(sed -n 's/^pid=//p' out.h5.lock)
kill -KILL "$owner"
until_done "$id"
[ -e out.h5.lock ] || fail 'a killed job leaves no lock'
[ -e out.h5.partial ] || fail 'a killed job leaves no partial file'
submit n1
until_done "$id"
check_output out.h5 'killed, and submitted anew on another node'

# One rank of two killed, on two nodes: srun ends the other, which waits for it, after the SLURM_WAIT of the script (a
# minute).
export OMPI_MCA_pml=ob1 OMPI_MCA_btl=self,tcp
id=$(slowly sbatch --parsable --nodes 2 --ntasks 2 --overcommit --output log "$jobs/resample.sbatch" in.h5 out.h5 $resampling)
until_running
for process in $(pgrep -x "$(basename "$VOXSLAB")"); do
    ! tr '\0' '\n' <"/proc/$process/environ" | grep -qx 'PMIX_RANK=1' || kill -KILL "$process"
done
until_done "$id"
unset OMPI_MCA_pml OMPI_MCA_btl
submit n1
until_done "$id"
check_output out.h5 'one rank killed, and submitted anew'

# The time limit without a warning: SIGTERM, and SIGKILL after KillWait.
submit n1
until_running
scancel "$id"
until_done "$id"
submit n2
until_done "$id"
check_output out.h5 'cancelled, and submitted anew'

# While the first job runs, the second is refused, and says whom it met.
slowly() { LD_PRELOAD=$FAULT_LIBRARY VOXSLAB_FAULT='sync .partial 3 0 hang' "$@"; }
submit n1
until_running
first=$id
sbatch -W --nodelist n2 --ntasks 1 --overcommit --output second.log "$jobs/resample.sbatch" in.h5 out.h5 $resampling >"$folder.out" 2>&1
[ $? -eq 73 ] || fail "a second job is not refused: $(cat second.log)"
check_log 'a second job' "host n1 by process [0-9]* of Slurm job $first" second.log
kill -KILL "$(sed -n 's/^pid=//p' out.h5.lock)"
until_done "$first"
sbatch -W --nodelist n2 --ntasks 1 --overcommit --output log "$jobs/resample.sbatch" in.h5 out.h5 $resampling >"$folder.out" 2>&1
check_output out.h5 'when the first job is gone'
finish
