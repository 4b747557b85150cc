# The corpus, then 10 seconds each of new inputs.
cd "$(dirname "$0")/../.." || exit 1
if ! command -v clang >/dev/null; then
    echo 'no clang: scripts/install_packages.sh fuzz'
    [ "${VOXSLAB_PACKAGES:-}" = skip ] && exit 77
    exit 1
fi
said=$(scripts/fuzz.sh 10) || { echo "$said" | tail -n 40; exit 1; }
echo "$said"
# That it ran at all, and went where it should.
[ "$(grep -c '^stat::number_of_executed_units: [0-9]\{4,\}$' <<<"$said")" -eq 2 ]
