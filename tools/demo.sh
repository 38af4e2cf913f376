#!/usr/bin/env bash
# The demo: builds a release server, starts it on an empty data folder, runs an example against it,
# prints the timeline, and leaves the server running (RONDO_DEMO_EXIT=1: ends it).
# usage: tools/demo.sh [flights|employment]
set -euo pipefail
source "$(dirname "${BASH_SOURCE[0]}")/setup.sh"

example=${1:-flights}
data=$root/build/demo-$example
port=${RONDO_DEMO_PORT:-5000}

need_packages "$root/tools/packages.txt"
need_venv example
need_example_data
say "building the server (the first time takes some minutes)"
build_release rondo

say "starting the server on an empty data folder"
rm -rf "$data" && mkdir -p "$data"
python=$root/build/venv-example/bin/python
start_server() {
    "$root/build/release/rondo" server --data "$data" --port "$1" \
        --environment "default=$python" 2>"$data.log" &
    server=$!
    for _ in $(seq 200); do
        url=$(sed -n 's/.*"listening","url":"\([^"]*\)".*/\1/p' "$data.log")
        [ -n "$url" ] && return 0
        kill -0 "$server" 2>/dev/null || return 1
        sleep 0.05
    done
    return 1
}
start_server "$port" || { echo "port $port is taken, using a free one"; start_server 0; } ||
    { cat "$data.log" >&2; exit 1; }
trap 'kill "$server" 2>/dev/null; wait "$server" 2>/dev/null || true' EXIT
trap 'exit 0' INT TERM

export RONDO_URL=$url RONDO_TOKEN_FILE=$data/token RONDO_EXAMPLE_DATA=$root/build/example-data
say "playing examples/$example against $url"
"$python" -W ignore "$root/examples/$example/play.py"

say "what happened, and why: rondo timeline $example"
"$root/build/release/rondo" timeline "$example"
last=$("$root/build/release/rondo" timeline "$example" --json |
    "$python" -c 'import json, sys
print(*[e["decision"] for e in json.load(sys.stdin)["entries"] if "decision" in e][-1:])')
say "a decision, computed again from the prediction log: rondo why $last"
"$root/build/release/rondo" why "$last" | head -n 2

if [ "${RONDO_DEMO_EXIT:-}" = 1 ]; then
    printf '\nThe page was at %s\n' "$url/#/endpoints/$example"
    exit 0
fi
printf '\nThe server runs on (Ctrl-C stops it). Its page:\n%s\n' "$url/#/endpoints/$example"
wait "$server"
