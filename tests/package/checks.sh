# shellcheck shell=bash
# checks.sh: what the scripts that test packages share. Source it.

passed=0
failed=0

# check NAME COMMAND...: counts as one test; the command's output is shown when it fails. The command
# runs in this shell, not in one whose output is waited for: it may start a daemon.
check() {
    local name=$1 said log code=0
    shift
    log=$(mktemp)
    "$@" >"$log" 2>&1 </dev/null || code=$?
    said=$(cat "$log")
    rm -f "$log"
    if [[ $code -eq 0 ]]; then
        passed=$((passed + 1))
        printf 'passed: %s\n' "$name"
    else
        failed=$((failed + 1))
        printf 'FAILED: %s (%s: %s)\n' "$name" "$*" "$code"
        [[ -z $said ]] || printf '    %s\n' "${said//$'\n'/$'\n'    }"
    fi
}

# same WHAT_IS WHAT_SHOULD_BE
same() {
    [[ $1 == "$2" ]] || {
        printf 'is:        %s\nshould be: %s\n' "$1" "$2"
        return 1
    }
}

# fails COMMAND...
fails() {
    ! "$@"
}

# The files of the folders that packages use, without what dpkg, apt and the programs that keep the
# accounts write at every installation.
list_files() {
    find /etc /usr /lib/systemd /var -xdev \( -path /var/lib/dpkg -o -path /var/lib/apt \
        -o -path /var/log -o -path /var/cache -o -path /var/tmp \
        -o -regex '/etc/\(passwd\|group\|shadow\|gshadow\)-?' -o -path /etc/.pwd.lock \) -prune \
        -o -printf '%y %m %u:%g %p -> %l\n' | LC_ALL=C sort
}

owner_and_mode() {
    stat -c '%U:%G %a' "$1"
}

install_packages() {
    DEBIAN_FRONTEND=noninteractive dpkg -i "$1"/historyd_*.deb "$1"/libhistoryd-client1_*.deb \
        "$1"/libhistoryd-client-dev_*.deb
}

closing_line() {
    printf '\n%s: %d passed, %d failed\n' "$1" "$passed" "$failed"
    [[ $failed -eq 0 ]]
}
