#!/usr/bin/env bash
# Checks that take seconds: format, storeys and sizes, and that every header compiles alone (the
# first time this compiles them all).
# usage: tools/check.sh [PART...]   (text headers)
set -euo pipefail
source "$(dirname "${BASH_SOURCE[0]}")/setup.sh"
cd "$root"
need_packages tools/packages.txt tools/packages-test.txt
parts=("$@")
[ ${#parts[@]} -gt 0 ] || parts=(text headers)
for part in "${parts[@]}"; do
    case $part in
        text)
            git ls-files '*.h' '*.cc' | xargs clang-format-19 --dry-run -Werror
            /usr/bin/python3 tools/check.py ;;
        headers) build_release rondo_headers | tail -n 1 ;;
        *) echo "no check $part; there are text and headers" >&2; exit 2 ;;
    esac
done
