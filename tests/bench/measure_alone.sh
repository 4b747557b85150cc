#!/usr/bin/env bash
# measure_alone.sh TREE: beside the peers, no two bench_kernels measure the memory at a time: they would share it, and
# each find too little.
set -euo pipefail
python=${PYTHON:-/usr/bin/python3} # Debian's own has numpy; the first on the PATH may be another one
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

# In bench_kernels' place: its head comes after a while, in which no other may be at it.
cat >"$work/kernels" <<EOF
#!/usr/bin/env bash
mkdir "$work/measuring" || echo "\$*" >>"$work/met"
sleep 0.2
rmdir "$work/measuring"
echo "\$*" >>"$work/started"
echo '{}'
EOF
chmod +x "$work/kernels"

PYTHONDONTWRITEBYTECODE=1 PYTHONPATH=$1/scripts "$python" -c "
import bench_peers
kernels = bench_peers.Kernels('$work/kernels', [1, 2, 4])
for child in kernels.of.values():
    child.communicate()"

[ "$(wc -l <"$work/started")" -eq 3 ]
if [ -e "$work/met" ]; then
    echo "measured the memory while another did: $(tr '\n' ';' <"$work/met")" >&2
    exit 1
fi
