#!/usr/bin/env bash
# Checks that take seconds: format, storeys and sizes, and that every header compiles alone (the
# first time this compiles them all).
set -euo pipefail
source "$(dirname "${BASH_SOURCE[0]}")/setup.sh"
cd "$root"
need_packages tools/packages.txt tools/packages-test.txt
git ls-files '*.h' '*.cc' | xargs clang-format-19 --dry-run -Werror
/usr/bin/python3 tools/check.py
build_release rondo_headers | tail -n 1
