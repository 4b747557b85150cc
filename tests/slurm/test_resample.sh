# jobs/resample.sbatch on a real Slurm, on loopback: warned, queued again, resumed; a node that fails. The output
# is the undisturbed run's. Skipped where Slurm is not installed.
here=$(cd "$(dirname "$0")" && pwd)
. "$here/../cli/common.sh"
for tool in munged slurmctld slurmd sbatch unshare; do
    PATH=$PATH:/usr/sbin command -v $tool >/dev/null || { echo "no $tool: skipped"; exit 77; }
done
export PATH=$PATH:/usr/sbin VOXSLAB
unset OMPI_MCA_rmaps_base_oversubscribe
cluster=$folder.slurm
trap '"$here/stop.sh" "$cluster" >/dev/null 2>&1; rm -rf "$folder" "$folder.out" "$folder.err" "$cluster"' EXIT
"$here/start.sh" "$cluster" >/dev/null || { echo 'Slurm does not start here: skipped'; exit 77; }
. "$cluster/env"

make in.h5 /raw dtype=uint16 shape=60,40,48 chunk=6,20,24 deflate=1
resampling='--size 1600,60,40 --chunk 4,16,16 --filter gzip=1 --threads 1 --quiet --checkpoint 0.000001'
memory=$("$VOXSLAB" resample in.h5 x.h5 $resampling --dry-run --ranks 2 --memory 1 2>&1 | sed -n 's/.*--memory \([0-9]*\).*/\1/p')
resampling+=" --memory $((memory + memory / 20))"
run 2 resample in.h5 expected.h5 $resampling
expect_status 0 'the undisturbed run'
h5dump -d /raw -b LE -o expected.bin expected.h5 >/dev/null

submit() { # submit LAUNCH NODES
    id=$(LAUNCH=$1 sbatch --parsable --nodes "$2" --ntasks 2 --overcommit --output log "$here/../../jobs/resample.sbatch" in.h5 out.h5 $resampling)
}
until_running() { # until a checkpoint of it is on disk
    for ((i = 0; i < 200; i++)); do
        [ -e out.h5.partial.journal ] && [ "$(stat -c %s out.h5.partial.journal)" -gt 20480 ] && return
        sleep 0.05
    done
    fail "no checkpoint: $(cat log) $(squeue)"
}
until_done() {
    for ((i = 0; i < 500; i++)); do
        [ -n "$(squeue -h -j "$id" 2>/dev/null)" ] || break
        sleep 0.1
    done
}
check() { # check WHAT NEEDLE: the needle is in the log
    until_done
    grep -q -- "$2" log || fail "$1: no '$2' in the log: $(tail -n 20 log)"
    h5dump -d /raw -b LE -o now.bin out.h5 >/dev/null 2>&1
    cmp -s expected.bin now.bin || fail "$1: the output differs: $(tail -n 20 log)"
    [ "$(ls out.h5*)" = out.h5 ] || fail "$1: left $(ls out.h5*)"
    rm -f out.h5* now.bin log
}

for launch in srun mpirun; do
    submit $launch 1
    until_running
    scancel --batch --signal=USR1 "$id"
    check "$launch, warned" 'queued again'
done
submit srun 2
until_running
scontrol update nodename=n2 state=down reason=test
sleep 1
scontrol update nodename=n2 state=resume 2>/dev/null # it may have come back by itself
check 'a node that fails' 'NODE FAILURE'
finish
