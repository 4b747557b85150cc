#!/usr/bin/env bash
# Install what is missing, on Debian and Ubuntu: scripts/install_packages.sh [build] [test] [slurm] [fuzz] [bench] [quickstart]
# With no group, build, test and quickstart. Does nothing, and asks for no password, when everything is there.
# VOXSLAB_PACKAGES=skip leaves the system alone.
set -euo pipefail

arm64_compiler() {
    [ "$(uname -m)" != x86_64 ] || echo gcc-aarch64-linux-gnu libc6-dev-arm64-cross
}

packages_of() {
    case $1 in
    build) echo build-essential cmake ninja-build pkg-config libopenmpi-dev openmpi-bin libhdf5-openmpi-dev libjansson-dev libdeflate-dev ;;
    test) echo libcmocka-dev git groff-base hdf5-tools python3 python3-h5py python3-numpy valgrind "$(arm64_compiler)" ;;
    slurm) echo munge slurm-client slurmctld slurmd ;;
    fuzz) echo clang libclang-rt-dev ;;
    bench) echo python3 python3-venv ;;
    quickstart) echo mricron-data python3 python3-h5py python3-nibabel python3-numpy python3-pil ;;
    *) echo "install_packages.sh: no group '$1'; there are build, test, slurm, fuzz, bench and quickstart" >&2; return 2 ;;
    esac
}

[ $# -gt 0 ] || set -- build test quickstart
wanted=()
for group in "$@"; do
    names=$(packages_of "$group")
    read -ra names <<<"$names"
    wanted+=("${names[@]}")
done

if [ "${VOXSLAB_PACKAGES:-}" = skip ]; then
    exit 0
fi
if ! command -v apt-get >/dev/null || ! command -v dpkg-query >/dev/null; then
    echo "install_packages.sh: this is neither Debian nor Ubuntu, so nothing is installed for you." >&2
    echo "Needed, under Debian's names: ${wanted[*]}" >&2
    echo "Install them (on a cluster: load the modules), then run again with VOXSLAB_PACKAGES=skip." >&2
    exit 1
fi

missing=()
while read -r package; do
    state=$(dpkg-query -W -f '${db:Status-Status}\n' "$package" 2>/dev/null || true)
    grep -qx installed <<<"$state" || missing+=("$package")
done < <(printf '%s\n' "${wanted[@]}" | sort -u)
if [ ${#missing[@]} -eq 0 ]; then
    exit 0
fi

echo "Installing: ${missing[*]}"
as_root=()
if [ "$(id -u)" -ne 0 ]; then
    if ! command -v sudo >/dev/null; then
        echo "install_packages.sh: not root, and there is no sudo. Ask an administrator for:" >&2
        echo "    apt-get install ${missing[*]}" >&2
        exit 1
    fi
    as_root=(sudo)
fi
apt() {
    "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get -q -o DPkg::Lock::Timeout=300 "$@" </dev/null
}
if ! apt update; then
    echo "install_packages.sh: 'apt-get update' failed; trying with the package lists that are here." >&2
fi
if ! apt install -y --no-install-recommends "${missing[@]}"; then
    echo "install_packages.sh: apt-get could not install: ${missing[*]}" >&2
    echo "On Ubuntu, 'sudo add-apt-repository universe' may be needed first. Without network, install them by hand." >&2
    exit 1
fi
