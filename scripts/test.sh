#!/bin/sh
# Every test. What a test needs from the system (a browser, psql) is installed when this user may;
# otherwise the tests that need it are skipped, and this says so first.
# Usage: scripts/test.sh [pytest arguments]
set -u
cd "$(dirname "$0")/.." || exit 2

missing=
command -v chromium >/dev/null 2>&1 || command -v google-chrome >/dev/null 2>&1 || missing="$missing chromium"
command -v psql >/dev/null 2>&1 || missing="$missing postgresql-client"

if [ -n "$missing" ]; then
    if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null 2>&1; then
        echo "  installing what the tests need from Debian:$missing"
        mkdir -p .vela/log
        export DEBIAN_FRONTEND=noninteractive
        # shellcheck disable=SC2086 - a list of package names
        { apt-get update -q && apt-get install -q -y --no-install-recommends $missing; } >.vela/log/apt.log 2>&1 ||
            echo "  could not install$missing (see .vela/log/apt.log): the tests that need them are skipped"
    else
        echo "  not installed, and this user may not install them:$missing; the tests that need them are skipped"
    fi
fi

# two at a time; the tests of one platform stay together
exec .venv/bin/python -m pytest -n 2 --dist loadgroup "$@"
