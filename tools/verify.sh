#!/usr/bin/env bash
# The long proofs, each on its own when named. What they printed is kept in build/verify; --evidence
# writes the newest result of each to docs/evidence/verify.md.
# usage: tools/verify.sh [--evidence] [PROOF...]
set -euo pipefail
source "$(dirname "${BASH_SOURCE[0]}")/setup.sh"
cd "$root"

evidence= all=(examples engines outage kills servers crash collection differential clients stats rollouts s3 package size asan tsan fuzz)
if [ "${1:-}" = --evidence ]; then evidence=1; shift; fi
proofs=("$@")
[ ${#proofs[@]} -gt 0 ] || proofs=("${all[@]}")

need_packages tools/packages.txt tools/packages-test.txt
need_venv test
need_venv example
need_example_data
export RONDO_EXAMPLE_PYTHON=$root/build/venv-example/bin/python
export RONDO_EXAMPLE_DATA=$root/build/example-data
export MLFLOW_DISABLE_TELEMETRY=true
kept=$root/build/verify
mkdir -p "$kept"
build_release rondo predict_trees crash_faults sign_requests blob_store stats_cases

passed=0 failed=0
# proof NAME COMMAND...: runs it, keeps its output and its last line.
proof() {
    local name=$1 begun=$SECONDS log=$kept/$1.log status=0 verdict=holds
    shift
    say "$name"
    # A shell of its own: inside a condition `set -e` would not end a proof at its first failure.
    (set -e; "$@") >"$log" 2>&1 &
    wait $! || status=$?
    if [ "$status" = 0 ]; then
        passed=$((passed + 1))
    else
        failed=$((failed + 1)) verdict=FAILS
        tail -n 40 "$log"
    fi
    local facts
    facts=$(grep -oE 'proof: .*|^[0-9]+ (passed|failed).* in .*' "$log" | tail -n ${lines:-20} |
        sed 's/^proof: //') || true
    printf '%s\n%s (%d s)\n' "$facts" "$verdict" $((SECONDS - begun))
    printf '## %s\n\n`tools/verify.sh %s` on %s: %s, %d s.\n\n%s\n' "$name" "$name" \
        "$(date -u +%Y-%m-%d)" "$verdict" $((SECONDS - begun)) "$(sed 's/^/    /' <<<"$facts")" \
        >"$kept/$name.md"
}

tests() { "$root/build/venv-test/bin/python" -m pytest -q -rs -s -p no:cacheprovider "$@"; }

# preset NAME TARGET...: a build of another kind, beside the release.
preset() {
    cmake --preset "$1" >/dev/null
    cmake --build "build/$1" --target "${@:2}" | tail -n 1
}

tests_in_a_bucket() {  # a real S3 server: faults, a gigabyte, and the flights example's whole loop
    RONDO_LONG=1 RONDO_SIGNED=20000 RONDO_S3=versitygw tests tests/blobs tests/blobs/verify_loop.py
}

beside_peers() {  # the statistics beside scipy and others; drift beside Evidently, and its false alarms
    local peers=("$root/build/venv-stats/bin/python" -m pytest -q -s -W ignore -p no:cacheprovider)
    "${peers[@]}" tests/stats/verify_peers.py tests/stats/verify_sketches.py
    "${peers[@]}" tests/drift/verify_evidently.py
    tests tests/drift/verify_null_rates.py
}

sanitized() (  # NAME [PREFIX...]: unit tests, and three suites against a sanitized server
    set -e
    local name=$1
    shift
    preset "$name" rondo rondo_tests
    "$@" "build/$name/rondo_tests" | sed -n 's/^\[doctest\] test cases/proof: unit tests/p'
    export RONDO_BUILD=$root/build/$name RONDO_BINARY=$root/build/$name/rondo
    local suite
    for suite in net api serving; do  # on their own: each has a conftest.py
        echo "proof: tests/$suite"
        "$@" "$root/build/venv-test/bin/python" -m pytest -q -p no:cacheprovider "tests/$suite"
    done
)

fuzz_all() {  # every decoder for a minute
    preset fuzz all
    for source in $(git ls-files 'src/*_fuzz.cc'); do
        local name seeds
        name=$(basename "$source" .cc)
        seeds=$kept/seeds/$name
        mkdir -p "$seeds"
        # Inputs that once broke something, and one of each form.
        [ ! -d "tests/fuzz/$name" ] || cp "tests/fuzz/$name"/* "$seeds"
        "build/fuzz/$name" -max_total_time="${RONDO_FUZZ_SECONDS:-60}" -timeout=10 \
            -rss_limit_mb=2048 -print_final_stats=1 "$seeds" >"$kept/$name.log" 2>&1 ||
            { tail -n 30 "$kept/$name.log"; return 1; }
        echo "proof: $name $(sed -n 's/^stat::number_of_executed_units: *//p' "$kept/$name.log") inputs"
    done
}

for name in "${proofs[@]}"; do
    case $name in
        examples) proof examples env RONDO_WHOLE=1 "$root/build/venv-test/bin/python" -m pytest -q -s \
            -p no:cacheprovider tests/loop/test_flights.py tests/loop/test_employment.py ;;
        engines) proof engines tests tests/loop/verify_engines.py ;;
        outage) RONDO_FREEZE_SECONDS=30 RONDO_UPGRADE_EACH=1 proof outage tests tests/store ;;
        s3) need_s3; proof s3 tests_in_a_bucket ;;
        kills) RONDO_KILLS=${RONDO_KILLS:-200} proof kills tests tests/loop/test_kills.py ;;
        package) need_packages tools/packages-package.txt
            proof package tests tests/house/verify_package.py ;;
        size) proof size tests tests/house/verify_size.py ;;
        crash) RONDO_WHOLE=1 RONDO_KILLS=${RONDO_KILLS:-200} proof crash tests tests/crash ;;
        collection) need_s3; RONDO_COLLECTION_SECONDS=${RONDO_COLLECTION_SECONDS:-120} proof collection \
            env RONDO_S3=versitygw "$root/build/venv-test/bin/python" -m pytest -q -s \
            -p no:cacheprovider tests/collection ;;
        servers) RONDO_SERVER_KILLS=${RONDO_SERVER_KILLS:-100} proof servers tests tests/cluster ;;
        differential) RONDO_DIFFERENTIAL=${RONDO_DIFFERENTIAL:-20000} proof differential tests tests/differential ;;
        clients) need_clients; RONDO_CLIENTS=1 proof clients tests tests/clients ;;
        stats) need_stats; proof stats beside_peers ;;
        rollouts) lines=250 RONDO_RUNS=${RONDO_RUNS:-2000} proof rollouts tests tests/rollout/verify_rollouts.py ;;
        asan) proof asan sanitized asan ;;
        # The test of killed upgrades forks beside the threads of its own database.
        tsan) TSAN_OPTIONS=die_after_fork=0 proof tsan sanitized tsan setarch -R ;;
        fuzz) proof fuzz fuzz_all ;;
        *) echo "no proof $name" >&2; exit 2 ;;
    esac
done

if [ -n "$evidence" ]; then
    mkdir -p docs/evidence
    {
        printf '# The long proofs\n\n`make verify` on Debian 12, two shared cores: the newest result of each.\n'
        for name in "${all[@]}"; do
            [ ! -f "$kept/$name.md" ] || { echo; cat "$kept/$name.md"; }
        done
    } >docs/evidence/verify.md
fi
printf '\n%d passed, %d failed\n' "$passed" "$failed"
[ "$failed" -eq 0 ]
