#!/usr/bin/env bash
# overlay.sh chroot|boot PREVIOUS CURRENT: run in-chroot.sh or booted.sh on the packages of these folders,
# in an overlay of this machine's / that is gone afterwards. Ends with 77 where that cannot be done, and
# says why. Is run by test-package.sh, in a mount namespace of its own.
set -euo pipefail

mode=$1
previous=$2
current=$3
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
top=$(cd "$here/../.." && pwd)

skip() {
    printf 'skipped (%s): %s\n' "$mode" "$*"
    exit 77
}

work=$(mktemp -d)
mount -t tmpfs tmpfs "$work" 2>/dev/null || skip "this machine does not let us mount a tmpfs"
root=$work/root
mkdir "$work/upper" "$work/work" "$root"
mount -t overlay overlay -o "lowerdir=/,upperdir=$work/upper,workdir=$work/work" "$root" 2>/dev/null ||
    skip "this machine does not let us mount an overlay of /"
[[ -x $root/usr/bin/dpkg && -d $root/var/lib/dpkg/info ]] || skip "/usr or /var is a mount of its own"

# The scripts, the packages, and nothing else of the source: what the packages lack must be missed.
bench=$root/opt/historyd-package-test
mkdir -p "$bench/sources"
cp -r "$here"/{checks,in-chroot,booted}.sh "$bench"
cp -r "$top/tests/unit/client/consumer" "$bench"
cp "$top"/proto/*.varlink "$bench/sources"
mkdir "$bench/previous" "$bench/current"
cp "$previous"/*.deb "$bench/previous"
cp "$current"/*.deb "$bench/current"

in_chroot() {
    mount -t proc proc "$root/proc"
    mount --rbind /dev "$root/dev"
    mount -t tmpfs tmpfs "$root/run"
    mount -t tmpfs tmpfs "$root/tmp"
    env -i PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin HOME=/root LANG=C.UTF-8 \
        chroot "$root" /opt/historyd-package-test/in-chroot.sh
}

booted() {
    local units=$root/etc/systemd/system
    command -v systemd-nspawn >/dev/null || skip "systemd-nspawn (package systemd-container) is missing"
    rm -f "$root/usr/sbin/policy-rc.d" # which forbids to start services
    cat >"$bench/run" <<'TEXT'
#!/bin/sh
cd /opt/historyd-package-test
./booted.sh >said 2>&1 </dev/null
echo $? >status
systemctl --no-block exit 0
TEXT
    chmod 755 "$bench/run"
    cat >"$units/package-test.service" <<'TEXT'
[Unit]
After=basic.target systemd-journald.service
[Service]
Type=oneshot
TimeoutStartSec=600
ExecStart=/opt/historyd-package-test/run
TEXT
    cat >"$units/package-test.target" <<'TEXT'
[Unit]
Requires=basic.target systemd-journald.service package-test.service
After=basic.target
TEXT
    # Two booted at once share their control groups, and the service managers get in each other's way.
    exec {turn}</sys/fs/cgroup
    flock "$turn"
    timeout 900 systemd-nspawn -q --register=no --keep-unit -D "$root" --private-network --boot \
        systemd.unit=package-test.target </dev/null >"$work/console" 2>&1 || true
    if [[ ! -e $bench/status ]]; then
        [[ ! -e $bench/said ]] || {
            cat "$bench/said"
            printf 'FAILED: the booted system ended before its test did\n'
            exit 1
        }
        tail -n 20 "$work/console"
        skip "systemd does not boot here"
    fi
    cat "$bench/said"
    return "$(cat "$bench/status")"
}

case $mode in
chroot) in_chroot ;;
boot) booted ;;
esac
