# shellcheck shell=bash disable=SC2154 # its words come from lib.sh
# seconds: 240
# Orchestrators record while the daemon is restarted, killed and stopped: two through the recorder of
# the library, two that keep a book of what was acknowledged.

kill_daemon() {
    local pid
    pid=$(daemon_pid)
    kill -KILL "$pid" && within 30 is_new_daemon "$pid"
}

loads_start() {
    load_start 2 8000 1000
    ledger_start 2 1000000 100
    check "$1: events are appended" within 30 load_is_past 500
}

loads_end() {
    ledger_stop
    ledger_end "$1"
    load_end "$1"
    same "$1: the database is sound" ok \
        "$(runuser -u historyd -- sqlite3 "$database" 'PRAGMA integrity_check')"
}

loads_start "restarts"
for ((i = 1; i <= 3; i++)); do
    pid=$(daemon_pid)
    ledger_disturb "systemctl restart, time $i" systemctl restart historyd.service
    check "restart $i: another process serves" is_new_daemon "$pid"
    check "restart $i: the recorders were in the midst of it" load_is_on
done
loads_end "three restarts under load"

service_fresh
loads_start "kills"
for ((i = 1; i <= 3; i++)); do
    ledger_disturb "kill -9 and systemd's restart, time $i" kill_daemon
    check "kill $i: the recorders were in the midst of it" load_is_on
done
loads_end "three times kill -9 under load"
same "as restarts after failures" 3 "$(property historyd.service NRestarts)"

# A stop in the midst of a load: the recorders' next connection starts the daemon again.
service_fresh
loads_start "stop"
pid=$(daemon_pid)
ledger_disturb "systemctl stop" systemctl stop historyd.service
check "a recorder that connects again starts it" within 30 is_new_daemon "$pid"
loads_end "a stop under load"
