# shellcheck shell=bash
# Sourced by the scripts that start mpirun. Sets nothing that the user has set.

# Open MPI refuses to run as root, to protect a system's files from a user's mistakes. In a container or a CI
# job root is the only user there is, and we write into our own folders only.
if [ "$(id -u)" -eq 0 ]; then
    export OMPI_ALLOW_RUN_AS_ROOT=${OMPI_ALLOW_RUN_AS_ROOT:-1}
    export OMPI_ALLOW_RUN_AS_ROOT_CONFIRM=${OMPI_ALLOW_RUN_AS_ROOT_CONFIRM:-1}
fi
# More ranks than cores: Open MPI 4 and 5 each have their own name for it. Ranks that wait then yield.
export OMPI_MCA_rmaps_base_oversubscribe=${OMPI_MCA_rmaps_base_oversubscribe:-1}
export PRTE_MCA_rmaps_default_mapping_policy=${PRTE_MCA_rmaps_default_mapping_policy:-:oversubscribe}
export OMPI_MCA_mpi_yield_when_idle=${OMPI_MCA_mpi_yield_when_idle:-1}
# Docker's default profile forbids one process to read another's memory, and Open MPI 4 only notices by failing.
if [ -e /.dockerenv ]; then
    export OMPI_MCA_btl_vader_single_copy_mechanism=${OMPI_MCA_btl_vader_single_copy_mechanism:-none}
fi
