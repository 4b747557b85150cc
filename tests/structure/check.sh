#!/usr/bin/env bash
# check.sh TREE [PROGRAM]: the rules of the house that a machine can see. Prints every breach; 1 when there is one.
set -euo pipefail
cd "$1"
program=${2:-}

files=$(git ls-files --cached --others --exclude-standard 2>/dev/null || find . -type f -printf '%P\n' | grep -vE '^(build[^/]*|quickstart|\.git)/')
files=$(while read -r file; do [ ! -e "$file" ] || printf '%s\n' "$file"; done <<<"$files")
breaches=0
breach() { echo "structure: $*"; breaches=$((breaches + 1)); }
of() { grep -E "$1" <<<"$files" || true; } # the files whose path matches

# A file includes from its own room and from lower floors.
declare -A floor=([base]=0 [geometry]=1 [comm]=1 [kernels]=2 [partition]=2 [exchange]=3 [volume]=3 [journal]=3
    [operators]=4 [pipeline]=5 [cli]=6)
while IFS=: read -r file line text; do
    [ -n "$file" ] || continue
    room=${file#src/} room=${room%%/*}
    included=${text#*\"} included=${included%%\"*}
    other=${included%%/*}
    if [ -z "${floor[$room]:-}" ]; then
        breach "$file:$line: the room '$room' has no floor here"
    elif [ -z "${floor[$other]:-}" ]; then
        breach "$file:$line: '$included' does not begin with a room's name"
    elif [ "$room" != "$other" ] && [ "${floor[$other]}" -ge "${floor[$room]}" ]; then
        breach "$file:$line: $room (floor ${floor[$room]}) includes '$included' (floor ${floor[$other]})"
    fi
done < <(of '^src/[^/]+/.*\.(c|h|inc)$' | xargs -r grep -nHE '^[[:space:]]*#[[:space:]]*include[[:space:]]+"' || true)

only_in() { # only_in HEADER ROOMS
    while IFS=: read -r file line _; do
        [ -z "$file" ] || breach "$file:$line: <$1> outside its rooms"
    done < <(of '^(src|include)/.*\.(c|h|inc)$' | grep -vE "^($2)" |
        xargs -r grep -nHE "^[[:space:]]*#[[:space:]]*include[[:space:]]+[<\"]$1[>\"]" || true)
}
only_in 'hdf5\.h' 'src/volume/'
only_in 'mpi\.h' 'src/(comm|exchange|volume|journal|pipeline|cli)/|include/voxslab/voxslab_mpi\.h$'

for entry in $(cut -d/ -f1 <<<"$files" | sort -u); do
    case $entry in
    .* | src | include | tests | scripts | jobs | CMakeLists.txt | README.md | LICENSE) ;;
    *) breach "'$entry' does not belong at the top" ;;
    esac
done

while read -r lines file; do
    [ -z "$file" ] || [ "$lines" -le 400 ] || breach "$file has $lines lines; 400 is the most, one subject each"
done < <(of '(\.(c|h|inc|sh|py|md|cmake|in|supp)|CMakeLists\.txt|^\.ci/run)$' | xargs -r -d '\n' wc -l | grep -v ' total$')

# The README: its two commands exist; the options that it shows are options, and it says where all of them are.
for command in scripts/quickstart.sh scripts/test.sh; do
    grep -q "$command" README.md || breach "README.md does not name $command"
    [ -x "$command" ] || breach "$command, a command of the README, can't be run"
done
for path in $(grep -oE '\]\([^)#:]+\)' README.md | tr -d '()]'); do
    [ -e "$path" ] || breach "README.md links to '$path', which is not there"
done
example=tests/install/example/resample.c
if [ -e "$example" ]; then # the README shows what is tested
    sed -n '/^```c$/,/^```$/p' README.md | sed '/^```/d' | cmp -s - "$example" || breach "README.md's C example is not $example"
fi
if [ -n "$program" ]; then
    help=$("$program" resample --help; "$program" label --help; "$program" grid-sample --help; "$program" affine --help; "$program" warp --help; "$program" verify --help; "$program" compare --help; "$program" info --help; "$program" --help)
    grep -q 'voxslab resample --help' README.md || for option in $(grep -oE -- '--[a-z][a-z-]+' <<<"$help" | sort -u); do
        grep -qF -- "$option" README.md || breach "README.md neither names $option nor refers to 'voxslab resample --help'"
    done
    for option in $(sed ':join; /\\$/ {N; s/\\\n//; b join}' README.md | grep -E 'voxslab (resample|label|grid-sample|affine|warp|verify|compare|info)' | sed 's/.*voxslab \(resample\|label\|grid-sample\|affine\|warp\|verify\|compare\|info\)//' | grep -oE -- '--[a-z][a-z-]+' | sort -u); do
        grep -qE -- "(^|[^a-z-])$option([^a-z-]|$)" <<<"$help" || breach "README.md shows $option, which 'voxslab --help' does not know"
    done
fi
[ "$breaches" -eq 0 ] || { echo "structure: $breaches breaches"; exit 1; }
echo "structure: $(wc -l <<<"$files") files, no breach"
