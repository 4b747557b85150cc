# jobs/resample.sbatch on a real Slurm, on loopback: warned, queued again, resumed; a node that fails. The output
# is the undisturbed run's. Two nodes: the ranks have nothing but TCP between them.
. "$(dirname "$0")/common.sh"

submit() { # submit LAUNCH NODES [SBATCH OPTION]...
    id=$(LAUNCH=$1 slowly sbatch --parsable --nodes "$2" --ntasks 2 --overcommit --output log "${@:3}" "$jobs/resample.sbatch" in.h5 out.h5 $resampling)
}
check() { # check WHAT NEEDLE: the needle is in the log
    until_done "$id"
    check_log "$1" "$2"
    check_output out.h5 "$1"
    rm -f log
}

for launch in srun mpirun; do
    submit $launch 1
    until_running
    scancel --batch --signal=USR1 "$id"
    check "$launch, warned" 'queued again'
done
export OMPI_MCA_pml=ob1 OMPI_MCA_btl=self,tcp
submit srun 2
until_running
scontrol update nodename=n2 state=down reason=test
sleep 1
scontrol update nodename=n2 state=resume 2>/dev/null # it may have come back by itself
check 'a node that fails' 'NODE FAILURE'
finish
