# shellcheck shell=bash disable=SC2154 # its words come from lib.sh
# Attached runs: one whose process is gone is stopped as lost, one that is only not connected goes on, and
# no restart of the daemon takes one for the other. The recorders are processes of a user, seen from within
# the sandbox.

row() { # RUN FIELD
    historyctl call GetRun "{\"run_id\":\"$1\"}" | sed -n "s/.*\"$2\":\"\([^\"]*\)\".*/\1/p"
}

row_is() { # RUN FIELD VALUE
    [[ $(row "$1" "$2") == "$3" ]]
}

attach() { # PEER RUN
    like "$2 is attached to a process" '"attachment":"attached"' \
        "$(peer_says "$1" "CreateRun {\"id\":\"$2\",\"repo_path\":\"/srv/app\",\"attached\":true}")"
}

append() { # PEER RUN
    peer_says "$1" "AppendEvents {\"run_id\":\"$2\",\"events\":[{\"type\":\"unit.started\",\"unit\":\"a\"}]}"
}

# another_is_lost NAME: a process that is killed now is found; so what was to be noticed of others before
# is noticed, too.
another_is_lost() {
    peer_start "$1" "${as_member[@]}"
    peer_says "$1" "CreateRun {\"id\":\"$1\",\"repo_path\":\"/srv/app\",\"attached\":true}" >/dev/null
    peer_kill "$1"
    within 10 row_is "$1" status stopped
}

lost_events() { # RUN
    historyctl --json events "$1" | grep -c '"type":"run.stopped".*"reason":"orchestrator_lost"'
}

peer_start killed "${as_member[@]}"
peer_start living "${as_member[@]}"
configure '[retention]' 'lost_after_s = 2'
attach killed gone
attach killed claimed
attach living slow
check "a run that is not attached" historyctl run start --repo /srv/app --id free
append killed gone >/dev/null
append living slow >/dev/null

# --- the process is killed -------------------------------------------------------------------

at=$(now_us)
peer_kill killed
check "kill -9 of the recorder: the run is lost" within 10 row_is gone attachment lost
same "but runs for the time of grace" running "$(row gone status)"
peer_start claimer "${as_member[@]}"
like "within it another process claims one" '"attachment":"attached"' \
    "$(peer_says claimer 'ResumeRun {"run_id":"claimed","attached":true}')"
check "after it the other is stopped" within 20 row_is gone status stopped
note "stopped $((($(now_us) - at) / 1000)) ms after kill -9, with 2 s of grace"
check "not before the grace was over" test $(($(now_us) - at)) -ge 2000000
same "with the reason orchestrator_lost, once" 1 "$(lost_events gone)"
same "it is counted" 1 "$(metric historyd_runs_lost_total)"
same "the claimed one goes on" "running attached" "$(row claimed status) $(row claimed attachment)"
same "the other recorder's, too" "running attached" "$(row slow status) $(row slow attachment)"
same "and what was not attached" running "$(row free status)"
like "the journal tells" 'gone.*(lost|stopped)|(lost|stopped).*gone' \
    "$(journalctl -q -o cat -u historyd.service | tail -n 20)"
like "where it is found by the run" '^stopped the run gone: process [0-9]+' \
    "$(journalctl -q -o cat -u historyd.service HISTORYD_RUN_ID=gone)"
same "with its priority and name" '6 historyd' "$(journalctl -q -o json -u historyd.service HISTORYD_RUN_ID=gone |
    sed -n 's/.*"PRIORITY":"\([0-9]\)".*/\1/p') $(journalctl -q -o json HISTORYD_RUN_ID=gone |
    sed -n 's/.*"SYSLOG_IDENTIFIER":"\([a-z]*\)".*/\1/p')"

# --- the connection is lost, the process lives -----------------------------------------------

configure '[retention]' 'lost_after_s = 0'
same "a recorder loses its connection" closed "$(peer_says living close)"
check "its run is detached" within 10 row_is slow attachment detached
check "one that is killed is found meanwhile" another_is_lost other
same "and it runs on" running "$(row slow status)"
same "it connects again" open "$(peer_says living open)"
append living slow >/dev/null
same "writes, and is attached again" attached "$(row slow attachment)"
same "with no event of the daemon's" 0 "$(lost_events slow)"

# --- restarts --------------------------------------------------------------------------------

for how in restart kill stop; do
    pid=$(daemon_pid)
    case $how in
    restart) check "systemctl restart" systemctl restart historyd.service ;;
    kill) kill -KILL "$pid" ;;
    stop) systemctl stop historyd.service 2>/dev/null ;;
    esac
    historyctl ping --timeout 10000
    check "$how: another process serves" within 30 is_new_daemon "$pid"
    check "$how: one that is killed is found" another_is_lost "$how"
    same "$how: no false alarm, without any grace" "running detached" "$(row slow status) $(row slow attachment)"
    peer_says living open >/dev/null
    append living slow >/dev/null
    same "$how: it writes, and is attached again" attached "$(row slow attachment)"
done
same "the claimed one was not taken for lost either" running "$(row claimed status)"
same "nothing was said of it" "0 0" "$(lost_events slow) $(lost_events claimed)"

# One that dies while no daemon runs is found by the next.
systemctl stop historyd.service 2>/dev/null
peer_kill claimer
historyctl ping
check "one that died meanwhile is stopped" within 10 row_is claimed status stopped
same "with the reason" 1 "$(lost_events claimed)"
same "the living goes on" running "$(row slow status)"
like "until it ends its run itself" '"status":"completed"' "$(peer_says living open >/dev/null
    peer_says living 'CompleteRun {"run_id":"slow","status":"completed"}')"
peer_kill living
check "one that is killed now is found" another_is_lost last
same "whose end then is its own" completed "$(row slow status)"
