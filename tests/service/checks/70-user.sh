# shellcheck shell=bash disable=SC2154 # its words come from lib.sh
# A user's own instance, by that user's own systemd, with the same program.
# seconds: 240

if ! systemctl cat systemd-logind.service >/dev/null 2>&1 || ! systemctl cat dbus.socket >/dev/null 2>&1; then
    skip "a user's instance" "logind and D-Bus are needed for a user's manager"
    exit 0
fi
useradd -m -s /bin/sh flyer
uid=$(id -u flyer)
systemctl start dbus.socket systemd-logind.service

as_flyer() {
    runuser -u flyer -- env -C / HOME=/home/flyer XDG_RUNTIME_DIR="/run/user/$uid" "$@"
}

check "who may linger has a manager of their own" loginctl enable-linger flyer
check "which runs" within 20 as_flyer systemctl --user is-active basic.target

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

# --- its sandbox -----------------------------------------------------------------------------

exposure() {
    as_flyer systemd-analyze security --user --offline=true /usr/lib/systemd/user/historyd.service |
        sed -n 's/.*Overall exposure level for .*: \([0-9.]*\) .*/\1/p'
}
of_daemon() { # FIELD
    awk -v field="$1:" '$1 == field { print $2 }' "/proc/$(user_property historyd.service MainPID)/status"
}
same "the daemon gets no new privileges, and has none" "1 0000000000000000" "$(of_daemon NoNewPrivs) $(of_daemon CapEff)"
same "it is under a system call filter" 2 "$(of_daemon Seccomp)"
found=$(exposure)
note "systemd-analyze security --user --offline=true: $found"
check "its exposure is 5.9 or less" awk -v found="$found" 'BEGIN { exit !(found != "" && found <= 5.9) }'

# filters SETTING...: how many filters of system calls a program of the user's manager then has.
filters() {
    as_flyer systemd-run --user -q -p Type=oneshot -p "StandardOutput=truncate:/tmp/filters" "${@/#/-p}" \
        sed -n 's/^Seccomp_filters:[^0-9]*//p' /proc/self/status && cat /tmp/filters
}
none=$(filters NoNewPrivileges=yes)
for setting in LockPersonality=yes MemoryDenyWriteExecute=yes RestrictAddressFamilies=AF_UNIX RestrictNamespaces=yes \
    RestrictRealtime=yes RestrictSUIDSGID=yes SystemCallArchitectures=native SystemCallFilter=@system-service \
    'SystemCallFilter=~@privileged @resources'; do
    check "the unit has $setting" grep -qxF "$setting" /usr/lib/systemd/user/historyd.service
    check "which a user's manager applies" test "$(filters NoNewPrivileges=yes "$setting")" -gt "$none"
done

# The drop-in of SECURITY.md.
mkdir -p /run/systemd/user/historyd.service.d
cat >/run/systemd/user/historyd.service.d/namespace.conf <<'UNIT'
[Service]
PrivateUsers=yes
CapabilityBoundingSet=
PrivateDevices=yes
PrivateMounts=yes
PrivateNetwork=yes
ProtectClock=yes
ProtectControlGroups=yes
ProtectHostname=yes
ProtectKernelModules=yes
ProtectKernelTunables=yes
ProtectSystem=full
UNIT
as_flyer systemctl --user daemon-reload
check "with a user namespace it starts" as_flyer systemctl --user restart historyd.service
check "and serves" as_flyer historyctl show mine
same "without capabilities to be had" 0000000000000000 "$(of_daemon CapBnd)"
check "in a network of its own" fails test "$(readlink "/proc/$(user_property historyd.service MainPID)/ns/net")" = \
    "$(readlink /proc/1/ns/net)"
said=$(echo '{"type":"unit.started","unit":"a"}' | as_flyer historyctl record --run mine 2>&1)
same "and records" "mine: 1 event recorded" "$said"
check "and reloads" as_flyer systemctl --user reload historyd.service
said=$(historyctl --socket "$path" reload 2>&1) && said="reloaded: $said"
like "but root is nobody there" "not allowed" "$said"
note "systemd-analyze security --user --offline=true with it: $(cat /usr/lib/systemd/user/historyd.service \
    /run/systemd/user/historyd.service.d/namespace.conf >/run/both.service
    as_flyer systemd-analyze security --user --offline=true /run/both.service |
    sed -n 's/.*Overall exposure level for .*: \([0-9.]*\) .*/\1/p')"
rm -r /run/systemd/user/historyd.service.d

check "another user is kept out" fails runuser -u member -- historyctl --socket "$path" ping
same "the system's service is not touched" inactive "$(property historyd.service ActiveState)"
loginctl disable-linger flyer
systemctl stop "user@$uid.service"
