#!/usr/bin/env bash
# All tests. Installs what is missing, builds what is needed, runs every suite even when one fails,
# prints the time of each, and ends with "N passed, N failed".
# usage: tools/test.sh [SUITE...]   (build check unit stats rollout drift net api store accounts blobs house collection crash serving conformance clients differential move mirror notify web browser loop cluster)
set -euo pipefail
source "$(dirname "${BASH_SOURCE[0]}")/setup.sh"
cd "$root"

need_packages tools/packages.txt tools/packages-test.txt
need_venv test
need_venv example
need_example_data
export RONDO_BUILD=$root/build/release
export RONDO_EXAMPLE_PYTHON=$root/build/venv-example/bin/python
export RONDO_EXAMPLE_DATA=$root/build/example-data
export MLFLOW_DISABLE_TELEMETRY=true
mkdir -p build/test

passed=0 failed=0 times=""

# suite NAME COMMAND...: runs it, keeps its output, adds up what its runner counted.
suite() {
    local name=$1 begun=$SECONDS log=build/test/$1.log status=0
    shift
    say "$name"
    "$@" >"$log" 2>&1 || status=$?
    count "$name" "$status" "$begun"
}

# count NAME STATUS BEGUN: tells what a suite's output says of it.
count() {
    local name=$1 status=$2 begun=$3 log=build/test/$1.log ok bad
    read -r ok bad < <(/usr/bin/python3 tools/count.py "$log" "$status")
    passed=$((passed + ok)) failed=$((failed + bad))
    times+=$(printf '%-14s %5d s   %4d passed, %d failed' "$name" $((SECONDS - begun)) "$ok" "$bad")$'\n'
    if [ "$bad" -gt 0 ]; then tail -n 60 "$log"; else tail -n 1 "$log"; fi
}

# While the suites wait for servers and clocks there is time to compile every header alone.
headers=
begin_headers() {
    headers_begun=$SECONDS
    nice -n 19 bash tools/check.sh headers >build/test/headers.log 2>&1 &
    headers=$!
}
end_headers() {
    local status=0
    say "headers"
    wait "$headers" || status=$?
    count headers "$status" "$headers_begun"
}

# A test that hangs shows where, and ends its suite.
python_suite() {
    build/venv-test/bin/python -m pytest -q -ra -p no:cacheprovider --durations 5 \
        -o faulthandler_timeout=600 -o faulthandler_exit_on_timeout=true "$@"
}

suites=("$@")
[ ${#suites[@]} -gt 0 ] || suites=(build check unit stats rollout drift net api store accounts blobs house collection crash serving conformance clients differential move mirror notify web browser loop cluster)
for name in "${suites[@]}"; do
    case $name in
        build) suite build build_release rondo rondo_tests predict_trees crash_faults sign_requests blob_store stats_cases ;;
        check) suite check bash tools/check.sh text; begin_headers ;;
        unit) suite unit build/release/rondo_tests ;;
        stats) suite stats python_suite tests/stats ;;
        rollout) suite rollout python_suite tests/rollout ;;
        drift) suite drift python_suite tests/drift ;;
        net) suite net python_suite tests/net ;;
        api) suite api python_suite tests/api ;;
        store) suite store python_suite tests/store ;;
        accounts) suite accounts python_suite tests/accounts ;;
        crash) suite crash python_suite tests/crash ;;
        notify) suite notify python_suite tests/notify ;;
        serving) suite serving python_suite tests/serving ;;
        blobs) suite blobs python_suite tests/blobs ;;
        differential) suite differential python_suite tests/differential ;;
        conformance) suite conformance python_suite tests/conformance ;;
        clients) suite clients python_suite tests/clients ;;
        move) suite move python_suite tests/move ;;
        mirror) suite mirror python_suite tests/mirror ;;
        house) suite house python_suite tests/house ;;
        collection) suite collection python_suite tests/collection ;;
        web) suite web bash tools/web.sh ;;
        browser) need_web; suite browser python_suite tests/browser ;;
        loop) suite loop python_suite tests/loop ;;
        cluster) suite cluster python_suite tests/cluster ;;
        *) echo "no suite $name" >&2; exit 2 ;;
    esac
done

[ -z "$headers" ] || end_headers

printf '\n%s\n%d passed, %d failed\n' "$times" "$passed" "$failed"
[ "$failed" -eq 0 ]
