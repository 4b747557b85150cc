# What can't be meant is refused before anything is opened: status 2 and one message, on one rank and on several.
. "$(dirname "$0")/common.sh"
make in.h5 /raw

# The unit tests have every option; here one of each kind, as a program.
refuse 2 'subcommand|--help'
refuse 2 "'resamble'|--help" resamble in.h5 out.h5
refuse 2 "--size '1,2'|three whole numbers|try 'voxslab resample --help'" resample in.h5 out.h5 --size 1,2
refuse 2 '9223372036854775808' resample in.h5 out.h5 --size 9223372036854775808,1,1
one_rank() { refuse_with 0 2 "$@"; }
one_rank "--scale 'nan'" resample in.h5 out.h5 --scale nan
one_rank "--scale '-1'" resample in.h5 out.h5 --scale -1
one_rank '--size and --scale' resample in.h5 out.h5 --size 1,2,3 --scale 2
one_rank '--size|--scale|--spacing' resample in.h5 out.h5
one_rank "'--bogus'" resample in.h5 out.h5 --bogus
one_rank '--size' resample in.h5 out.h5 --size
one_rank 'OUT[:DATASET]' resample in.h5 --scale 1
one_rank "'more.h5'" resample in.h5 out.h5 more.h5 --scale 1
one_rank "'--memory'" info in.h5 --memory 4G
one_rank "'more.h5'" info in.h5 more.h5
one_rank 'FILE[:DATASET]' info
one_rank "'x'" --version x
# A line break in an argument does not become a second message.
one_rank '--size' resample in.h5 out.h5 --size $'1\nvoxslab: 2'
# srun without a working PMI: four processes that each see themselves alone would write one file.
export SLURM_PROCID=0 SLURM_STEP_NUM_TASKS=4
one_rank '4 processes' resample in.h5 out.h5 --scale 1
unset SLURM_PROCID SLURM_STEP_NUM_TASKS
export VOXSLAB_ISA=v9
refuse 2 "'v9'|baseline" resample in.h5 out.h5 --scale 1
refuse 2 "'v9'|baseline" --version
unset VOXSLAB_ISA
finish
