#!/usr/bin/env bash
# Takes the README's picture of the page anew: of a server that is named, or of one on the folder
# that tools/demo.sh has filled, which is played first when it is not there.
# usage: tools/pictures.sh [URL]
set -euo pipefail
source "$(dirname "${BASH_SOURCE[0]}")/setup.sh"
cd "$root"

need_packages tools/packages.txt tools/packages-test.txt
need_venv test
if [ $# = 0 ]; then
    [ -d build/demo-flights ] || RONDO_DEMO_EXIT=1 bash tools/demo.sh flights
    build_release rondo
fi
build/venv-test/bin/python tools/pictures.py "$@"
