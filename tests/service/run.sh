#!/usr/bin/env bash
# run.sh BUILD_FOLDER [CHECK...]: boots this machine's real systemd as process 1 in a throw-away copy of
# the machine, and runs the checks (all, or those whose file names begin with CHECK) inside. Prints TAP;
# exits with 0, with 1 when a check failed, or with 77 when it can't be done here, saying why.
#
# HISTORYD_SERVICE_PACKAGES names a folder with packages in previous/ and current/: these are installed,
# upgraded and purged in the booted copy. Without it, for a quick look, what was built is
# installed by `cmake --install`, or by the program HISTORYD_SERVICE_INSTALL, called with the root folder
# of the copy. `run.sh --can` only says whether it can be done here once what can be installed is.
#
# Nothing of this machine is changed: the copy is an overlay whose upper layer lives on a tmpfs.
# shellcheck disable=SC2317 # clean_up is called by a trap
set -euo pipefail

limit=${HISTORYD_SERVICE_SECONDS:-1500}
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
scratch=''
machine=''

skip() {
    printf '1..0 # SKIP %s\n' "$*"
    exit 77
}

clean_up() {
    if [[ -n $machine ]] && kill -0 "$machine" 2>/dev/null; then
        kill -KILL -- -"$machine" 2>/dev/null || true
        wait "$machine" 2>/dev/null || true
    fi
    if [[ -n $scratch ]]; then
        umount -l "$scratch/root" 2>/dev/null || true
        umount -l "$scratch/layer" 2>/dev/null || true
        rmdir "$scratch/root" "$scratch/layer" "$scratch" 2>/dev/null || true
    fi
}

# What must be there; each with the reason when it is not.
look_around() {
    [[ $(id -u) -eq 0 ]] || skip "root is needed, to mount and to boot"
    [[ $(uname -s) == Linux ]] || skip "Linux is needed"
    grep -qw overlay /proc/filesystems || modprobe overlay 2>/dev/null ||
        skip "this kernel has no overlay file system"
}

look_for_programs() {
    command -v systemd-nspawn >/dev/null ||
        skip "systemd-nspawn is needed (Debian's package systemd-container)"
    [[ -x /lib/systemd/systemd || -x /usr/lib/systemd/systemd ]] ||
        skip "systemd is needed on this machine, to be booted in the copy"
}

make_copy() {
    scratch=$(mktemp -d /var/tmp/historyd-service.XXXXXX)
    trap clean_up EXIT
    trap 'exit 1' INT TERM
    mkdir "$scratch/root" "$scratch/layer"
    mount -t tmpfs -o mode=0755 historyd-service "$scratch/layer" 2>/dev/null ||
        skip "no tmpfs can be mounted here"
    mkdir "$scratch/layer/upper" "$scratch/layer/work"
    mount -t overlay -o \
        "lowerdir=/,upperdir=$scratch/layer/upper,workdir=$scratch/layer/work" \
        historyd-service "$scratch/root" 2>/dev/null || skip "no overlay can be mounted here"
}

# Packages to try are laid down for the checks, of which the first installs them.
install_build() {
    local root=$scratch/root
    if [[ -n ${HISTORYD_SERVICE_PACKAGES:-} ]]; then
        mkdir -p "$root/opt/historyd-service"
        cp -R "$HISTORYD_SERVICE_PACKAGES" "$root/opt/historyd-service/packages"
        rm -f "$root/usr/sbin/policy-rc.d" # which forbids packages to start services
        return
    elif [[ -n ${HISTORYD_SERVICE_INSTALL:-} ]]; then
        "$HISTORYD_SERVICE_INSTALL" "$root" >"$scratch/layer/install.log" 2>&1 && return
    else
        DESTDIR=$root cmake --install "$build" >"$scratch/layer/install.log" 2>&1 && return
    fi
    cat "$scratch/layer/install.log"
    exit 1
}

# The tests' own folder in the copy, and a unit that runs them and ends the machine.
install_checks() {
    local root=$scratch/root tests=$scratch/root/opt/historyd-service
    mkdir -p "$tests" "$root/etc/systemd/system"
    cp -R "$here/." "$tests/"
    cp "$build/tests/service-tools/"* "$tests/"
    printf '%s\n' "$@" >"$tests/wanted"
    : >"$tests/output"
    cat >"$root/etc/systemd/system/historyd-checks.service" <<'UNIT'
[Unit]
After=basic.target systemd-journald.service
[Service]
Type=oneshot
TimeoutStartSec=infinity
ExecStart=/opt/historyd-service/inside.sh
UNIT
    cat >"$root/etc/systemd/system/historyd-checks.target" <<'UNIT'
[Unit]
Requires=basic.target systemd-journald.service historyd-checks.service
After=basic.target
UNIT
}

# Two booted at once share their control groups, and the service managers get in each other's way.
wait_for_turn() {
    exec {turn}</sys/fs/cgroup
    flock -n "$turn" || {
        printf '# waiting for another system that is booted for tests\n'
        flock "$turn"
    }
}

boot() {
    local tests=$scratch/root/opt/historyd-service
    wait_for_turn
    setsid timeout -k 10 "$limit" systemd-nspawn -q --register=no --keep-unit -D "$scratch/root" \
        --private-network --boot systemd.unit=historyd-checks.target \
        </dev/null >"$scratch/layer/console" 2>&1 {turn}>&- &
    machine=$!
    tail -n +1 -s 0.3 -f --pid="$machine" "$tests/output"
    wait "$machine" || true
    machine=''
    if [[ ! -s $tests/started ]]; then
        tail -n 20 "$scratch/layer/console" | sed 's/^/# /'
        skip "systemd did not boot in the copy; its last words are above"
    fi
    if [[ ! -s $tests/status ]]; then
        printf 'Bail out! the checks did not end within %d seconds\n' "$limit"
        exit 1
    fi
    exit "$(cat "$tests/status")"
}

look_around
if [[ $1 == --can ]]; then
    exit 0
fi
look_for_programs
build=$(cd "$1" && pwd)
shift
make_copy
install_build
install_checks "$@"
boot
