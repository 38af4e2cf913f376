#!/usr/bin/env bash
# Figures and ratios against named peers, all from one run on one machine: drift alone takes some eight minutes.
# usage: tools/bench.sh [NAME...]   (network trees serving store mlflow_server tracking_postgres artifacts simulate drift sketches)
#        tools/bench.sh --evidence [NAME...]   the same, and writes the newest figures of each into docs/evidence/bench.md
set -euo pipefail
source "$(dirname "${BASH_SOURCE[0]}")/setup.sh"
cd "$root"

evidence=no all=(network trees serving store mlflow_server tracking_postgres artifacts simulate drift sketches)
if [ "${1:-}" = --evidence ]; then evidence=yes; shift; fi
names=("$@")
[ ${#names[@]} -gt 0 ] || names=("${all[@]}")
for name in "${names[@]}"; do
    [[ " ${all[*]} " = *" $name "* ]] ||
        { echo "no benchmark $name; there are ${all[*]}" >&2; exit 2; }
done

need_packages tools/packages.txt tools/packages-bench.txt
need_venv bench
need_fasttrackml
need_venv stats
say "building"
build_release rondo bench_trees bench_store bench_simulate bench_sketches | tail -n 1
export RONDO_BUILD=$root/build/release MLFLOW_DISABLE_TELEMETRY=true OMP_NUM_THREADS=1
mkdir -p build/bench

failed=()
for name in "${names[@]}"; do
    say "$name"
    begun=$SECONDS load=$(cut -d ' ' -f 1 /proc/loadavg) log=build/bench/$name.txt
    if build/venv-bench/bin/python -W ignore "bench/$name.py" | tee "$log"; then
        printf 'Of %s, load average when it began: %s.\n\n```text\n%s\n```\n' \
            "$(date -u +%Y-%m-%d)" "$load" "$(sed '/./,$!d' "$log")" >"build/bench/$name.md"
    else
        failed+=("$name")
    fi
    printf '   %s took %d s\n' "$name" $((SECONDS - begun))
done

if [ ${#failed[@]} -gt 0 ]; then
    echo "failed: ${failed[*]}" >&2
    exit 1
fi
[ $evidence = yes ] || exit 0

# What stands above the line with the word figures is written by hand, and stays.
page=docs/evidence/bench.md
{
    sed '/^<!-- figures/q' "$page"
    printf '\n%s, %d cores of %s, %s.' "$(sed -n 's/^PRETTY_NAME="\(.*\)"/\1/p' /etc/os-release)" \
        "$(nproc --all)" "$(sed -n 's/^model name\s*: //p' /proc/cpuinfo | head -n 1)" \
        "$(awk '/MemTotal/ { printf "%.0f GB of memory", $2 / 1e6 }' /proc/meminfo)"
    printf '\nOn its own, each benchmark makes a load of about 2.\n'
    for name in "${all[@]}"; do
        [ ! -f "build/bench/$name.md" ] || { echo && cat "build/bench/$name.md"; }
    done
} >build/bench/evidence.md
mv build/bench/evidence.md "$page"
say "written: $page"
