# shellcheck shell=bash disable=SC2154 # its words come from lib.sh
# seconds: 180
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

load_start 2 6000 1000
check "stopped process: events are appended" within 20 load_is_past 200
kill -STOP "$pid"
check "stopped process: systemd starts it again" within 40 is_new_daemon "$pid"
check "stopped process: because of the watchdog" watchdog_struck "$pid"
load_end "a stopped process"

if [[ ! -x $service_folder/stop-thread ]]; then
    skip "a stopped write thread" "the tool stop-thread was not built"
    exit 0
fi
service_fresh
service_drop_in WatchdogSec=3s
load_start 2 6000 1000
check "stopped write thread: events are appended" within 20 load_is_past 200
pid=$(daemon_pid)
"$service_folder/stop-thread" "$pid" hd-writer >/tmp/stopped &
check "stopped write thread: it is stopped" within 10 grep -q stopped /tmp/stopped
check "stopped write thread: the daemon still answers" historyctl ping
check "stopped write thread: systemd starts it again" within 40 is_new_daemon "$pid"
check "stopped write thread: because of the watchdog" watchdog_struck "$pid"
load_end "a stopped write thread"
