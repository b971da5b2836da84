# shellcheck shell=bash disable=SC2154 # its words come from lib.sh
# A user's own instance, by that user's own systemd, with the same program.

if ! systemctl cat systemd-logind.service >/dev/null 2>&1 || ! systemctl cat dbus.socket >/dev/null 2>&1; then
    skip "a user's instance" "logind and D-Bus are needed for a user's manager"
    exit 0
fi
useradd -m -s /bin/sh flyer
uid=$(id -u flyer)
systemctl start dbus.socket
check "a user's manager starts" systemctl start "user@$uid.service"

as_flyer() {
    runuser -u flyer -- env -C / HOME=/home/flyer XDG_RUNTIME_DIR="/run/user/$uid" "$@"
}

user_property() {
    as_flyer systemctl --user show -P "$2" "$1"
}

same "systemd-analyze --user verify prints nothing" '' "$(as_flyer systemd-analyze --user verify \
    --man=no historyd.service historyd.socket 2>&1)"
check "its socket starts" as_flyer systemctl --user start historyd.socket
path=/run/user/$uid/historyd/socket
same "the socket is the user's alone" "600 flyer" "$(stat -c '%a %U' "$path")"
same "nothing runs before somebody connects" inactive "$(user_property historyd.service ActiveState)"
check "the first connection starts it" as_flyer historyctl ping
same "it is active" active "$(user_property historyd.service ActiveState)"
said=$(echo '{"type":"unit.started","unit":"a"}' |
    as_flyer historyctl record --repo /srv/app --id mine 2>&1)
same "events are recorded" "mine: 1 event recorded" "$said"
same "in the user's own database" "600 flyer" \
    "$(stat -c '%a %U' /home/flyer/.local/state/historyd/history.db)"
pid=$(user_property historyd.service MainPID)
check "it reloads" as_flyer systemctl --user reload historyd.service
same "in the same process" "$pid" "$(user_property historyd.service MainPID)"
check "it stops" as_flyer systemctl --user stop historyd.service
check "the next connection starts it again" as_flyer historyctl show mine
check "as another process" test "$(user_property historyd.service MainPID)" != "$pid"
check "another user is kept out" fails runuser -u member -- historyctl --socket "$path" ping
same "the system's service is not touched" inactive "$(property historyd.service ActiveState)"
systemctl stop "user@$uid.service"
