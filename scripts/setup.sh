#!/bin/sh
# Set-up from a bare machine: checks Python and Node, then installs what the lock files pin,
# below this checkout only. Quick when nothing changed. Usage: scripts/setup.sh
#
# Law: every failure is one line that says what and what to do; an interrupted run is simply redone,
# because each step is marked done only after it is.
set -u

uv_version=0.13.9
cd "$(dirname "$0")/.." || exit 2
tools=.vela/tools
log=.vela/log/setup.log

fail() {
    printf 'vela: %s\n' "$1" >&2
    exit 2
}

say() {
    printf '  %s\n' "$1"
}

# Run a step quietly; on failure show the one line that matters and where the rest is.
step() {
    what=$1
    fix=$2
    shift 2
    if ! "$@" >>"$log" 2>&1; then
        reason=$(grep -iE 'error|certificate|cause|could not|failed|refused|resolve' "$log" | tail -n 1 | cut -c1-160)
        ! disk_is_full || fail "the disk is full: $what needs about 1 GB below $PWD. Free some space and run the command again."
        fail "$what failed (${reason:-no message}). $fix The whole output is in $log."
    fi
}

# Less than 20 MB are left. A full disk cannot even hold the log that would say so.
disk_is_full() {
    # shellcheck disable=SC2046 - the fields are what is wanted
    set -- $(df -Pk .vela | tail -n 1)
    [ "$4" -lt 20480 ]
}

find_python() {
    for candidate in "${PYTHON:-}" python3 python3.14 python3.13 python3.12 python3.11 python; do
        [ -n "$candidate" ] || continue
        command -v "$candidate" >/dev/null 2>&1 || continue
        if "$candidate" -c 'import sys; sys.exit(sys.version_info < (3, 11))' >/dev/null 2>&1; then
            command -v "$candidate"
            return 0
        fi
    done
    return 1
}

check_python() {
    python=$(find_python) || fail "no Python 3.11 or newer is on PATH (found: $(python3 --version 2>&1 | head -n 1)). Install one, or name it: make PYTHON=/path/to/python3."
}

check_node() {
    command -v node >/dev/null 2>&1 || fail "node is not on PATH; the CDK CLI needs Node 20 or newer. Install Node 22 and run the command again."
    version=$(node --version 2>/dev/null)
    major=${version#v}
    major=${major%%.*}
    case $major in
    '' | *[!0-9]*) fail "node --version says '$version', not a version. Install Node 22 and run the command again." ;;
    esac
    [ "$major" -ge 20 ] || fail "Node $version is too old: the CDK CLI needs Node 20 or newer. Install Node 22 and run the command again."
    command -v npm >/dev/null 2>&1 || fail "npm is not on PATH; it installs the pinned CDK CLI. Install npm and run the command again."
}

install_uv() {
    if [ -x "$tools/uv/bin/uv" ] && [ "$(cat "$tools/uv/version" 2>/dev/null)" = "$uv_version" ]; then
        return 0
    fi
    "$python" -m pip --version >/dev/null 2>&1 || fail "$python has no pip. Install it (Debian: apt-get install python3-pip) and run the command again."
    say "installing uv $uv_version"
    rm -rf "$tools/uv" "$tools/uv.new"
    # --target never touches the interpreter's own packages, so an externally managed Python is fine
    step "installing uv" "Is the package index reachable?" \
        "$python" -m pip install --quiet --no-deps --disable-pip-version-check --target "$tools/uv.new" "uv==$uv_version"
    printf '%s' "$uv_version" >"$tools/uv.new/version"
    mv "$tools/uv.new" "$tools/uv"
}

install_python_packages() {
    [ -x .venv/bin/vela ] && "$tools/uv/bin/uv" sync --quiet --frozen --check >/dev/null 2>&1 && return 0
    say "installing the Python packages of uv.lock"
    step "installing the Python packages" "Is the package index reachable?" \
        "$tools/uv/bin/uv" sync --frozen --python "$python"
}

install_cdk() {
    [ -x node_modules/.bin/cdk ] && [ node_modules/.package-lock.json -nt package-lock.json ] && return 0
    say "installing the CDK CLI of package-lock.json"
    step "installing the CDK CLI" "Is the npm registry reachable?" npm ci --no-audit --no-fund
    touch node_modules/.package-lock.json
}

# One at a time: two set-ups in one checkout would undo each other.
lock() {
    mkdir -p "$tools" "$(dirname "$log")" 2>/dev/null || fail "cannot write below $PWD. Check its owner, and that the disk is not full or read-only."
    if ! mkdir .vela/setup.lock 2>/dev/null; then
        holder=$(cat .vela/setup.lock/pid 2>/dev/null)
        if [ -n "$holder" ] && kill -0 "$holder" 2>/dev/null; then
            fail "another set-up of this checkout is running (process $holder). Wait for it to end and run the command again."
        fi
        rm -rf .vela/setup.lock
        mkdir .vela/setup.lock 2>/dev/null || fail "another set-up of this checkout has just begun. Wait for it to end and run the command again."
    fi
    echo $$ >.vela/setup.lock/pid
    trap 'rm -rf .vela/setup.lock' EXIT
    trap 'printf "\nvela: interrupted; what was finished is kept, run the command again to go on.\n" >&2; exit 130' INT TERM
}

check_python
check_node
lock
: >"$log"
# uv must use the interpreter found above and never fetch another one
UV_PYTHON_DOWNLOADS=never
export UV_PYTHON_DOWNLOADS
# a network that inspects TLS has its certificate authority in the system's store, not in uv's own
if [ -s /etc/ssl/certs/ca-certificates.crt ] || [ -s /etc/pki/tls/certs/ca-bundle.crt ]; then
    UV_SYSTEM_CERTS=${UV_SYSTEM_CERTS:-1}
    export UV_SYSTEM_CERTS
fi
install_uv
install_python_packages
install_cdk
