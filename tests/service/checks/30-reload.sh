# shellcheck shell=bash disable=SC2154 # its words come from lib.sh
# Reloading keeps the process and its connections, and ends in a state that is ready again.

historyctl ping >/dev/null
pid=$(daemon_pid)
load_start 1 1500 500
check "events are appended" within 20 load_is_past 100
for ((i = 0; i < 5; i++)); do
    check "systemctl reload, time $((i + 1))" systemctl reload historyd.service
done
check "it is active again" within 10 is_state historyd.service active
same "in the same process" "$pid" "$(daemon_pid)"
load_end "five reloads under load"
same "systemd says so of each" 5 "$(journalctl -q -o cat -u historyd.service | grep -c '^Reloaded ')"
check "and the daemon answers" historyctl ping
