#!/usr/bin/env bash
# The page: checks that its sources are right and that web/dist is what they make, makes it, or
# serves it to develop against the server at RONDO_URL.
# usage: tools/web.sh [check|build|dev]
set -euo pipefail
source "$(dirname "${BASH_SOURCE[0]}")/setup.sh"

need_web
cd "$root/web"
case "${1:-check}" in
    check)
        npm run --silent types
        NO_COLOR=1 npm run --silent test
        made=$root/build/page
        npm run --silent build -- --outDir "$made" --emptyOutDir --logLevel warn
        node same.ts "$made" dist || {
            echo "web/dist is not what web/src makes; tools/web.sh build makes it anew" >&2
            exit 1
        } ;;
    build) npm run --silent build ;;
    dev) npm run --silent dev ;;
    *) echo "usage: tools/web.sh [check|build|dev]" >&2; exit 2 ;;
esac
