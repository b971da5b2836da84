# shellcheck shell=bash disable=SC2154 # its words come from lib.sh
# seconds: 240
# Started by the first connection, sandboxed, stopped, started by the next one.

same "the service is inactive" inactive "$(property historyd.service ActiveState)"
check "the first connection starts it" historyctl ping
same "it is active" active "$(property historyd.service ActiveState)"
same "it notifies" notify "$(property historyd.service Type)"
pid=$(daemon_pid)
check "the daemon that answers is the service's process" \
    grep -q "\"pid\":$pid," <<<"$(historyctl call GetStatus)"
same "it runs as its own user" historyd "$(stat -c %U "/proc/$pid")"
same "it has no capabilities" "CapEff: 0000000000000000" \
    "$(grep CapEff "/proc/$pid/status" | tr '\t' ' ')"
same "it is under a system call filter" "Seccomp: 2" \
    "$(grep '^Seccomp:' "/proc/$pid/status" | tr '\t' ' ')"
same "it has descriptors for its connections" "16384 16384" \
    "$(awk '/^Max open files/ { print $4, $5 }' "/proc/$pid/limits")"

said=$(printf '{"type":"unit.started","unit":"a"}\n{"type":"unit.completed","unit":"a"}\n' |
    historyctl record --repo /srv/app --id first 2>&1)
same "events are recorded" "first: 2 events recorded" "$said"
check "the status says what it does" within 15 status_says "2 events appended"
note "StatusText: $(property historyd.service StatusText)"

same "the database is the daemon's alone" "600 historyd" "$(stat -c '%a %U' "$database")"
same "sqlite3 reads it meanwhile" 2 "$(events_stored first)"

# Who a peer is can be seen from within the sandbox: it is said of one whose message is no JSON.
peer_start nonsense "${as_member[@]}"
like "a peer that sends nonsense is told so" MalformedMessage "$(peer_says nonsense 'raw nonsense')"
about_peer="HISTORYD_PEER_PID=${peer_pids[nonsense]}"
like "the journal names its process, command and user" \
    "closing the connection of pid ${peer_pids[nonsense]} \(peer\), uid $(id -u member): " \
    "$(journalctl -q -o cat -u historyd.service "$about_peer")"
same "and has them as fields" "peer $(id -u member)" "$(journal_field HISTORYD_PEER_COMM "$about_peer") $(
    journal_field HISTORYD_PEER_UID "$about_peer")"
peer_kill nonsense
same "its log lines carry priorities" 6 \
    "$(journalctl -q -o json -u historyd.service -g 'serves /var' | sed -n 's/.*"PRIORITY":"\([0-9]\)".*/\1/p' | tail -n 1)"

check "it stops" systemctl stop historyd.service
same "in good order" success "$(property historyd.service Result)"
same "the socket stays" active "$(property historyd.socket ActiveState)"
same "with its file" "660 root:historyd" "$(stat -c '%a %U:%G' "$socket")"
check "the write-ahead log is gone" fails test -e "$database-wal"
check "the next connection starts it again" historyctl show first
check "as another process" is_new_daemon "$pid"
same "with what was recorded" 2 "$(events_stored first)"

# What it refuses is not tried again by itself, and those who connect do not start it for ever.
systemctl stop historyd.service 2>/dev/null
mkdir -p /etc/historyd
[[ ! -e /etc/historyd/historyd.conf ]] || cp -p /etc/historyd/historyd.conf /run/historyd.conf.kept
printf '[limits]\ncolour = red\n' >/etc/historyd/historyd.conf
check "a wrong configuration keeps it from starting" fails systemctl start historyd.service
same "with its status" 78 "$(property historyd.service ExecMainStatus)"
same "and it is not tried again" failed "$(property historyd.service ActiveState)"
check "a client is not kept waiting for ever" fails timeout 60 historyctl ping --timeout 30000
check "and the starting ends" within 30 is_state historyd.socket failed
if [[ -e /run/historyd.conf.kept ]]; then
    mv /run/historyd.conf.kept /etc/historyd/historyd.conf
else
    rm /etc/historyd/historyd.conf
fi
systemctl reset-failed historyd.service historyd.socket
check "when the cause is mended the socket is started again" systemctl start historyd.socket
check "and the service with it" historyctl ping

# One that fails as soon as it is started, again and again, is given up after twenty times.
systemctl stop historyd.socket historyd.service 2>/dev/null
runuser -u historyd -- historyd --database "$database" --socket /var/lib/historyd/other 2>/run/other &
within 10 test -S /var/lib/historyd/other
other=$(pgrep -u historyd -x historyd)
systemctl start --no-block historyd.service
given_up() {
    is_state historyd.service failed && [[ $(property historyd.service NRestarts) -ge 1 ]]
}
check "a database in use by another historyd: it is given up" within 90 given_up
note "after $(property historyd.service NRestarts) restarts: $(property historyd.service Result)"
check "not before twenty starts" test "$(property historyd.service NRestarts)" -ge 19
check "nor long after" test "$(property historyd.service NRestarts)" -le 20
like "the journal says why" "$database is in use.*$other|pid $other" \
    "$(journalctl -q -o cat -u historyd.service | tail -n 60)"
kill "$other"
wait $! 2>/dev/null
systemctl stop historyd.socket 2>/dev/null
systemctl reset-failed historyd.service historyd.socket 2>/dev/null
systemctl start historyd.socket
check "when the other is gone it serves" historyctl show first

# A damaged database: one line that says what to do, nothing written, no further starts.
systemctl stop historyd.socket historyd.service 2>/dev/null
cp -p "$database" /run/sound.db
dd if=/dev/urandom of="$database" bs=4096 seek=1 count=3 conv=notrunc status=none
sum=$(sha256sum <"$database")
check "a damaged database is refused" fails systemctl start historyd.service
same "with its status" 78 "$(property historyd.service ExecMainStatus)"
same "it is not tried again" failed "$(property historyd.service ActiveState)"
same "the file is untouched" "$sum" "$(sha256sum <"$database")"
said=$(journalctl -q -o cat -u historyd.service | grep -i 'damaged' | tail -n 1)
like "the journal says what to do" 'damaged.*(restore|backup)' "$said"
note "a damaged database: $said"
same "nothing but its lock lies beside it" "history.db history.db-lock" \
    "$(find /var/lib/historyd -name 'history.db*' -printf '%f\n' | sort | xargs)"
cp -p /run/sound.db "$database"
systemctl stop historyd.socket 2>/dev/null
systemctl reset-failed historyd.service historyd.socket 2>/dev/null
systemctl start historyd.socket
check "the sound one put back, it serves" historyctl show first
