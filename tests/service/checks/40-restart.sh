# shellcheck shell=bash disable=SC2154 # its words come from lib.sh
# seconds: 180
# Four orchestrators record through the client library while the daemon is restarted, then killed.

load_start 4 6000 1000
for ((i = 1; i <= 3; i++)); do
    check "restart $i: events are appended" within 30 load_is_past 500
    pid=$(daemon_pid)
    check "restart $i: systemctl restart" systemctl restart historyd.service
    check "restart $i: another process serves" is_new_daemon "$pid"
    check "restart $i: the recorders were in the midst of it" load_is_on
done
load_end "three restarts under load"

service_fresh
load_start 4 6000 1000
for ((i = 1; i <= 3; i++)); do
    check "kill $i: events are appended" within 30 load_is_past 500
    pid=$(daemon_pid)
    kill -KILL "$pid"
    check "kill $i: systemd starts it again" within 30 is_new_daemon "$pid"
    check "kill $i: the recorders were in the midst of it" load_is_on
done
load_end "three times kill -9 under load"
same "as restarts after failures" 3 "$(property historyd.service NRestarts)"
same "the database is sound" ok \
    "$(runuser -u historyd -- sqlite3 "$database" 'PRAGMA integrity_check')"

# A stop in the midst of a load: the recorders' next connection starts the daemon again.
service_fresh
load_start 2 3000 1000
check "stop: events are appended" within 30 load_is_past 500
pid=$(daemon_pid)
check "stop: systemctl stop" systemctl stop historyd.service
check "stop: a recorder that connects again starts it" within 30 is_new_daemon "$pid"
load_end "a stop under load"
