#!/usr/bin/env bash
# booted.sh: the packages under a running systemd: the socket listens after the installation, a connection
# starts the service, an upgrade keeps the socket and restarts the service, removal and purge stop
# both. Runs as a unit of a system that is thrown away, in the folder that holds previous/ and current/.
# shellcheck source-path=SCRIPTDIR
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")"
. ./checks.sh

state_of() {
    systemctl show -p ActiveState --value "$1"
}

is_in_state() {
    same "$(state_of "$1")" "$2"
}

main_pid() {
    systemctl show -p MainPID --value historyd.service
}

socket_inode() {
    stat -c '%i %U:%G %a' /run/historyd/socket
}

record_run() {
    printf '{"type":"unit.started","unit":"%s"}\n' "$1" | historyctl record --repo /srv/app --id "$1"
}

# A recorder that sends one event after another, and says at the end how many were acknowledged.
recorder_start() {
    historyctl run start --repo /srv/app --id "$1" >/dev/null
    (
        while [[ ! -e recorder.stop ]]; do
            printf '{"type":"tick"}\n'
            sleep 0.01
        done
    ) | historyctl record --run "$1" >recorder.said 2>&1 &
    recorder=$!
}

recorder_ends() {
    touch recorder.stop
    wait "$recorder" || {
        cat recorder.said
        return 1
    }
}

all_are_stored() {
    local said stored
    said=$(sed -n 's/.* \([0-9]*\) events\? recorded.*/\1/p' recorder.said)
    stored=$(historyctl events upgraded --all --json | grep -o '"tick"' | wc -l)
    same "$stored" "$said" && [[ $stored -gt 0 ]]
}

printf '== under systemd %s\n' "$(systemctl --version | sed -n '1s/systemd \([0-9]*\).*/\1/p')"
check "install the previous version" install_packages previous
check "the socket listens" is_in_state historyd.socket active
check "the service waits" is_in_state historyd.service inactive
check "the socket is the group's" same "$(socket_inode | cut -d' ' -f2-)" 'root:historyd 660'
check "the first connection starts the service" historyctl ping --timeout 20000
check "it runs" is_in_state historyd.service active
check "it records" record_run before
recorder_start upgraded
inode=$(socket_inode)
pid=$(main_pid)
check "upgrade, while a program records" install_packages current
check "the socket is the same" same "$(socket_inode)" "$inode"
check "the service is another process" fails same "$(main_pid)" "$pid"
check "and active" is_in_state historyd.service active
check "the recorder rode through" recorder_ends
check "what was acknowledged is stored" all_are_stored
check "the history is kept" historyctl show before
check "stop the service, then upgrade" systemctl stop historyd.service
check "install once more" install_packages current
check "a service that does not run is not started" is_in_state historyd.service inactive
check "a connection starts it" historyctl ping --timeout 20000
check "remove" dpkg -r libhistoryd-client-dev historyd
check "the service is stopped" is_in_state historyd.service inactive
check "the socket is closed" is_in_state historyd.socket inactive
check "its folder is gone" fails test -e /run/historyd
check "the history stays" test -s /var/lib/historyd/history.db
check "purge" dpkg -P historyd libhistoryd-client1
check "no history is left" fails test -e /var/lib/historyd
check "no unit is left" same "$(systemctl list-unit-files --no-legend 'historyd*')" ''
check "no process is left" fails pgrep -x historyd
check "nothing failed" same "$(systemctl list-units --failed --no-legend 'historyd*')" ''
[[ $failed -eq 0 ]] || {
    systemctl status --no-pager --full historyd.service historyd.socket || true
    journalctl --no-pager -n 100 -u historyd.service -u historyd.socket
}
closing_line "under systemd"
