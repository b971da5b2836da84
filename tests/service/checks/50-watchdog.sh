# shellcheck shell=bash disable=SC2154 # its words come from lib.sh
# seconds: 240
# The watchdog: fed while the daemon is idle and while it works; a stopped process and a stopped
# write thread are found and started anew. The interval is shortened to three seconds.

historyctl ping >/dev/null
same "the shipped interval" 1min "$(property historyd.service WatchdogUSec)"
systemctl stop historyd.service 2>/dev/null
service_drop_in WatchdogSec=3s

fed_after() {
    [[ $(property historyd.service WatchdogTimestampMonotonic) -gt $1 ]]
}

watchdog_struck() { # PID
    journalctl -q -u historyd.service | grep -q "Killing process $1 .* with signal SIGABRT"
}

historyctl ping >/dev/null
pid=$(daemon_pid)
for ((i = 1; i <= 4; i++)); do
    check "idle: fed, time $i" within 10 fed_after "$(property historyd.service WatchdogTimestampMonotonic)"
done
same "idle: the process stayed" "$pid" "$(daemon_pid)"

# stop_daemon PID: until systemd has started another.
stop_daemon() {
    kill -STOP "$1" && within 40 is_new_daemon "$1"
}

load_start 1 6000 1000
ledger_start 2 1000000 100
check "stopped process: events are appended" within 20 load_is_past 200
ledger_disturb "stopped process: systemd starts it again" stop_daemon "$pid"
check "stopped process: because of the watchdog" watchdog_struck "$pid"
ledger_stop
ledger_end "a stopped process"
load_end "a stopped process"

# stop_writer PID: until systemd has started another; where it does not, the thread goes on.
stop_writer() {
    local stopper code=0
    "$service_folder/stop-thread" "$1" hd-writer >/tmp/stopped 2>&1 &
    stopper=$!
    { within 10 grep -q stopped /tmp/stopped && historyctl ping && within 40 is_new_daemon "$1"; } || code=$?
    kill "$stopper" 2>/dev/null
    return "$code"
}

service_fresh
service_drop_in WatchdogSec=3s
load_start 1 6000 1000
ledger_start 2 1000000 100
check "stopped write thread: events are appended" within 20 load_is_past 200
pid=$(daemon_pid)
ledger_disturb "stopped write thread: ping is answered, systemd starts the daemon again" \
    stop_writer "$pid"
check "stopped write thread: because of the watchdog" watchdog_struck "$pid"
ledger_stop
ledger_end "a stopped write thread"
load_end "a stopped write thread"
